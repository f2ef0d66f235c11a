/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server, an nginx, that asks for a client certificate in the handshake and does without one.
 */
#include "support/broker.h"
#include "support/certificate.h"
#include "support/namespace.h"
#include "support/nginx.h"

/* Made before there are other threads. */
static TestAuthority authority;

static void
submit (TestBroker *broker, const char *name)
{
  g_autofree char *path = test_broker_make_file (broker, name, 300000, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = test_broker_submit (broker, path, NULL, &error);

  g_assert_no_error (error);
}

static void
test_a_server_that_asks_for_one (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *pass = test_nginx_pass_to (test_peer_get_url (broker->peer), FALSE);
  g_autofree char *directives = g_strconcat ("ssl_verify_client optional_no_ca; ", pass, NULL);
  g_autoptr (TestNginx) nginx
      = test_nginx_start_secure (broker->folder, authority.certificate, authority.key, directives);

  if (!nginx)
    return;
  test_peer_control (broker->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
  test_broker_set_destination (broker, test_nginx_get_url (nginx), NULL);
  submit (broker, "a.jpg");
  test_broker_wait_for_all (broker, "done", 30);
  test_broker_stop (broker);
}

static void
skip (void)
{
  g_test_skip ("no mount namespace, or no openssl");
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);
  int result;

  g_test_init (&argc, &argv, NULL);
  if (is_inside)
    test_namespace_run ("ip link set lo up");
  is_inside = is_inside && test_authority_make (&authority);
  g_test_add_func ("/mutual-tls/a-server-that-asks-for-one", is_inside ? test_a_server_that_asks_for_one : skip);
  result = g_test_run ();
  if (is_inside)
    test_authority_free (&authority);

  return result;
}
