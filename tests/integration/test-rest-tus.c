/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tus at REST's socket of a real daemon, byte for byte.
 */
#include "rest.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#define TUS "Tus-Resumable: 1.0.0\r\n"
#define PIECE "Content-Type: application/offset+octet-stream\r\n"

static TestBroker *
start (void)
{
  TestBroker *broker = test_broker_new ();

  rest_wait (broker);

  return broker;
}

/* @fields: each with its end of line. @length: what Content-Length says */
static RestAnswer
ask (TestBroker *broker, const char *method, const char *target, const char *fields, const char *body, gsize size_bytes,
     gsize length)
{
  g_autoptr (GString) all = g_string_new (NULL);

  g_string_printf (all, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, target, fields);
  if (g_str_equal (method, "POST") || g_str_equal (method, "PATCH"))
    g_string_append_printf (all, "Content-Length: %zu\r\n", length);
  g_string_append (all, "\r\n");
  g_string_append_len (all, body, (gssize) size_bytes);

  return rest_send (broker, all->str, (gssize) all->len);
}

static guint
ask_status (TestBroker *broker, const char *method, const char *target, const char *fields, const char *body)
{
  g_auto (RestAnswer) answer = ask (broker, method, target, fields, body, strlen (body), strlen (body));

  return answer.status;
}

/* Returns: (transfer full): the path of a new upload. @fields: of the creation, besides the version */
static char *
create (TestBroker *broker, const char *fields)
{
  g_autofree char *all = g_strconcat (TUS, fields, NULL);
  g_auto (RestAnswer) answer = ask (broker, "POST", "/v1/tus/", all, "", 0, 0);

  g_assert_cmpuint (answer.status, ==, 201);

  return rest_answer_dup_field (&answer, "Location");
}

static guint
patch (TestBroker *broker, const char *path, guint64 offset, const char *more, const char *body)
{
  g_autofree char *fields = g_strdup_printf (TUS PIECE "Upload-Offset: %" G_GUINT64_FORMAT "\r\n%s", offset, more);

  return ask_status (broker, "PATCH", path, fields, body);
}

/* Returns: what HEAD tells; -1: it is no answer with an offset */
static gint64
get_offset (TestBroker *broker, const char *path)
{
  g_auto (RestAnswer) answer = ask (broker, "HEAD", path, TUS, "", 0, 0);
  g_autofree char *offset = rest_answer_dup_field (&answer, "Upload-Offset");

  return answer.status == 204 && offset ? g_ascii_strtoll (offset, NULL, 10) : -1;
}

/* The bytes that the broker has in its spool. */
static void
assert_saved (TestBroker *broker, const char *path, const char *bytes, gsize size_bytes)
{
  g_autofree char *sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, size_bytes);
  g_autofree char *target = g_strconcat ("/v1/uploads/", strrchr (path, '/') + 1, NULL);
  g_auto (RestAnswer) answer = rest_ask (broker, "GET", target);

  g_assert_cmpuint (answer.status, ==, 200);
  g_assert_nonnull (strstr (answer.body, sha256));
  g_assert_null (strstr (answer.body, "\"state\":\"saving\""));
}

/* --- The protocol --- */

static void
test_options (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) answer = ask (broker, "OPTIONS", "/v1/tus/", "", "", 0, 0);
  g_autofree char *extensions = rest_answer_dup_field (&answer, "Tus-Extension");
  g_autofree char *version = rest_answer_dup_field (&answer, "Tus-Version");

  g_assert_cmpuint (answer.status, ==, 204);
  g_assert_cmpstr (version, ==, "1.0.0");
  g_assert_nonnull (strstr (extensions, "creation-defer-length"));
}

static void
test_pieces (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (
      broker, "Upload-Length: 11\r\nUpload-Metadata: type aW1hZ2UvanBlZw==, filename YS5qcGc=,job NDcxMQ==,empty\r\n");
  g_auto (RestAnswer) part = { 0 };
  g_auto (RestAnswer) conflict = { 0 };
  g_autofree char *conflict_expires = NULL;
  g_auto (RestAnswer) head = { 0 };
  g_autofree char *expires = NULL;
  g_autofree char *never = NULL;
  g_autofree char *metadata = NULL;
  g_autofree char *length = NULL;

  g_assert_cmpint (get_offset (broker, path), ==, 0);
  g_assert_cmpuint (patch (broker, path, 0, "", "hello "), ==, 204);
  part = ask (broker, "HEAD", path, TUS, "", 0, 0);
  expires = rest_answer_dup_field (&part, "Upload-Expires");
  g_assert_true (expires && g_str_has_suffix (expires, " GMT"));
  conflict = ask (broker, "PATCH", path, TUS PIECE "Upload-Offset: 5\r\n", "", 0, 0);
  g_assert_cmpuint (conflict.status, ==, 409);
  conflict_expires = rest_answer_dup_field (&conflict, "Upload-Expires");
  g_assert_nonnull (conflict_expires);
  g_assert_cmpint (get_offset (broker, path), ==, 6);
  g_assert_cmpuint (patch (broker, path, 6, "", "world"), ==, 204);
  assert_saved (broker, path, "hello world", 11);
  head = ask (broker, "HEAD", path, TUS, "", 0, 0);
  metadata = rest_answer_dup_field (&head, "Upload-Metadata");
  length = rest_answer_dup_field (&head, "Upload-Length");
  g_assert_cmpstr (length, ==, "11");
  never = rest_answer_dup_field (&head, "Upload-Expires");
  g_assert_null (never);
  g_assert_cmpstr (metadata, ==, "type aW1hZ2UvanBlZw==, filename YS5qcGc=,job NDcxMQ==,empty");
  g_assert_cmpint (get_offset (broker, path), ==, 11);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
}

static void
test_with_the_creation (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) whole = ask (broker, "POST", "/v1/tus/?group=7", TUS PIECE "Upload-Length: 5\r\n", "hello", 5, 5);
  g_auto (RestAnswer) empty = ask (broker, "POST", "/v1/tus/", TUS "Upload-Length: 0\r\n", "", 0, 0);
  g_autofree char *path = rest_answer_dup_field (&whole, "Location");
  g_autofree char *offset = rest_answer_dup_field (&whole, "Upload-Offset");
  g_autofree char *empty_path = rest_answer_dup_field (&empty, "Location");

  g_assert_cmpuint (whole.status, ==, 201);
  g_assert_cmpstr (offset, ==, "5");
  assert_saved (broker, path, "hello", 5);
  g_assert_cmpuint (empty.status, ==, 201);
  assert_saved (broker, empty_path, "", 0);
}

static void
test_length_comes_later (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Defer-Length: 1\r\n");
  g_auto (RestAnswer) head = ask (broker, "HEAD", path, TUS, "", 0, 0);
  g_autofree char *deferred = rest_answer_dup_field (&head, "Upload-Defer-Length");

  g_assert_cmpstr (deferred, ==, "1");
  g_assert_cmpuint (patch (broker, path, 0, "", "hello "), ==, 204);
  g_assert_cmpuint (patch (broker, path, 6, "Upload-Length: 3\r\n", ""), ==, 400);
  g_assert_cmpuint (patch (broker, path, 6, "Upload-Length: 11\r\n", ""), ==, 204);
  g_assert_cmpuint (patch (broker, path, 6, "Upload-Length: 12\r\n", "w"), ==, 400);
  g_assert_cmpuint (patch (broker, path, 6, "", "world"), ==, 204);
  assert_saved (broker, path, "hello world", 11);
}

static void
test_checksum (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 11\r\n");

  g_assert_cmpuint (patch (broker, path, 0, "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n", "hello "), ==,
                    460);
  g_assert_cmpint (get_offset (broker, path), ==, 0);
  g_assert_cmpuint (patch (broker, path, 0, "Upload-Checksum: crc32 AAAA\r\n", "hello "), ==, 400);
  g_assert_cmpuint (patch (broker, path, 0, "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n", "hello world"),
                    ==, 204);
  assert_saved (broker, path, "hello world", 11);
}

/* What was refused does not come into the file by another door. */
static void
test_a_refused_piece_is_not_committed (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 11\r\n");
  const char *id = strrchr (path, '/') + 1;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (patch (broker, path, 0, "", "hello "), ==, 204);
  g_assert_cmpuint (patch (broker, path, 6, "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n", "w"), ==, 460);
  g_assert_true (
      outbox_dbus_uploads_call_commit_sync (broker->uploads, id, g_variant_new ("a{sv}", NULL), NULL, &error));
  g_assert_no_error (error);
  assert_saved (broker, path, "hello ", 6);
}

static void
test_termination (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 11\r\n");
  g_autofree char *whole = create (broker, "Upload-Length: 0\r\n");

  g_assert_cmpuint (patch (broker, path, 0, "", "hello "), ==, 204);
  g_assert_cmpuint (ask_status (broker, "DELETE", path, TUS, ""), ==, 204);
  g_assert_cmpuint (patch (broker, path, 6, "", "world"), ==, 404);
  g_assert_cmpint (get_offset (broker, path), ==, -1);
  g_assert_cmpuint (ask_status (broker, "DELETE", path, TUS, ""), ==, 404);
  g_assert_cmpuint (ask_status (broker, "DELETE", whole, TUS, ""), ==, 409);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
}

/* Whoever waits for leave is refused before a byte of the body was sent. */
static void
test_asks_first (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) refused
      = ask (broker, "POST", "/v1/tus/", TUS PIECE "Expect: 100-continue\r\nUpload-Length: -1\r\n", "", 0, 5);
  g_autofree char *version = rest_answer_dup_field (&refused, "Tus-Resumable");

  g_assert_cmpuint (refused.status, ==, 400);
  g_assert_cmpstr (version, ==, "1.0.0");
}

/* Whatever the method on the line is. Elsewhere the header says nothing. */
static void
test_method_override (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 11\r\n");
  g_autofree char *other = create (broker, "Upload-Length: 11\r\n");
  const char *piece = TUS PIECE "X-HTTP-Method-Override: PATCH\r\nUpload-Offset: 0\r\n";

  g_assert_cmpuint (ask_status (broker, "POST", path, piece, "hello "), ==, 204);
  g_assert_cmpint (get_offset (broker, path), ==, 6);
  g_assert_cmpuint (ask_status (broker, "GET", path, TUS "X-HTTP-Method-Override: HEAD\r\n", ""), ==, 204);
  g_assert_cmpuint (ask_status (broker, "POST", other, TUS "X-HTTP-Method-Override: DELETE\r\n", ""), ==, 204);
  g_assert_cmpint (get_offset (broker, other), ==, -1);
  g_assert_cmpuint (ask_status (broker, "POST", path, TUS "X-HTTP-Method-Override: NONE\r\n", ""), ==, 405);
  g_assert_cmpuint (ask_status (broker, "GET", "/v1/uploads", "X-HTTP-Method-Override: POST\r\n", ""), ==, 200);
}

/* --- What no good client does --- */

static void
test_refused (void)
{
  static const struct
  {
    const char *method;
    const char *fields;
    const char *body;
    guint status;
  } cases[] = {
    { "PATCH", TUS PIECE "Upload-Offset: 5\r\n", "x", 409 },
    { "PATCH", TUS PIECE "Upload-Offset: 0\r\n", "0123456789ab", 413 },
    { "PATCH", TUS PIECE "Upload-Offset: 0\r\nUpload-Length: 7\r\n", "x", 400 },
    { "PATCH", TUS PIECE "Upload-Offset: 0\r\nUpload-Offset: 0\r\n", "x", 400 },
    { "PATCH", TUS "Content-Type: text/plain\r\nUpload-Offset: 0\r\n", "x", 415 },
    { "PATCH", PIECE "Upload-Offset: 0\r\n", "x", 412 },
    { "HEAD", "", "", 412 },
    { "POST", TUS, "", 405 },
    { "PUT", TUS, "", 405 },
  };
  static const char *const creations[] = {
    "Upload-Length: -1\r\n",
    "Upload-Length: 1\r\nUpload-Length: 1\r\n",
    "Upload-Length: 9223372036854775808\r\n",
    "Upload-Length: 1\r\nUpload-Concat: partial\r\n",
    "Upload-Length: 1\r\nUpload-Metadata: outbox_id YQ==\r\n",
    "Upload-Length: 1\r\nUpload-Metadata: filename Li4vYQ==\r\n",
  };
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 11\r\n");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s %s", cases[i].method, cases[i].fields);
      g_assert_cmpuint (ask_status (broker, cases[i].method, path, cases[i].fields, cases[i].body), ==,
                        cases[i].status);
    }
  for (guint i = 0; i < G_N_ELEMENTS (creations); i++)
    {
      g_autofree char *fields = g_strconcat (TUS, creations[i], NULL);

      g_test_message ("%s", creations[i]);
      g_assert_cmpuint (ask_status (broker, "POST", "/v1/tus/", fields, ""), ==, 400);
    }
  g_assert_cmpuint (patch (broker, "/v1/tus/01a2281f-0000-7000-8000-000000000000", 0, "", "x"), ==, 404);
  g_assert_cmpint (get_offset (broker, path), ==, 0);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
}

/* Names are shown to people, and go into headers. */
static void
test_name_with_control_characters (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 0\r\nUpload-Metadata: filename YQoNG2I=\r\n");
  g_autofree char *target = g_strconcat ("/v1/uploads/", strrchr (path, '/') + 1, NULL);
  g_auto (RestAnswer) answer = rest_ask (broker, "GET", target);

  g_assert_cmpuint (answer.status, ==, 200);
  g_assert_null (strstr (answer.body, "\\n"));
  g_assert_null (strstr (answer.body, "\\u001b"));
}

static void
test_open_creations_are_bounded (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *first = NULL;

  for (guint i = 0; i < 32; i++)
    {
      g_autofree char *path = create (broker, "Upload-Length: 5\r\n");

      if (!first)
        first = g_steal_pointer (&path);
    }
  g_assert_cmpuint (ask_status (broker, "POST", "/v1/tus/", TUS "Upload-Length: 5\r\n", ""), ==, 429);
  g_assert_cmpuint (patch (broker, first, 0, "", "hello"), ==, 204);
  g_assert_cmpuint (ask_status (broker, "POST", "/v1/tus/", TUS "Upload-Length: 5\r\n", ""), ==, 201);
}

/* --- Cuts --- */

static GSocketConnection *
send_part (TestBroker *broker, const char *path, guint64 offset, guint64 length, const char *bytes, gsize size_bytes)
{
  GSocketConnection *connection = rest_connect (broker);
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autofree char *head
      = g_strdup_printf ("PATCH %s HTTP/1.1\r\nHost: localhost\r\n" TUS PIECE "Upload-Offset: %" G_GUINT64_FORMAT
                         "\r\nContent-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
                         path, offset, length);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_output_stream_write_all (output, head, strlen (head), NULL, NULL, &error));
  g_assert_true (g_output_stream_write_all (output, bytes, size_bytes, NULL, NULL, &error));
  g_assert_no_error (error);

  return connection;
}

/* A client that has stalled, or whose connection died unseen, does not keep the next from going on. */
static void
test_taken_over (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 11\r\n");
  g_autoptr (GSocketConnection) stalled = send_part (broker, path, 0, 11, "hello ", 6);
  guint status, n_tries = 0;

  /* HEAD may be there before the piece that was sent before it, on another connection: then it ended nothing yet. */
  do
    {
      gint64 offset = get_offset (broker, path);

      g_assert_cmpint (offset, >=, 0);
      g_assert_cmpint (offset, <=, 6);
      status = patch (broker, path, (guint64) offset, "", "hello world" + offset);
    }
  while (status == 423 && ++n_tries < 3);
  g_assert_cmpuint (status, ==, 204);
  assert_saved (broker, path, "hello world", 11);
}

typedef struct
{
  TestBroker *broker;
  const char *path;
  gint64 offset; /* wanted */
} Wait;

static gboolean
has_offset (gpointer data)
{
  Wait *wait = data;

  return get_offset (wait->broker, wait->path) == wait->offset;
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_cut_body (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = create (broker, "Upload-Length: 11\r\n");
  g_autoptr (GSocketConnection) connection = send_part (broker, path, 0, 11, "hello ", 6);
  Wait wait = { broker, path, 6 };
  guint timer;

  g_assert_true (g_io_stream_close (G_IO_STREAM (connection), NULL, NULL));
  timer = g_timeout_add (20, on_look_again, NULL);
  test_wait_until (has_offset, &wait, 20);
  g_source_remove (timer);
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  rest_wait (broker);
  g_assert_cmpint (get_offset (broker, path), ==, 6);
  g_assert_cmpuint (patch (broker, path, 6, "", "world"), ==, 204);
  assert_saved (broker, path, "hello world", 11);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
}

#define LARGE_BYTES (100 * 1024 * 1024)

/* The daemon is killed in the middle of a large piece: the client goes on at what is durable, and nothing comes twice. */
static void
test_killed (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *fields = g_strdup_printf ("Upload-Length: %d\r\n", LARGE_BYTES);
  g_autofree char *path = create (broker, fields);
  g_autofree guint32 *words = g_new (guint32, LARGE_BYTES / 4);
  const char *bytes = (const char *) words;
  g_autoptr (GSocketConnection) connection = NULL;
  gint64 offset;
  g_autofree char *more = NULL;
  g_auto (RestAnswer) answer = { 0 };

  for (guint i = 0; i < LARGE_BYTES / 4; i++)
    words[i] = i * 2654435761u;
  connection = send_part (broker, path, 0, LARGE_BYTES, bytes, LARGE_BYTES / 2);
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  rest_wait (broker);
  offset = get_offset (broker, path);
  g_assert_cmpint (offset, >, 0);
  g_assert_cmpint (offset, <=, LARGE_BYTES / 2);
  more = g_strdup_printf (TUS PIECE "Upload-Offset: %" G_GINT64_FORMAT "\r\n", offset);
  answer
      = ask (broker, "PATCH", path, more, bytes + offset, LARGE_BYTES - (gsize) offset, LARGE_BYTES - (gsize) offset);
  g_assert_cmpuint (answer.status, ==, 204);
  assert_saved (broker, path, bytes, LARGE_BYTES);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
}

/* All of it is on the disk, and its client never comes back. */
static void
test_killed_before_the_commit (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = NULL;

  test_broker_kill (broker);
  test_broker_start (broker, "partial-durable");
  rest_wait (broker);
  path = create (broker, "Upload-Length: 5\r\n");
  g_assert_cmpuint (patch (broker, path, 0, "", "hello"), ==, 0);
  test_broker_wait_for_death (broker, 20);
  test_broker_start (broker, NULL);
  test_broker_wait_for_all (broker, "done", 20);
  assert_saved (broker, path, "hello", 5);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-tus/options", test_options);
  g_test_add_func ("/rest-tus/pieces", test_pieces);
  g_test_add_func ("/rest-tus/with-the-creation", test_with_the_creation);
  g_test_add_func ("/rest-tus/length-comes-later", test_length_comes_later);
  g_test_add_func ("/rest-tus/checksum", test_checksum);
  g_test_add_func ("/rest-tus/a-refused-piece-is-not-committed", test_a_refused_piece_is_not_committed);
  g_test_add_func ("/rest-tus/termination", test_termination);
  g_test_add_func ("/rest-tus/asks-first", test_asks_first);
  g_test_add_func ("/rest-tus/method-override", test_method_override);
  g_test_add_func ("/rest-tus/refused", test_refused);
  g_test_add_func ("/rest-tus/name-with-control-characters", test_name_with_control_characters);
  g_test_add_func ("/rest-tus/open-creations-are-bounded", test_open_creations_are_bounded);
  g_test_add_func ("/rest-tus/taken-over", test_taken_over);
  g_test_add_func ("/rest-tus/cut-body", test_cut_body);
  g_test_add_func ("/rest-tus/killed", test_killed);
  g_test_add_func ("/rest-tus/killed-before-the-commit", test_killed_before_the_commit);

  return g_test_run ();
}
