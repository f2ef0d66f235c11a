/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The disk as a fact: when the database cannot be written, the queue is held with the system's words, and every few
 * seconds a small write finds out whether it works again. What a full disk lacks is first given from the spool's reserve.
 * A queue that was in
 * the data folder, on a disk that is not mounted, holds it too. Owns `disk_trouble`, `missing_queue`, `repair_at_ms` and
 * `wants_probe` of the broker. Main thread.
 */
#include "broker/broker-private.h"

#include "dbus/error.h"
#include "store/journal.h"
#include "store/meta.h"

#define REPAIR_AFTER_MS 5000

static void
set_trouble (ObBroker *self, const char *words)
{
  if (g_strcmp0 (self->disk_trouble, words) == 0)
    return;
  if (words)
    g_warning ("This device cannot write what the queue does: %s", words);
  g_free (self->disk_trouble);
  self->disk_trouble = g_strdup (words);
  ob_broker_tell_holds (self);
}

void
ob_broker_note_trouble (ObBroker *self)
{
  const GError *trouble = ob_database_get_trouble (self->database);
  gboolean is_full = g_error_matches (trouble, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  gboolean has_room = is_full && ob_spool_give_reserve (self->spool);

  if (!self->is_started)
    return;
  if (!has_room && trouble)
    set_trouble (self, trouble->message);
  self->repair_at_ms = ob_broker_get_now_ms (self) + (has_room ? 0 : REPAIR_AFTER_MS);
  ob_broker_set_alarm (self);
}

void
ob_broker_probe_disk (ObBroker *self)
{
  if (!self->is_started || self->repair_at_ms > 0)
    return;
  self->wants_probe = TRUE;
  self->repair_at_ms = ob_broker_get_now_ms (self);
  ob_broker_set_alarm (self);
}

/* The probe is on the disk. */
static void
on_written (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (error)
    return;
  pending->broker->wants_probe = FALSE;
  ob_database_clear_trouble (pending->broker->database);
  set_trouble (pending->broker, NULL);
}

/* Nothing in the journal could tell of the trouble while it lasted: its end does. */
static gboolean
record_end (ObBroker *self, GError **error)
{
  g_autofree char *message = g_strdup_printf ("this device's disk can be written again, after: %s", self->disk_trouble);
  OutboxReasonSet reasons = ob_broker_get_queue_reasons (self) & ~OUTBOX_REASON_BIT (OUTBOX_REASON_STORAGE);

  return ob_journal_append_hold (self->database, ob_broker_get_now_ms (self), OUTBOX_SCOPE_QUEUE, NULL, reasons,
                                 message, error)
         > 0;
}

gboolean
ob_broker_try_disk (ObBroker *self, GError **error)
{
  if (self->disk_trouble ? !record_end (self, error)
                         : !ob_meta_set_number (self->database, "probed_at", ob_broker_get_now_ms (self), error))
    return FALSE;
  ob_queue_after (self->queue, on_written, ob_pending_new (self, NULL));

  return TRUE;
}

gboolean
ob_broker_is_repair_due (ObBroker *self, gint64 now_ms)
{
  /* A clock that was set back makes no wait longer than it was meant to be. */
  self->repair_at_ms = MIN (self->repair_at_ms, now_ms + REPAIR_AFTER_MS);

  return self->repair_at_ms <= now_ms;
}

const char *
ob_broker_get_disk_words (ObBroker *self)
{
  return self->disk_trouble ? self->disk_trouble : self->missing_queue;
}

static gboolean
record_missing (gpointer user_data, GError **error)
{
  ObBroker *self = user_data;

  return ob_broker_record_queue_holds (self, self->missing_queue, error);
}

static gboolean
record_given_up (gpointer user_data, GError **error)
{
  return ob_broker_record_queue_holds (user_data, "resumed without the queue that is not there", error);
}

void
ob_broker_miss_queue (ObBroker *self, const char *words, void (*on_given_up) (gpointer user_data), gpointer user_data)
{
  g_warning ("Nothing is sent: %s", words);
  self->missing_queue = g_strdup (words);
  self->on_given_up = on_given_up;
  self->given_up_data = user_data;
  (void) ob_queue_do (self->queue, OB_TURN_SOON, record_missing, self, NULL);
}

static void
on_resumed (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObBroker *self = pending->broker;

  if (error || !self->missing_queue)
    return;
  g_clear_pointer (&self->missing_queue, g_free);
  self->on_given_up (self->given_up_data);
  (void) ob_queue_do (self->queue, OB_TURN_SOON, record_given_up, self, NULL);
}

void
ob_broker_give_up_queue_after (ObBroker *self)
{
  if (self->missing_queue)
    ob_queue_after (self->queue, on_resumed, ob_pending_new (self, NULL));
}

void
ob_broker_set_in_memory (ObBroker *self, gboolean is_in_memory)
{
  if (is_in_memory)
    g_warning ("The data folder is in memory: what is handed over is lost when this device is switched off");
  self->is_in_memory = is_in_memory;
}

gboolean
ob_broker_is_in_memory (ObBroker *self)
{
  return self->is_in_memory;
}
