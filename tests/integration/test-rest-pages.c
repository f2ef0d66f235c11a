/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Web pages at the TCP port of a real daemon: where it is, how a page is let in, what it may do and read, and when that ends. What
 * is refused is tried by test-rest-attacks.c.
 */
#include "pages.h"

#include "dbus/names.h"

#include <gio/gunixsocketaddress.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>

#define CAPTURE "https://capture.example"
#define CAPTURE_APP "https:capture.example"
#define NONCE "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

/* One daemon for all tests but those that end it: every test has its own origin. */
static TestBroker *shared;

static void
assert_status (const RestAnswer *answer, guint expected)
{
  if (answer->status != expected)
    g_error ("%u, and not %u: %s", answer->status, expected, answer->body ? answer->body : "nothing");
}

/* Whether the browser lets pages of that origin read the answer. */
static gboolean
is_readable (const RestAnswer *answer, const char *origin)
{
  g_autofree char *allowed = rest_answer_dup_field (answer, "Access-Control-Allow-Origin");
  g_autofree char *vary = rest_answer_dup_field (answer, "Vary");
  g_autofree char *resource = rest_answer_dup_field (answer, "Cross-Origin-Resource-Policy");
  g_autofree char *sniff = rest_answer_dup_field (answer, "X-Content-Type-Options");
  g_autofree char *credentials = rest_answer_dup_field (answer, "Access-Control-Allow-Credentials");

  g_assert_cmpstr (vary, ==, "Origin");
  g_assert_cmpstr (resource, ==, "same-origin");
  g_assert_cmpstr (sniff, ==, "nosniff");
  g_assert_null (credentials);
  g_assert_true (!allowed || g_str_equal (allowed, origin));

  return allowed != NULL;
}

/* --- The port --- */

static void
test_the_port_goes_with_the_daemon (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  const guint16 port = page_find_port (broker);
  g_autoptr (GSocketConnection) connection = page_connect (port);
  g_autoptr (GSocketConnection) after = NULL;

  g_assert_nonnull (connection);
  test_broker_stop (broker);
  after = page_connect (port);
  g_assert_null (after);
}

/* Whoever is first at a port keeps it: there is no door for pages, the other doors are there, and nobody is told an address. */
static void
test_a_port_that_is_taken (void)
{
  g_autoptr (GSocketListener) others = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (others, NULL, NULL);
  g_autofree char *number = g_strdup_printf ("%u", port);
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *uri = NULL;
  g_autofree char *socket = NULL;
  g_autofree char *path = NULL;
  g_autofree char *note = NULL;
  g_auto (RestAnswer) answer = { 0 };

  g_setenv ("OUTBOX_REST_PORT", number, TRUE);
  broker = test_broker_new_alone ();
  g_unsetenv ("OUTBOX_REST_PORT");
  rest_wait (broker);
  g_assert_true (outbox_dbus_queue_call_rest_address_sync (broker->queue, &uri, &socket, NULL, NULL));
  g_assert_cmpstr (uri, ==, "");
  answer = rest_ask (broker, "GET", "/v1/health");
  assert_status (&answer, 200);
  path = g_build_filename (broker->folder, "run", "outbox", "rest.json", NULL);
  g_assert_true (g_file_get_contents (path, &note, NULL, NULL));
  g_assert_null (strstr (note, "url"));
}

/* --- Being let in --- */

static void
assert_poll (const Page *page, const char *device_code, const char *error, const char *interval)
{
  g_autofree char *body = g_strdup_printf ("{\"device_code\":\"%s\"}", device_code);
  g_auto (RestAnswer) answer = page_fetch (page, "POST", "/v1/pair/token", NULL, body);
  g_autofree char *found = page_dup_member (&answer, "error");
  g_autoptr (JsonNode) root = json_from_string (answer.body, NULL);

  assert_status (&answer, 400);
  g_assert_cmpstr (found, ==, error);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (root), "interval"), ==, atoi (interval));
  g_assert_true (is_readable (&answer, page->origin));
}

static void
test_a_page_asks_and_waits (void)
{
  const Page page = { .broker = shared, .origin = "https://waits.example" };
  const Page other = { .broker = shared, .origin = "https://other.example" };
  g_auto (RestAnswer) asked = page_fetch (&page, "POST", "/v1/pair", NULL, "{}");
  g_autofree char *code = page_dup_member (&asked, "user_code");
  g_autofree char *device_code = page_dup_member (&asked, "device_code");
  g_auto (RestAnswer) again = { 0 };
  g_autofree char *same_code = NULL;
  g_autofree char *error = NULL;

  assert_status (&asked, 200);
  g_assert_true (is_readable (&asked, page.origin));
  g_assert_cmpuint (strlen (code), ==, strlen ("BCDF-GHJK"));
  assert_poll (&page, device_code, "authorization_pending", "5");
  assert_poll (&page, device_code, "slow_down", "10");
  /* What a page has stolen from another is worth nothing. */
  assert_poll (&other, device_code, "expired_token", "5");
  /* After a reload the person sees the same code, and the old secret is worth nothing. */
  again = page_fetch (&page, "POST", "/v1/pair", NULL, "{}");
  same_code = page_dup_member (&again, "user_code");
  g_assert_cmpstr (same_code, ==, code);
  assert_poll (&page, device_code, "expired_token", "5");
  error = page_decide (shared, "Deny", code);
  g_assert_cmpstr (error, ==, "");
  rest_answer_clear (&again);
  again = page_fetch (&page, "POST", "/v1/pair", NULL, "{}");
  assert_status (&again, 403);
  g_assert_true (is_readable (&again, page.origin));
}

/* --- What a page may do --- */

static char *
hand_over (const Page *page, const char *name)
{
  g_autofree char *target = g_strdup_printf ("/v1/uploads?name=%s&group=4711", name);
  g_auto (RestAnswer) answer = page_fetch (page, "POST", target, NULL, "{\"a\":1}");
  g_autofree char *location = rest_answer_dup_field (&answer, "Location");

  assert_status (&answer, 201);
  g_assert_nonnull (location);
  g_assert_true (is_readable (&answer, page->origin));

  return page_dup_member (&answer, "id");
}

static void
assert_fetch (const Page *page, const char *method, const char *before, const char *id, const char *after, guint status)
{
  g_autofree char *target = g_strconcat (before, id, after, NULL);
  g_auto (RestAnswer) answer = page_fetch (page, method, target, NULL, NULL);

  g_test_message ("%s %s %s", page->origin, method, target);
  assert_status (&answer, status);
  g_assert_true (is_readable (&answer, page->origin));
}

static void
test_a_page_has_its_own_alone (void)
{
  g_auto (Page) page = page_pair (shared, CAPTURE, FALSE);
  g_auto (Page) other = page_pair (shared, "http://localhost:8080", FALSE);
  g_auto (Page) manager = page_pair (shared, "https://manage.example", TRUE);
  g_autofree char *own = hand_over (&page, "own.json");
  g_autofree char *others = hand_over (&other, "other.json");
  g_auto (RestAnswer) list = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  g_autofree char *app = page_dup_member (&list, "cursor");

  assert_status (&list, 200);
  g_assert_nonnull (strstr (list.body, own));
  g_assert_nonnull (strstr (list.body, "\"" CAPTURE_APP "\""));
  g_assert_null (strstr (list.body, others));
  assert_fetch (&page, "GET", "/v1/uploads/", own, "", 200);
  assert_fetch (&page, "GET", "/v1/uploads/", own, "/history", 200);
  assert_fetch (&page, "POST", "/v1/uploads/", own, "/pause", 204);
  assert_fetch (&page, "GET", "/v1/groups/", "4711", "", 200);
  assert_fetch (&page, "GET", "/v1/uploads/", others, "", 404);
  assert_fetch (&page, "DELETE", "/v1/uploads/", others, "", 404);
  assert_fetch (&page, "POST", "/v1/uploads/", own, "/send-now", 403);
  assert_fetch (&page, "GET", "/v1/summary", "", "", 403);
  assert_fetch (&manager, "GET", "/v1/uploads/", own, "", 200);
  assert_fetch (&manager, "POST", "/v1/uploads/", others, "/pause", 204);
  assert_fetch (&manager, "GET", "/v1/groups/", CAPTURE_APP "%2F4711", "", 200);
  assert_fetch (&manager, "GET", "/v1/summary", "", "", 200);
  assert_fetch (&manager, "POST", "/v1/uploads/", own, "/send-now", 403);
  assert_fetch (&manager, "GET", "/v1/destinations", "", "", 403);
  assert_fetch (&manager, "GET", "/v1/policy", "", "", 403);
  assert_fetch (&manager, "GET", "/v1/history", "", "", 403);
  assert_fetch (&manager, "POST", "/v1/queue/", "pause", "", 403);
  assert_fetch (&manager, "DELETE", "/v1/uploads/", others, "", 204);
  assert_fetch (&page, "DELETE", "/v1/uploads/", own, "", 204);
}

static void
test_a_token_ends_with_its_app (void)
{
  g_auto (Page) page = page_pair (shared, "https://revoked.example", FALSE);
  g_auto (Page) again = { 0 };
  g_auto (RestAnswer) answer = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  g_autofree char *error = NULL;

  assert_status (&answer, 200);
  error = page_decide (shared, "Revoke", page.origin);
  g_assert_cmpstr (error, ==, "");
  rest_answer_clear (&answer);
  answer = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  assert_status (&answer, 403);
  g_assert_false (is_readable (&answer, page.origin));
  /* The old token is worth nothing when the page is let in again, and the page can read that. */
  again = page_pair (shared, page.origin, FALSE);
  rest_answer_clear (&answer);
  answer = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  assert_status (&answer, 401);
  g_assert_true (is_readable (&answer, page.origin));
}

/* --- Knowing the broker --- */

static void
test_the_broker_proves_that_it_knows_the_token (void)
{
  const Page stranger = { .broker = shared, .origin = "https://stranger.example" };
  g_auto (Page) page = page_pair (shared, "https://hello.example", FALSE);
  g_auto (Page) second = page_pair (shared, page.origin, FALSE);
  g_autofree char *host = g_strdup_printf ("127.0.0.1:%u", page_find_port (shared));
  g_autofree char *proof = page_dup_proof (page.token, page.origin, host, NONCE);
  g_autofree char *of_second = page_dup_proof (second.token, page.origin, host, NONCE);
  g_auto (RestAnswer) answer = { 0 };

  g_clear_pointer (&page.token, g_free);
  answer = page_fetch (&page, "POST", "/v1/hello", NULL, "{\"nonce\":\"" NONCE "\"}");
  assert_status (&answer, 200);
  g_assert_true (is_readable (&answer, page.origin));
  /* The origin has two browsers, and each finds its own. */
  g_assert_nonnull (strstr (answer.body, proof));
  g_assert_nonnull (strstr (answer.body, of_second));
  rest_answer_clear (&answer);
  answer = page_fetch (&page, "POST", "/v1/hello", NULL, "{\"nonce\":\"0123\"}");
  assert_status (&answer, 400);
  rest_answer_clear (&answer);
  answer = page_fetch (&stranger, "POST", "/v1/hello", NULL, "{\"nonce\":\"" NONCE "\"}");
  assert_status (&answer, 404);
  g_assert_true (is_readable (&answer, stranger.origin));
}

/* --- What the browser asks first --- */

static void
test_preflights (void)
{
  static const struct
  {
    const char *origin, *method, *path;
    guint status;
  } rows[] = {
    { "https://preflight.example", "GET", "/v1/uploads", 204 },
    { "https://preflight.example", "PATCH", "/v1/tus/4711", 204 },
    { "https://preflight.example", "POST", "/v1/tus/", 204 },
    { "https://preflight.example", "POST", "/v1/pair", 204 },
    { "https://preflight.example", "GET", "/v1/nothing", 204 },
    { "https://stranger.example", "POST", "/v1/pair", 204 },
    { "https://stranger.example", "POST", "/v1/pair/token", 204 },
    { "https://stranger.example", "POST", "/v1/hello", 204 },
    { "http://localhost:3000", "POST", "/v1/hello", 204 },
    { "https://stranger.example", "GET", "/v1/pair", 403 },
    { "https://stranger.example", "GET", "/v1/uploads", 403 },
    { "https://stranger.example", "POST", "/v1/tus/", 403 },
    { "https://stranger.example", "GET", "/v1/health", 403 },
    { "https://stranger.example", "POST", "/v1/nothing", 403 },
    { "http://stranger.example", "POST", "/v1/pair", 403 },
    { "null", "POST", "/v1/pair", 403 },
  };
  g_auto (Page) page = page_pair (shared, "https://preflight.example", FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Page asks = { .broker = shared, .origin = rows[i].origin };
      g_autofree char *fields
          = g_strdup_printf ("Access-Control-Request-Method: %s\r\nAccess-Control-Request-Headers: authorization\r\n"
                             "Access-Control-Request-Private-Network: true\r\n",
                             rows[i].method);
      g_auto (RestAnswer) answer = page_fetch (&asks, "OPTIONS", rows[i].path, fields, NULL);
      g_autofree char *methods = rest_answer_dup_field (&answer, "Access-Control-Allow-Methods");
      g_autofree char *names = rest_answer_dup_field (&answer, "Access-Control-Allow-Headers");
      g_autofree char *local = rest_answer_dup_field (&answer, "Access-Control-Allow-Private-Network");

      g_test_message ("%s %s %s", rows[i].origin, rows[i].method, rows[i].path);
      assert_status (&answer, rows[i].status);
      g_assert_true (is_readable (&answer, rows[i].origin) == (rows[i].status == 204));
      g_assert_true ((methods != NULL) == (rows[i].status == 204));
      g_assert_cmpstr (local, ==, methods ? "true" : NULL);
      if (!methods)
        continue;
      g_assert_nonnull (strstr (names, "Authorization"));
      g_assert_nonnull (strstr (names, "Tus-Resumable"));
      if (!g_str_equal (rows[i].path, "/v1/nothing"))
        g_assert_nonnull (strstr (methods, rows[i].method));
    }
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  shared = test_broker_new_alone ();
  test_broker_set_destination (shared, "http://127.0.0.1:1/", NULL);
  g_test_add_func ("/pages/the-port-goes-with-the-daemon", test_the_port_goes_with_the_daemon);
  g_test_add_func ("/pages/a-port-that-is-taken", test_a_port_that_is_taken);
  g_test_add_func ("/pages/a-page-asks-and-waits", test_a_page_asks_and_waits);
  g_test_add_func ("/pages/a-page-has-its-own-alone", test_a_page_has_its_own_alone);
  g_test_add_func ("/pages/a-token-ends-with-its-app", test_a_token_ends_with_its_app);
  g_test_add_func ("/pages/the-broker-proves-that-it-knows-the-token", test_the_broker_proves_that_it_knows_the_token);
  g_test_add_func ("/pages/preflights", test_preflights);
  result = g_test_run ();
  test_broker_free (shared);

  return result;
}
