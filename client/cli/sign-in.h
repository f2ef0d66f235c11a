/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox destination sign-in
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* Asks for a secret, on the terminal where there is one, and hands it to the broker by a pipe. @user: (nullable): it is the
 * password of this user name. @header: (nullable): it is the value of this header. @has_certificate: beside one of these two, the
 * certificate of sign-in.conf is shown. Returns: the exit code */
int cli_sign_in (const char *name, const char *user, const char *header, gboolean has_certificate);

/* The same for the secret of the client that the destination's settings name. @has_page: people sign in at the server's page by it */
int cli_sign_in_client (const char *name, gboolean has_page);

/* Has the token command that sign-in.conf names for it run from now on, its certificate shown, or both; what is said of that is a
 * @kind: "command" or "tls". */
int cli_sign_in_by_file (const char *name, const char *kind, gboolean has_certificate);

/* Shows the page of the sign-in server, and waits until somebody has signed in there. @secret: what begins it. Returns: the exit
 * code */
int cli_sign_in_page (const char *name, const char *secret);

/* Hands a secret over by a pipe. Returns: whether it was taken */
gboolean cli_sign_in_send (OutboxClient *client, const char *name, const char *secret, GError **error);

/* Signs in as the destination's settings say: at a page, by the client's secret, or as cli_sign_in() does. Returns: the exit code */
int cli_sign_in_by_kind (const char *name, const char *user, const char *header, gboolean has_client_secret);

/* @destination: its document. Returns: (transfer full) (nullable): the kind of its sign-in, such as "header (X-Api-Key)" */
char *cli_sign_in_dup_shown (GVariant *destination);

G_END_DECLS
