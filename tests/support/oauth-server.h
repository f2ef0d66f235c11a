/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A real sign-in server, oidc-provider, and a tus server that takes its tokens alone: tests/support/servers/oauth-server.mjs says
 * what it can be told by test_peer_control (). tests/setup/install.sh brings it. Main thread.
 */
#pragma once

#include "support/peer.h"

G_BEGIN_DECLS

/* @folder: for its uploads. Returns: NULL: it is not installed, and the caller skips its test. */
TestPeer *test_oauth_server_start (const char *folder);

/* Returns: (transfer full): its issuer */
char *test_oauth_server_dup_issuer (TestPeer *peer);

/* What the person does on the page that a device flow leads to. */
void test_oauth_server_decide (TestPeer *peer, const char *user_code, gboolean is_approved);

/* How many requests for tokens there were by that grant, such as "refresh_token"; those that were refused count too, but for the
 * answer "not yet". */
gint64 test_oauth_server_count_grants (TestPeer *peer, const char *grant);

G_END_DECLS
