/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker's life, and its signals: what it tells after a commit. Main thread.
 */
#include "broker/broker-private.h"

#include "broker/pending.h"

enum
{
  ADDED,
  CHANGED,
  REMOVED,
  HOLDS_CHANGED,
  COUNTS_CHANGED,
  APPS_CHANGED,
  REMIND,
  NEWS,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ObBroker, ob_broker, G_TYPE_OBJECT)

/* Returns: (transfer full) (nullable): %NULL if there is nothing to tell, or nobody listens */
static ObUpload *
read_to_tell (ObBroker *self, const char *id, guint signal)
{
  return g_signal_has_handler_pending (self, signal, 0, FALSE) ? ob_uploads_get (self->members->database, id, NULL)
                                                               : NULL;
}

/* The upload has begun, nothing holds it, and no attempt has it: until the next is chosen it may be between two
 * attempts. */
static gboolean
is_between_attempts (ObBroker *self, const ObUpload *upload)
{
  return upload->stored == OB_STORED_QUEUED && upload->attempts > 0
         && ob_status_board_get (self->members->board, upload).state == OUTBOX_STATE_QUEUED;
}

/* Collects those that may be between two attempts in @between, if that is given. */
static void
tell_upload (ObBroker *self, const char *id, gboolean is_new, GPtrArray *between)
{
  guint signal = signals[is_new ? ADDED : CHANGED];
  g_autoptr (ObUpload) upload = read_to_tell (self, id, signal);

  if (upload && between && !is_new && is_between_attempts (self, upload))
    g_ptr_array_add (between, g_steal_pointer (&upload));
  else if (upload)
    g_signal_emit (self, signal, 0, upload);
}

/* Tells of those that did not start again as waiting their turn. The others are told when their start is on the disk. */
static void
on_chosen (gpointer user_data)
{
  ObBroker *self = user_data;

  for (guint i = 0; i < self->between->len; i++)
    {
      const ObUpload *upload = self->between->pdata[i];

      if (!ob_runs_has (self->members->runs, upload->id))
        g_signal_emit (self, signals[CHANGED], 0, upload);
    }
  if (self->between->len > 0)
    g_signal_emit (self, signals[COUNTS_CHANGED], 0);
  g_ptr_array_set_size (self->between, 0);
}

static void
on_telling (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    tell_upload (pending->owner, pending->id, FALSE, NULL);
}

static void
on_sent (const char *id, gpointer user_data)
{
  ObBroker *self = user_data;

  ob_queue_after_all (self->members->queue, on_telling, ob_pending_new (self, id));
}

static void
on_holds_changed (gpointer user_data)
{
  g_signal_emit (user_data, signals[HOLDS_CHANGED], 0);
  g_signal_emit (user_data, signals[COUNTS_CHANGED], 0);
}

static void
on_changed (const ObChanges *changes, gpointer user_data)
{
  ObBroker *self = user_data;
  GHashTableIter iter;
  gpointer id, is_new;

  g_ptr_array_set_size (self->between, 0);
  g_hash_table_iter_init (&iter, changes->touched);
  while (g_hash_table_iter_next (&iter, &id, &is_new))
    tell_upload (self, id, GPOINTER_TO_INT (is_new), self->between);
  if (changes->are_holds_touched)
    g_signal_emit (self, signals[HOLDS_CHANGED], 0);
  /* It says that all of the commit is told. */
  if (self->between->len == 0)
    g_signal_emit (self, signals[COUNTS_CHANGED], 0);
}

static void
on_removed (const ObUpload *upload, gint64 sequence, gpointer user_data)
{
  g_signal_emit (user_data, signals[REMOVED], 0, upload, sequence);
}

static void
on_remind (ObReminderKind kind, gpointer user_data)
{
  g_signal_emit (user_data, signals[REMIND], 0, (gint) kind);
}

static void
on_news (gboolean has_news, gpointer user_data)
{
  g_signal_emit (user_data, signals[NEWS], 0, has_news);
}

static const ObMembersEvents members_events
    = { on_changed, on_chosen, on_holds_changed, on_sent, on_removed, on_remind, on_news };

/* --- News --- */

void
ob_broker_tell_news_again (ObBroker *self)
{
  ob_herald_tell_again (self->members->herald);
}

gboolean
ob_broker_get_news (ObBroker *self, ObNews *news)
{
  return ob_herald_get_news (self->members->herald, news);
}

void
ob_broker_note_news_shown (ObBroker *self, const char *place)
{
  ob_herald_note_shown (self->members->herald, place);
}

char *
ob_broker_dup_news_place (ObBroker *self)
{
  return ob_herald_dup_place (self->members->herald);
}

void
ob_broker_note_news_seen (ObBroker *self)
{
  ob_herald_note_seen (self->members->herald);
}

/* --- Life --- */

ObBroker *
ob_broker_new (ObDatabase *database, ObSpool *spool, ObSecrets *secrets, ObTokens *tokens, ObClock *clock,
               GPtrArray *watchers, const ObRunner *runner, GError **error)
{
  g_autoptr (ObBroker) self = g_object_new (OB_TYPE_BROKER, NULL);

  self->clock = clock;
  self->members = ob_members_new (database, spool, secrets, tokens, clock, watchers, runner, &members_events, self);

  return ob_members_load (self->members, error) ? g_steal_pointer (&self) : NULL;
}

void
ob_broker_start (ObBroker *self)
{
  self->is_started = TRUE;
  ob_members_start (self->members);
}

void
ob_broker_stop (ObBroker *self)
{
  if (!self->is_started)
    return;
  self->is_started = FALSE;
  ob_members_stop (self->members);
}

static void
ob_broker_finalize (GObject *object)
{
  ObBroker *self = OB_BROKER (object);

  ob_broker_stop (self);
  if (self->members)
    ob_members_free (self->members);
  g_clear_pointer (&self->between, g_ptr_array_unref);
  G_OBJECT_CLASS (ob_broker_parent_class)->finalize (object);
}

static void
ob_broker_init (ObBroker *self)
{
  self->between = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_upload_free);
}

static void
ob_broker_class_init (ObBrokerClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ob_broker_finalize;
  signals[ADDED] = g_signal_new ("added", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[CHANGED]
      = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[REMOVED] = g_signal_new ("removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                   G_TYPE_POINTER, G_TYPE_INT64);
  signals[HOLDS_CHANGED] = g_signal_new ("holds-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[APPS_CHANGED] = g_signal_new ("apps-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[COUNTS_CHANGED]
      = g_signal_new ("counts-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[REMIND] = g_signal_new ("remind", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[NEWS] = g_signal_new ("news", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}
