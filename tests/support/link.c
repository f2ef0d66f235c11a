/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The link: a poll() loop over pairs of sockets. Owns its thread and every descriptor; the lock guards what the main
 * thread sets and reads.
 */
#include "support/link-private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 65536

/* Bytes on their way to one side. */
typedef struct
{
  char bytes[BUFFER_BYTES];
  gsize begin, end;
  gboolean is_ended; /* nothing more comes; told to the receiver once the rest is out */
  gboolean is_told;
} Flow;

typedef struct
{
  TestLink *link;
  int client;
  int server;
  Flow up;
  Flow down;
  TestLinkRequest request; /* the one under way */
  TestLinkFault fault;
  gboolean is_to_fail; /* what is in up goes out, then the fault acts */
  gboolean is_stalled;
  gboolean is_over;
} Pair;

static void
reset_on_close (int fd)
{
  const struct linger linger = { 1, 0 };

  (void) setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static void
pair_free (Pair *pair)
{
  (void) close (pair->client);
  (void) close (pair->server);
  test_link_request_clear (&pair->request);
  g_free (pair);
}

static void
set_up_socket (int fd)
{
  const int yes = 1;

  (void) fcntl (fd, F_SETFL, O_NONBLOCK);
  (void) setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static struct sockaddr_in
loopback (guint16 port)
{
  return (struct sockaddr_in){ .sin_family = AF_INET,
                               .sin_port = g_htons (port),
                               .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK) };
}

/* Returns: whether connections may be. */
static gboolean
set_up_by_rules (TestLink *link, int server)
{
  gboolean is_up;

  g_mutex_lock (&link->lock);
  is_up = !link->is_down;
  if (link->buffer_bytes > 0)
    (void) setsockopt (server, SOL_SOCKET, SO_SNDBUF, &link->buffer_bytes, sizeof link->buffer_bytes);
  g_mutex_unlock (&link->lock);

  return is_up;
}

static void
accept_one (TestLink *link)
{
  struct sockaddr_in address = loopback (link->server_port);
  int client = accept4 (link->listener, NULL, NULL, SOCK_CLOEXEC);
  int server = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Pair *pair;

  if (client < 0 || !set_up_by_rules (link, server)
      || connect (server, (struct sockaddr *) (void *) &address, sizeof address) != 0)
    {
      if (client >= 0)
        {
          reset_on_close (client);
          (void) close (client);
        }
      (void) close (server);
      return;
    }
  set_up_socket (client);
  set_up_socket (server);
  pair = g_new0 (Pair, 1);
  pair->link = link;
  pair->client = client;
  pair->server = server;
  pair->request.head = g_string_new (NULL);
  g_ptr_array_add (link->pairs, pair);
  g_mutex_lock (&link->lock);
  link->connections++;
  g_mutex_unlock (&link->lock);
}

/* --- Moving bytes --- */

static void
filter_up (Pair *pair)
{
  Flow *flow = &pair->up;

  flow->end = test_link_pass_up (pair->link, &pair->request, flow->bytes, flow->end, &pair->is_to_fail, &pair->fault);
}

static void
filter_down (Pair *pair)
{
  Flow *flow = &pair->down;

  flow->end = test_link_pass_down (pair->link, &pair->request, flow->bytes, flow->end, &pair->is_to_fail, &pair->fault);
}

static void
fill (Pair *pair, Flow *flow, int from, void (*filter) (Pair *))
{
  gssize got = recv (from, flow->bytes, sizeof flow->bytes, 0);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got < 0)
    {
      /* What one side suffers, the other one gets. */
      reset_on_close (pair->client);
      reset_on_close (pair->server);
      pair->is_over = TRUE;
      return;
    }
  flow->begin = 0;
  flow->end = (gsize) got;
  flow->is_ended = got == 0;
  filter (pair);
  if (pair->is_to_fail)
    g_main_context_wakeup (NULL);
}

static void
drain (Pair *pair, Flow *flow, int to)
{
  while (flow->begin < flow->end)
    {
      gssize put = send (to, flow->bytes + flow->begin, flow->end - flow->begin, MSG_NOSIGNAL);

      if (put < 0 && (errno == EAGAIN || errno == EINTR))
        return;
      if (put < 0)
        {
          flow->begin = flow->end;
          break;
        }
      flow->begin += (gsize) put;
    }
  if (flow->is_ended && !flow->is_told)
    {
      (void) shutdown (to, SHUT_WR);
      flow->is_told = TRUE;
    }
}

static void
execute (Pair *pair)
{
  if (!pair->is_to_fail || pair->up.begin < pair->up.end || pair->is_stalled)
    return;
  if (pair->fault == TEST_LINK_STALL)
    {
      pair->is_stalled = TRUE;
      return;
    }
  if (pair->fault != TEST_LINK_CLOSE)
    {
      reset_on_close (pair->client);
      reset_on_close (pair->server);
    }
  pair->is_over = TRUE;
}

static short
wanted_events (const Pair *pair, const Flow *in, const Flow *out)
{
  if (pair->is_stalled)
    return POLLRDHUP;

  return (short) ((in->begin == in->end && !in->is_ended && !pair->is_to_fail ? POLLIN : 0)
                  | (out->begin < out->end ? POLLOUT : 0));
}

static void
serve (Pair *pair, short client_events, short server_events)
{
  const short broken = POLLERR | POLLNVAL | POLLHUP;

  if (pair->is_stalled)
    {
      pair->is_over = ((client_events | server_events) & (broken | POLLRDHUP)) != 0;
      return;
    }
  if (pair->up.begin == pair->up.end && !pair->up.is_ended && !pair->is_to_fail && (client_events & (POLLIN | broken)))
    fill (pair, &pair->up, pair->client, filter_up);
  if (pair->down.begin == pair->down.end && !pair->down.is_ended && !pair->is_to_fail
      && (server_events & (POLLIN | broken)))
    fill (pair, &pair->down, pair->server, filter_down);
  drain (pair, &pair->up, pair->server);
  drain (pair, &pair->down, pair->client);
  execute (pair);
  if (pair->up.is_told && pair->down.is_told)
    pair->is_over = TRUE;
}

/* Returns: whether to go on. */
static gboolean
obey (TestLink *link)
{
  gboolean goes_on, cuts;
  eventfd_t count;

  (void) eventfd_read (link->waker, &count);
  g_mutex_lock (&link->lock);
  goes_on = !link->is_over;
  cuts = link->is_down;
  g_mutex_unlock (&link->lock);
  for (guint i = 0; cuts && i < link->pairs->len; i++)
    {
      const Pair *pair = link->pairs->pdata[i];

      reset_on_close (pair->client);
      reset_on_close (pair->server);
    }
  if (cuts)
    g_ptr_array_set_size (link->pairs, 0);

  return goes_on;
}

static gpointer
run (gpointer data)
{
  TestLink *link = data;
  g_autoptr (GArray) polls = g_array_new (FALSE, FALSE, sizeof (struct pollfd));

  for (;;)
    {
      const struct pollfd fixed[] = { { link->waker, POLLIN, 0 }, { link->listener, POLLIN, 0 } };
      const struct pollfd *found;
      guint n_pairs = link->pairs->len;

      g_array_set_size (polls, 0);
      g_array_append_vals (polls, fixed, G_N_ELEMENTS (fixed));
      for (guint i = 0; i < n_pairs; i++)
        {
          const Pair *pair = link->pairs->pdata[i];
          const struct pollfd both[] = { { pair->client, wanted_events (pair, &pair->up, &pair->down), 0 },
                                         { pair->server, wanted_events (pair, &pair->down, &pair->up), 0 } };

          g_array_append_vals (polls, both, G_N_ELEMENTS (both));
        }
      found = (const struct pollfd *) (void *) polls->data;
      if (poll ((struct pollfd *) (void *) polls->data, polls->len, -1) < 0 && errno != EINTR)
        g_error ("poll: %s", g_strerror (errno));
      if (found[0].revents)
        {
          if (!obey (link))
            return NULL;
          continue; /* what was found may be gone */
        }
      for (guint i = n_pairs; i-- > 0;)
        {
          Pair *pair = link->pairs->pdata[i];

          serve (pair, found[2 + 2 * i].revents, found[3 + 2 * i].revents);
          if (pair->is_over)
            (void) g_ptr_array_remove_index_fast (link->pairs, i);
        }
      if (found[1].revents)
        accept_one (link);
    }
}

/* --- For the main thread --- */

TestLink *
test_link_new (const char *server_url)
{
  TestLink *link = g_new0 (TestLink, 1);
  struct sockaddr_in address = loopback (0);
  socklen_t size = sizeof address;
  g_autoptr (GUri) server = g_uri_parse (server_url, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GUri) own = NULL;

  g_mutex_init (&link->lock);
  link->server_port = (guint16) g_uri_get_port (server);
  link->log = g_string_new (NULL);
  link->pairs = g_ptr_array_new_with_free_func ((GDestroyNotify) pair_free);
  link->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  link->waker = eventfd (0, EFD_CLOEXEC);
  link->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (link->listener, (struct sockaddr *) (void *) &address, size), ==, 0);
  g_assert_cmpint (listen (link->listener, 16), ==, 0);
  g_assert_cmpint (getsockname (link->listener, (struct sockaddr *) (void *) &address, &size), ==, 0);
  own = g_uri_build (G_URI_FLAGS_NONE, "http", NULL, "127.0.0.1", g_ntohs (address.sin_port), g_uri_get_path (server),
                     NULL, NULL);
  link->url = g_uri_to_string (own);
  link->thread = g_thread_new ("link", run, link);

  return link;
}

void
test_link_free (TestLink *link)
{
  g_mutex_lock (&link->lock);
  link->is_over = TRUE;
  g_mutex_unlock (&link->lock);
  g_assert_cmpint (eventfd_write (link->waker, 1), ==, 0);
  (void) g_thread_join (link->thread);
  g_ptr_array_unref (link->pairs);
  (void) close (link->listener);
  (void) close (link->waker);
  g_hash_table_unref (link->paths);
  g_mutex_clear (&link->lock);
  (void) g_string_free (link->log, TRUE);
  g_free (link->url);
  g_free (link);
}

const char *
test_link_get_url (TestLink *link)
{
  return link->url;
}

void
test_link_set_down (TestLink *link, gboolean is_down)
{
  g_mutex_lock (&link->lock);
  link->is_down = is_down;
  g_mutex_unlock (&link->lock);
  g_assert_cmpint (eventfd_write (link->waker, 1), ==, 0);
}

void
test_link_set_buffer (TestLink *link, int bytes)
{
  g_mutex_lock (&link->lock);
  link->buffer_bytes = bytes;
  g_mutex_unlock (&link->lock);
  /* Those that it accepts take after it. */
  g_assert_cmpint (setsockopt (link->listener, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), ==, 0);
}
