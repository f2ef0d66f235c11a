/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The brake, by the real body of an attempt: from the moment at which a thread heard of news, however late the main thread
 * is, nothing is given out to be written until the main thread has had that news.
 */
#include "base/brake.h"
#include "transfer/body.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define PIECE_BYTES 1024

typedef enum
{
  EVENT_HEARD,  /* on the thread that reads the bus */
  EVENT_LOOKED, /* the main thread has had the news */
  EVENT_READ,   /* a piece was given out */
  EVENT_REFUSED,
} Event;

typedef struct
{
  GInputStream *body;
  ObDeadline *deadline;
  GCancellable *stop;
  char *path;
  int fd;
  GAsyncQueue *events; /* of Event + 1 */
} Fixture;

static void
note (Fixture *fixture, Event event)
{
  g_async_queue_push (fixture->events, GUINT_TO_POINTER (event + 1u));
  g_main_context_wakeup (NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bytes = g_malloc0 (64 * PIECE_BYTES);

  fixture->fd = g_file_open_tmp ("outbox-test-XXXXXX", &fixture->path, NULL);
  g_assert_cmpint (write (fixture->fd, bytes, 64 * PIECE_BYTES), ==, 64 * PIECE_BYTES);
  fixture->deadline = ob_deadline_new ();
  fixture->body = ob_body_new (fixture->fd, 0, 64 * PIECE_BYTES, NULL, fixture->deadline);
  fixture->stop = g_cancellable_new ();
  fixture->events = g_async_queue_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_object_unref (fixture->body);
  g_object_unref (fixture->stop);
  ob_deadline_unref (fixture->deadline);
  g_async_queue_unref (fixture->events);
  (void) close (fixture->fd);
  (void) g_unlink (fixture->path);
  g_free (fixture->path);
}

static gpointer
read_piece (gpointer data)
{
  Fixture *fixture = data;
  char piece[PIECE_BYTES];
  gssize got = g_input_stream_read (fixture->body, piece, sizeof piece, fixture->stop, NULL);

  note (fixture, got > 0 ? EVENT_READ : EVENT_REFUSED);

  return NULL;
}

static gboolean
on_news (gpointer data)
{
  note (data, EVENT_LOOKED);

  return G_SOURCE_REMOVE;
}

/* What a bus does: a filter on its own thread, then the news for the main thread. */
static gpointer
hear (gpointer data)
{
  ob_brake_put_on ();
  note (data, EVENT_HEARD);
  (void) g_idle_add_full (G_PRIORITY_DEFAULT, on_news, data, NULL);

  return NULL;
}

static gpointer
hear_and_stop (gpointer data)
{
  ob_brake_put_on ();
  note (data, EVENT_HEARD);

  return NULL;
}

static void
assert_next (Fixture *fixture, Event event)
{
  gpointer got;

  while (!(got = g_async_queue_try_pop (fixture->events)))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (GPOINTER_TO_UINT (got), ==, event + 1u);
}

static void
join (GThread *thread)
{
  (void) g_thread_join (thread);
}

static void
test_nothing_before_the_news (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 20; i++)
    {
      GThread *reader;

      join (g_thread_new ("reader", read_piece, fixture));
      join (g_thread_new ("bus", hear, fixture));
      reader = g_thread_new ("reader", read_piece, fixture);
      assert_next (fixture, EVENT_READ);
      assert_next (fixture, EVENT_HEARD);
      assert_next (fixture, EVENT_LOOKED);
      assert_next (fixture, EVENT_READ);
      join (reader);
    }
}

static void
test_news_upon_news (Fixture *fixture, gconstpointer data)
{
  GThread *reader;

  for (guint i = 0; i < 5; i++)
    join (g_thread_new ("bus", hear, fixture));
  reader = g_thread_new ("reader", read_piece, fixture);
  for (guint i = 0; i < 5; i++)
    assert_next (fixture, EVENT_HEARD);
  for (guint i = 0; i < 5; i++)
    assert_next (fixture, EVENT_LOOKED);
  assert_next (fixture, EVENT_READ);
  join (reader);
}

/* What the main thread stops while it is on gives nothing out any more. */
static void
test_stopped_while_it_is_on (Fixture *fixture, gconstpointer data)
{
  GThread *reader;

  join (g_thread_new ("bus", hear_and_stop, fixture));
  reader = g_thread_new ("reader", read_piece, fixture);
  g_cancellable_cancel (fixture->stop);
  join (reader);
  assert_next (fixture, EVENT_HEARD);
  assert_next (fixture, EVENT_REFUSED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/brake/nothing-before-the-news", Fixture, NULL, set_up, test_nothing_before_the_news, tear_down);
  g_test_add ("/brake/news-upon-news", Fixture, NULL, set_up, test_news_upon_news, tear_down);
  g_test_add ("/brake/stopped-while-it-is-on", Fixture, NULL, set_up, test_stopped_while_it_is_on, tear_down);

  return g_test_run ();
}
