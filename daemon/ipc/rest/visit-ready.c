/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A visit that is ready: what libsoup gets of it, who it is of, and what still comes after the answer. Main thread.
 */
#include "ipc/rest/visit-head.h"
#include "ipc/rest/visit-private.h"
#include "ipc/rest/visit-stream.h"

/* --- After the answer --- */

static void
on_rest (gboolean is_in_time, gpointer user_data)
{
  ObVisit *visit = user_data;
  char buffer[16 * OB_VISIT_READ_BYTES];
  g_autoptr (GError) error = NULL;
  gssize got = is_in_time ? ob_visit_read (visit, buffer, sizeof buffer, &error) : 0;

  visit->rest_bytes -= MIN (visit->rest_bytes, (guint64) MAX (got, 0));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) || (got > 0 && visit->rest_bytes > 0))
    ob_visit_read_on (visit);
  else
    ob_visit_end (visit);
}

/* The peer hears that nothing more comes, and may end. */
static void
read_rest (ObVisit *visit, guint64 rest_bytes)
{
  visit->rest_bytes = MIN (rest_bytes, OB_VISIT_REST_MAX_BYTES);
  (void) g_socket_shutdown (g_socket_connection_get_socket (visit->connection), FALSE, TRUE, NULL);
  ob_visit_start_reading (visit, on_rest, OB_VISIT_REST_MOST_S);
}

/* Of a visit that was refused before its head was understood, nobody knows what else comes. */
static void
on_closed (guint64 unread_bytes, gpointer user_data)
{
  ObVisit *visit = user_data;

  ob_visit_detach (visit);
  if (visit->head_bytes == 0)
    unread_bytes = OB_VISIT_REST_MAX_BYTES;
  if (unread_bytes > 0 && !visit->visits->is_ending)
    read_rest (visit, unread_bytes);
  else
    ob_visit_end (visit);
}

/* --- What libsoup gets --- */

GIOStream *
ob_visit_open_stream (ObVisit *visit)
{
  g_autoptr (GBytes) head = NULL;
  guint64 come_bytes = 0;

  if (visit->head_bytes == 0)
    head = ob_visit_head_make_stand_in (visit->bytes);
  else
    {
      come_bytes = MIN (visit->bytes->len - visit->head_bytes, visit->verdict.body_bytes);
      head = ob_visit_head_make (visit->bytes->data, visit->head_bytes, come_bytes, &visit->verdict);
    }
  (void) g_byte_array_set_size (visit->bytes, 0);

  return ob_visit_stream_new (visit->connection, visit->watch, head, visit->verdict.body_bytes - come_bytes,
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
  ob_visit_set_owner (visit, digest);
}

gboolean
ob_visit_is_one_too_many (const ObVisit *visit)
{
  return ob_tally_get (visit->visits->owners, visit->owner) > OB_VISITS_OF_TOKEN;
}

gboolean
ob_visit_begin_stream (ObVisit *visit)
{
  ObTally *streams = visit->visits->streams;

  if (visit->door == OB_GUARD_PORT && ob_tally_get (streams, visit->owner) >= OB_VISITS_STREAMS_OF_TOKEN)
    return FALSE;
  visit->is_stream = TRUE;
  ob_tally_add (streams, visit->owner);

  return TRUE;
}

const char *
ob_visit_get_digest (const ObVisit *visit)
{
  return visit->door == OB_GUARD_PORT ? visit->owner : NULL;
}

void
ob_visit_stop_listening (ObVisit *visit)
{
  (void) g_socket_shutdown (g_socket_connection_get_socket (visit->connection), TRUE, FALSE, NULL);
}

const char *
ob_visit_get_reader (ObVisit *visit)
{
  return visit->reader;
}

guint
ob_visit_get_refusal (ObVisit *visit, const char **detail)
{
  *detail = visit->verdict.detail;

  return visit->verdict.status;
}
