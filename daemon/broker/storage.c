/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every few seconds a small write finds out whether the database works again. If the disk is full, the spool's reserve is
 * given up first. Main thread.
 */
#include "broker/storage.h"

#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/meta.h"

#define TRY_AFTER_MS 5000

struct _ObStorage
{
  ObQueue *queue; /* borrowed, as are the next two */
  ObDatabase *database;
  ObSpool *spool;
  const ObStorageHost *host;
  gpointer user_data;
  gboolean is_started;

  char *trouble;       /* why the database cannot be written, in the system's words; NULL: it can be */
  gint64 try_at_ms;    /* when to try again; 0: it works */
  gboolean wants_test; /* another write to this disk failed: have the next try write, to find out */

  char *missing_queue; /* words about the missing queue; NULL: none is missing */
  void (*on_given_up) (gpointer user_data);
  gpointer given_up_data;
};

ObStorage *
ob_storage_new (ObQueue *queue, ObSpool *spool, const ObStorageHost *host, gpointer user_data)
{
  ObStorage *self = g_new0 (ObStorage, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->host = host;
  self->user_data = user_data;

  return self;
}

void
ob_storage_free (ObStorage *self)
{
  g_free (self->trouble);
  g_free (self->missing_queue);
  g_free (self);
}

void
ob_storage_start (ObStorage *self)
{
  self->is_started = TRUE;
  if (ob_database_is_only_read (self->database))
    ob_storage_note_trouble (self);
}

void
ob_storage_stop (ObStorage *self)
{
  self->is_started = FALSE;
}

const char *
ob_storage_get_words (ObStorage *self)
{
  return self->trouble ? self->trouble : self->missing_queue;
}

/* --- A disk that cannot be written --- */

void
ob_storage_set_trouble (ObStorage *self, const char *words)
{
  if (g_strcmp0 (self->trouble, words) == 0)
    return;
  if (words)
    g_warning ("This device cannot write what the queue does: %s", words);
  g_free (self->trouble);
  self->trouble = g_strdup (words);
  self->host->changed (self->user_data);
}

static void
set_time (ObStorage *self, gint64 at_ms)
{
  self->try_at_ms = at_ms;
  ob_queue_set_alarm (self->queue);
}

void
ob_storage_note_trouble (ObStorage *self)
{
  const GError *trouble = ob_database_get_trouble (self->database);
  gboolean is_full = g_error_matches (trouble, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  gboolean has_room = is_full && ob_spool_give_reserve (self->spool);

  if (!self->is_started)
    return;
  if (!has_room && trouble)
    ob_storage_set_trouble (self, trouble->message);
  set_time (self, ob_queue_get_now_ms (self->queue) + (has_room ? 0 : TRY_AFTER_MS));
}

void
ob_storage_test (ObStorage *self)
{
  if (!self->is_started || self->try_at_ms > 0)
    return;
  self->wants_test = TRUE;
  set_time (self, ob_queue_get_now_ms (self->queue));
}

gint64
ob_storage_next_ms (ObStorage *self)
{
  return self->try_at_ms;
}

/* The test write is on the disk. */
static void
on_written (const GError *error, gpointer user_data)
{
  ObStorage *self = user_data;

  if (error)
    return;
  self->wants_test = FALSE;
  ob_database_clear_trouble (self->database);
  ob_storage_set_trouble (self, NULL);
}

static gboolean
record (ObStorage *self, OutboxReasonSet own, const char *message, GError **error)
{
  ob_queue_touch_holds (self->queue);

  return ob_journal_append_hold (self->database, ob_queue_get_now_ms (self->queue), OUTBOX_SCOPE_QUEUE, NULL,
                                 self->host->get_other_reasons (self->user_data) | own, message, error)
         > 0;
}

/* The journal could not tell of the trouble while it lasted, so it tells of its end. */
static gboolean
record_end (ObStorage *self, GError **error)
{
  g_autofree char *message = g_strdup_printf (S_ ("this device's disk can be written again, after: %s"), self->trouble);

  return record (self, 0, message, error);
}

static gboolean
try_to_write (gpointer user_data, GError **error)
{
  ObStorage *self = user_data;
  gboolean is_good = TRUE;

  if (self->trouble)
    is_good = record_end (self, error);
  else if (self->wants_test)
    is_good = ob_meta_set_number (self->database, "probed_at", ob_queue_get_now_ms (self->queue), error);
  if (is_good)
    ob_queue_after (self->queue, on_written, self);

  return is_good;
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObStorage *self = member;

  /* A clock that was set back must not make the wait longer. */
  self->try_at_ms = MIN (self->try_at_ms, now_ms + TRY_AFTER_MS);
  if (self->try_at_ms == 0 || self->try_at_ms > now_ms)
    return;
  /* Take the database as working until it fails again. */
  self->try_at_ms = 0;
  if (ob_queue_do (self->queue, OB_TURN_SOON, try_to_write, self, NULL))
    self->host->repaired (self->user_data);
}

static void
troubled (gpointer member)
{
  ob_storage_note_trouble (member);
}

static gint64
next_ms (gpointer member)
{
  return ((ObStorage *) member)->try_at_ms;
}

static gboolean
is_stuck (gpointer member)
{
  return ((ObStorage *) member)->try_at_ms > 0;
}

const ObMember ob_storage_member = { .troubled = troubled, .next_ms = next_ms, .wake = wake, .is_stuck = is_stuck };

/* --- What holds the whole queue --- */

static OutboxReasonSet
get_own_reasons (ObStorage *self)
{
  return ob_storage_get_words (self) ? OUTBOX_REASON_BIT (OUTBOX_REASON_STORAGE) : 0;
}

OutboxReasonSet
ob_storage_get_queue_reasons (ObStorage *self)
{
  return self->host->get_other_reasons (self->user_data) | get_own_reasons (self);
}

gboolean
ob_storage_record_queue_reasons (ObStorage *self, const char *message, GError **error)
{
  return record (self, get_own_reasons (self), message, error);
}

/* --- A queue that is not there --- */

static gboolean
record_missing (gpointer user_data, GError **error)
{
  ObStorage *self = user_data;

  return record (self, OUTBOX_REASON_BIT (OUTBOX_REASON_STORAGE), self->missing_queue, error);
}

static gboolean
record_given_up (gpointer user_data, GError **error)
{
  return record (user_data, 0, S_ ("resumed without the queue that is not there"), error);
}

void
ob_storage_miss_queue (ObStorage *self, const char *words, void (*on_given_up) (gpointer user_data), gpointer user_data)
{
  g_warning ("Nothing is sent: %s", words);
  self->missing_queue = g_strdup (words);
  self->on_given_up = on_given_up;
  self->given_up_data = user_data;
  (void) ob_queue_do (self->queue, OB_TURN_SOON, record_missing, self, NULL);
}

gboolean
ob_storage_is_queue_missed (ObStorage *self)
{
  return self->missing_queue != NULL;
}

static void
on_resumed (const GError *error, gpointer user_data)
{
  ObStorage *self = user_data;

  if (error || !self->missing_queue)
    return;
  g_clear_pointer (&self->missing_queue, g_free);
  self->on_given_up (self->given_up_data);
  (void) ob_queue_do (self->queue, OB_TURN_SOON, record_given_up, self, NULL);
}

void
ob_storage_give_up_queue_after (ObStorage *self)
{
  if (self->missing_queue)
    ob_queue_after (self->queue, on_resumed, self);
}
