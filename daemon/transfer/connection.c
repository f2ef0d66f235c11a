/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owns the session, its open sockets, and the watch: a thread that looks twice a second at the request under way and sleeps
 * between requests. One lock guards everything that both threads touch.
 */
#include "transfer/connection.h"

#include "base/debug.h"
#include "transfer/client-tls.h"
#include "transfer/flow.h"
#include "transfer/path.h"
#include "transfer/race.h"
#include "transfer/splice.h"
#include "transfer/stall.h"
#include "transfer/stop.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Linux 6.15; not in the headers of Debian 12. */
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

#define TICK_US (G_USEC_PER_SEC / 2)
#define RTO_MAX_MS 1000
#define RTO_RACE_MS 120000
#define FREE_US (G_GINT64_CONSTANT (600) * G_USEC_PER_SEC)
/* Longer than our own limits: the kernel ends only what the watch does not see. */
#define USER_TIMEOUT_MS 60000
#define KEEPALIVE_IDLE_S 15
#define KEEPALIVE_INTERVAL_S 5
/* Bytes in the kernel's buffer cannot be held back any more, so keep only what bridges the time until the thread writes
 * again. */
#define NOTSENT_BYTES (128 * 1024)

struct _ObConnection
{
  SoupSession *session;
  ObClientTls *tls;
  GHashTable *sockets; /* libsoup's connection id → GSocket; worker thread only, as the next five */
  ObParking *parking;  /* shared, as are the next three */
  ObFacts *facts;
  ObDeadline *deadline;
  ObTransit *transit;
  gulong stop_handler;
  GThread *watch;
  char *forgetful;   /* host and port of a server that ends kept connections, or NULL; worker thread, as the next two */
  gboolean is_kept;  /* the request under way reuses an earlier connection */
  gboolean is_fresh; /* a socket has begun to connect, and no request was written to it yet; worker thread */
  GCancellable *closing; /* ends the watch, and a race if one runs */
  ObRace race;           /* of the watch */

  GMutex lock; /* guards all below */
  GCond changed;
  GCancellable *request; /* of the request under way, or NULL */
  GCancellable *stop;    /* the caller's stop, or NULL */
  guint64 number;        /* number of requests so far, so that a late stop does not end the next request */
  int fd;                /* a duplicate of the socket, which stays open even if libsoup closes its own; -1: none yet */
  GSocket *socket;       /* libsoup's, or NULL */
  guint64 begin_bytes;   /* what the socket had sent before this request */
  guint64 begin_acked_bytes; /* what the peer had acknowledged before this request */
  guint64 wire_bytes;        /* bytes that went out for this request, known once its socket is given up */
  ObStall stall;
  ObEnd end;
  gboolean is_asleep;      /* the watch sleeps until there is a request */
  gboolean is_new_on_path; /* this request tied the socket to its device */
  gint64 free_until_us;    /* until then sockets are not tied to a device */
};

static void
set_option (int fd, int level, int option, int value)
{
  (void) setsockopt (fd, level, option, &value, sizeof value);
}

/* With the lock held. Count before a reset: the kernel forgets the numbers with it. */
static void
count_sent (ObConnection *self)
{
  guint64 bytes = self->fd >= 0 ? ob_flow_read_wire_bytes (self->fd) : 0;

  if (bytes > self->begin_bytes)
    self->wire_bytes += bytes - self->begin_bytes;
  self->begin_bytes = bytes;
}

/* With the lock held. A reset that the server could not hear is put off: the socket is parked. The time limit keeps
 * libsoup from waiting for ever to write the TLS goodbye. */
static void
part (ObConnection *self, gboolean can_be_heard)
{
  if (self->fd < 0)
    return;
  if (can_be_heard)
    {
      ob_parking_reset (self->fd);
      return;
    }
  ob_parking_park (self->parking, self->fd);
  if (self->socket)
    g_socket_set_timeout (self->socket, 1);
}

/* Ends the request @number, unless that is over already. Called without the lock. */
static void
end_request (ObConnection *self, guint64 number, ObEnd end, gboolean can_be_heard)
{
  g_autoptr (GCancellable) request = NULL;

  g_mutex_lock (&self->lock);
  if (self->request && self->number == number && self->end == OB_END_NONE)
    {
      self->end = end;
      ob_deadline_set (self->deadline, OB_DEADLINE_ENDED_MS);
      request = g_object_ref (self->request);
      count_sent (self);
      part (self, can_be_heard);
    }
  g_mutex_unlock (&self->lock);
  if (request)
    g_cancellable_cancel (request);
}

/* --- The watch thread --- */

/* With the lock held, which is released while the race runs. */
static void
race (ObConnection *self)
{
  guint64 number = self->number;
  int fd = fcntl (self->fd, F_DUPFD_CLOEXEC, 0);
  gboolean is_won;

  /* Keep TCP from waking the old connection just before: after loss it is slower than a new one. */
  set_option (fd, IPPROTO_TCP, TCP_RTO_MAX_MS, RTO_RACE_MS);
  g_mutex_unlock (&self->lock);
  is_won = ob_race_run (&self->race, fd, self->closing);
  (void) close (fd);
  ob_debug (OB_DEBUG_TRANSFER, NULL, "no byte gets through, %s new connection can be made", is_won ? "a" : "no");
  g_mutex_lock (&self->lock);
  if (is_won && self->request && self->number == number)
    ob_stall_note_reached (&self->stall);
}

/* With the lock held. */
static ObStallDecision
judge (ObConnection *self)
{
  ObFlow flow;
  gboolean has_flow = ob_flow_read (self->fd, &flow);

  return ob_stall_judge (&self->stall, has_flow ? &flow : NULL, g_get_monotonic_time ());
}

/* With the lock held. Returns: whether the peer has acknowledged anything since the request began. If answers arrive by another
 * device than the one with the address, a socket that is tied to that device never sees them. */
static gboolean
has_ever_moved (ObConnection *self)
{
  ObFlow flow;

  return !ob_flow_read (self->fd, &flow) || flow.acked_bytes > self->begin_acked_bytes;
}

/* With the lock held. A gentle stop lets the chunk finish; that is pointless for a chunk that does not move. */
static gboolean
is_patience_in_vain (ObConnection *self)
{
  ObFlow flow;

  if (!self->stop || !OB_IS_STOP (self->stop) || !ob_stop_is_asked (OB_STOP (self->stop)))
    return FALSE;

  return ob_stall_is_still (&self->stall, ob_flow_read (self->fd, &flow) ? &flow : NULL, g_get_monotonic_time ());
}

/* With the lock held, which is released meanwhile. */
static void
end_this_request (ObConnection *self, ObEnd end, gboolean can_be_heard)
{
  guint64 number = self->number;

  g_mutex_unlock (&self->lock);
  end_request (self, number, end, can_be_heard);
  g_mutex_lock (&self->lock);
}

/* With the lock held. Returns: whether it ran a race, which takes time. */
static gboolean
look_at_request (ObConnection *self)
{
  static const ObEnd ends[]
      = { [OB_STALL_LOST] = OB_END_LOST, [OB_STALL_SILENT] = OB_END_SILENT, [OB_STALL_SLOW] = OB_END_SLOW };
  guint64 number = self->number;
  ObStallDecision decision = judge (self);
  gboolean is_racing = decision == OB_STALL_RACE;

  if (self->end == OB_END_NONE)
    ob_transit_look (self->transit, self->fd, g_get_monotonic_time ());
  if (is_patience_in_vain (self))
    {
      end_this_request (self, OB_END_STOPPED, TRUE);
      return FALSE;
    }
  if (is_racing)
    {
      race (self);
      if (!self->request || self->number != number)
        return TRUE;
      decision = judge (self);
    }
  if (decision != OB_STALL_RACE)
    ob_race_clear (&self->race);
  if (decision == OB_STALL_WAIT || decision == OB_STALL_RACE)
    return is_racing;
  if (decision == OB_STALL_LOST && self->is_new_on_path && !has_ever_moved (self))
    self->free_until_us = g_get_monotonic_time () + FREE_US;
  end_this_request (self, ends[decision], decision != OB_STALL_SILENT);

  return is_racing;
}

static gpointer
watch (gpointer user_data)
{
  ObConnection *self = user_data;
  gboolean has_waited = FALSE;

  g_mutex_lock (&self->lock);
  while (!g_cancellable_is_cancelled (self->closing))
    {
      gint64 tick_us = g_get_monotonic_time () + TICK_US;

      self->is_asleep = !self->request;
      if (self->is_asleep)
        g_cond_wait (&self->changed, &self->lock);
      else if (has_waited || !g_cond_wait_until (&self->changed, &self->lock, tick_us))
        has_waited = self->request && look_at_request (self);
    }
  g_mutex_unlock (&self->lock);
  ob_race_clear (&self->race);

  return NULL;
}

/* --- The worker thread --- */

static gboolean
is_closed (gpointer key, gpointer value, gpointer user_data)
{
  return g_socket_is_closed (value);
}

/* libsoup sets its own time limit again once a socket is connected. */
static void
on_connecting (ObConnection *self, SoupMessage *message, GSocket *socket)
{
  int fd = g_socket_get_fd (socket);

  self->is_fresh = TRUE;
  g_socket_set_timeout (socket, OB_CONNECTION_ADDRESS_S);
  set_option (fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option (fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
  set_option (fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
  set_option (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
  set_option (fd, IPPROTO_TCP, TCP_RTO_MAX_MS, RTO_MAX_MS);
  set_option (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_BYTES);
  g_hash_table_foreach_remove (self->sockets, is_closed, NULL);
  g_hash_table_replace (self->sockets, GSIZE_TO_POINTER (soup_message_get_connection_id (message)),
                        g_object_ref (socket));
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *stream, gpointer user_data)
{
  const ObConnection *self = user_data;

  if (event == G_SOCKET_CLIENT_CONNECTING && G_IS_SOCKET_CONNECTION (stream))
    on_connecting (user_data, message, g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)));
  else if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING && G_IS_TLS_CONNECTION (stream))
    ob_client_tls_prepare (self->tls, G_TLS_CONNECTION (stream));
}

/* With the lock held. */
static void
forget_socket (ObConnection *self)
{
  count_sent (self);
  if (self->fd >= 0)
    (void) close (self->fd);
  self->fd = -1;
  g_clear_object (&self->socket);
}

/* libsoup is about to write the request to a connection, new or kept. */
static void
on_starting (SoupMessage *message, gpointer user_data)
{
  ObConnection *self = user_data;
  GSocket *socket = g_hash_table_lookup (self->sockets, GSIZE_TO_POINTER (soup_message_get_connection_id (message)));

  ob_splice_widen ();
  g_mutex_lock (&self->lock);
  forget_socket (self);
  if (socket && !g_socket_is_closed (socket))
    {
      self->fd = fcntl (g_socket_get_fd (socket), F_DUPFD_CLOEXEC, 0);
      self->socket = g_object_ref (socket);
    }
  self->begin_bytes = self->fd >= 0 ? ob_flow_read_wire_bytes (self->fd) : 0;
  self->is_new_on_path = self->fd >= 0 && g_get_monotonic_time () >= self->free_until_us && ob_path_hold (self->fd);
  ob_stall_begin (&self->stall, self->stall.answer_ms, g_get_monotonic_time ());
  (void) judge (self);
  self->begin_acked_bytes = self->stall.acked_bytes;
  /* Reset parked connections first, so that the server has let go of the upload when it reads this request. */
  if (self->is_fresh && self->fd >= 0)
    ob_parking_release (self->parking, self->fd);
  self->is_kept = !self->is_fresh;
  self->is_fresh = FALSE;
  g_mutex_unlock (&self->lock);
}

static void
on_stopped (GCancellable *stop, gpointer user_data)
{
  ObConnection *self = user_data;

  /* The worker waits in ob_connection_end() until this returns, so the number is still that of this request. */
  end_request (self, self->number, OB_END_STOPPED, !OB_IS_STOP (stop) || !ob_stop_is_parking (OB_STOP (stop)));
}

GCancellable *
ob_connection_begin (ObConnection *connection, SoupMessage *message, gint64 answer_ms, GCancellable *stop)
{
  GCancellable *request = g_cancellable_new ();

  g_mutex_lock (&connection->lock);
  connection->request = request;
  ob_deadline_clear (connection->deadline); /* the watch takes over */
  connection->number++;
  connection->end = OB_END_NONE;
  connection->wire_bytes = 0;
  connection->stop = stop ? g_object_ref (stop) : NULL;
  ob_stall_begin (&connection->stall, answer_ms, g_get_monotonic_time ());
  if (connection->is_asleep)
    g_cond_signal (&connection->changed);
  g_mutex_unlock (&connection->lock);
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), connection);
  g_signal_connect (message, "starting", G_CALLBACK (on_starting), connection);
  if (stop)
    connection->stop_handler = g_cancellable_connect (stop, G_CALLBACK (on_stopped), connection, NULL);

  return request;
}

void
ob_connection_set_answer_ms (ObConnection *connection, gint64 answer_ms)
{
  g_mutex_lock (&connection->lock);
  connection->stall.answer_ms = answer_ms;
  connection->stall.moved_us = g_get_monotonic_time ();
  g_mutex_unlock (&connection->lock);
}

ObEnd
ob_connection_end (ObConnection *connection, SoupMessage *message, guint64 *wire_bytes)
{
  ObEnd end;

  g_cancellable_disconnect (connection->stop, connection->stop_handler);
  connection->stop_handler = 0;
  g_signal_handlers_disconnect_by_data (message, connection);
  g_mutex_lock (&connection->lock);
  forget_socket (connection);
  g_clear_object (&connection->request);
  g_clear_object (&connection->stop);
  ob_deadline_set (connection->deadline, OB_DEADLINE_OWN_MS);
  end = connection->end;
  *wire_bytes = connection->wire_bytes;
  g_mutex_unlock (&connection->lock);

  return end;
}

static char *
dup_origin (SoupMessage *message)
{
  GUri *uri = soup_message_get_uri (message);

  return g_strdup_printf ("%s:%d", g_uri_get_host (uri), g_uri_get_port (uri));
}

gboolean
ob_connection_is_forgetful (ObConnection *connection, SoupMessage *message)
{
  g_autofree char *origin = connection->forgetful ? dup_origin (message) : NULL;

  return origin && g_str_equal (origin, connection->forgetful);
}

gboolean
ob_connection_note_answer (ObConnection *connection, SoupMessage *message, gboolean is_answered)
{
  if (!connection->is_kept || (is_answered && !ob_connection_is_forgetful (connection, message)))
    return FALSE;
  g_clear_pointer (&connection->forgetful, g_free);
  if (!is_answered)
    connection->forgetful = dup_origin (message);

  return !is_answered;
}

void
ob_connection_rest (ObConnection *connection)
{
  g_hash_table_remove_all (connection->sockets);
  g_clear_object (&connection->session);
  connection->session = ob_client_tls_make_session (connection->tls);
}

void
ob_connection_show (ObConnection *connection, SoupMessage *message, GTlsCertificate *certificate)
{
  if (ob_client_tls_has_shown_other (connection->tls, soup_message_get_uri (message), certificate))
    ob_connection_rest (connection);
  ob_client_tls_show (connection->tls, soup_message_get_uri (message), certificate);
}

ObFacts *
ob_connection_get_facts (ObConnection *connection)
{
  return connection->facts;
}

ObDeadline *
ob_connection_get_deadline (ObConnection *connection)
{
  return connection->deadline;
}

ObTransit *
ob_connection_get_transit (ObConnection *connection)
{
  return connection->transit;
}

SoupSession *
ob_connection_get_session (ObConnection *connection)
{
  return connection->session;
}

ObConnection *
ob_connection_new (ObFacts *facts, ObParking *parking, ObDeadline *deadline, ObTransit *transit)
{
  ObConnection *self = g_new0 (ObConnection, 1);

  self->sockets = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  self->tls = ob_client_tls_new ();
  ob_connection_rest (self);
  self->facts = ob_facts_ref (facts);
  self->parking = ob_parking_ref (parking);
  self->deadline = ob_deadline_ref (deadline);
  self->transit = ob_transit_ref (transit);
  self->closing = g_cancellable_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->fd = -1;
  ob_race_init (&self->race);
  self->watch = g_thread_new ("watch", watch, self);
  return self;
}

void
ob_connection_free (ObConnection *connection)
{
  g_cancellable_cancel (connection->closing);
  g_mutex_lock (&connection->lock);
  g_cond_signal (&connection->changed);
  g_mutex_unlock (&connection->lock);
  (void) g_thread_join (connection->watch);
  g_object_unref (connection->session);
  ob_client_tls_free (connection->tls);
  g_free (connection->forgetful);
  g_hash_table_unref (connection->sockets);
  ob_facts_unref (connection->facts);
  ob_parking_unref (connection->parking);
  ob_deadline_unref (connection->deadline);
  ob_transit_unref (connection->transit);
  g_object_unref (connection->closing);
  g_mutex_clear (&connection->lock);
  g_cond_clear (&connection->changed);
  g_free (connection);
}
