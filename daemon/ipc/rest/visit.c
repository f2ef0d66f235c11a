/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From accept() to a request that may be answered. A visit belongs to its table until its stream is closed. Main thread.
 */
#include "ipc/rest/visit.h"

#include "base/debug.h"
#include "ipc/process.h"
#include "ipc/rest/peer.h"
#include "ipc/rest/visit-head.h"
#include "ipc/rest/visit-stream.h"

#include <gio/gunixsocketaddress.h>
#include <unistd.h>

/* Beyond the most, so many are told that there are too many; the others find the door closed. */
#define MOST_TOLD 64

#define READ_BYTES 4096

struct _ObVisits
{
  GHashTable *all;       /* GSocketAddress → ObVisit, owned */
  GHashTable *processes; /* pid → how many visits it has */
  ObLooks *looks;
  void (*ready) (ObVisit *visit, gpointer user_data);
  gpointer user_data;
  gboolean is_ending;
};

struct _ObVisit
{
  ObVisits *visits; /* borrowed */
  GSocketConnection *connection;
  GSocketAddress *address;
  ObGuardDoor door;
  guint32 pid; /* 0: it is not counted */
  ObLook *look;
  ObCaller *caller;
  char *reader;      /* see ob_visit_get_reader() */
  char *digest;      /* of the token of a page; NULL: it has shown none */
  GByteArray *bytes; /* the head, and what came with it */
  gsize head_bytes;  /* 0: it has not come yet */
  ObGuardVerdict verdict;
  char *why;          /* what the detail of the verdict points to, where it is not static */
  guint64 rest_bytes; /* to be read and dropped, after the answer */
  GSource *readable;
  guint deadline;
  gpointer attached;
  GDestroyNotify gone;
};

/* --- Counts --- */

static guint
count_of_process (const ObVisits *visits, guint32 pid)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (visits->processes, GUINT_TO_POINTER (pid)));
}

static void
set_count (const ObVisits *visits, guint32 pid, guint n_visits)
{
  if (n_visits > 0)
    (void) g_hash_table_replace (visits->processes, GUINT_TO_POINTER (pid), GUINT_TO_POINTER (n_visits));
  else
    (void) g_hash_table_remove (visits->processes, GUINT_TO_POINTER (pid));
}

/* --- Life --- */

static void
stop_reading (ObVisit *visit)
{
  if (visit->readable)
    g_source_destroy (visit->readable);
  g_clear_pointer (&visit->readable, g_source_unref);
  g_clear_handle_id (&visit->deadline, g_source_remove);
}

static void
start_reading (ObVisit *visit, GPollableSourceFunc on_readable, guint most_s, GSourceFunc on_deadline)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (visit->connection));

  visit->readable = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (input), NULL);
  g_source_set_callback (visit->readable, G_SOURCE_FUNC (on_readable), visit, NULL);
  (void) g_source_attach (visit->readable, NULL);
  visit->deadline = g_timeout_add_seconds (most_s, on_deadline, visit);
}

static void
stop_waiting (ObVisit *visit)
{
  stop_reading (visit);
  g_clear_pointer (&visit->look, ob_look_cancel);
}

static void
detach (ObVisit *visit)
{
  gpointer attached = g_steal_pointer (&visit->attached);

  if (attached)
    visit->gone (attached);
}

static void
visit_free (ObVisit *visit)
{
  stop_waiting (visit);
  detach (visit);
  if (visit->pid != 0)
    set_count (visit->visits, visit->pid, count_of_process (visit->visits, visit->pid) - 1);
  g_clear_pointer (&visit->caller, ob_caller_free);
  g_byte_array_unref (visit->bytes);
  g_object_unref (visit->connection);
  g_object_unref (visit->address);
  g_free (visit->reader);
  g_free (visit->digest);
  g_free (visit->why);
  g_free (visit);
}

static void
end (ObVisit *visit)
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

static void
refuse (ObVisit *visit, guint status, const char *detail)
{
  visit->verdict = (ObGuardVerdict){ .status = status, .detail = detail };
  become_ready (visit);
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
  if ((visit->caller || visit->door == OB_GUARD_PORT) && visit->head_bytes > 0)
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

  if (head_bytes == 0 && visit->bytes->len <= OB_GUARD_HEAD_MAX_BYTES)
    return;
  visit->verdict = ob_guard_check (visit->door, bytes, head_bytes > 0 ? head_bytes : visit->bytes->len);
  if (visit->verdict.status != 0)
    {
      become_ready (visit);
      return;
    }
  visit->head_bytes = head_bytes;
  stop_reading (visit);
  check_whether_ready (visit);
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  ObVisit *visit = user_data;
  guint8 buffer[READ_BYTES];
  g_autoptr (GError) error = NULL;
  gssize got = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, sizeof buffer, NULL,
                                                         &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (got <= 0)
    {
      end (visit);
      return G_SOURCE_REMOVE;
    }
  g_byte_array_append (visit->bytes, buffer, (guint) got);
  judge_head (visit);

  return G_SOURCE_CONTINUE;
}

static gboolean
on_deadline (gpointer user_data)
{
  ObVisit *visit = user_data;

  visit->deadline = 0;
  refuse (visit, 408, "The head of the request did not come in time");

  return G_SOURCE_REMOVE;
}

/* --- Coming and going --- */

static gboolean
is_too_many (ObVisit *visit)
{
  return g_hash_table_size (visit->visits->all) > OB_VISITS_MOST
         || count_of_process (visit->visits, visit->pid) > OB_VISITS_OF_PROCESS;
}

static gboolean
check_number (ObVisit *visit)
{
  if (!is_too_many (visit))
    return TRUE;
  refuse (visit, 429, "Too many connections are open; try again later");

  return FALSE;
}

/* Whose program it is is asked at once, while it is there to be asked about. */
static void
begin_at_port (ObVisit *visit)
{
  g_autoptr (GError) error = NULL;

  if (!ob_peer_check_user (g_socket_connection_get_socket (visit->connection), &error))
    refuse_with (visit, 403, error);
  else if (check_number (visit))
    start_reading (visit, on_readable, OB_VISIT_HEAD_MOST_S, on_deadline);
}

static void
begin_at_socket (ObVisit *visit)
{
  ObPeer peer = { .pidfd = -1 };
  g_autoptr (GError) error = NULL;

  if (!ob_peer_read (g_socket_connection_get_socket (visit->connection), &peer, &error))
    {
      refuse_with (visit, 403, error);
      return;
    }
  visit->pid = peer.pid;
  set_count (visit->visits, peer.pid, count_of_process (visit->visits, peer.pid) + 1);
  if (!check_number (visit))
    {
      if (peer.pidfd >= 0)
        (void) close (peer.pidfd);
      return;
    }
  visit->look
      = ob_looks_begin (visit->visits->looks, peer.pid, peer.pidfd, ob_process_get_now_us (), on_looked, visit, &error);
  if (visit->look)
    start_reading (visit, on_readable, OB_VISIT_HEAD_MOST_S, on_deadline);
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

/* --- After the answer --- */

static gboolean
on_rest (GObject *stream, gpointer user_data)
{
  ObVisit *visit = user_data;
  char buffer[16 * READ_BYTES];
  g_autoptr (GError) error = NULL;
  gssize got = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), buffer, sizeof buffer, NULL,
                                                         &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  visit->rest_bytes -= MIN (visit->rest_bytes, (guint64) MAX (got, 0));
  if (got > 0 && visit->rest_bytes > 0)
    return G_SOURCE_CONTINUE;
  end (visit);

  return G_SOURCE_REMOVE;
}

static gboolean
on_rest_deadline (gpointer user_data)
{
  ObVisit *visit = user_data;

  visit->deadline = 0;
  end (visit);

  return G_SOURCE_REMOVE;
}

/* The peer hears that nothing more comes, and may end. */
static void
read_rest (ObVisit *visit, guint64 rest_bytes)
{
  visit->rest_bytes = MIN (rest_bytes, OB_VISIT_REST_MAX_BYTES);
  (void) g_socket_shutdown (g_socket_connection_get_socket (visit->connection), FALSE, TRUE, NULL);
  start_reading (visit, on_rest, OB_VISIT_REST_MOST_S, on_rest_deadline);
}

/* Of a visit that was refused before its head was understood, nobody knows what else comes. */
static void
on_closed (guint64 unread_bytes, gpointer user_data)
{
  ObVisit *visit = user_data;

  detach (visit);
  if (visit->verdict.status != 0)
    unread_bytes = OB_VISIT_REST_MAX_BYTES;
  if (unread_bytes > 0 && !visit->visits->is_ending)
    read_rest (visit, unread_bytes);
  else
    end (visit);
}

/* --- What libsoup gets --- */

GIOStream *
ob_visit_open_stream (ObVisit *visit)
{
  g_autoptr (GBytes) head = NULL;
  guint64 come_bytes = 0;

  if (visit->verdict.status != 0)
    head = ob_visit_head_make_stand_in (visit->bytes);
  else
    {
      come_bytes = MIN (visit->bytes->len - visit->head_bytes, visit->verdict.body_bytes);
      head = ob_visit_head_make (visit->bytes->data, visit->head_bytes, come_bytes, &visit->verdict);
    }
  (void) g_byte_array_set_size (visit->bytes, 0);

  return ob_visit_stream_new (visit->connection, head, visit->verdict.body_bytes - come_bytes,
                              !visit->verdict.is_asking, on_closed, visit);
}

void
ob_visit_attach (ObVisit *visit, gpointer attached, GDestroyNotify gone)
{
  visit->attached = attached;
  visit->gone = gone;
}

gpointer
ob_visit_get_attached (ObVisit *visit)
{
  return visit->attached;
}

GSocketAddress *
ob_visit_get_address (ObVisit *visit)
{
  return visit->address;
}

const ObCaller *
ob_visit_get_caller (ObVisit *visit)
{
  return visit->verdict.status == 0 ? visit->caller : NULL;
}

ObGuardDoor
ob_visit_get_door (ObVisit *visit)
{
  return visit->door;
}

void
ob_visit_let_in (ObVisit *visit, ObCaller *caller, const char *reader, const char *digest)
{
  g_clear_pointer (&visit->caller, ob_caller_free);
  visit->caller = caller;
  g_free (visit->reader);
  visit->reader = g_strdup (reader);
  g_free (visit->digest);
  visit->digest = g_strdup (digest);
}

const char *
ob_visit_get_reader (ObVisit *visit)
{
  return visit->reader;
}

const char *
ob_visit_get_digest (ObVisit *visit)
{
  return visit->digest;
}

guint
ob_visit_get_refusal (ObVisit *visit, const char **detail)
{
  *detail = visit->verdict.detail;

  return visit->verdict.status;
}

ObVisits *
ob_visits_new (void (*ready) (ObVisit *visit, gpointer user_data), gpointer user_data)
{
  ObVisits *visits = g_new0 (ObVisits, 1);

  visits->all = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) visit_free);
  visits->processes = g_hash_table_new (NULL, NULL);
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
  g_hash_table_unref (visits->processes);
  ob_looks_free (visits->looks);
  g_free (visits);
}
