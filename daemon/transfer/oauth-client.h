/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How this device is known to a sign-in server, and by which way a person signs in there: the public settings of a destination
 * whose sign-in is OAuth 2. Pure; any thread.
 *
 *   setting            value
 *   flow               device (RFC 8628; also without this word), code (RFC 8252), client-credentials (RFC 6749 section 4.4)
 *   issuer             URL of the server, which describes itself (RFC 8414); or, without it:
 *   token-url          where tokens are asked for
 *   device-url         where the device flow begins
 *   authorize-url      the page that a browser is sent to
 *   client-id          the name of this client there
 *   client-auth        basic or post: how a client's secret is shown (RFC 6749 section 2.3.1); basic where nothing is said
 *   scope              what it asks for (RFC 6749 section 3.3)
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OB_OAUTH_FLOW_DEVICE,
  OB_OAUTH_FLOW_CODE,
  OB_OAUTH_FLOW_CLIENT, /* no person signs in: the client itself does, by its secret */
} ObOauthFlow;

typedef struct
{
  ObOauthFlow flow;
  char *issuer; /* NULL: the endpoints are given */
  char *token_url;
  char *device_url;
  char *authorize_url;
  char *client_id;
  char *scope; /* NULL: what the server gives without being asked */
  gboolean shows_secret_in_body;
} ObOauthClient;

/* @settings: a{ss}. Errors: InvalidArgument: a setting that is not known, is no such value, or is missing for this flow.
 * Returns: (transfer full) (nullable) */
ObOauthClient *ob_oauth_client_new (GVariant *settings, GError **error);

ObOauthClient *ob_oauth_client_copy (const ObOauthClient *client);
void ob_oauth_client_free (ObOauthClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObOauthClient, ob_oauth_client_free)

G_END_DECLS
