/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What pages, programs and other users may try at the TCP port. Each is refused with the answer that its row names, no page may read
 * what a stranger is told, and the queue is afterwards what it was.
 */
#include "attacks.h"
#include "pages.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define ORIGIN "https://capture.example"

#define NONCE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* The table has so many rows at least. */
#define ATTACKS_LEAST 60

typedef struct
{
  TestBroker *broker;
  guint16 port;
  GHashTable *values; /* what stands for each name in the rows */
} Place;

static Place place;

/* --- Before --- */

static void
set_value (const char *name, char *value)
{
  g_assert_nonnull (value);
  (void) g_hash_table_insert (place.values, (gpointer) name, value);
}

static char *
hand_over (const Page *page)
{
  g_auto (RestAnswer) answer = page_fetch (page, "POST", "/v1/uploads?name=a.json", NULL, "{}");

  g_assert_cmpuint (answer.status, ==, 201);

  return page_dup_member (&answer, "id");
}

/* Returns: (transfer full): the id of an upload that waits for 10 bytes. */
static char *
begin_part (const Page *page)
{
  g_auto (RestAnswer) answer
      = page_fetch (page, "POST", "/v1/tus/", "Tus-Resumable: 1.0.0\r\nUpload-Length: 10\r\n", NULL);
  g_autofree char *location = rest_answer_dup_field (&answer, "Location");

  g_assert_cmpuint (answer.status, ==, 201);

  return g_strdup (strrchr (location, '/') + 1);
}

static char *
dup_revoked (const char *origin)
{
  g_auto (Page) page = page_pair (place.broker, origin, FALSE);
  g_autofree char *error = page_decide (place.broker, "Revoke", origin);

  g_assert_cmpstr (error, ==, "");

  return g_strdup (page.token);
}

static char *
ask_for_code (const char *origin)
{
  const Page page = { .broker = place.broker, .origin = origin };
  g_auto (RestAnswer) asked = page_fetch (&page, "POST", "/v1/pair", NULL, "{}");

  return page_dup_member (&asked, "user_code");
}

static void
set_up (void)
{
  g_auto (Page) page = { 0 };
  g_auto (Page) other = { 0 };
  g_auto (Page) again = { 0 };

  place.broker = test_broker_new_alone ();
  test_broker_set_destination (place.broker, "http://127.0.0.1:1/", NULL);
  g_assert_true (outbox_dbus_queue_call_pause_sync (place.broker->queue, NULL, NULL));
  place.port = page_find_port (place.broker);
  place.values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  page = page_pair (place.broker, ORIGIN, FALSE);
  other = page_pair (place.broker, "https://other.example", FALSE);
  set_value ("PORT", g_strdup_printf ("%u", place.port));
  set_value ("TOKEN", g_strdup (page.token));
  set_value ("CUT", g_strndup (page.token, strlen (page.token) - 1));
  set_value ("DIGEST", g_compute_checksum_for_string (G_CHECKSUM_SHA256, page.token, -1));
  set_value ("OTHER", g_strdup (other.token));
  set_value ("OLD", dup_revoked ("https://revoked.example"));
  set_value ("STALE", dup_revoked ("https://again.example"));
  again = page_pair (place.broker, "https://again.example", FALSE);
  set_value ("OWN", hand_over (&page));
  set_value ("FOREIGN", hand_over (&other));
  set_value ("PART", begin_part (&page));
  set_value ("CODE", ask_for_code ("https://waits.example"));
}

static void
tear_down (void)
{
  g_hash_table_unref (place.values);
  test_broker_free (place.broker);
}

/* Returns: (transfer full): the bytes of a row, with the values in their places. */
static char *
fill (const char *bytes)
{
  g_autoptr (GString) text = g_string_new (bytes);
  g_autofree char *length = NULL;
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, place.values);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_autofree char *reference = g_strconcat ("$", name, NULL);

      (void) g_string_replace (text, reference, value, 0);
    }
  length = g_strdup_printf ("%zu", strlen (strstr (text->str, "\r\n\r\n") + 4));
  (void) g_string_replace (text, "$LENGTH", length, 0);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* --- After --- */

/* Returns: (transfer full): the offset of the upload that waits for 10 bytes. */
static char *
find_offset (void)
{
  g_autofree char *bytes = fill ("HEAD /v1/tus/$PART HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
                                 "\r\nAuthorization: Bearer $TOKEN\r\nTus-Resumable: 1.0.0\r\n\r\n");
  g_auto (RestAnswer) answer = page_send (place.port, bytes, -1);

  return rest_answer_dup_field (&answer, "Upload-Offset");
}

/* What changes by itself. How long the file of a piece is says nothing: of one with a wrong checksum it is cut when the next comes; its
 * offset says what counts. And a while after its last byte nobody is writing it any more. */
#define OF_TIME                    \
  "'saved_bytes': <uint64 \\d+>, " \
  "|'reasons': <\\['(recording|unfinished)'\\]>, 'sequence': <'[^']*'>, 'needs_user': <(true|false)>, "

/* Returns: (transfer full): everything that an attack could have changed */
static char *
describe_queue (void)
{
  g_autoptr (GRegex) of_time = g_regex_new (OF_TIME, 0, 0, NULL);
  g_autoptr (GVariant) list = test_broker_list (place.broker);
  g_autofree char *uploads = g_variant_print (list, FALSE);
  g_autofree char *plain = g_regex_replace_literal (of_time, uploads, -1, 0, "", 0, NULL);
  g_autofree char *offset = find_offset ();

  return g_strdup_printf ("%s, %u files, at %s", plain, test_broker_count_files (place.broker, "spool"), offset);
}

static void
assert_queue_is (const char *before)
{
  g_autofree char *after = describe_queue ();

  g_assert_cmpstr (after, ==, before);
}

/* Nothing of this device, and nothing that the attacker has sent as a field. */
static void
assert_tells_nothing (const RestAnswer *answer)
{
  g_assert_null (strstr (answer->body, place.broker->folder));
  g_assert_null (strstr (answer->body, g_get_home_dir ()));
  g_assert_null (strstr (answer->head, "X-Evil"));
  g_assert_null (strstr (answer->head, "Set-Cookie"));
  g_assert_null (strstr (answer->head, "Access-Control-Allow-Credentials"));
}

static void
assert_refused (const char *name, const RestAnswer *answer, guint status, AttackReader reader)
{
  g_autofree char *origin = rest_answer_dup_field (answer, "Access-Control-Allow-Origin");

  if (answer->status != status)
    g_error ("%s: %u, and not %u: %s", name, answer->status, status, answer->body ? answer->body : "no answer");
  if ((origin != NULL) != (reader == READABLE))
    g_error ("%s: pages of %s may read it", name, origin ? origin : "no origin");
  assert_tells_nothing (answer);
}

/* --- The table --- */

static void
test_every_attack (void)
{
  g_autofree char *before = describe_queue ();
  guint n = 0;

  for (; attacks[n].name; n++)
    {
      g_autofree char *bytes = fill (attacks[n].bytes);
      g_auto (RestAnswer) answer = page_send (place.port, bytes, -1);

      assert_refused (attacks[n].name, &answer, attacks[n].status, attacks[n].reader);
      assert_queue_is (before);
    }
  g_test_message ("%u attacks, and nothing was let in or changed", n);
  g_assert_cmpuint (n, >=, ATTACKS_LEAST);
}

/* --- What does not fit into a row --- */

static void
test_what_is_too_long (void)
{
  g_autofree char *before = describe_queue ();
  g_autofree char *letters = g_strnfill (10 * 1000 * 1000, 'a');
  g_autofree char *brackets = g_strnfill (40000, '[');
  const struct
  {
    const char *name, *format, *filling;
    guint status;
    AttackReader reader;
  } rows[] = {
    { "a head of 10 MB", "GET /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nX: %s\r\n\r\n", letters, 431, HIDDEN },
    { "a head that never ends", "%s\r\n\r\n", letters, 431, HIDDEN },
    { "a token of 10 MB", "GET /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nAuthorization: Bearer %s\r\n\r\n",
      letters, 431, HIDDEN },
    { "deep JSON",
      "PATCH /v1/uploads/$OWN HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
      "\r\nAuthorization: Bearer $TOKEN\r\n"
      "Content-Type: application/json\r\nContent-Length: $LENGTH\r\n\r\n%s",
      brackets, 400, READABLE },
    { "JSON of 10 MB",
      "PATCH /v1/uploads/$OWN HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
      "\r\nAuthorization: Bearer $TOKEN\r\n"
      "Content-Type: application/json\r\nContent-Length: $LENGTH\r\n\r\n%s",
      letters, 413, READABLE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (GStrv) parts = g_strsplit (rows[i].format, "%s", 2);
      g_autofree char *whole = g_strconcat (parts[0], rows[i].filling, parts[1], NULL);
      g_autofree char *bytes = fill (whole);
      g_auto (RestAnswer) answer = page_send (place.port, bytes, -1);

      assert_refused (rows[i].name, &answer, rows[i].status, rows[i].reader);
    }
  assert_queue_is (before);
}

/* It says that more comes than does. Nothing is kept of it, whenever it ends. */
static void
test_a_length_that_lies (void)
{
  g_autofree char *before = describe_queue ();
  g_autofree char *bytes = fill ("POST /v1/uploads?name=lies.jpg HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
                                 "\r\nAuthorization: Bearer $TOKEN\r\nContent-Length: 100\r\n\r\nabc");
  g_autoptr (GSocketConnection) connection = page_connect (place.port);
  g_auto (RestAnswer) answer = { 0 };

  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), bytes,
                                            strlen (bytes), NULL, NULL, NULL));
  g_assert_true (g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE, NULL));
  answer = rest_read (connection);
  g_assert_cmpuint (answer.status, !=, 201);
  assert_queue_is (before);
}

/* Bytes behind the length are no second request. */
static void
test_a_request_behind_a_request (void)
{
  g_autofree char *before = describe_queue ();
  g_autofree char *bytes = fill ("GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nContent-Length: 0\r\n\r\n"
                                 "DELETE /v1/uploads/$OWN HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
                                 "\r\nAuthorization: Bearer $TOKEN\r\n\r\n");
  g_auto (RestAnswer) answer = page_send (place.port, bytes, -1);

  g_assert_cmpuint (answer.status, ==, 200);
  g_assert_null (strstr (answer.body, "HTTP/1."));
  assert_queue_is (before);
}

/* As the page computes it for the port that it has asked. Returns: (transfer full) */
static char *
expect_proof (const char *host)
{
  g_autoptr (GChecksum) digest = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *text = g_strjoin ("\n", "outbox-hello", ORIGIN, host, NONCE, NULL);
  guint8 key[32];
  gsize size_bytes = sizeof key;

  g_checksum_update (digest, g_hash_table_lookup (place.values, "TOKEN"), -1);
  g_checksum_get_digest (digest, key, &size_bytes);

  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, key, size_bytes, text, -1);
}

/* Somebody was first at a port, and passes on what the page says to it, with the Host that the broker wants: the proof is one for the
 * broker's port, and the page expects one for the port that it has asked. */
static void
test_a_squatter_that_passes_hello_on (void)
{
  g_autoptr (GSocketListener) squatter = g_socket_listener_new ();
  const guint16 port = g_socket_listener_add_any_inet_port (squatter, NULL, NULL);
  g_autofree char *asked = g_strdup_printf ("127.0.0.1:%u", port);
  g_autofree char *passed_to = fill ("127.0.0.1:$PORT\r\n\r\n");
  g_autofree char *expected = expect_proof (asked);
  g_autofree char *of_broker = expect_proof (g_strchomp (passed_to));
  g_autofree char *bytes
      = fill ("POST /v1/hello HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
              "\r\nContent-Type: application/json\r\nContent-Length: $LENGTH\r\n\r\n{\"nonce\":\"" NONCE "\"}");
  g_auto (RestAnswer) answer = page_send (place.port, bytes, -1);

  g_assert_cmpuint (answer.status, ==, 200);
  g_assert_nonnull (strstr (answer.body, of_broker));
  g_assert_null (strstr (answer.body, expected));
}

/* Names of files may have any letters. In an answer they stand where no field can begin. */
static void
test_a_field_in_a_name (void)
{
  g_autofree char *before = describe_queue ();
  g_autofree char *creation = fill ("POST /v1/tus/ HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
                                    "\r\nAuthorization: Bearer $TOKEN\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 1\r\n"
                                    "Upload-Metadata: filename YQ0KWC1FdmlsOiAx\r\n\r\n");
  g_auto (RestAnswer) created = page_send (place.port, creation, -1);
  g_autofree char *location = rest_answer_dup_field (&created, "Location");
  g_autofree char *format = g_strdup_printf ("HEAD %s HTTP/1.1\r\nHost: 127.0.0.1:$PORT\r\nOrigin: " ORIGIN
                                             "\r\nAuthorization: Bearer $TOKEN\r\nTus-Resumable: 1.0.0\r\n\r\n",
                                             location);
  g_autofree char *head = fill (format);
  g_autofree char *removal = NULL;
  g_auto (RestAnswer) told = page_send (place.port, head, -1);
  g_auto (RestAnswer) removed = { 0 };

  g_assert_cmpuint (created.status, ==, 201);
  g_assert_cmpuint (told.status, ==, 204);
  assert_tells_nothing (&created);
  assert_tells_nothing (&told);
  removal = g_strconcat ("DELETE", head + strlen ("HEAD"), NULL);
  removed = page_send (place.port, removal, -1);
  g_assert_cmpuint (removed.status, ==, 204);
  assert_queue_is (before);
}

/* Another user of the device, who has even got hold of a token. */
static void
test_another_user (void)
{
  g_autofree char *before = describe_queue ();
  g_autofree char *url = fill ("http://127.0.0.1:$PORT/v1/uploads\r\n\r\n");
  g_autofree char *token = fill ("Authorization: Bearer $TOKEN\r\n\r\n");
  const char *const argv[] = { "setpriv",
                               "--reuid=65534",
                               "--clear-groups",
                               "curl",
                               "--silent",
                               "--max-time",
                               "20",
                               "--header",
                               "Origin: " ORIGIN,
                               "--header",
                               g_strchomp (token),
                               "--include",
                               g_strchomp (url),
                               NULL };
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can be another user");
      return;
    }
  g_assert_true (g_spawn_sync ("/", (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &words, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_nonnull (strstr (words, "HTTP/1.1 403"));
  g_assert_null (strstr (words, "Access-Control"));
  assert_queue_is (before);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  set_up ();
  g_test_add_func ("/rest-attacks/every-attack", test_every_attack);
  g_test_add_func ("/rest-attacks/what-is-too-long", test_what_is_too_long);
  g_test_add_func ("/rest-attacks/a-length-that-lies", test_a_length_that_lies);
  g_test_add_func ("/rest-attacks/a-request-behind-a-request", test_a_request_behind_a_request);
  g_test_add_func ("/rest-attacks/a-squatter-that-passes-hello-on", test_a_squatter_that_passes_hello_on);
  g_test_add_func ("/rest-attacks/a-field-in-a-name", test_a_field_in_a_name);
  g_test_add_func ("/rest-attacks/another-user", test_another_user);
  result = g_test_run ();
  tear_down ();

  return result;
}
