/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One knock at real sockets: answered, refused, given up, and heard when a host that was silent answers again.
 */
#include "transfer/knock.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Linux takes one connection more than the backlog, and drops the first words of all others. */
#define N_GUESTS 2

typedef struct
{
  GMainLoop *loop;
  GCancellable *cancellable;
  int door; /* listens */
  int guests[N_GUESTS];
  char *url;
  gboolean is_answered;
  GError *error;
} Fixture;

static int
open_door (Fixture *fixture)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  fixture->door = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (fixture->door, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (getsockname (fixture->door, (struct sockaddr *) &address, &length), ==, 0);
  fixture->url = g_strdup_printf ("http://127.0.0.1:%d/files/", ntohs (address.sin_port));

  return ntohs (address.sin_port);
}

/* From now on nothing is answered: its queue is full. */
static void
fall_silent (Fixture *fixture, int port)
{
  const struct sockaddr_in address
      = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK), .sin_port = htons ((guint16) port) };

  g_assert_cmpint (listen (fixture->door, 0), ==, 0);
  for (guint i = 0; i < N_GUESTS; i++)
    {
      fixture->guests[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      (void) connect (fixture->guests[i], (const struct sockaddr *) &address, sizeof address);
    }
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->loop = g_main_loop_new (NULL, FALSE);
  fixture->cancellable = g_cancellable_new ();
  fixture->guests[0] = fixture->guests[1] = -1;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < N_GUESTS; i++)
    if (fixture->guests[i] >= 0)
      (void) close (fixture->guests[i]);
  (void) close (fixture->door);
  /* What was given up ends by itself, and must leave nothing behind. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_main_loop_unref (fixture->loop);
  g_object_unref (fixture->cancellable);
  g_clear_error (&fixture->error);
  g_free (fixture->url);
}

static void
on_end (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->is_answered = ob_knock_finish (result, &fixture->error);
  g_main_loop_quit (fixture->loop);
}

static void
test_answered (Fixture *fixture, gconstpointer data)
{
  (void) open_door (fixture);
  g_assert_cmpint (listen (fixture->door, 4), ==, 0);
  ob_knock_async (fixture->url, fixture->cancellable, on_end, fixture);
  g_main_loop_run (fixture->loop);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->is_answered);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  (void) open_door (fixture);
  ob_knock_async (fixture->url, fixture->cancellable, on_end, fixture);
  g_main_loop_run (fixture->loop);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_given_up (Fixture *fixture, gconstpointer data)
{
  fall_silent (fixture, open_door (fixture));
  ob_knock_async (fixture->url, NULL, on_end, fixture);
  g_main_loop_run (fixture->loop);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

static gboolean
on_cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

/* @data: milliseconds until then: before and after the second connection was begun */
static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  fall_silent (fixture, open_door (fixture));
  if (GPOINTER_TO_UINT (data) == 0)
    g_cancellable_cancel (fixture->cancellable);
  else
    g_timeout_add (GPOINTER_TO_UINT (data), on_cancel, fixture->cancellable);
  ob_knock_async (fixture->url, fixture->cancellable, on_end, fixture);
  g_main_loop_run (fixture->loop);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gboolean
on_lit (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_cmpint (listen (fixture->door, 16), ==, 0);

  return G_SOURCE_REMOVE;
}

/* @data: milliseconds until the host answers again */
static void
test_heard_again (Fixture *fixture, gconstpointer data)
{
  int port = open_door (fixture);

  fall_silent (fixture, port);
  g_timeout_add (GPOINTER_TO_UINT (data), on_lit, fixture);
  ob_knock_async (fixture->url, fixture->cancellable, on_end, fixture);
  g_main_loop_run (fixture->loop);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->is_answered);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    gboolean is_long; /* it waits for the kernel's second word, or for the end of all patience */
    guint data;
    void (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "/knock/answered", FALSE, 0, test_answered },
    { "/knock/refused", FALSE, 0, test_refused },
    { "/knock/given-up", TRUE, 0, test_given_up },
    { "/knock/cancelled-before", FALSE, 0, test_cancelled },
    { "/knock/cancelled-early", FALSE, 100, test_cancelled },
    { "/knock/cancelled-late", FALSE, 1600, test_cancelled },
    { "/knock/heard-again", FALSE, 1200, test_heard_again },
    /* The kernel of Debian 12 says the next word of the first connection 7 s after its beginning. */
    { "/knock/heard-again-late", TRUE, 3200, test_heard_again },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    if (tests[i].is_long == g_test_slow ())
      g_test_add (tests[i].path, Fixture, GUINT_TO_POINTER (tests[i].data), set_up, tests[i].test, tear_down);

  return g_test_run ();
}
