/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a server gets to see that asks for a client certificate in the handshake: the present sign-in's, if the server is the one
 * that it is for, and none otherwise. libsoup's own answer is asked for in the context of the thread that waits for the
 * handshake, so that a blocking request never came back from any such server.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _ObClientTls ObClientTls;

/* Any thread; the main loop has to run while a request is under way on another. */
ObClientTls *ob_client_tls_new (void);
void ob_client_tls_free (ObClientTls *tls);

/* Returns: (transfer full): a session that asks it */
SoupSession *ob_client_tls_make_session (ObClientTls *tls);

/* From now on the server of @uri gets that one, and no other server gets any. @certificate: (nullable) */
void ob_client_tls_show (ObClientTls *tls, GUri *uri, GTlsCertificate *certificate);

/* Returns: whether a connection of the session that was made last may have shown another one, or none, to the server of @uri. It would
 * go on to speak for whom that names. */
gboolean ob_client_tls_has_shown_other (ObClientTls *tls, GUri *uri, GTlsCertificate *certificate);

/* Before a handshake. */
void ob_client_tls_prepare (ObClientTls *tls, GTlsConnection *connection);

G_END_DECLS
