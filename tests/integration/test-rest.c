/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * REST at the Unix socket of a real daemon: where it is, who may come in, and what of a request is refused before anything reads
 * it.
 */
#include "rest.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <sys/stat.h>
#include <unistd.h>

static TestBroker *
start (void)
{
  TestBroker *broker = test_broker_new_alone ();

  rest_wait (broker);

  return broker;
}

/* --- Where it is --- */

static void
test_where_it_is (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *expected = rest_dup_socket (broker);
  g_autofree char *folder = g_path_get_dirname (expected);
  g_autofree char *note = g_build_filename (folder, "rest.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *uri = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *about;
  struct stat status;

  g_assert_true (outbox_dbus_queue_call_rest_address_sync (broker->queue, &uri, &path, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (path, ==, expected);
  g_assert_true (g_str_has_prefix (uri, "http://127.0.0.1:"));
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0600);
  g_assert_cmpint (stat (folder, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0700);
  g_assert_cmpint (stat (note, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0600);
  g_assert_true (json_parser_load_from_file (parser, note, &error));
  g_assert_no_error (error);
  about = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpstr (json_object_get_string_member (about, "socket"), ==, path);
  g_assert_cmpstr (json_object_get_string_member (about, "url"), ==, uri);
  test_broker_stop (broker);
  g_assert_cmpint (access (path, F_OK), !=, 0);
  g_assert_cmpint (access (note, F_OK), !=, 0);
}

/* What a daemon leaves that was killed is nobody's. */
static void
test_after_a_kill (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = rest_dup_socket (broker);
  g_auto (RestAnswer) answer = { 0 };

  test_broker_kill (broker);
  g_assert_cmpint (access (path, F_OK), ==, 0);
  test_broker_start (broker, NULL);
  rest_wait (broker);
  answer = rest_ask (broker, "GET", "/v1/health");
  g_assert_cmpuint (answer.status, ==, 200);
}

/* Returns: (transfer full): what is at the socket's place for the daemon that starts next. */
static GSocket *
listen_at (const char *path)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_socket_bind (socket, address, FALSE, &error));
  g_assert_true (g_socket_listen (socket, &error));
  g_assert_no_error (error);

  return socket;
}

static void
assert_no_door (TestBroker *broker)
{
  g_autofree char *uri = NULL;
  g_autofree char *path = NULL;

  test_broker_start (broker, NULL);
  g_assert_true (outbox_dbus_queue_call_rest_address_sync (broker->queue, &uri, &path, NULL, NULL));
  g_assert_cmpstr (path, ==, "");
  g_assert_cmpstr (uri, ==, "");
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 0);
  test_broker_stop (broker);
}

/* Another program's socket, and whatever is no socket, stays what it is; the bus works without REST. */
static void
test_what_is_anothers_stays (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = rest_dup_socket (broker);
  g_autoptr (GSocket) others = NULL;
  g_autofree char *text = NULL;
  struct stat before, after;

  test_broker_stop (broker);
  others = listen_at (path);
  g_assert_cmpint (lstat (path, &before), ==, 0);
  assert_no_door (broker);
  g_assert_cmpint (lstat (path, &after), ==, 0);
  g_assert_cmpuint (before.st_ino, ==, after.st_ino);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
  assert_no_door (broker);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (symlink ("/dev/null", path), ==, 0);
  assert_no_door (broker);
  g_assert_cmpint (lstat (path, &after), ==, 0);
  g_assert_true (S_ISLNK (after.st_mode));
}

/* --- What is refused --- */

#define GET "GET /v1/health HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"
#define END "\r\n"

static const struct
{
  const char *name;
  const char *bytes;
  guint status;
} shapes[] = {
  /* What is plainly good. */
  { "plain", GET HOST END, 200 },
  { "an older version with a host", "GET /v1/health HTTP/1.0\r\n" HOST END, 200 },
  { "absolute form of the host", "GET http://localhost/v1/health HTTP/1.1\r\n" HOST END, 200 },
  { "a host with a port", GET "Host: 127.0.0.1:7363\r\n" END, 200 },
  { "names in any case", GET "hOST:localhost\r\n" END, 200 },
  { "blanks around a value", GET "Host: \t localhost \t \r\n" END, 200 },
  { "a field that makes a list, twice", GET HOST "Accept: a/b\r\nAccept: c/d\r\n" END, 200 },
  { "a length of nothing", GET HOST "Content-Length: 0\r\n" END, 200 },
  { "bytes after the end", GET HOST END GET HOST END, 200 },
  { "a query", "GET /v1/health?x=%20y HTTP/1.1\r\n" HOST END, 200 },
  { "a letter that is escaped and need not be", "GET /v1/healt%68 HTTP/1.1\r\n" HOST END, 200 },
  { "nothing there", "GET /v1/nowhere HTTP/1.1\r\n" HOST END, 404 },
  { "another method", "POST /v1/health HTTP/1.1\r\n" HOST END, 405 },
  { "the methods", "OPTIONS /v1/health HTTP/1.1\r\n" HOST END, 204 },
  /* Hosts. */
  { "no host", GET END, 400 },
  { "no host of an older version", "GET /v1/health HTTP/1.0\r\n" END, 400 },
  { "two hosts", GET HOST "Host: example.org\r\n" END, 400 },
  { "two hosts that are the same", GET HOST HOST END, 400 },
  { "an empty host", GET "Host:\r\n" END, 400 },
  { "a host with a path", GET "Host: localhost/x\r\n" END, 400 },
  { "a host with a user", GET "Host: me@localhost\r\n" END, 400 },
  { "two hosts in one", GET "Host: localhost, example.org\r\n" END, 400 },
  { "absolute form of another host", "GET http://example.org/v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "absolute form of another scheme", "GET https://localhost/v1/health HTTP/1.1\r\n" HOST END, 400 },
  /* Lengths. */
  { "a length with a sign", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: +5\r\n" END "12345", 400 },
  { "a length below nothing", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: -1\r\n" END, 400 },
  { "an empty length", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length:\r\n" END, 400 },
  { "a length in hexadecimal", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n" END "12345", 400 },
  { "a length with a blank", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n" END, 400 },
  { "two lengths", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n" END "12345", 400 },
  { "two lengths in one", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n" END "12345", 400 },
  { "a length beyond every file", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n" END,
    400 },
  { "a length and a coding",
    "POST /v1/health HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400 },
  { "chunks", "POST /v1/health HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n", 411 },
  { "another coding", "POST /v1/health HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\n" END, 411 },
  { "a body where there is none", GET HOST "Content-Length: 5\r\n" END "12345", 400 },
  { "an encoded body", "POST /v1/health HTTP/1.1\r\n" HOST "Content-Encoding: gzip\r\nContent-Length: 1\r\n" END "x",
    415 },
  { "another expectation", "POST /v1/health HTTP/1.1\r\n" HOST "Expect: wonders\r\n" END, 417 },
  /* Fields. */
  { "a blank before the colon", GET HOST "Transfer-Encoding : chunked\r\n" END, 400 },
  { "no name", GET HOST ": x\r\n" END, 400 },
  { "a name with a blank", GET HOST "X Y: z\r\n" END, 400 },
  { "a name that is not ASCII", GET HOST "X\xc3\xa9: z\r\n" END, 400 },
  { "no colon", GET HOST "nothing\r\n" END, 400 },
  { "a folded field", GET HOST "X: a\r\n b\r\n" END, 400 },
  { "a field folded at the request line", GET " Host: localhost\r\n" END, 400 },
  { "a control character in a value", GET HOST "X: a\x01\r\n" END, 400 },
  { "a carriage return in a value", GET HOST "X: a\rb\r\n" END, 400 },
  { "a field twice", GET HOST "Idempotency-Key: a\r\nidempotency-key: b\r\n" END, 400 },
  { "types twice", GET HOST "Content-Type: a/b\r\nContent-Type: c/d\r\n" END, 400 },
  { "lines that end with LF", "GET /v1/health HTTP/1.1\nHost: localhost\n\n", 400 },
  { "a field that ends with LF", GET "Host: localhost\n" END, 400 },
  /* Request lines. */
  { "an empty line first", END GET HOST END, 400 },
  { "no version", "GET /v1/health\r\n" HOST END, 400 },
  { "four words", "GET /v1/health x HTTP/1.1\r\n" HOST END, 400 },
  { "two blanks", "GET  /v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "a tab for a blank", "GET\t/v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "version 2", "GET /v1/health HTTP/2.0\r\n" HOST END, 505 },
  { "version 1.2", "GET /v1/health HTTP/1.2\r\n" HOST END, 505 },
  { "no number in the version", "GET /v1/health HTTP/1.x\r\n" HOST END, 400 },
  { "another protocol", "GET /v1/health ICY/1.1\r\n" HOST END, 400 },
  { "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400 },
  { "a method with a control character", "G\x01T /v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "a method that is no token", "G(T /v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "a method in small letters", "get /v1/health HTTP/1.1\r\n" HOST END, 405 },
  { "a method that nobody knows", "QUERY /v1/health HTTP/1.1\r\n" HOST END, 405 },
  { "a method without an end", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "a trace with a body", "TRACE /v1/health HTTP/1.1\r\n" HOST "Content-Length: 2\r\n" END "{}", 405 },
  { "a tunnel to a path", "CONNECT /v1/health HTTP/1.1\r\n" HOST END, 405 },
  { "a tunnel", "CONNECT example.org:443 HTTP/1.1\r\n" HOST END, 405 },
  { "a trace", "TRACE /v1/health HTTP/1.1\r\n" HOST END, 405 },
  { "the whole server", "OPTIONS * HTTP/1.1\r\n" HOST END, 400 },
  { "a path without a slash", "GET v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "dots", "GET /v1/../v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "one dot", "GET /v1/./health HTTP/1.1\r\n" HOST END, 400 },
  { "escaped dots", "GET /v1/%2e%2E/v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "an empty segment", "GET //v1/health HTTP/1.1\r\n" HOST END, 400 },
  { "an escaped NUL", "GET /v1/health%00 HTTP/1.1\r\n" HOST END, 400 },
  { "an escaped line end", "GET /v1/health%0d%0aX:y HTTP/1.1\r\n" HOST END, 400 },
  { "a broken escape", "GET /v1/health%4 HTTP/1.1\r\n" HOST END, 400 },
  { "a byte that must be escaped", "GET /v1/h\xc3\xa9lth HTTP/1.1\r\n" HOST END, 400 },
  { "a backslash", "GET /v1\\health HTTP/1.1\r\n" HOST END, 400 },
  { "a fragment", "GET /v1/health#x HTTP/1.1\r\n" HOST END, 400 },
  { "what is no HTTP", "\x16\x03\x01\x02\x01\n\n", 400 },
  /* Pages. */
  { "an origin", GET HOST "Origin: http://localhost\r\n" END, 403 },
  { "an origin of nobody", GET HOST "Origin: null\r\n" END, 403 },
  { "an empty origin", GET HOST "Origin:\r\n" END, 403 },
  { "a referer", GET HOST "Referer: http://localhost/\r\n" END, 403 },
  { "a browser's fetch", GET HOST "Sec-Fetch-Site: none\r\n" END, 403 },
  { "a web socket", GET HOST "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\n" END, 403 },
};

static void
assert_problem (const RestAnswer *answer)
{
  g_autofree char *type = rest_answer_dup_field (answer, "Content-Type");
  g_autoptr (JsonNode) node = json_from_string (answer->body, NULL);
  JsonObject *problem;

  g_assert_cmpstr (type, ==, "application/problem+json");
  g_assert_nonnull (node);
  problem = json_node_get_object (node);
  g_assert_cmpint (json_object_get_int_member (problem, "status"), ==, answer->status);
  g_assert_cmpstr (json_object_get_string_member (problem, "detail"), !=, "");
  g_assert_cmpstr (json_object_get_string_member (problem, "code"), !=, "");
}

static void
test_request_shapes (void)
{
  g_autoptr (TestBroker) broker = start ();

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_auto (RestAnswer) answer = rest_send (broker, shapes[i].bytes, -1);
      g_autofree char *connection = rest_answer_dup_field (&answer, "Connection");

      g_test_message ("%s: %u", shapes[i].name, answer.status);
      g_assert_cmpuint (answer.status, ==, shapes[i].status);
      g_assert_cmpstr (connection, ==, "close");
      if (answer.status >= 400)
        assert_problem (&answer);
      /* One answer a connection, whatever was sent after the request. */
      g_assert_null (strstr (answer.body, "Connection: close"));
    }
  /* NUL cannot stand in the table. */
  {
    const char bytes[] = GET HOST "X: a\0b\r\n" END;
    g_auto (RestAnswer) answer = rest_send (broker, bytes, sizeof bytes - 1);

    g_assert_cmpuint (answer.status, ==, 400);
  }
}

static char *
dup_long (const char *before, gsize n_letters, const char *after)
{
  g_autoptr (GString) text = g_string_new (before);

  for (gsize i = 0; i < n_letters; i++)
    g_string_append_c (text, 'a');

  return g_strconcat (text->str, after, NULL);
}

static void
test_bounds_of_a_head (void)
{
  const struct
  {
    char *bytes;
    guint status;
  } rows[] = {
    { dup_long ("GET /v1/", 28000, " HTTP/1.1\r\n" HOST END), 404 },
    { dup_long ("GET /v1/", 29000, " HTTP/1.1\r\n" HOST END), 414 },
    { dup_long (GET HOST "X: ", 32000, "\r\n" END), 200 },
    { dup_long (GET HOST "X: ", 33000, "\r\n" END), 431 },
    { dup_long (GET HOST "X: ", 10 * 1000 * 1000, "\r\n" END), 431 },
    { dup_long ("", 10 * 1000 * 1000, ""), 431 },
  };
  g_autoptr (TestBroker) broker = start ();
  g_autoptr (GString) many = g_string_new (GET HOST);
  g_auto (RestAnswer) answer = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *bytes = rows[i].bytes;
      g_auto (RestAnswer) each = rest_send (broker, bytes, -1);

      g_assert_cmpuint (each.status, ==, rows[i].status);
    }
  for (guint i = 0; i < 101; i++)
    g_string_append_printf (many, "X-%u: y\r\n", i);
  g_string_append (many, END);
  answer = rest_send (broker, many->str, -1);
  g_assert_cmpuint (answer.status, ==, 431);
  /* Not every status has words in libsoup. */
  g_assert_true (g_str_has_prefix (answer.head, "HTTP/1.1 431 Request Header Fields Too Large\r\n"));
}

/* --- Who takes more than its share --- */

/* A process with too many connections is told so; another process is served. */
static void
test_too_many_connections (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *path = rest_dup_socket (broker);
  const char *const argv[]
      = { "curl", "--silent", "--fail", "--unix-socket", path, "http://localhost/v1/health", NULL };
  g_auto (RestAnswer) refused = { 0 };
  g_auto (RestAnswer) served = { 0 };
  int wait_status;

  for (guint i = 0; i < 64; i++)
    {
      GSocketConnection *connection = rest_connect (broker);

      g_assert_nonnull (connection);
      (void) g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), "GET ", 4, NULL, NULL,
                                        NULL);
      g_ptr_array_add (held, connection);
    }
  refused = rest_ask (broker, "GET", "/v1/health");
  g_assert_cmpuint (refused.status, ==, 429);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                               NULL, NULL, &wait_status, NULL));
  g_assert_true (g_spawn_check_wait_status (wait_status, NULL));
  g_ptr_array_set_size (held, 0);
  do
    {
      rest_answer_clear (&served);
      served = rest_ask (broker, "GET", "/v1/health");
    }
  while (served.status == 429);
  g_assert_cmpuint (served.status, ==, 200);
}

/* It ends with an answer, and not with the daemon's patience. */
static void
test_a_head_that_does_not_come (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) answer = rest_send (broker, GET, -1);

  g_assert_cmpuint (answer.status, ==, 408);
  assert_problem (&answer);
}

/* A body that stops is left after a while, and nothing is kept of it. */
static void
test_a_body_that_stops (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) answer = { 0 };

  test_broker_set_destination (broker, "http://127.0.0.1:1/", NULL);
  answer = rest_send (broker, "POST /v1/uploads HTTP/1.1\r\n" HOST "Content-Length: 10\r\n" END "12345", -1);
  g_assert_cmpuint (answer.status, !=, 201);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 0);
  g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 0);
  g_assert_cmpuint (test_broker_count_files (broker, "incoming"), ==, 0);
}

/* --- The disk --- */

#define LARGE_BYTES (16 * 1024 * 1024)

/* Returns: what /proc/PID/io says of the daemon */
static gint64
count_io (TestBroker *broker, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/io", g_subprocess_get_identifier (broker->process));
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, name);
  g_assert_nonnull (line);

  return g_ascii_strtoll (line + strlen (name), NULL, 10);
}

/* Neither for a copy nor for a digest: a card wears out by every byte. */
static void
test_bytes_are_written_once (void)
{
  static const char *const heads[] = {
    "POST /v1/uploads HTTP/1.1\r\n" HOST,
    "POST /v1/uploads HTTP/1.1\r\n" HOST "Idempotency-Key: once\r\n",
    "POST /v1/tus/ HTTP/1.1\r\n" HOST "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n",
  };
  g_autoptr (TestBroker) broker = start ();

  test_broker_set_destination (broker, "http://127.0.0.1:1/", NULL);
  g_assert_true (outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      const gint64 written = count_io (broker, "wchar:");
      const gint64 read = count_io (broker, "rchar:");
      g_autoptr (GString) all = g_string_new (heads[i]);
      g_auto (RestAnswer) answer = { 0 };

      g_string_append_printf (all, "Upload-Length: %d\r\nContent-Length: %d\r\n" END, LARGE_BYTES, LARGE_BYTES);
      g_string_set_size (all, all->len + LARGE_BYTES);
      memset (all->str + all->len - LARGE_BYTES, 'a' + (int) i, LARGE_BYTES);
      answer = rest_send (broker, all->str, (gssize) all->len);
      g_assert_cmpuint (answer.status, ==, 201);
      g_assert_cmpint (count_io (broker, "wchar:") - written, >=, LARGE_BYTES);
      g_assert_cmpint (count_io (broker, "wchar:") - written, <, LARGE_BYTES + LARGE_BYTES / 2);
      g_assert_cmpint (count_io (broker, "rchar:") - read, <, LARGE_BYTES / 2);
    }
  g_assert_cmpuint (test_broker_count_files (broker, "incoming"), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest/where-it-is", test_where_it_is);
  g_test_add_func ("/rest/after-a-kill", test_after_a_kill);
  g_test_add_func ("/rest/what-is-anothers-stays", test_what_is_anothers_stays);
  g_test_add_func ("/rest/request-shapes", test_request_shapes);
  g_test_add_func ("/rest/bounds-of-a-head", test_bounds_of_a_head);
  g_test_add_func ("/rest/too-many-connections", test_too_many_connections);
  g_test_add_func ("/rest/a-head-that-does-not-come", test_a_head_that_does_not_come);
  g_test_add_func ("/rest/a-body-that-stops", test_a_body_that_stops);
  g_test_add_func ("/rest/bytes-are-written-once", test_bytes_are_written_once);

  return g_test_run ();
}
