/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks when it is time, and tells. Main thread.
 */
#include "broker/reminders.h"

#include "base/debug.h"
#include "store/meta.h"

/* In the database's meta. */
#define TOLD_AT "reminded_at"

struct _ObReminders
{
  ObQueue *queue; /* borrowed */
  const ObRemindersHost *host;
  gpointer user_data;
  gboolean is_started;
  gint64 told_ms;    /* when a person was reminded last; 0: never */
  gint64 look_ms;    /* when to look again; 0: when something changes */
  guint look_source; /* something has changed: looks when nothing else is to be done; 0: it has looked */
  gboolean is_shown; /* what was told last has not been taken back */
};

ObReminders *
ob_reminders_new (ObQueue *queue, const ObRemindersHost *host, gpointer user_data)
{
  ObReminders *self = g_new0 (ObReminders, 1);

  self->queue = queue;
  self->host = host;
  self->user_data = user_data;

  return self;
}

void
ob_reminders_free (ObReminders *self)
{
  ob_reminders_stop (self);
  g_free (self);
}

void
ob_reminders_stop (ObReminders *self)
{
  self->is_started = FALSE;
  g_clear_handle_id (&self->look_source, g_source_remove);
}

static gboolean
load (gpointer member, GError **error)
{
  ObReminders *self = member;

  /* Where it could not be written, memory knows better. */
  self->told_ms = MAX (self->told_ms, ob_meta_get_number (ob_queue_get_database (self->queue), TOLD_AT));

  return TRUE;
}

static gboolean
write_told (gpointer user_data, GError **error)
{
  const ObReminders *self = user_data;

  return ob_meta_set_number (ob_queue_get_database (self->queue), TOLD_AT, self->told_ms, error);
}

static void
look (ObReminders *self, gint64 now_ms)
{
  const ObReminderFacts facts = { .now_ms = now_ms,
                                  .oldest_ms = self->host->find_oldest_ms (self->user_data),
                                  .told_ms = self->told_ms,
                                  .needs_tap = self->host->needs_tap (self->user_data) };
  ObReminder reminder = ob_reminder_decide (self->host->get_settings (self->user_data), &facts);

  self->look_ms = reminder.next_ms;
  if (reminder.is_due)
    {
      ob_debug (OB_DEBUG_RUNS, NULL, "the person is reminded of %s",
                reminder.wanted == OB_REMINDER_TAP ? "what waits for a tap" : "what has not arrived for long");
      self->told_ms = now_ms;
      self->is_shown = TRUE;
      (void) ob_queue_do (self->queue, OB_TURN_LATER, write_told, self, NULL);
      self->host->remind (reminder.wanted, self->user_data);
    }
  else if (reminder.wanted == OB_REMINDER_NONE && self->is_shown)
    {
      self->is_shown = FALSE;
      self->host->remind (OB_REMINDER_NONE, self->user_data);
    }
}

static gboolean
on_look (gpointer data)
{
  ObReminders *self = data;

  self->look_source = 0;
  look (self, ob_queue_get_now_ms (self->queue));
  ob_queue_set_alarm (self->queue);

  return G_SOURCE_REMOVE;
}

static void
look_soon (ObReminders *self)
{
  if (self->look_source == 0)
    self->look_source = g_idle_add_full (G_PRIORITY_LOW, on_look, self, NULL);
}

void
ob_reminders_start (ObReminders *self)
{
  self->is_started = TRUE;
  look_soon (self);
}

/* A change may be what a person is to hear of, or the end of it. Within a day of the last reminder only its end matters. */
static void
flushed (gpointer member, const ObChanges *changes)
{
  ObReminders *self = member;
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  gboolean is_silent = self->told_ms > 0 && self->told_ms <= now_ms && now_ms < self->told_ms + OB_REMINDER_EVERY_MS;

  if (self->is_started && (g_hash_table_size (changes->touched) > 0 || changes->are_holds_touched)
      && (self->is_shown || self->look_ms == 0 || !is_silent))
    look_soon (self);
}

static gint64
next_ms (gpointer member)
{
  return ((ObReminders *) member)->look_ms;
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObReminders *self = member;

  if (self->is_started && ((self->look_ms > 0 && self->look_ms <= now_ms) || jump_ms != 0))
    look (self, now_ms);
}

const ObMember ob_reminders_member = { .load = load, .flushed = flushed, .next_ms = next_ms, .wake = wake };
