/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The dashboard's page at the port, byte for byte as a browser would ask: its files, its session from the ticket to the end, and what
 * nobody else gets; and the command that opens it. In a browser it is tried by tests/browser.
 */
#include "pages.h"

#include "dbus/names.h"
#include "support/command.h"

#include <glib/gstdio.h>
#include <string.h>

#define JSON "Content-Type: application/json\r\n"

/* One daemon for all tests. */
static TestBroker *broker;

/* What `outbox dashboard` opens. */
typedef struct
{
  char *host;
  char *ticket;
} Opened;

static void
opened_clear (Opened *opened)
{
  g_free (opened->host);
  g_free (opened->ticket);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Opened, opened_clear)

static Opened
open_dashboard (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;
  const char *url, *end;

  rest_wait (broker);
  answer = g_dbus_connection_call_sync (broker->connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                        OUTBOX_BUS_NAME ".Access", "OpenDashboard", NULL, G_VARIANT_TYPE ("(s)"),
                                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  g_variant_get (answer, "(&s)", &url);
  g_assert_true (
      g_regex_match_simple ("^http://outbox-[b-z]{4}-[b-z]{4}\\.localhost:\\d+/#ticket=[A-Za-z0-9_-]{43}$", url, 0, 0));
  url += strlen ("http://");
  end = strchr (url, '/');

  return (Opened){ g_strndup (url, (gsize) (end - url)), g_strdup (strchr (end, '=') + 1) };
}

/* @line: method and target. @fields: whole lines, beside the host */
static RestAnswer
ask (const char *host, const char *line, const char *fields, const char *body)
{
  g_autoptr (GString) bytes = g_string_new (NULL);

  g_string_printf (bytes, "%s HTTP/1.1\r\nHost: %s\r\n%s", line, host, fields);
  if (body)
    g_string_append_printf (bytes, "Content-Length: %zu\r\n", strlen (body));
  g_string_append_printf (bytes, "\r\n%s", body ? body : "");

  return page_send (page_find_port (broker), bytes->str, -1);
}

/* What fetch() of the page adds. */
static char *
dup_own (const char *host, const char *token, gboolean is_get)
{
  g_autofree char *origin = is_get ? g_strdup ("") : g_strdup_printf ("Origin: http://%s\r\n", host);
  g_autofree char *bearer = token ? g_strdup_printf ("Authorization: Bearer %s\r\n", token) : g_strdup ("");

  return g_strconcat ("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", origin,
                      bearer, NULL);
}

/* @type: (nullable): the line of the content type. Returns: (transfer full) (nullable): the token */
static char *
begin_session (const char *host, const char *ticket, const char *type, guint status)
{
  g_autofree char *own = dup_own (host, NULL, FALSE);
  g_autofree char *fields = g_strconcat (own, type, NULL);
  g_autofree char *body = g_strdup_printf ("{\"ticket\":\"%s\"}", ticket);
  g_auto (RestAnswer) answer = ask (host, "POST /v1/dashboard/session", fields, body);

  g_assert_cmpuint (answer.status, ==, status);

  return page_dup_member (&answer, "token");
}

static guint
look (const char *host, const char *token)
{
  g_autofree char *own = dup_own (host, token, TRUE);
  g_auto (RestAnswer) answer = ask (host, "GET /v1/summary", own, NULL);

  return answer.status;
}

static void
test_a_session_from_ticket_to_end (void)
{
  g_auto (Opened) opened = open_dashboard ();
  g_autofree char *token = begin_session (opened.host, opened.ticket, JSON, 200);
  g_autofree char *own = dup_own (opened.host, token, FALSE);
  g_auto (RestAnswer) paused = { 0 };
  g_auto (RestAnswer) resumed = { 0 };
  g_auto (RestAnswer) ended = { 0 };

  g_assert_nonnull (token);
  g_assert_cmpuint (look (opened.host, token), ==, 200);
  paused = ask (opened.host, "POST /v1/queue/pause", own, NULL);
  g_assert_cmpuint (paused.status, ==, 204);
  resumed = ask (opened.host, "POST /v1/queue/resume", own, NULL);
  g_assert_cmpuint (resumed.status, ==, 204);
  ended = ask (opened.host, "DELETE /v1/dashboard/session", own, NULL);
  g_assert_cmpuint (ended.status, ==, 204);
  g_assert_cmpuint (look (opened.host, token), ==, 401);
}

/* Whoever signs out, or finds that another has had the ticket too, leaves nothing behind that is still told of changes. */
static void
test_a_stream_ends_with_its_session (void)
{
  g_auto (Opened) opened = open_dashboard ();
  g_autofree char *token = begin_session (opened.host, opened.ticket, JSON, 200);
  g_autofree char *own = dup_own (opened.host, token, TRUE);
  g_autofree char *bytes = g_strdup_printf ("GET /v1/events HTTP/1.1\r\nHost: %s\r\n%s\r\n", opened.host, own);
  g_autoptr (GSocketConnection) stream = page_connect (page_find_port (broker));
  g_autofree char *second = NULL;
  g_auto (RestAnswer) answer = { 0 };

  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (stream)), bytes, strlen (bytes),
                                            NULL, NULL, NULL));
  rest_read_until (stream, "event: ready");
  second = begin_session (opened.host, opened.ticket, JSON, 403);
  g_assert_null (second);
  /* Up to its end, which comes. */
  answer = rest_read (stream);
  g_assert_cmpuint (answer.status, ==, 0);
  g_assert_cmpuint (look (opened.host, token), ==, 401);
}

#define NONCE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* The page asks whoever listens at the port before it goes on there; the port's other names have no sessions. */
static void
test_the_broker_proves_that_it_knows_the_session (void)
{
  static const char body[] = "{\"nonce\":\"" NONCE "\"}";
  g_auto (Opened) opened = open_dashboard ();
  g_autofree char *token = begin_session (opened.host, opened.ticket, JSON, 200);
  g_autofree char *origin = g_strconcat ("http://", opened.host, NULL);
  g_autofree char *proof = page_dup_proof (token, origin, opened.host, NONCE);
  g_autofree char *own = dup_own (opened.host, NULL, FALSE);
  g_autofree char *fields = g_strconcat (own, JSON, NULL);
  g_autofree char *address = g_strdup_printf ("127.0.0.1:%u", page_find_port (broker));
  g_autofree char *own_address = dup_own (address, NULL, FALSE);
  g_autofree char *other_fields = g_strconcat (own_address, JSON, NULL);
  g_auto (RestAnswer) answer = ask (opened.host, "POST /v1/hello", fields, body);
  g_auto (RestAnswer) other = ask (address, "POST /v1/hello", other_fields, body);
  g_auto (RestAnswer) pairing = ask (opened.host, "POST /v1/pair", fields, "{}");

  g_assert_cmpuint (answer.status, ==, 200);
  g_assert_nonnull (strstr (answer.body, proof));
  g_assert_null (strstr (answer.body, token));
  g_assert_cmpuint (other.status, ==, 403);
  g_assert_cmpuint (pairing.status, ==, 403);
}

static void
test_a_ticket_that_comes_twice (void)
{
  g_auto (Opened) opened = open_dashboard ();
  g_autofree char *token = begin_session (opened.host, opened.ticket, JSON, 200);

  g_assert_cmpuint (look (opened.host, token), ==, 200);
  g_assert_null (begin_session (opened.host, opened.ticket, JSON, 403));
  g_assert_cmpuint (look (opened.host, token), ==, 401);
}

/* Whoever has the token without the page has nothing. */
static void
test_a_token_is_of_its_page_alone (void)
{
  g_auto (Opened) opened = open_dashboard ();
  g_autofree char *token = begin_session (opened.host, opened.ticket, JSON, 200);
  g_autofree char *address = g_strdup_printf ("127.0.0.1%s", strchr (opened.host, ':'));
  g_autofree char *name = g_strdup_printf ("localhost%s", strchr (opened.host, ':'));
  g_autofree char *bearer = g_strdup_printf ("Authorization: Bearer %s\r\n", token);
  g_autofree char *other = g_strconcat ("Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n", bearer, NULL);
  g_autofree char *navigation
      = g_strconcat ("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", bearer,
                     NULL);
  const char *const fields[] = { bearer, other, navigation };

  g_assert_cmpuint (look (address, token), ==, 401);
  g_assert_cmpuint (look (name, token), ==, 401);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_auto (RestAnswer) answer = ask (opened.host, "GET /v1/summary", fields[i], NULL);

      g_test_message ("%s", fields[i]);
      g_assert_cmpuint (answer.status, ==, 403);
    }
  g_assert_cmpuint (look (opened.host, token), ==, 200);
}

static void
test_who_may_not_begin_a_session (void)
{
  g_auto (Opened) opened = open_dashboard ();
  g_autofree char *address = g_strdup_printf ("127.0.0.1%s", strchr (opened.host, ':'));
  g_autofree char *body = g_strdup_printf ("{\"ticket\":\"%s\"}", opened.ticket);
  g_auto (RestAnswer) other = ask (opened.host, "POST /v1/dashboard/session",
                                   "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n" JSON, body);
  g_auto (RestAnswer) program = ask (opened.host, "POST /v1/dashboard/session", JSON, body);
  g_autofree char *token = NULL;

  g_assert_cmpuint (other.status, ==, 403);
  g_assert_cmpuint (program.status, ==, 403);
  g_assert_null (begin_session (address, opened.ticket, JSON, 403));
  g_assert_null (begin_session (opened.host, opened.ticket, "Content-Type: text/plain\r\n", 415));
  g_assert_null (begin_session (opened.host, opened.ticket, "", 415));
  g_assert_null (begin_session (opened.host, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", JSON, 403));
  g_assert_null (begin_session (opened.host, "\",\"more\":\"", JSON, 400));
  /* None of these has used it up. */
  token = begin_session (opened.host, opened.ticket, JSON, 200);
  g_assert_nonnull (token);
}

/* There is no page at the socket. */
static void
test_the_socket_has_no_sessions (void)
{
  g_auto (Opened) opened = open_dashboard ();
  g_autofree char *body = g_strdup_printf ("{\"ticket\":\"%s\"}", opened.ticket);
  g_autofree char *request = g_strdup_printf ("POST /v1/dashboard/session HTTP/1.1\r\nHost: localhost\r\n" JSON
                                              "Content-Length: %zu\r\n\r\n%s",
                                              strlen (body), body);
  g_auto (RestAnswer) answer = rest_send (broker, request, -1);

  g_assert_cmpuint (answer.status, ==, 403);
}

/* --- Files --- */

static void
assert_policy (const RestAnswer *answer)
{
  g_autofree char *policy = rest_answer_dup_field (answer, "Content-Security-Policy");
  g_autofree char *frames = rest_answer_dup_field (answer, "X-Frame-Options");
  g_autofree char *referrer = rest_answer_dup_field (answer, "Referrer-Policy");
  static const char *const parts[]
      = { "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    g_assert_nonnull (strstr (policy, parts[i]));
  g_assert_null (strstr (policy, "unsafe"));
  g_assert_cmpstr (frames, ==, "DENY");
  g_assert_cmpstr (referrer, ==, "no-referrer");
}

static void
test_the_page_and_its_files (void)
{
  static const struct
  {
    const char *line, *fields;
    guint status;
    const char *type;
  } rows[] = {
    { "GET /", "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n", 200,
      "text/html; charset=utf-8" },
    { "GET /dashboard/main.js", "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: script\r\n",
      200, "text/javascript; charset=utf-8" },
    { "GET /dashboard/style.css", "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: style\r\n",
      200, "text/css; charset=utf-8" },
    { "GET /dashboard/words-de.json",
      "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", 200, "application/json" },
    { "GET /dashboard/nothing.js", "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: script\r\n",
      404, "application/problem+json" },
    { "GET /dashboard/%2E%2E%2Fv1%2Fopenapi.json", "Sec-Fetch-Site: same-origin\r\n", 404, "application/problem+json" },
    { "GET /dashboard/main.js", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n",
      403, NULL },
    { "GET /", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n", 403, NULL },
  };
  g_auto (Opened) opened = open_dashboard ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (RestAnswer) answer = ask (opened.host, rows[i].line, rows[i].fields, NULL);
      g_autofree char *type = rest_answer_dup_field (&answer, "Content-Type");

      g_test_message ("%s %s", rows[i].line, rows[i].fields);
      g_assert_cmpuint (answer.status, ==, rows[i].status);
      if (rows[i].type)
        g_assert_cmpstr (type, ==, rows[i].type);
      if (i == 0)
        assert_policy (&answer);
    }
}

/* --- The stored file --- */

#define CONTENT_BYTES (3 * 1024 * 1024 + 17)

static guint
count_bytes (const RestAnswer *answer, const char *expected)
{
  g_autofree char *length = rest_answer_dup_field (answer, "Content-Length");

  if (answer->status == 200)
    g_assert_cmpstr (length, ==, expected);

  return answer->status;
}

static void
test_the_stored_file_is_a_download (void)
{
  g_autofree char *length = g_strdup_printf ("%d", CONTENT_BYTES);
  g_autofree char *path = test_broker_make_file (broker, "picture.jpg", CONTENT_BYTES, 7);
  g_autofree char *bytes = NULL;
  g_autofree char *id = NULL;
  g_autofree char *target = NULL;
  g_autoptr (GError) error = NULL;
  gsize size_bytes;

  test_broker_set_destination (broker, "http://127.0.0.1:9/", NULL);
  g_assert_true (outbox_dbus_queue_call_pause_sync (broker->queue, NULL, &error));
  id = test_broker_submit (broker, path, NULL, &error);
  g_assert_no_error (error);
  target = g_strdup_printf ("/v1/uploads/%s/content", id);
  g_assert_true (g_file_get_contents (path, &bytes, &size_bytes, NULL));
  {
    g_auto (RestAnswer) answer = rest_ask (broker, "GET", target);
    g_auto (RestAnswer) head = rest_ask (broker, "HEAD", target);
    g_autofree char *type = rest_answer_dup_field (&answer, "Content-Type");
    g_autofree char *disposition = rest_answer_dup_field (&answer, "Content-Disposition");
    g_autofree char *policy = rest_answer_dup_field (&answer, "Content-Security-Policy");

    g_assert_cmpuint (count_bytes (&answer, length), ==, 200);
    g_assert_cmpmem (answer.body, answer.body_bytes, bytes, size_bytes);
    g_assert_cmpstr (type, ==, "application/octet-stream");
    g_assert_cmpstr (disposition, ==, "attachment");
    g_assert_nonnull (strstr (policy, "sandbox"));
    g_assert_cmpuint (count_bytes (&head, length), ==, 200);
    g_assert_cmpuint (head.body_bytes, ==, 0);
  }
  {
    /* Another page learns nothing, not even that it is there. */
    g_auto (Page) page = page_pair (broker, "https://other.example", FALSE);
    g_auto (RestAnswer) other = page_fetch (&page, "GET", target, NULL, NULL);
    g_auto (RestAnswer) none = rest_ask (broker, "GET", "/v1/uploads/01a2281f-0000-7000-8000-000000000000/content");

    g_assert_cmpuint (other.status, ==, 404);
    g_assert_cmpuint (none.status, ==, 404);
  }
  {
    g_autofree char *copy = g_build_filename (broker->folder, "data", "outbox", "spool", id, NULL);
    g_auto (RestAnswer) lost = { 0 };

    g_assert_cmpint (g_unlink (copy), ==, 0);
    lost = rest_ask (broker, "GET", target);
    g_assert_cmpuint (lost.status, ==, 404);
    g_assert_null (strstr (lost.body, "spool"));
  }
  g_assert_true (outbox_dbus_queue_call_resume_sync (broker->queue, NULL, &error));
}

/* --- The command --- */

/* Runs it where these folders alone say what a browser is. Returns: (transfer full): what it prints, on both channels */
static char *
run_command (const char *folder, const char *words)
{
  g_autofree char *line = g_strdup_printf (
      "env XDG_DATA_HOME=%s XDG_CONFIG_HOME=%s XDG_DATA_DIRS=/nonexistent XDG_CONFIG_DIRS=/nonexistent %s %s", folder,
      folder, g_getenv ("OUTBOX"), words);
  g_auto (TestCommand) command = test_command_start_line (broker, line);

  return test_command_finish (&command, 0);
}

/* The text is the address of a dashboard, and of one that opens. */
static void
assert_opens (const char *text)
{
  const char *begin = strstr (text, "http://");
  const char *end = begin ? begin + strlen ("http://") : NULL;
  g_autofree char *host = NULL;
  g_autofree char *ticket = NULL;
  g_autofree char *token = NULL;

  g_assert_nonnull (begin);
  host = g_strndup (end, strcspn (end, "/"));
  ticket = g_strstrip (g_strdup (strstr (end, "#ticket=") + strlen ("#ticket=")));
  token = begin_session (host, ticket, JSON, 200);
  g_assert_nonnull (token);
}

static void
test_the_command_prints_where_there_is_no_browser (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-browser-XXXXXX", NULL);
  g_autofree char *printed = run_command (folder, "dashboard --print");
  g_autofree char *told = run_command (folder, "dashboard");

  g_assert_true (g_str_has_prefix (printed, "http://"));
  assert_opens (printed);
  test_assert_has (told, "No browser can be opened from here: ");
  assert_opens (told);
  (void) g_rmdir (folder);
}

static gboolean
is_there (gpointer path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
write_file (const char *folder, const char *name, const char *text, int mode)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, mode, NULL));
}

/* A browser that notes what it is to open. */
static void
test_the_command_opens_the_browser (void)
{
  g_autofree char *folder = g_build_filename (broker->folder, "browser", NULL);
  g_autofree char *applications = g_build_filename (folder, "applications", NULL);
  g_autofree char *opened = g_build_filename (folder, "opened", NULL);
  g_autofree char *script
      = g_strdup_printf ("#!/bin/sh\necho \"$1\" >%s.new && mv %s.new %s\n", opened, opened, opened);
  g_autofree char *entry = g_strdup_printf (
      "[Desktop Entry]\nType=Application\nName=Browser\nExec=%s/run %%u\nMimeType=x-scheme-handler/http;\n", folder);
  g_autofree char *told = NULL;
  g_autofree char *address = NULL;

  g_assert_cmpint (g_mkdir_with_parents (applications, 0700), ==, 0);
  write_file (folder, "run", script, 0700);
  write_file (applications, "browser.desktop", entry, 0600);
  write_file (applications, "mimeapps.list", "[Default Applications]\nx-scheme-handler/http=browser.desktop\n", 0600);
  told = run_command (folder, "dashboard");
  test_assert_has (told, "The dashboard opens in your browser.");
  /* Whoever looks over a shoulder, or reads a log, sees no ticket. */
  g_assert_null (strstr (told, "ticket"));
  test_wait_until (is_there, opened, 10);
  g_assert_true (g_file_get_contents (opened, &address, NULL, NULL));
  assert_opens (address);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  broker = test_broker_new_alone ();
  g_test_add_func ("/rest-dashboard/a-session-from-ticket-to-end", test_a_session_from_ticket_to_end);
  g_test_add_func ("/rest-dashboard/a-stream-ends-with-its-session", test_a_stream_ends_with_its_session);
  g_test_add_func ("/rest-dashboard/the-broker-proves-that-it-knows-the-session",
                   test_the_broker_proves_that_it_knows_the_session);
  g_test_add_func ("/rest-dashboard/a-ticket-that-comes-twice", test_a_ticket_that_comes_twice);
  g_test_add_func ("/rest-dashboard/a-token-is-of-its-page-alone", test_a_token_is_of_its_page_alone);
  g_test_add_func ("/rest-dashboard/who-may-not-begin-a-session", test_who_may_not_begin_a_session);
  g_test_add_func ("/rest-dashboard/the-socket-has-no-sessions", test_the_socket_has_no_sessions);
  g_test_add_func ("/rest-dashboard/the-page-and-its-files", test_the_page_and_its_files);
  g_test_add_func ("/rest-dashboard/the-stored-file-is-a-download", test_the_stored_file_is_a_download);
  g_test_add_func ("/rest-dashboard/the-command-prints-where-there-is-no-browser",
                   test_the_command_prints_where_there_is_no_browser);
  g_test_add_func ("/rest-dashboard/the-command-opens-the-browser", test_the_command_opens_the_browser);
  result = g_test_run ();
  test_broker_free (broker);

  return result;
}
