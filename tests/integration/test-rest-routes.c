/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What REST does for a program of the host and for a sandboxed app: files, lists, commands, errors. The program starts itself again
 * as the app.
 */
#include "rest.h"

#include "support/document.h"
#include "support/sandbox.h"

#include <json-glib/json-glib.h>
#include <unistd.h>

static TestBroker *
start (void)
{
  TestBroker *broker = test_broker_new ();

  rest_wait (broker);

  return broker;
}

/* Returns: (transfer full): a request with a file as its body. @fields: lines of the head. */
static char *
make_submit (const char *target, const char *fields, const char *body, gsize size_bytes, gsize *whole_bytes)
{
  g_autofree char *head = g_strdup_printf ("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s\r\n",
                                           target, size_bytes, fields);
  gsize head_bytes = strlen (head);
  char *whole = g_malloc (head_bytes + size_bytes);

  memcpy (whole, head, head_bytes);
  memcpy (whole + head_bytes, body, size_bytes);
  *whole_bytes = head_bytes + size_bytes;

  return whole;
}

static RestAnswer
submit (TestBroker *broker, const char *target, const char *fields, const char *body, gsize size_bytes)
{
  gsize whole_bytes;
  g_autofree char *whole = make_submit (target, fields, body, size_bytes, &whole_bytes);

  return rest_send (broker, whole, (gssize) whole_bytes);
}

/* Returns: (transfer full): a member of an answer's object, as text. */
static char *
dup_member (const RestAnswer *answer, const char *name)
{
  g_autoptr (JsonNode) root = json_from_string (answer->body, NULL);
  JsonNode *member = root ? json_object_get_member (json_node_get_object (root), name) : NULL;

  return !member ? NULL
         : JSON_NODE_HOLDS_VALUE (member) && json_node_get_value_type (member) == G_TYPE_STRING
             ? json_node_dup_string (member)
             : json_to_string (member, FALSE);
}

static char *
submit_small (TestBroker *broker, const char *target)
{
  g_auto (RestAnswer) answer = submit (broker, target, "", "bytes", 5);

  g_assert_cmpuint (answer.status, ==, 201);

  return dup_member (&answer, "id");
}

/* --- Files --- */

static void
test_a_file_arrives (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *path = test_broker_make_file (broker, "film.mp4", 3 * 1000 * 1000 + 7, 4);
  g_autofree char *bytes = NULL;
  g_autofree char *sha256 = NULL;
  g_autofree char *id = NULL;
  g_autofree char *location = NULL;
  g_autofree char *expected = NULL;
  g_auto (RestAnswer) answer = { 0 };
  g_autoptr (GVariant) document = NULL;
  gsize size_bytes;

  g_assert_true (g_file_get_contents (path, &bytes, &size_bytes, NULL));
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, size_bytes);
  answer = submit (broker, "/v1/uploads?name=f%C3%BCr+heute.mp4&group=4711&metadata.job=a%26b&priority=-3",
                   "Content-Type: video/mp4\r\nIdempotency-Key: \"key 1\"\r\n", bytes, size_bytes);
  g_assert_cmpuint (answer.status, ==, 201);
  id = dup_member (&answer, "id");
  location = rest_answer_dup_field (&answer, "Location");
  expected = g_strconcat ("/v1/uploads/", id, NULL);
  g_assert_cmpstr (location, ==, expected);
  test_broker_wait_for_all (broker, "done", 20);
  document = test_broker_get (broker, id);
  g_assert_cmpstr (test_document_get_text (document, "sha256"), ==, sha256);
  g_assert_cmpstr (test_document_get_text (document, "name"), ==, "f\303\274r heute.mp4");
  g_assert_cmpstr (test_document_get_text (document, "media_type"), ==, "video/mp4");
  g_assert_cmpstr (test_document_get_text (document, "key"), ==, "key 1");
  g_assert_cmpstr (test_document_get_text (document, "group"), ==, "4711");
  g_assert_cmpint (test_document_get_number (document, 't', "offset"), ==, (gint64) size_bytes);
}

/* An answer that was lost is asked for again; what is another file is told so. */
static void
test_the_same_key_again (void)
{
  g_autoptr (TestBroker) broker = start ();
  const char *const key = "Idempotency-Key: k\r\n";
  g_auto (RestAnswer) first = submit (broker, "/v1/uploads", key, "bytes", 5);
  g_auto (RestAnswer) again = submit (broker, "/v1/uploads", key, "bytes", 5);
  g_auto (RestAnswer) other = submit (broker, "/v1/uploads", key, "other", 5);
  g_autofree char *code = dup_member (&other, "code");

  g_assert_cmpuint (first.status, ==, 201);
  g_assert_cmpuint (again.status, ==, 201);
  g_assert_cmpstr (first.body, ==, again.body);
  g_assert_cmpuint (other.status, ==, 422);
  g_assert_cmpstr (code, ==, "KeyReused");
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
}

static void
test_what_is_no_file (void)
{
  const struct
  {
    const char *target, *fields;
    guint status;
    const char *code;
  } rows[] = {
    { "/v1/uploads?destination=nowhere", "", 404, "NotFound" },
    { "/v1/uploads?colour=red", "", 400, "InvalidArgument" },
    { "/v1/uploads?key=k", "", 400, "InvalidArgument" },
    { "/v1/uploads?priority=high", "", 400, "InvalidArgument" },
    { "/v1/uploads?sha256=0", "", 400, "InvalidArgument" },
    { "/v1/uploads?name=a%2Fb&name=c", "", 400, "InvalidArgument" },
    { "/v1/uploads?app=a%2Fb", "", 400, "InvalidArgument" },
    { "/v1/uploads?metadata.a%20b=c", "", 400, "InvalidArgument" },
    { "/v1/uploads", "Idempotency-Key: \r\n", 400, "InvalidArgument" },
    { "/v1/uploads", "Content-Type: multipart/form-data; boundary=x\r\n", 415, "InvalidArgument" },
    { "/v1/uploads?sha256=0000000000000000000000000000000000000000000000000000000000000000", "", 422,
      "DigestMismatch" },
  };
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) endless
      = rest_send (broker, "POST /v1/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\nx", -1);
  g_auto (RestAnswer) without = rest_ask (broker, "POST", "/v1/uploads");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (RestAnswer) answer = submit (broker, rows[i].target, rows[i].fields, "bytes", 5);
      g_autofree char *code = dup_member (&answer, "code");

      g_test_message ("%s: %u %s", rows[i].target, answer.status, answer.body);
      g_assert_cmpuint (answer.status, ==, rows[i].status);
      g_assert_cmpstr (code, ==, rows[i].code);
      g_assert_null (strstr (answer.body, broker->folder));
    }
  g_assert_cmpuint (without.status, ==, 411);
  /* Who is refused while it still sends gets the answer. */
  {
    const gsize size_bytes = 20 * 1000 * 1000;
    g_autofree char *large = g_malloc0 (size_bytes);
    g_auto (RestAnswer) answer = submit (broker, "/v1/uploads?colour=red", "", large, size_bytes);

    g_assert_cmpuint (answer.status, ==, 400);
  }
  g_assert_cmpuint (endless.status, ==, 507);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 0);
  g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 0);
}

/* An empty file is a file. */
static void
test_an_empty_file (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_auto (RestAnswer) answer = submit (broker, "/v1/uploads?name=empty", "", "", 0);

  g_assert_cmpuint (answer.status, ==, 201);
  test_broker_wait_for_all (broker, "done", 20);
}

static gint64
read_peak_kib (TestBroker *broker)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/status", g_subprocess_get_identifier (broker->process));
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, "VmHWM:");

  return line ? g_ascii_strtoll (line + strlen ("VmHWM:"), NULL, 10) : 0;
}

/* A body is on the disk as it comes, and not in memory; one that breaks off leaves nothing. */
static void
test_a_large_body (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  const gsize size_bytes = 64 * 1024 * 1024;
  g_autofree char *bytes = g_malloc0 (size_bytes);
  g_autoptr (GSocketConnection) broken = NULL;
  g_auto (RestAnswer) answer = { 0 };
  g_autofree char *whole = NULL;
  gsize whole_bytes;
  gint64 peak_kib;

  rest_wait (broker);
  test_broker_set_destination (broker, "http://127.0.0.1:1/", NULL);
  whole = make_submit ("/v1/uploads?name=large", "", bytes, size_bytes, &whole_bytes);
  peak_kib = read_peak_kib (broker);
  broken = rest_connect (broker);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (broken)), whole,
                                            whole_bytes / 2, NULL, NULL, NULL));
  g_assert_true (g_io_stream_close (G_IO_STREAM (broken), NULL, NULL));
  answer = rest_send (broker, whole, (gssize) whole_bytes);
  g_assert_cmpuint (answer.status, ==, 201);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
  g_test_message ("peak: %" G_GINT64_FORMAT " KiB more", read_peak_kib (broker) - peak_kib);
  /* A sanitizer keeps what was freed. */
  if (!g_getenv ("ASAN_OPTIONS"))
    g_assert_cmpint (read_peak_kib (broker) - peak_kib, <, 12 * 1024);
}

/* --- Documents and commands --- */

static void
test_routes (void)
{
  const struct
  {
    const char *method, *target, *json; /* ID is an upload; @json: NULL: no body */
    guint status;
    const char *expected; /* what the body has */
  } rows[] = {
    { "GET", "/v1/health", NULL, 200, "\"ok\"" },
    { "GET", "/v1/openapi.json", NULL, 200, "\"openapi\"" },
    { "HEAD", "/v1/openapi.json", NULL, 200, "" },
    { "POST", "/v1/openapi.json", NULL, 405, "NotSupported" },
    { "GET", "/v1/uploads", NULL, 200, "\"id\":\"ID\"" },
    { "GET", "/v1/uploads?group=g%2F1", NULL, 200, "\"id\":\"ID\"" },
    { "GET", "/v1/uploads?group=other", NULL, 200, "\"uploads\":[]" },
    { "GET", "/v1/uploads?state=sleeping", NULL, 400, "InvalidArgument" },
    { "GET", "/v1/uploads?cursor=x", NULL, 400, "InvalidArgument" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"id\":\"ID\"" },
    { "HEAD", "/v1/uploads/ID", NULL, 200, "" },
    { "GET", "/v1/uploads/none", NULL, 404, "NotFound" },
    { "GET", "/v1/uploads/%F0%9F%93%B7", NULL, 404, "NotFound" },
    { "PUT", "/v1/uploads/ID", NULL, 405, "NotSupported" },
    { "OPTIONS", "/v1/uploads/ID", NULL, 204, "" },
    { "PATCH", "/v1/uploads/ID", "{\"priority\":5}", 204, "" },
    { "PATCH", "/v1/uploads/ID", "{}", 400, "priority" },
    { "PATCH", "/v1/uploads/ID", NULL, 400, "priority" },
    { "PATCH", "/v1/uploads/ID", "{\"colour\":\"red\"}", 400, "colour" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"priority\":5" },
    { "POST", "/v1/uploads/ID/pause", NULL, 204, "" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"state\":\"paused\"" },
    { "GET", "/v1/uploads/ID/explanation", NULL, 200, "\"rule\"" },
    { "POST", "/v1/uploads/ID/resume", "{}", 204, "" },
    { "POST", "/v1/uploads/ID/retry", NULL, 204, "" },
    { "POST", "/v1/uploads/ID/send-now", NULL, 204, "" },
    { "POST", "/v1/uploads/none/pause", NULL, 404, "NotFound" },
    { "GET", "/v1/uploads/ID/history", NULL, 200, "\"entries\":[" },
    { "GET", "/v1/history", NULL, 200, "ID" },
    { "GET", "/v1/groups", NULL, 200, "\"key\":\"g/1\"" },
    { "GET", "/v1/groups/g%2F1", NULL, 200, "\"key\":\"g/1\"" },
    { "GET", "/v1/groups/none", NULL, 404, "NotFound" },
    { "POST", "/v1/groups/g%2F1/pause", NULL, 204, "" },
    { "POST", "/v1/groups/g%2F1/resume", NULL, 204, "" },
    { "POST", "/v1/groups/g%2F1/send-now", NULL, 204, "" },
    { "GET", "/v1/summary", NULL, 200, "\"all\":[1," },
    { "GET", "/v1/summary?x=y", NULL, 400, "InvalidArgument" },
    { "GET", "/v1/conditions", NULL, 200, "\"available\"" },
    { "POST", "/v1/queue/pause", NULL, 204, "" },
    { "GET", "/v1/holds", NULL, 200, "\"reason\":\"queue\"" },
    { "POST", "/v1/queue/resume", NULL, 204, "" },
    { "GET", "/v1/destinations", NULL, 200, "\"name\":\"depot\"" },
    { "GET", "/v1/policy", NULL, 200, "\"rules\"" },
    { "DELETE", "/v1/uploads/ID", NULL, 204, "" },
    { "GET", "/v1/uploads/ID", NULL, 404, "NotFound" },
    { "GET", "/v1/tus", NULL, 404, "NotFound" },
  };
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *id = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  id = submit_small (broker, "/v1/uploads?group=g%2F1");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) target = g_string_new (rows[i].target);
      g_autoptr (GString) expected = g_string_new (rows[i].expected);
      g_auto (RestAnswer) answer = { 0 };

      (void) g_string_replace (target, "ID", id, 0);
      (void) g_string_replace (expected, "ID", id, 0);
      answer = rows[i].json ? rest_ask_with (broker, rows[i].method, target->str, rows[i].json)
                            : rest_ask (broker, rows[i].method, target->str);
      g_test_message ("%s %s: %u", rows[i].method, target->str, answer.status);
      g_assert_cmpuint (answer.status, ==, rows[i].status);
      g_assert_nonnull (strstr (answer.body, expected->str));
      if (*rows[i].expected == '\0')
        g_assert_cmpuint (answer.body_bytes, ==, 0);
      /* The queue is paused again for what follows. */
      if (g_str_equal (rows[i].target, "/v1/queue/resume") || g_str_has_suffix (rows[i].target, "/send-now"))
        outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
    }
}

static void
test_bodies_of_json (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *long_text = g_strnfill (70 * 1000, ' ');
  g_auto (RestAnswer) too_long = rest_ask_with (broker, "PATCH", "/v1/uploads/x", long_text);
  g_auto (RestAnswer) other_type = rest_send (broker,
                                              "PATCH /v1/uploads/x HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                                              "Content-Length: 2\r\n\r\n{}",
                                              -1);
  g_auto (RestAnswer) no_type
      = rest_send (broker, "PATCH /v1/uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", -1);
  g_auto (RestAnswer) with_charset
      = rest_send (broker,
                   "PATCH /v1/uploads/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
                   "Content-Length: 14\r\n\r\n{\"priority\":1}",
                   -1);

  g_assert_cmpuint (too_long.status, ==, 413);
  g_assert_cmpuint (other_type.status, ==, 415);
  g_assert_cmpuint (no_type.status, ==, 415);
  g_assert_cmpuint (with_charset.status, ==, 404);
}

static void
test_a_list_in_pages (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *cursor = g_strdup ("");
  guint n_pages = 0;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  for (guint i = 0; i < 7; i++)
    g_free (submit_small (broker, "/v1/uploads"));
  do
    {
      g_autofree char *target = g_strdup_printf ("/v1/uploads?limit=3&cursor=%s", cursor);
      g_auto (RestAnswer) answer = rest_ask (broker, "GET", target);
      g_autoptr (JsonNode) root = json_from_string (answer.body, NULL);
      JsonObject *page = json_node_get_object (root);
      JsonArray *uploads = json_object_get_array_member (page, "uploads");

      g_assert_cmpuint (json_array_get_length (uploads), <=, 3);
      for (guint i = 0; i < json_array_get_length (uploads); i++)
        g_assert_true (g_hash_table_add (
            ids, g_strdup (json_object_get_string_member (json_array_get_object_element (uploads, i), "id"))));
      g_free (cursor);
      cursor = g_strdup (json_object_get_string_member (page, "cursor"));
      n_pages++;
    }
  while (*cursor);
  g_assert_cmpuint (g_hash_table_size (ids), ==, 7);
  g_assert_cmpuint (n_pages, ==, 3);
}

/* --- The page that tells of it --- */

/* Reads what a command prints, up to @end, and ends it then: a stream does not end by itself. @end: NULL: up to its end */
static char *
read_words (GSubprocess *process, const char *end)
{
  GInputStream *output = g_subprocess_get_stdout_pipe (process);
  g_autoptr (GString) words = g_string_new (NULL);
  char buffer[1024];
  gssize got;

  while ((!end || !strstr (words->str, end))
         && (got = g_input_stream_read (output, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_string_append_len (words, buffer, got);
  if (end)
    g_subprocess_force_exit (process);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));

  return g_string_free (g_steal_pointer (&words), FALSE);
}

/* Runs a command in the broker's folder. */
static void
run_example (TestBroker *broker, const char *command)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *alone = g_strconcat ("exec ", command, NULL);
  g_autofree char *socket = rest_dup_socket (broker);
  g_autofree char *folder = g_path_get_dirname (socket);
  g_autofree char *runtime = g_path_get_dirname (folder);
  const char *end = strstr (command, "/v1/events") ? "event: ready" : NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", command);
  g_subprocess_launcher_set_cwd (launcher, broker->folder);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", runtime, TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c", alone, NULL);
  g_assert_no_error (error);
  words = read_words (process, end);
  g_assert_nonnull (strstr (words, end ? end : "{"));
  if (!end)
    g_assert_true (g_subprocess_get_successful (process));
}

static void
test_examples_of_the_page (void)
{
  g_autoptr (TestBroker) broker = start ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *page = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_examples = 0;

  g_assert_true (g_file_get_contents (g_getenv ("REST_PAGE"), &page, NULL, NULL));
  lines = g_strsplit (page, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (g_str_has_prefix (lines[i], "    curl "))
      {
        g_autoptr (GString) command = g_string_new (g_strchug (lines[i]));

        while (g_str_has_suffix (lines[i], "\\"))
          g_string_append_printf (command, "\n%s", lines[++i]);
        run_example (broker, command->str);
        n_examples++;
      }
  g_assert_cmpuint (n_examples, ==, 3);
  test_broker_wait_for_all (broker, "done", 20);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, 1);
}

/* --- A sandboxed app --- */

#define APP "org.example.Camera"

/* As the app: prints a line for each request. */
static int
be_the_app (const char *socket, const char *others)
{
  const char *const targets[][2] = {
    { "GET", "/v1/uploads" },           { "GET", "/v1/uploads/ID" },   { "DELETE", "/v1/uploads/ID" },
    { "POST", "/v1/uploads/ID/pause" }, { "POST", "/v1/queue/pause" }, { "GET", "/v1/conditions" },
    { "GET", "/v1/destinations" },      { "GET", "/v1/policy" },       { "GET", "/v1/history" },
    { "GET", "/v1/summary" },           { "GET", "/v1/health" },
  };
  TestBroker broker = { .folder = (char *) socket };
  g_auto (RestAnswer) own = submit (&broker, "/v1/uploads?name=own", "", "bytes", 5);
  g_auto (RestAnswer) named = submit (&broker, "/v1/uploads?app=other", "", "bytes", 5);

  g_print ("%u %u", own.status, named.status);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (GString) target = g_string_new (targets[i][1]);
      g_auto (RestAnswer) answer = { 0 };

      (void) g_string_replace (target, "ID", others, 0);
      answer = rest_ask (&broker, targets[i][0], target->str);
      g_print (" %u", answer.status);
      if (i == 0)
        g_print (" %s", strstr (answer.body, others) ? "all" : strstr (answer.body, APP) ? "own" : "none");
    }

  return 0;
}

static void
test_a_sandboxed_app (void)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *id = NULL;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_sandbox_is_possible ())
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  broker = start ();
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  id = submit_small (broker, "/v1/uploads?name=of-host");
  test_sandbox_enter (broker, "[Application]\\nname=" APP "\\n", launcher, argv);
  for (const char *const *word = (const char *const[]){ self, "--app", broker->folder, id, NULL }; *word; word++)
    g_ptr_array_add (argv, (gpointer) *word);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &words, NULL, &error));
  g_assert_cmpstr (words, ==, "201 403 200 own 404 404 404 403 403 403 403 403 200 200");
}

int
main (int argc, char *argv[])
{
  if (argc == 4 && g_str_equal (argv[1], "--app"))
    return be_the_app (argv[2], argv[3]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest/a-file-arrives", test_a_file_arrives);
  g_test_add_func ("/rest/the-same-key-again", test_the_same_key_again);
  g_test_add_func ("/rest/what-is-no-file", test_what_is_no_file);
  g_test_add_func ("/rest/an-empty-file", test_an_empty_file);
  g_test_add_func ("/rest/a-large-body", test_a_large_body);
  g_test_add_func ("/rest/routes", test_routes);
  g_test_add_func ("/rest/bodies-of-json", test_bodies_of_json);
  g_test_add_func ("/rest/a-list-in-pages", test_a_list_in_pages);
  g_test_add_func ("/rest/examples-of-the-page", test_examples_of_the_page);
  g_test_add_func ("/rest/a-sandboxed-app", test_a_sandboxed_app);

  return g_test_run ();
}
