/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counts what has not arrived, and has the inhibitors of session and device tell it. Main thread.
 */
#include "ipc/dbus/last-copy.h"

#include "base/language.h"
#include "dbus/notice.h"
#include "policy/inhibitor.h"

/* Another number is told after so long: a number a file would be a call a file. The first and the last are told at once. */
#define TELL_EVERY_MS 2000

struct _ObLastCopy
{
  ObBroker *broker;          /* borrowed, as is the next */
  ObSessionWatcher *session; /* holds the shutdown back */
  ObInhibitor *logout;
  guint told;  /* how many files; 0: nothing is held back */
  guint timer; /* until another number may be told */
};

/* Returns: how many files have not arrived and are here. A copy that is lost cannot be lost again. */
static guint
count_here (ObLastCopy *self)
{
  guint64 uploads[OUTBOX_N_STATES] = { 0 }, bytes[OUTBOX_N_STATES];
  guint64 n_lost = 0, lost_bytes, n_here = 0;

  if (!ob_broker_get_rules (self->broker)->keeping.is_wiped || !ob_broker_summarise (self->broker, uploads, bytes, NULL)
      || !ob_broker_count_lost (self->broker, &n_lost, &lost_bytes, NULL))
    return 0;
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    n_here += i != OUTBOX_STATE_DONE ? uploads[i] : 0;

  return (guint) MIN (n_here > n_lost ? n_here - n_lost : 0, G_MAXUINT);
}

static void
tell (ObLastCopy *self, guint n_here)
{
  g_auto (ObLanguage) language = ob_language_speak ();
  g_autofree char *words = n_here > 0 ? outbox_notice_dup_last_copy (n_here) : NULL;

  self->told = n_here;
  g_clear_handle_id (&self->timer, g_source_remove);
  ob_inhibitor_set_words (self->logout, words);
  ob_session_watcher_hold_shutdown (self->session, words);
}

static gboolean
on_tell (gpointer data)
{
  ObLastCopy *self = data;

  self->timer = 0;
  tell (self, count_here (self));

  return G_SOURCE_REMOVE;
}

void
ob_last_copy_review (ObLastCopy *self)
{
  const guint n_here = count_here (self);

  if (n_here == self->told)
    return;
  if (n_here == 0 || self->told == 0)
    tell (self, n_here);
  else if (self->timer == 0)
    self->timer = g_timeout_add (TELL_EVERY_MS, on_tell, self);
}

static void
on_counts_changed (ObBroker *broker, gpointer user_data)
{
  ob_last_copy_review (user_data);
}

ObLastCopy *
ob_last_copy_new (ObBroker *broker, GDBusConnection *connection, ObSessionWatcher *session)
{
  ObLastCopy *self = g_new0 (ObLastCopy, 1);

  self->broker = broker;
  self->session = session;
  self->logout = ob_inhibitor_new (connection, ob_inhibitor_logout, OB_INHIBITOR_PATIENCE_MS);
  g_signal_connect (broker, "counts-changed", G_CALLBACK (on_counts_changed), self);
  ob_last_copy_review (self);

  return self;
}

void
ob_last_copy_free (ObLastCopy *self)
{
  g_signal_handlers_disconnect_by_data (self->broker, self);
  tell (self, 0);
  ob_inhibitor_free (self->logout);
  g_free (self);
}
