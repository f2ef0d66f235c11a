/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon behind an nginx that offers HTTP/2 and ends its connections again and again: after so many requests, after a
 * moment without one, and when it takes up a new configuration. That is in good order: nobody waits, and nothing is made
 * twice.
 */
#include "support/broker.h"
#include "support/certificate.h"
#include "support/document.h"
#include "support/namespace.h"
#include "support/nginx.h"

#define UPLOADS 60
#define MOST_S 60

/* Made before there are other threads. */
static TestAuthority authority;

static void
submit_all (TestBroker *broker)
{
  for (guint i = 0; i < UPLOADS; i++)
    {
      g_autofree char *name = g_strdup_printf ("IMG_%03u.jpg", i);
      g_autofree char *path = test_broker_make_file (broker, name, 20000 + i, i);
      g_autoptr (GError) error = NULL;
      g_autofree char *id = test_broker_submit (broker, path, NULL, &error);

      g_assert_no_error (error);
    }
}

/* An attempt that met an end of a connection would have been begun again, and its upload perhaps made twice. */
static void
assert_nobody_waited (TestBroker *broker)
{
  g_autoptr (GVariant) list = test_broker_list (broker);

  g_assert_cmpuint (g_variant_n_children (list), ==, UPLOADS);
  for (guint i = 0; i < UPLOADS; i++)
    {
      g_autoptr (GVariant) upload = g_variant_get_child_value (list, i);

      g_assert_cmpint (test_document_get_number (upload, 'u', "attempts"), ==, 1);
    }
  g_assert_cmpint (test_peer_count_requests (broker->peer, "POST"), ==, UPLOADS);
}

static void
test_connections_end (gconstpointer data)
{
  const char *directive = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *pass = test_nginx_pass_to (test_peer_get_url (broker->peer), FALSE);
  g_autofree char *directives = g_strconcat (directive, pass, NULL);
  g_autoptr (TestNginx) nginx
      = test_nginx_start_secure (broker->folder, authority.certificate, authority.key, directives);

  if (!nginx)
    return;
  test_peer_control (broker->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
  test_broker_set_destination (broker, test_nginx_get_url (nginx), NULL);
  submit_all (broker);
  test_broker_wait_for_all (broker, "done", MOST_S);
  assert_nobody_waited (broker);
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
  static const struct
  {
    const char *name;
    const char *directive;
  } tests[] = {
    { "/http2/after-one-request", "keepalive_requests 1; " },
    { "/http2/after-three-requests", "keepalive_requests 3; " },
    { "/http2/after-seven-requests", "keepalive_requests 7; " },
    { "/http2/without-keeping-any", "keepalive_timeout 0; " },
    { "/http2/never", "" },
  };
  gboolean is_inside = test_namespace_enter (argv);
  int result;

  g_test_init (&argc, &argv, NULL);
  if (is_inside)
    test_namespace_run ("ip link set lo up");
  is_inside = is_inside && test_authority_make (&authority);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    if (is_inside)
      g_test_add_data_func (tests[i].name, tests[i].directive, test_connections_end);
    else
      g_test_add_func (tests[i].name, skip);
  result = g_test_run ();
  if (is_inside)
    test_authority_free (&authority);

  return result;
}
