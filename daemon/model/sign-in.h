/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How one signs in to a destination: a kind, and named texts, some of which are secret. Everything that is freed here is
 * overwritten first. Pure; any thread.
 *
 *   kind     texts
 *   bearer   token
 *   basic    username, password (RFC 7617)
 *   header   header:NAME, one or more: a header of a request and its value
 *   oauth2   refresh-token, or token where the server gives one that lasts; client-secret of a client that has one
 *   command  none: the token comes from the command of sign-in.conf
 *   tls      none: the certificate of sign-in.conf alone
 *
 * Any but oauth2 can have the text "certificate" too: the certificate of sign-in.conf is shown beside the rest.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObSignIn ObSignIn;

/* The most that a person gives, and that is kept. */
#define OB_SIGN_IN_MOST_BYTES (64 * 1024)

/* Of a value, in characters; of the name of a header; and how many headers there can be. The OpenAPI file says the same. */
#define OB_SIGN_IN_TEXT_MOST 16384
#define OB_SIGN_IN_NAME_MOST 64
#define OB_SIGN_IN_HEADERS_MOST 8

#define OB_SIGN_IN_BEARER "bearer"
#define OB_SIGN_IN_BASIC "basic"
#define OB_SIGN_IN_HEADER "header"
#define OB_SIGN_IN_OAUTH2 "oauth2"
#define OB_SIGN_IN_COMMAND "command"
#define OB_SIGN_IN_TLS "tls"

/* A text whose value says nothing: with the certificate of sign-in.conf. */
#define OB_SIGN_IN_CERTIFICATE "certificate"

/* Texts of kind oauth2. */
#define OB_SIGN_IN_TOKEN "token"
#define OB_SIGN_IN_REFRESH_TOKEN "refresh-token"
#define OB_SIGN_IN_CLIENT_SECRET "client-secret"

/* The server that it is for: scheme, host and port. */
#define OB_SIGN_IN_ORIGIN "origin"

/* Before the name of a header. */
#define OB_SIGN_IN_HEADER_PREFIX "header:"

ObSignIn *ob_sign_in_new (const char *kind);
void ob_sign_in_free (ObSignIn *sign_in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSignIn, ob_sign_in_free)

const char *ob_sign_in_get_kind (const ObSignIn *sign_in);

/* Returns: (nullable): borrowed */
const char *ob_sign_in_get (const ObSignIn *sign_in, const char *name);

/* @value: (nullable): clean text of one line; %NULL removes it */
void ob_sign_in_set (ObSignIn *sign_in, const char *name, const char *value);

/* Calls @each with the name and the value of every text, the kind left out. */
void ob_sign_in_foreach (const ObSignIn *sign_in,
                         void (*each) (const char *name, const char *value, gpointer user_data), gpointer user_data);

/**
 * ob_sign_in_read:
 * @text: any bytes that a person or a program gave; need not end in NUL
 *
 * Text is a bearer token (RFC 6750 section 2.1), perhaps with "Bearer" before it and a line end behind it. What begins with { is
 * JSON: {"kind": "bearer", "token": …}, {"kind": "basic", "username": …, "password": …}, {"kind": "header", "name": …,
 * "value": …}, {"kind": "header", "headers": {NAME: VALUE, …}}, {"kind": "oauth2", "client_secret": …}, {"kind": "command"} or {"kind": "tls"}.
 * All but oauth2 take "certificate": true, too.
 *
 * Errors: InvalidArgument, which repeats nothing of @text.
 * Returns: (transfer full) (nullable)
 */
ObSignIn *ob_sign_in_read (const char *text, gsize size_bytes, GError **error);

/* The same for a secret that stands alone, and has to say where it may go: JSON of kind bearer, basic or header with "origin", a URL whose
 * scheme, host and port count. */
ObSignIn *ob_sign_in_read_bound (const char *text, gsize size_bytes, GError **error);

/* The form in which it is kept, which begins with its kind: a line NAME=VALUE for each text. @text: (transfer full) by
 * ob_secret_free(). The second returns %NULL for anything else. */
char *ob_sign_in_write (const ObSignIn *sign_in);
ObSignIn *ob_sign_in_parse (const char *text);

/* Returns: whether the certificate of sign-in.conf is shown, too */
gboolean ob_sign_in_has_certificate (const ObSignIn *sign_in);

/* Returns: (transfer full): a{ss}: what may be seen of it: kind; headers, the names of those of kind header; certificate, where another
 * kind shows that, too */
GVariant *ob_sign_in_dup_shown (const ObSignIn *sign_in);

G_END_DECLS
