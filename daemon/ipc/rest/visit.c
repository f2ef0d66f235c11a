/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From accept() to a request that may be answered. A visit belongs to its table until its stream is closed. Main thread.
 */
#include "ipc/rest/visit-private.h"

#include "base/debug.h"
#include "ipc/process.h"
#include "ipc/rest/peer.h"

#include <gio/gunixsocketaddress.h>
#include <unistd.h>

/* Beyond the most, so many are told that there are too many; the others find the door closed. */
#define MOST_TOLD 64

/* Visits of other users at the port that are told so. */
#define MOST_OF_OTHERS 16

/* Where visits are counted. */
#define AT_PORT "port"
#define OF_OTHERS "others"

/* --- Life --- */

void
ob_visit_read_on (ObVisit *visit)
{
  ob_watch_wait (visit->watch, OB_WATCH_IN, visit->until_us, visit->on_readable, visit);
}

void
ob_visit_start_reading (ObVisit *visit, ObWatchReady on_readable, guint most_s)
{
  visit->on_readable = on_readable;
  visit->until_us = g_get_monotonic_time () + most_s * G_USEC_PER_SEC;
  ob_visit_read_on (visit);
}

gssize
ob_visit_read (ObVisit *visit, void *buffer, gsize size_bytes, GError **error)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (visit->connection));

  return g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (input), buffer, size_bytes, NULL, error);
}

static void
stop_waiting (ObVisit *visit)
{
  ob_watch_stop (visit->watch, OB_WATCH_IN);
  g_clear_pointer (&visit->look, ob_look_cancel);
}

void
ob_visit_set_owner (ObVisit *visit, const char *owner)
{
  if (visit->owner)
    ob_tally_remove (visit->visits->owners, visit->owner);
  g_free (visit->owner);
  visit->owner = g_strdup (owner);
  if (owner)
    ob_tally_add (visit->visits->owners, owner);
}

static void
set_place (ObVisit *visit, const char *where)
{
  if (visit->place)
    ob_tally_remove (visit->visits->doors, visit->place);
  visit->place = where;
  if (where)
    ob_tally_add (visit->visits->doors, where);
}

void
ob_visit_detach (ObVisit *visit)
{
  gpointer attached = g_steal_pointer (&visit->attached);

  if (attached)
    visit->gone (attached);
}

static void
visit_free (ObVisit *visit)
{
  stop_waiting (visit);
  ob_visit_detach (visit);
  ob_watch_free (visit->watch);
  if (visit->is_stream)
    ob_tally_remove (visit->visits->streams, visit->owner);
  ob_visit_set_owner (visit, NULL);
  set_place (visit, NULL);
  g_clear_pointer (&visit->caller, ob_caller_free);
  g_byte_array_unref (visit->bytes);
  g_object_unref (visit->connection);
  g_object_unref (visit->address);
  g_free (visit->reader);
  g_free (visit->why);
  g_free (visit);
}

void
ob_visit_end (ObVisit *visit)
{
  (void) g_hash_table_remove (visit->visits->all, visit->address);
}

static void
become_ready (ObVisit *visit)
{
  ObVisits *visits = visit->visits;

  stop_waiting (visit);
  if (visit->verdict.status != 0)
    ob_debug (OB_DEBUG_IPC, NULL, "a visit is refused with %u: %s", visit->verdict.status, visit->verdict.detail);
  visits->ready (visit, visits->user_data);
}

static void on_readable (gboolean is_in_time, gpointer user_data);

/* It is answered when its head is here, which tells how: a client of tus takes a HEAD that is refused with 429 for the end of its
 * upload, and sends all of it again. */
static void
refuse (ObVisit *visit, guint status, const char *detail)
{
  visit->verdict.status = status;
  visit->verdict.detail = detail;
  if (visit->head_bytes > 0)
    {
      become_ready (visit);
      return;
    }
  ob_visit_start_reading (visit, on_readable, OB_VISIT_REFUSED_MOST_S);
}

static void
refuse_with (ObVisit *visit, guint status, const GError *error)
{
  visit->why = g_strdup (error->message);
  refuse (visit, status, visit->why);
}

static void
check_whether_ready (ObVisit *visit)
{
  if (visit->head_bytes > 0 && (visit->caller || visit->door == OB_GUARD_PORT || visit->verdict.status != 0))
    become_ready (visit);
}

/* --- Who calls --- */

static void
on_looked (ObCaller *caller, const GError *error, gpointer user_data)
{
  ObVisit *visit = user_data;

  visit->look = NULL;
  visit->caller = caller;
  if (caller)
    check_whether_ready (visit);
  else
    refuse_with (visit, 403, error);
}

/* --- The head --- */

static void
judge_head (ObVisit *visit)
{
  const char *bytes = (const char *) visit->bytes->data;
  gsize head_bytes = ob_guard_find_end (bytes, visit->bytes->len);
  const ObGuardVerdict before = visit->verdict;

  if (head_bytes == 0 && visit->bytes->len <= OB_GUARD_HEAD_MAX_BYTES)
    {
      ob_visit_read_on (visit);
      return;
    }
  visit->verdict = ob_guard_check (visit->door, bytes, head_bytes > 0 ? head_bytes : visit->bytes->len);
  if (visit->verdict.status != 0)
    {
      become_ready (visit);
      return;
    }
  visit->verdict.status = before.status;
  visit->verdict.detail = before.detail;
  visit->head_bytes = head_bytes;
  check_whether_ready (visit);
}

static void
on_readable (gboolean is_in_time, gpointer user_data)
{
  ObVisit *visit = user_data;
  guint8 buffer[OB_VISIT_READ_BYTES];
  g_autoptr (GError) error = NULL;
  gssize got;

  if (!is_in_time)
    {
      if (visit->verdict.status == 0)
        visit->verdict = (ObGuardVerdict){ .status = 408, .detail = "The head of the request did not come in time" };
      become_ready (visit);
      return;
    }
  got = ob_visit_read (visit, buffer, sizeof buffer, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    ob_visit_read_on (visit);
  else if (got <= 0)
    ob_visit_end (visit);
  else
    {
      g_byte_array_append (visit->bytes, buffer, (guint) got);
      judge_head (visit);
    }
}

/* --- Coming and going --- */

static gboolean
is_too_many (const ObVisit *visit)
{
  const ObVisits *visits = visit->visits;

  return g_hash_table_size (visits->all) > OB_VISITS_MOST
         || ob_tally_get (visits->owners, visit->owner) > OB_VISITS_OF_PROCESS
         || (visit->door == OB_GUARD_PORT && ob_tally_get (visits->doors, AT_PORT) > OB_VISITS_AT_PORT);
}

/* Those at the port that are told so must not take the places of the socket. */
static gboolean
check_number (ObVisit *visit)
{
  if (!is_too_many (visit))
    return TRUE;
  if (ob_tally_get (visit->visits->doors, AT_PORT) > OB_VISITS_AT_PORT + MOST_TOLD)
    ob_visit_end (visit);
  else
    refuse (visit, 429, "Too many connections are open; try again later");

  return FALSE;
}

/* A few of another user's are told why; beyond that they take nobody's place. */
static void
refuse_user (ObVisit *visit, const GError *error)
{
  set_place (visit, OF_OTHERS);
  if (ob_tally_get (visit->visits->doors, OF_OTHERS) > MOST_OF_OTHERS)
    ob_visit_end (visit);
  else
    refuse_with (visit, 403, error);
}

/* Whose program it is is asked at once, while it is there to be asked about. */
static void
begin_at_port (ObVisit *visit)
{
  g_autoptr (GError) error = NULL;

  if (!ob_peer_check_user (g_socket_connection_get_socket (visit->connection), &error))
    {
      refuse_user (visit, error);
      return;
    }
  set_place (visit, AT_PORT);
  if (check_number (visit))
    ob_visit_start_reading (visit, on_readable, OB_VISIT_HEAD_MOST_S);
}

static void
begin_at_socket (ObVisit *visit)
{
  ObPeer peer = { .pidfd = -1 };
  g_autoptr (GError) error = NULL;
  g_autofree char *owner = NULL;

  if (!ob_peer_read (g_socket_connection_get_socket (visit->connection), &peer, &error))
    {
      refuse_with (visit, 403, error);
      return;
    }
  owner = g_strdup_printf ("%u", peer.pid);
  ob_visit_set_owner (visit, owner);
  if (!check_number (visit))
    {
      if (peer.pidfd >= 0)
        (void) close (peer.pidfd);
      return;
    }
  visit->look
      = ob_looks_begin (visit->visits->looks, peer.pid, peer.pidfd, ob_process_get_now_us (), on_looked, visit, &error);
  if (visit->look)
    ob_visit_start_reading (visit, on_readable, OB_VISIT_HEAD_MOST_S);
  else
    refuse_with (visit, 403, error);
}

void
ob_visits_add (ObVisits *visits, ObGuardDoor door, GSocketConnection *connection)
{
  ObVisit *visit;

  if (g_hash_table_size (visits->all) >= OB_VISITS_MOST + MOST_TOLD)
    {
      (void) g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
      return;
    }
  visit = g_new0 (ObVisit, 1);
  visit->visits = visits;
  visit->door = door;
  visit->connection = g_object_ref (connection);
  visit->watch = ob_watch_new (visits->watches, g_socket_get_fd (g_socket_connection_get_socket (connection)));
  visit->address = g_unix_socket_address_new ("visit");
  visit->bytes = g_byte_array_new ();
  g_hash_table_insert (visits->all, visit->address, visit);
  g_socket_set_blocking (g_socket_connection_get_socket (connection), FALSE);
  if (door == OB_GUARD_PORT)
    begin_at_port (visit);
  else
    begin_at_socket (visit);
}

ObVisit *
ob_visits_find (ObVisits *visits, GSocketAddress *address)
{
  return g_hash_table_lookup (visits->all, address);
}

/* --- The table --- */

GPtrArray *
ob_visits_list (ObVisits *visits)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer visit;

  g_hash_table_iter_init (&iter, visits->all);
  while (g_hash_table_iter_next (&iter, NULL, &visit))
    g_ptr_array_add (list, visit);

  return list;
}

ObVisits *
ob_visits_new (void (*ready) (ObVisit *visit, gpointer user_data), gpointer user_data, GError **error)
{
  g_autoptr (ObWatches) watches = ob_watches_new (error);
  ObVisits *visits;

  if (!watches)
    return NULL;
  visits = g_new0 (ObVisits, 1);
  visits->watches = g_steal_pointer (&watches);
  visits->all = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) visit_free);
  visits->owners = ob_tally_new ();
  visits->streams = ob_tally_new ();
  visits->doors = ob_tally_new ();
  visits->looks = ob_looks_new ();
  visits->ready = ready;
  visits->user_data = user_data;

  return visits;
}

void
ob_visits_stop (ObVisits *visits)
{
  visits->is_ending = TRUE;
}

void
ob_visits_free (ObVisits *visits)
{
  g_hash_table_unref (visits->all);
  ob_tally_free (visits->owners);
  ob_tally_free (visits->streams);
  ob_tally_free (visits->doors);
  ob_looks_free (visits->looks);
  ob_watches_free (visits->watches);
  g_free (visits);
}
