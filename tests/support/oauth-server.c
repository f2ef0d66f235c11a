/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starts the sign-in server, and speaks to it as its person does. Main thread.
 */
#include "support/oauth-server.h"

#include "support/node.h"

TestPeer *
test_oauth_server_start (const char *folder)
{
  g_autofree char *script = g_build_filename (g_getenv ("SERVERS"), "oauth-server.mjs", NULL);
  g_autofree char *package = test_node_find_tool ("servers/node_modules/oidc-provider");
  g_autofree char *tools = test_node_find_tool ("");
  g_autofree char *node = test_node_find ();
  const char *argv[] = { node, script, "--port", "0", "--folder", folder, "--tools", tools, NULL };

  return node && g_file_test (package, G_FILE_TEST_IS_DIR) ? test_peer_start (argv) : NULL;
}

char *
test_oauth_server_dup_issuer (TestPeer *peer)
{
  g_autofree char *url = test_peer_dup_url (peer, "/");

  url[strlen (url) - 1] = '\0';

  return g_steal_pointer (&url);
}

void
test_oauth_server_decide (TestPeer *peer, const char *user_code, gboolean is_approved)
{
  g_autofree char *command = g_strdup_printf ("{\"%s\":\"%s\"}", is_approved ? "approve" : "deny", user_code);

  test_peer_control (peer, command);
}

gint64
test_oauth_server_count_grants (TestPeer *peer, const char *grant)
{
  g_autoptr (JsonNode) facts = test_peer_describe (peer);
  JsonObject *grants = json_object_get_object_member (json_node_get_object (facts), "grants");

  return json_object_get_int_member_with_default (grants, grant, 0);
}
