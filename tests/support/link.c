/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The link: a poll() loop over pairs of sockets. Owns its thread and every descriptor; the lock guards what the main
 * thread sets and reads.
 */
#include "support/link.h"

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

struct _TestLink
{
  int listener;
  int waker; /* an eventfd: readable when the thread is to look at is_over and is_down */
  guint16 server_port;
  char *url;
  GThread *thread;
  GPtrArray *pairs; /* of Pair; the thread's own */

  GMutex lock; /* guards the rest */
  TestLinkPlan plan;
  guint64 planned_bytes; /* body bytes that count towards the plan */
  guint64 body_bytes;
  GHashTable *paths; /* of PATCH requests → guint64, their body bytes */
  gboolean is_over;
  gboolean is_down;
  int buffer_bytes; /* 0: as the kernel likes */
  guint acts;
  guint connections;
  GString *log;
};

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
  GString *head;         /* of the request that comes in */
  guint64 to_come_bytes; /* of its body */
  char method[16];       /* of the request that came last, as is the path */
  char *path;
  gboolean has_verdict;  /* what is in up goes out, then the fault acts */
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
  (void) g_string_free (pair->head, TRUE);
  g_free (pair->path);
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
  pair->head = g_string_new (NULL);
  g_ptr_array_add (link->pairs, pair);
  g_mutex_lock (&link->lock);
  link->connections++;
  g_mutex_unlock (&link->lock);
}

/* --- What of the bytes towards the server may pass; with the lock held --- */

static gboolean
has_plan_for (TestLink *link, const char *method)
{
  return link->plan.count > 0 && (!link->plan.method || g_str_equal (link->plan.method, method));
}

/* A line of what an HTTP message begins with, for who reads why a test failed. */
static void
note (Pair *pair, const char *mark, const char *bytes, gsize n_bytes)
{
  const char *end = memchr (bytes, '\r', n_bytes);

  g_string_append_printf (pair->link->log, "%s %.*s; %" G_GUINT64_FORMAT " body bytes in all\n", mark,
                          (int) (end ? end - bytes : 0), bytes, pair->link->body_bytes);
}

static void
act (Pair *pair)
{
  TestLink *link = pair->link;

  link->plan.count--;
  link->planned_bytes = 0;
  link->acts++;
  pair->has_verdict = TRUE;
  note (pair, "--- here it fails", "", 0);
}

static void
read_head (Pair *pair)
{
  const char *length = strcasestr (pair->head->str, "\r\nContent-Length:");
  const char *space = strchr (pair->head->str, ' ');

  g_free (pair->path);
  pair->path = space ? g_strndup (space + 1, strcspn (space + 1, " \r\n")) : g_strdup ("");
  (void) g_strlcpy (pair->method, pair->head->str,
                    MIN (sizeof pair->method, (gsize) (space ? space - pair->head->str : 0) + 1));
  pair->to_come_bytes = length ? g_ascii_strtoull (strchr (length, ':') + 1, NULL, 10) : 0;
}

static void
take_head_byte (Pair *pair, char byte)
{
  TestLink *link = pair->link;

  g_string_append_c (pair->head, byte);
  if (link->plan.in_head && pair->head->len == link->plan.at_bytes)
    {
      read_head (pair);
      if (has_plan_for (link, pair->method) && link->plan.fault != TEST_LINK_LOSE_ANSWER)
        act (pair);
    }
  if (!g_str_has_suffix (pair->head->str, "\r\n\r\n"))
    return;
  read_head (pair);
  note (pair, ">", pair->head->str, pair->head->len);
  g_string_truncate (pair->head, 0);
}

static void
count_body (Pair *pair, guint64 n_bytes)
{
  TestLink *link = pair->link;
  guint64 *path_bytes = g_hash_table_lookup (link->paths, pair->path);

  if (!g_str_equal (pair->method, "PATCH"))
    return;
  if (!path_bytes)
    {
      path_bytes = g_new0 (guint64, 1);
      g_hash_table_insert (link->paths, g_strdup (pair->path), path_bytes);
    }
  *path_bytes += n_bytes;
  link->body_bytes += n_bytes;
}

/* Returns: how many body bytes may pass. */
static gsize
take_body (Pair *pair, gsize n_bytes)
{
  TestLink *link = pair->link;
  gboolean is_planned = has_plan_for (link, pair->method) && !link->plan.in_head
                        && link->plan.fault != TEST_LINK_LOSE_ANSWER;
  gsize taken = MIN (n_bytes, pair->to_come_bytes);

  if (is_planned)
    taken = MIN (taken, link->plan.at_bytes - link->planned_bytes);
  link->planned_bytes += is_planned ? taken : 0;
  count_body (pair, taken);
  pair->to_come_bytes -= taken;
  if (is_planned && link->planned_bytes == link->plan.at_bytes)
    act (pair);

  return taken;
}

static void
filter_up (Pair *pair)
{
  Flow *flow = &pair->up;
  gsize at = flow->begin;

  g_mutex_lock (&pair->link->lock);
  while (at < flow->end && !pair->has_verdict)
    if (pair->to_come_bytes > 0)
      at += take_body (pair, flow->end - at);
    else
      take_head_byte (pair, flow->bytes[at++]);
  /* A plan for no byte at all acts when the head is complete. */
  if (!pair->has_verdict && pair->to_come_bytes > 0)
    (void) take_body (pair, 0);
  g_mutex_unlock (&pair->link->lock);
  flow->end = at;
  if (pair->has_verdict)
    g_main_context_wakeup (NULL);
}

static void
filter_down (Pair *pair)
{
  TestLink *link = pair->link;

  g_mutex_lock (&link->lock);
  note (pair, "<", pair->down.bytes, pair->down.end);
  if (has_plan_for (link, pair->method) && link->plan.fault == TEST_LINK_LOSE_ANSWER
      && pair->down.begin < pair->down.end)
    {
      if (link->plan.skip > 0)
        link->plan.skip--;
      else
        {
          act (pair);
          pair->down.end = pair->down.begin;
        }
    }
  g_mutex_unlock (&link->lock);
  if (pair->has_verdict)
    g_main_context_wakeup (NULL);
}

/* --- Moving bytes --- */

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
  TestLinkFault fault;

  if (!pair->has_verdict || pair->up.begin < pair->up.end || pair->is_stalled)
    return;
  g_mutex_lock (&pair->link->lock);
  fault = pair->link->plan.fault;
  g_mutex_unlock (&pair->link->lock);
  if (fault == TEST_LINK_STALL)
    {
      pair->is_stalled = TRUE;
      return;
    }
  if (fault != TEST_LINK_CLOSE)
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

  return (short) ((in->begin == in->end && !in->is_ended && !pair->has_verdict ? POLLIN : 0)
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
  if (pair->up.begin == pair->up.end && !pair->up.is_ended && !pair->has_verdict && (client_events & (POLLIN | broken)))
    fill (pair, &pair->up, pair->client, filter_up);
  if (pair->down.begin == pair->down.end && !pair->down.is_ended && !pair->has_verdict
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
  own = g_uri_build (G_URI_FLAGS_NONE, "http", NULL, "127.0.0.1", g_ntohs (address.sin_port),
                     g_uri_get_path (server), NULL, NULL);
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
test_link_plan (TestLink *link, const TestLinkPlan *plan)
{
  g_mutex_lock (&link->lock);
  link->plan = plan ? *plan : (TestLinkPlan){ 0 };
  link->planned_bytes = 0;
  g_mutex_unlock (&link->lock);
}

guint
test_link_count_acts (TestLink *link)
{
  guint acts;

  g_mutex_lock (&link->lock);
  acts = link->acts;
  g_mutex_unlock (&link->lock);

  return acts;
}

guint64
test_link_get_body_bytes (TestLink *link)
{
  guint64 body_bytes;

  g_mutex_lock (&link->lock);
  body_bytes = link->body_bytes;
  g_mutex_unlock (&link->lock);

  return body_bytes;
}

guint
test_link_count_connections (TestLink *link)
{
  guint connections;

  g_mutex_lock (&link->lock);
  connections = link->connections;
  g_mutex_unlock (&link->lock);

  return connections;
}

char *
test_link_dup_log (TestLink *link)
{
  char *log;

  g_mutex_lock (&link->lock);
  log = g_strdup (link->log->str);
  g_mutex_unlock (&link->lock);

  return log;
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

void
test_link_foreach_path (TestLink *link, void (*count_path) (const char *path, guint64 body_bytes, gpointer user_data),
                        gpointer user_data)
{
  const char *path;
  guint64 *body_bytes;
  GHashTableIter iter;

  g_mutex_lock (&link->lock);
  g_hash_table_iter_init (&iter, link->paths);
  while (g_hash_table_iter_next (&iter, (gpointer *) &path, (gpointer *) &body_bytes))
    count_path (path, *body_bytes, user_data);
  g_mutex_unlock (&link->lock);
}
