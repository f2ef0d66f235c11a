/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How much of the port one page, and all pages, can take; and that a page which is revoked loses what it has under way.
 */
#include "pages.h"

#include <stdlib.h>

/* As daemon/ipc/rest/visit.h, rate.h and store/apps.h have them. */
#define AT_PORT 256
#define OF_TOKEN 32
#define STREAMS 8
#define ASKS 10
#define TOKENS 8

static TestBroker *broker;

static void
assert_status (const RestAnswer *answer, guint expected)
{
  if (answer->status != expected)
    g_error ("%u, and not %u: %s", answer->status, expected, answer->body ? answer->body : "nothing");
}

static GSocketConnection *
open_stream (const Page *page)
{
  GSocketConnection *connection = page_begin (page, "GET", "/v1/events", NULL);

  rest_read_until (connection, "event: ready");

  return connection;
}

/* A client of tus that is told anything but 423 by HEAD takes its upload for lost, and sends all of it again. */
static void
assert_tus_waits (const Page *page)
{
  g_auto (RestAnswer) answer
      = page_fetch (page, "HEAD", "/v1/tus/01a2281f-0000-7000-8000-000000000000", "Tus-Resumable: 1.0.0\r\n", NULL);
  g_autofree char *version = rest_answer_dup_field (&answer, "Tus-Resumable");

  assert_status (&answer, 423);
  g_assert_cmpuint (answer.body_bytes, ==, 0);
  g_assert_cmpstr (version, ==, "1.0.0");
}

static void
revoke_app (const Page *page)
{
  g_autofree char *error = page_decide (broker, "Revoke", page->origin);

  g_assert_cmpstr (error, ==, "");
}

/* --- Revoked --- */

static void
test_a_stream_ends_with_its_app (void)
{
  g_auto (Page) page = page_pair (broker, "https://streams.example", TRUE);
  g_auto (Page) other = page_pair (broker, "https://stays.example", FALSE);
  g_autoptr (GSocketConnection) stream = open_stream (&page);
  g_autoptr (GSocketConnection) others = open_stream (&other);
  g_auto (RestAnswer) rest = { 0 };

  revoke_app (&page);
  /* Up to its end, which comes. */
  rest = rest_read (stream);
  g_assert_cmpuint (rest.status, ==, 0);
  /* That of another page is told what it does. */
  rest = page_fetch (&other, "POST", "/v1/uploads?name=news.json", NULL, "{}");
  assert_status (&rest, 201);
  rest_read_until (others, "news.json");
}

/* What came is kept, as if the page had been closed; what comes later is not. */
static void
test_a_piece_ends_with_its_app (void)
{
  g_auto (Page) page = page_pair (broker, "https://pieces.example", FALSE);
  g_auto (Page) again = { 0 };
  g_auto (RestAnswer) created
      = page_fetch (&page, "POST", "/v1/tus/", "Tus-Resumable: 1.0.0\r\nUpload-Length: 10\r\n", NULL);
  g_autofree char *location = rest_answer_dup_field (&created, "Location");
  g_autoptr (GSocketConnection) piece
      = page_begin (&page, "PATCH", location,
                    "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: 10\r\n"
                    "Content-Type: application/offset+octet-stream\r\nExpect: 100-continue\r\n");
  g_auto (RestAnswer) rest = { 0 };
  g_auto (RestAnswer) told = { 0 };
  g_autofree char *offset = NULL;

  rest_read_until (piece, "100 Continue");
  revoke_app (&page);
  rest = rest_read (piece);
  g_assert_cmpuint (rest.status, !=, 204);
  again = page_pair (broker, page.origin, FALSE);
  told = page_fetch (&again, "HEAD", location, "Tus-Resumable: 1.0.0\r\n", NULL);
  assert_status (&told, 204);
  offset = rest_answer_dup_field (&told, "Upload-Offset");
  g_assert_cmpstr (offset, ==, "0");
}

/* A file that is half here when its app is revoked is not in the queue. */
static void
test_a_file_ends_with_its_app (void)
{
  g_auto (Page) page = page_pair (broker, "https://files.example", FALSE);
  g_autoptr (GSocketConnection) file
      = page_begin (&page, "POST", "/v1/uploads?name=half.bin", "Content-Length: 10\r\nExpect: 100-continue\r\n");
  g_auto (RestAnswer) rest = { 0 };
  guint before = test_broker_count (broker, "all");

  rest_read_until (file, "100 Continue");
  revoke_app (&page);
  (void) g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (file)), "0123456789", 10, NULL, NULL,
                                    NULL);
  rest = rest_read (file);
  g_assert_cmpuint (rest.status, !=, 201);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, before);
}

/* An origin has a token for each browser; one more ends the oldest, and what that has under way. */
static void
test_one_token_more_ends_the_oldest (void)
{
  const char *origin = "https://browsers.example";
  g_auto (Page) first = page_pair (broker, origin, FALSE);
  g_autoptr (GSocketConnection) stream = open_stream (&first);
  g_auto (RestAnswer) rest = { 0 };

  for (guint i = 1; i < TOKENS; i++)
    {
      g_auto (Page) page = page_pair (broker, origin, FALSE);
      g_auto (RestAnswer) answer = page_fetch (&first, "GET", "/v1/uploads", NULL, NULL);

      assert_status (&answer, 200);
    }
  {
    g_auto (Page) page = page_pair (broker, origin, FALSE);
    g_auto (RestAnswer) answer = page_fetch (&first, "GET", "/v1/uploads", NULL, NULL);

    assert_status (&answer, 401);
    assert_tus_waits (&first);
  }
  rest = rest_read (stream);
  g_assert_cmpuint (rest.status, ==, 0);
  /* So many requests of now would leave no room for those of the next tests. */
  revoke_app (&first);
}

/* --- Too much --- */

static void
test_too_many_streams (void)
{
  g_auto (Page) page = page_pair (broker, "https://many.example", FALSE);
  g_auto (Page) other = page_pair (broker, "https://few.example", FALSE);
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSocketConnection) others = NULL;
  g_auto (RestAnswer) answer = { 0 };

  for (guint i = 0; i < STREAMS; i++)
    g_ptr_array_add (held, open_stream (&page));
  answer = page_fetch (&page, "GET", "/v1/events", NULL, NULL);
  assert_status (&answer, 429);
  others = open_stream (&other);
  rest_answer_clear (&answer);
  answer = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  assert_status (&answer, 200);
}

/* Requests whose body does not come are held for as long as a slow client may be slow. */
static void
test_too_many_connections_of_a_token (void)
{
  g_auto (Page) page = page_pair (broker, "https://greedy.example", FALSE);
  g_auto (Page) other = page_pair (broker, "https://modest.example", FALSE);
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (RestAnswer) answer = { 0 };

  for (guint i = 0; i < OF_TOKEN; i++)
    {
      GSocketConnection *connection
          = page_begin (&page, "POST", "/v1/uploads", "Content-Length: 10\r\nExpect: 100-continue\r\n");

      rest_read_until (connection, "100 Continue");
      g_ptr_array_add (held, connection);
    }
  answer = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  assert_status (&answer, 429);
  assert_tus_waits (&page);
  rest_answer_clear (&answer);
  answer = page_fetch (&other, "GET", "/v1/uploads", NULL, NULL);
  assert_status (&answer, 200);
}

static gboolean
is_open_again (gpointer data)
{
  g_auto (RestAnswer) answer = page_fetch (data, "GET", "/v1/uploads", NULL, NULL);

  return answer.status == 200;
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Whoever fills the port leaves programs at the socket theirs. */
static void
test_a_full_port (void)
{
  g_auto (Page) page = page_pair (broker, "https://late.example", FALSE);
  const guint16 port = page_find_port (broker);
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (RestAnswer) refused = { 0 };
  g_auto (RestAnswer) program = { 0 };
  guint timer;

  for (guint i = 0; i < AT_PORT; i++)
    g_ptr_array_add (held, page_connect (port));
  refused = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  assert_status (&refused, 429);
  assert_tus_waits (&page);
  program = rest_ask (broker, "GET", "/v1/uploads");
  assert_status (&program, 200);
  g_ptr_array_set_size (held, 0);
  timer = g_timeout_add (20, on_look_again, NULL);
  test_wait_until (is_open_again, &page, 20);
  g_source_remove (timer);
}

/* --- Too often --- */

static void
test_a_page_that_asks_again_and_again (void)
{
  const Page page = { .broker = broker, .origin = "https://nagging.example" };
  const Page other = { .broker = broker, .origin = "https://polite.example" };
  g_auto (RestAnswer) refused = { 0 };
  g_auto (RestAnswer) answered = { 0 };
  g_autofree char *wait_s = NULL;

  for (guint i = 0; i < ASKS; i++)
    {
      /* A guess counts like a question. */
      g_auto (RestAnswer) answer = i % 2 == 0
                                       ? page_fetch (&page, "POST", "/v1/pair", NULL, "{}")
                                       : page_fetch (&page, "POST", "/v1/pair/token", NULL, "{\"device_code\":\"x\"}");

      assert_status (&answer, i % 2 == 0 ? 200 : 400);
    }
  refused = page_fetch (&page, "POST", "/v1/pair", NULL, "{}");
  assert_status (&refused, 429);
  wait_s = rest_answer_dup_field (&refused, "Retry-After");
  g_assert_cmpint (atoi (wait_s), >=, 1);
  g_assert_cmpint (atoi (wait_s), <=, 60);
  rest_answer_clear (&refused);
  refused = page_fetch (&page, "POST", "/v1/pair/token", NULL, "{\"device_code\":\"y\"}");
  assert_status (&refused, 429);
  answered = page_fetch (&other, "POST", "/v1/pair", NULL, "{}");
  assert_status (&answered, 200);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  broker = test_broker_new_alone ();
  test_broker_set_destination (broker, "http://127.0.0.1:1/", NULL);
  g_test_add_func ("/rest-limits/a-stream-ends-with-its-app", test_a_stream_ends_with_its_app);
  g_test_add_func ("/rest-limits/a-piece-ends-with-its-app", test_a_piece_ends_with_its_app);
  g_test_add_func ("/rest-limits/a-file-ends-with-its-app", test_a_file_ends_with_its_app);
  g_test_add_func ("/rest-limits/one-token-more-ends-the-oldest", test_one_token_more_ends_the_oldest);
  g_test_add_func ("/rest-limits/too-many-streams", test_too_many_streams);
  g_test_add_func ("/rest-limits/too-many-connections-of-a-token", test_too_many_connections_of_a_token);
  g_test_add_func ("/rest-limits/a-full-port", test_a_full_port);
  g_test_add_func ("/rest-limits/a-page-that-asks-again-and-again", test_a_page_that_asks_again_and_again);
  result = g_test_run ();
  test_broker_free (broker);

  return result;
}
