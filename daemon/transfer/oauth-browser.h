/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signing in with a browser of this device (RFC 8252): the page to open, and a listener on 127.0.0.1 at a port of its own to which the
 * server sends the browser back with a code. Any program and any web page of this device can reach that port, so only a request
 * with the right state counts (RFC 9700 section 4.7), and a code alone is worth nothing without the verifier (RFC 7636). Main
 * thread.
 *
 *   what comes to the port                          what becomes of it
 *   GET / with our state and a code                 the code is handed on; the port is closed
 *   GET / with our state and an error               the sign-in ends with the server's words; the port is closed
 *   another state, none, or two                     400; the listener waits on
 *   our state without code and error, or both       400; the listener waits on
 *   another path (favicon.ico), POST, no HTTP       404 or 400; the listener waits on
 *   a head over 16 KiB, or not whole in 10 s        the connection is closed
 *   more than 8 connections at a time               the next is closed
 */
#pragma once

#include "transfer/oauth-client.h"

G_BEGIN_DECLS

/* A person has so long. */
#define OB_OAUTH_BROWSER_MS (10 * 60 * 1000)

typedef struct _ObOauthBrowser ObOauthBrowser;

/* Called once, from the main loop. @code: (nullable): NULL with @error, which is for a person */
typedef void (*ObOauthBrowserBack) (const char *code, const char *error, gpointer user_data);

/* Errors: Failed: no port, or no random bits. Returns: (transfer full) (nullable) */
ObOauthBrowser *ob_oauth_browser_new (const char *authorize_url, const ObOauthClient *client, ObOauthBrowserBack back,
                                      gpointer user_data, GError **error);
void ob_oauth_browser_free (ObOauthBrowser *browser);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObOauthBrowser, ob_oauth_browser_free)

/* The page for the person's browser. */
const char *ob_oauth_browser_get_url (const ObOauthBrowser *browser);

/* What the request for tokens has to say (RFC 6749 section 4.1.3, RFC 7636 section 4.5). */
const char *ob_oauth_browser_get_verifier (const ObOauthBrowser *browser);
const char *ob_oauth_browser_get_redirect_url (const ObOauthBrowser *browser);

typedef enum
{
  OB_OAUTH_BACK_CODE,
  OB_OAUTH_BACK_ERROR,
  OB_OAUTH_BACK_FOREIGN, /* not for us: nothing has happened */
} ObOauthBack;

/* Pure. @head: the head of a request, any bytes. @state: ours. @text: (out) (transfer full) (nullable): the code; or the error in words.
 * Returns: what it is */
ObOauthBack ob_oauth_browser_read (const char *head, gsize head_bytes, const char *state, char **text);

G_END_DECLS
