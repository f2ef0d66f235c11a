/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies are looked for at a start and when the disk works again, by name and size; their bytes are checked when they are
 * sent. The journal is pruned in passes over all of it. A pass begins after a commit, once the journal has grown enough or
 * a day has passed, and never by a timer, so that an idle broker sleeps. Main thread.
 */
#include "broker/retention.h"

#include "base/crash.h"
#include "broker/record.h"
#include "broker/row-repair.h"
#include "store/journal.h"
#include "store/prune.h"
#include "store/uploads.h"
#include "transfer/copy.h"

#include <sys/statvfs.h>

#define ROWS_A_TURN 200

/* So many copies go at once for the room that they take. */
#define COPIES_FOR_ROOM 8

/* A pass is worth its reads after so many new rows. */
#define ROWS_A_PASS 10000

#define PASS_EVERY_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

/* The part of a pass that walks over the journal. */
typedef enum
{
  WALK_NOT,       /* it is over: free pages are given back */
  WALK_FOR_RULES, /* rows go that are old, or too many of one upload; all are measured */
  WALK_FOR_ROOM,  /* more of them go, since they take too much room */
} Walk;

struct _ObRetention
{
  ObQueue *queue; /* borrowed, as are the next two */
  ObDatabase *database;
  ObSpool *spool;
  const ObRetentionFacts *facts;
  gpointer user_data;
  gboolean is_started;

  gint64 sweep_ms;       /* when copies of what has arrived go next; 0: there are none */
  gint64 keep_ms;        /* as the settings were when that was found out */
  gint64 checked_number; /* copies of uploads up to this number were looked for */
  guint check_source;    /* 0: no copies are being looked for */
  gboolean has_mended;   /* a row, so that what memory has of it is old */

  guint prune_source;     /* runs until the pass over the journal ends */
  gint64 pruned_sequence; /* the pass has come to here */
  gint64 pass_sequence;   /* the journal's last one when the pass began */
  gint64 pass_at_us;      /* monotonic time at which it began; 0: none has since the start */
  gint64 journal_bytes;   /* that its first walk has met and left, of uploads */
  gint64 excess_bytes;    /* so many more go for the room that they take; 0: none do */
  Walk walk;
};

ObRetention *
ob_retention_new (ObQueue *queue, ObSpool *spool, const ObRetentionFacts *facts, gpointer user_data)
{
  ObRetention *self = g_new0 (ObRetention, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->facts = facts;
  self->user_data = user_data;

  return self;
}

void
ob_retention_free (ObRetention *self)
{
  ob_retention_stop (self);
  g_free (self);
}

void
ob_retention_start (ObRetention *self)
{
  self->is_started = TRUE;
}

void
ob_retention_stop (ObRetention *self)
{
  self->is_started = FALSE;
  g_clear_handle_id (&self->check_source, g_source_remove);
  g_clear_handle_id (&self->prune_source, g_source_remove);
}

/* --- Copies --- */

/* Returns: why the copy can no longer be sent; %OUTBOX_REASON_NONE if it is good, or if that cannot be told */
static OutboxReason
find_fault (ObRetention *self, const ObUpload *upload, char **words)
{
  g_autofree char *path = ob_spool_get_path (self->spool, upload->id);
  int fault_errno = ob_copy_look (path, upload->size_bytes);

  *words = fault_errno == 0 ? NULL : ob_copy_dup_words (fault_errno);

  return fault_errno == 0 ? OUTBOX_REASON_NONE : ob_copy_judge (path, fault_errno);
}

/* An upload whose destination is not known would wait for ever, though its record has the right name. */
static gboolean
mend_destination (ObRetention *self, ObUpload *upload, GError **error)
{
  g_autoptr (ObUpload) kept = NULL;

  if (self->facts->has_destination (upload->destination, self->user_data) || !ob_spool_has (self->spool, upload->id))
    return TRUE;
  kept = ob_record_load (self->spool, upload->id, NULL);
  if (!kept || !kept->destination || !self->facts->has_destination (kept->destination, self->user_data))
    return TRUE;
  self->has_mended = TRUE;
  ob_queue_touch (self->queue, upload->id, FALSE);

  return ob_row_repair_mend_destination (self->database, upload, kept->destination, ob_queue_get_now_ms (self->queue),
                                         error);
}

static gboolean
check_one (ObRetention *self, ObUpload *upload, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  g_autofree char *fault = NULL;
  OutboxReason reason;
  gboolean is_mended = FALSE;

  /* An attempt finds out by itself; and what the server has whole needs no copy to be confirmed. */
  if (!upload->has_local_copy || upload->stored != OB_STORED_QUEUED || self->facts->is_in_hand (upload, self->user_data)
      || (upload->size_bytes > 0 && upload->offset_bytes == upload->size_bytes))
    return TRUE;
  reason = find_fault (self, upload, &fault);
  if (reason == OUTBOX_REASON_FILE_CHANGED
      && !ob_row_repair_mend_bytes (self->database, self->spool, upload, now_ms, &is_mended, error))
    return FALSE;
  if (reason == OUTBOX_REASON_NONE || is_mended)
    return TRUE;
  upload->has_local_copy = reason != OUTBOX_REASON_FILE_MISSING;
  ob_last_error_set (&upload->last_error, outbox_reason_get_info (reason)->name, fault, now_ms);
  ob_queue_touch (self->queue, upload->id, FALSE);

  return ob_journal_move (self->database, upload, OB_STORED_FAILED, reason, fault, now_ms, error);
}

static gboolean
check_some (gpointer user_data, GError **error)
{
  ObRetention *self = user_data;
  const ObUploadsFilter filter = { .is_unfinished = TRUE };
  gint64 after = self->checked_number;
  g_autoptr (GPtrArray) uploads = ob_uploads_list (self->database, &filter, &after, ROWS_A_TURN, error);

  for (guint i = 0; uploads && i < uploads->len; i++)
    if (!mend_destination (self, uploads->pdata[i], error) || !check_one (self, uploads->pdata[i], error))
      return FALSE;
  if (uploads)
    self->checked_number = after;

  return uploads != NULL;
}

static gboolean
on_check (gpointer data)
{
  ObRetention *self = data;
  gboolean is_good
      = !self->facts->is_away (self->user_data) && ob_queue_do (self->queue, OB_TURN_SOON, check_some, self, NULL);

  if (self->has_mended)
    ob_queue_load_again (self->queue);
  self->has_mended = FALSE;
  ob_queue_want_flush (self->queue);
  if (is_good && self->checked_number > 0)
    return G_SOURCE_CONTINUE;
  self->check_source = 0;

  return G_SOURCE_REMOVE;
}

void
ob_retention_check_copies (ObRetention *self)
{
  self->checked_number = 0;
  if (self->check_source == 0)
    self->check_source = g_idle_add_full (G_PRIORITY_LOW, on_check, self, NULL);
}

/* A copy that is gone. */
typedef struct
{
  ObRetention *retention;
  const char *id;
} Clearing;

static gboolean
write_cleared (gpointer user_data, GError **error)
{
  const Clearing *clearing = user_data;
  ObDatabase *database = clearing->retention->database;
  g_autoptr (ObUpload) upload = ob_uploads_get (database, clearing->id, error);

  if (!upload)
    return FALSE;
  upload->has_local_copy = FALSE;

  return ob_uploads_update (database, upload, error);
}

static void
clear_copy (ObRetention *self, const char *id)
{
  Clearing clearing = { self, id };

  if (!ob_spool_remove (self->spool, id, NULL))
    return;
  ob_crash_point ("spool-removed");
  if (ob_queue_do (self->queue, OB_TURN_LATER, write_cleared, &clearing, NULL))
    ob_queue_touch (self->queue, id, FALSE);
}

/* Returns: when a copy of what was done then goes; G_MAXINT64: when the room is needed */
static gint64
get_end_ms (const ObKeeping *keeping, gint64 done_at_ms)
{
  return keeping->keep_ms < G_MAXINT64 - done_at_ms ? done_at_ms + keeping->keep_ms : G_MAXINT64;
}

void
ob_retention_note_arrived (ObRetention *self, const char *id)
{
  const ObKeeping *keeping = self->facts->get_keeping (self->user_data);

  if (keeping->keep_ms == 0)
    clear_copy (self, id);
  else
    self->sweep_ms = ob_sooner_ms (self->sweep_ms, get_end_ms (keeping, ob_queue_get_now_ms (self->queue)));
}

void
ob_retention_free_copy (ObRetention *self, const char *id)
{
  clear_copy (self, id);
}

void
ob_retention_sweep (ObRetention *self)
{
  const ObKeeping *keeping = self->facts->get_keeping (self->user_data);
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  g_autoptr (GPtrArray) due = NULL;
  gint64 oldest_ms;

  self->keep_ms = keeping->keep_ms;
  if (keeping->keep_ms < now_ms)
    due = ob_uploads_find (self->database, OB_UPLOADS_TO_CLEAR,
                           keeping->keep_ms == 0 ? G_MAXINT64 : now_ms - keeping->keep_ms, ROWS_A_TURN, NULL);
  for (guint i = 0; due && i < due->len; i++)
    clear_copy (self, ((const ObUpload *) due->pdata[i])->id);
  oldest_ms = ob_uploads_oldest_copy_ms (self->database);
  self->sweep_ms = oldest_ms > 0 ? MAX (get_end_ms (keeping, oldest_ms), now_ms + 1) : 0;
  ob_queue_set_alarm (self->queue);
}

/* Returns: whether the disk has less room than what copies of what has arrived may leave */
static gboolean
is_short_of_room (ObRetention *self, guint64 free_bytes)
{
  g_autofree char *path = ob_spool_get_path (self->spool, "");
  struct statvfs disk;

  return statvfs (path, &disk) == 0 && (guint64) disk.f_bavail * disk.f_frsize < free_bytes;
}

/* After each commit, as long as copies are kept; those that go are the next commit. */
static void
keep_room (ObRetention *self)
{
  const ObKeeping *keeping = self->facts->get_keeping (self->user_data);
  g_autoptr (GPtrArray) oldest = NULL;

  if (self->keep_ms != keeping->keep_ms)
    ob_retention_sweep (self);
  if (self->sweep_ms == 0 || !is_short_of_room (self, keeping->free_bytes))
    return;
  oldest = ob_uploads_find (self->database, OB_UPLOADS_TO_CLEAR, G_MAXINT64, COPIES_FOR_ROOM, NULL);
  for (guint i = 0; oldest && i < oldest->len; i++)
    clear_copy (self, ((const ObUpload *) oldest->pdata[i])->id);
  if (oldest && oldest->len == 0)
    self->sweep_ms = 0;
}

/* --- The journal --- */

/* A part of a pass. */
typedef struct
{
  ObRetention *retention;
  gint64 end; /* the sequence up to which it goes */
} Part;

static gboolean
prune_part (gpointer user_data, GError **error)
{
  const Part *part = user_data;
  ObRetention *self = part->retention;

  return ob_prune_delete (self->database, self->pruned_sequence, part->end, ob_queue_get_now_ms (self->queue), error);
}

static gboolean
shed_part (gpointer user_data, GError **error)
{
  const Part *part = user_data;
  ObRetention *self = part->retention;

  return ob_prune_shed (self->database, self->pruned_sequence, part->end, ob_queue_get_now_ms (self->queue), error);
}

/* Returns: FALSE if rows could not be deleted */
static gboolean
measure_part (ObRetention *self, Part *part)
{
  gint64 bytes = ob_prune_measure (self->database, self->pruned_sequence, part->end);
  const gint64 met_bytes = bytes;

  if (self->walk == WALK_FOR_ROOM && self->excess_bytes > 0)
    {
      if (!ob_queue_do (self->queue, OB_TURN_LATER, shed_part, part, NULL))
        return FALSE;
      bytes = ob_prune_measure (self->database, self->pruned_sequence, part->end);
      self->excess_bytes = MAX (self->excess_bytes - (met_bytes - bytes), 0);
    }
  self->journal_bytes += bytes;

  return TRUE;
}

/* A tenth more goes, so that not each pass has to be followed by one that makes room. */
static void
count_excess (ObRetention *self)
{
  const gint64 most_bytes = (gint64) MIN (self->facts->get_keeping (self->user_data)->journal_bytes, G_MAXINT64);

  self->excess_bytes = self->journal_bytes > most_bytes ? self->journal_bytes - most_bytes + most_bytes / 10 : 0;
}

/* The arguments and the result of shrink_some(). */
typedef struct
{
  ObDatabase *database;
  gboolean has_more;
} Shrinking;

static gboolean
shrink_some (gpointer user_data, GError **error)
{
  Shrinking *shrinking = user_data;

  return ob_prune_shrink (shrinking->database, &shrinking->has_more, error);
}

/* Returns: whether to go on */
static gboolean
shrink (ObRetention *self)
{
  Shrinking shrinking = { self->database, FALSE };

  return ob_prune_is_loose (self->database) && ob_queue_do (self->queue, OB_TURN_LATER, shrink_some, &shrinking, NULL)
         && shrinking.has_more;
}

/* Returns: whether the walk over the journal goes on; not at its end, nor where it cannot write: the next pass begins anew. */
static gboolean
walk_on (ObRetention *self, gboolean *is_good)
{
  Part part = { self, 0 };

  *is_good = (!ob_prune_find (self->database, self->pruned_sequence, ob_queue_get_now_ms (self->queue), &part.end)
              || ob_queue_do (self->queue, OB_TURN_LATER, prune_part, &part, NULL))
             && (part.end == 0 || measure_part (self, &part));
  self->pruned_sequence = *is_good ? part.end : 0;

  return self->pruned_sequence > 0;
}

/* What one walk has measured as too much goes in a second one, and no third: what is left then has to stay. */
static gboolean
on_prune (gpointer data)
{
  ObRetention *self = data;
  gboolean is_good;

  if (self->walk != WALK_NOT)
    {
      if (walk_on (self, &is_good))
        return G_SOURCE_CONTINUE;
      if (is_good && self->walk == WALK_FOR_RULES)
        count_excess (self);
      self->walk = is_good && self->walk == WALK_FOR_RULES && self->excess_bytes > 0 ? WALK_FOR_ROOM : WALK_NOT;
      if (self->walk == WALK_FOR_ROOM)
        return G_SOURCE_CONTINUE;
    }
  if (shrink (self))
    return G_SOURCE_CONTINUE;
  self->prune_source = 0;

  return G_SOURCE_REMOVE;
}

static void
flushed (gpointer member, const ObChanges *changes)
{
  ObRetention *self = member;
  gint64 now_us = g_get_monotonic_time ();
  gint64 last;

  if (self->is_started)
    keep_room (self);
  if (self->prune_source != 0 || !self->is_started)
    return;
  last = ob_journal_get_last (self->database);
  if (self->pass_at_us > 0 && now_us < self->pass_at_us + PASS_EVERY_US && last < self->pass_sequence + ROWS_A_PASS)
    return;
  self->pass_at_us = now_us;
  self->pass_sequence = last;
  self->pruned_sequence = self->journal_bytes = self->excess_bytes = 0;
  self->walk = WALK_FOR_RULES;
  self->prune_source = g_idle_add_full (G_PRIORITY_LOW, on_prune, self, NULL);
}

/* Rows that a pass deleted may be back after a rollback: the next pass begins anew. */
static void
troubled (gpointer member)
{
  ObRetention *self = member;

  g_clear_handle_id (&self->prune_source, g_source_remove);
  self->walk = WALK_NOT;
  self->pass_at_us = 0;
}

static gint64
next_ms (gpointer member)
{
  const ObRetention *self = member;

  return self->is_started && self->sweep_ms < G_MAXINT64 ? self->sweep_ms : 0;
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObRetention *self = member;

  if (self->is_started && self->sweep_ms > 0 && self->sweep_ms <= now_ms)
    ob_retention_sweep (self);
}

const ObMember ob_retention_member = { .flushed = flushed, .troubled = troubled, .next_ms = next_ms, .wake = wake };
