/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that are handed over by REST, each as the body of one request.
 */
#include "rest.h"

#include "support/document.h"

static void
test_a_file_arrives (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
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
  answer = rest_submit (broker, "/v1/uploads?name=f%C3%BCr+heute.mp4&group=4711&metadata.job=a%26b&priority=-3",
                        "Content-Type: video/mp4\r\nIdempotency-Key: \"key 1\"\r\n", bytes, size_bytes);
  g_assert_cmpuint (answer.status, ==, 201);
  id = rest_answer_dup_member (&answer, "id");
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
  g_autoptr (TestBroker) broker = rest_start ();
  const char *const key = "Idempotency-Key: k\r\n";
  g_auto (RestAnswer) first = rest_submit (broker, "/v1/uploads", key, "bytes", 5);
  g_auto (RestAnswer) again = rest_submit (broker, "/v1/uploads", key, "bytes", 5);
  g_auto (RestAnswer) other = rest_submit (broker, "/v1/uploads", key, "other", 5);
  g_autofree char *code = rest_answer_dup_member (&other, "code");

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
  g_autoptr (TestBroker) broker = rest_start ();
  g_auto (RestAnswer) endless
      = rest_send (broker, "POST /v1/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\nx", -1);
  g_auto (RestAnswer) without = rest_ask (broker, "POST", "/v1/uploads");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (RestAnswer) answer = rest_submit (broker, rows[i].target, rows[i].fields, "bytes", 5);
      g_autofree char *code = rest_answer_dup_member (&answer, "code");

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
    g_auto (RestAnswer) answer = rest_submit (broker, "/v1/uploads?colour=red", "", large, size_bytes);

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
  g_autoptr (TestBroker) broker = rest_start ();
  g_auto (RestAnswer) answer = rest_submit (broker, "/v1/uploads?name=empty", "", "", 0);

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
  whole = rest_make_submit ("/v1/uploads?name=large", "", bytes, size_bytes, &whole_bytes);
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-files/a-file-arrives", test_a_file_arrives);
  g_test_add_func ("/rest-files/the-same-key-again", test_the_same_key_again);
  g_test_add_func ("/rest-files/what-is-no-file", test_what_is_no_file);
  g_test_add_func ("/rest-files/an-empty-file", test_an_empty_file);
  g_test_add_func ("/rest-files/a-large-body", test_a_large_body);

  return g_test_run ();
}
