/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker's life, and what it tells after a commit. Owns what broker-private.h says. Main thread.
 */
#include "broker/broker-private.h"

#include "store/destinations.h"
#include "store/journal.h"
#include "store/media-type.h"

enum
{
  ADDED,
  CHANGED,
  REMOVED,
  HOLDS_CHANGED,
  COUNTS_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (ObBroker, ob_broker, G_TYPE_OBJECT)

/* Returns: (transfer full) (nullable): NULL where there is nothing to tell, or nobody. */
static ObUpload *
read_to_tell (ObBroker *self, const char *id, guint signal)
{
  return g_signal_has_handler_pending (self, signal, 0, FALSE) ? ob_uploads_get (self->database, id, NULL) : NULL;
}

/* It has begun, nothing holds it, and no attempt has it: at most until what starts is chosen, it may be between two of them. */
static gboolean
is_between_attempts (ObBroker *self, const ObUpload *upload)
{
  return upload->stored == OB_STORED_QUEUED && upload->attempts > 0
         && ob_status_board_get (self->board, upload).state == OUTBOX_STATE_QUEUED;
}

/* Those that may be between two attempts go to @between, if that is given. */
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

/* Whatever did not start waits its turn indeed; the others are told of when it is on the disk that they go on. */
static void
tell_those_that_wait (ObBroker *self, GPtrArray *between)
{
  for (guint i = 0; i < between->len; i++)
    {
      const ObUpload *upload = between->pdata[i];

      if (!ob_runs_has (self->runs, upload->id))
        g_signal_emit (self, signals[CHANGED], 0, upload);
    }
}

static void
on_telling (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    tell_upload (pending->owner, pending->id, FALSE, NULL);
}

void
ob_broker_tell_after (ObBroker *self, const char *id)
{
  ob_queue_after_all (self->queue, on_telling, ob_pending_new (self, id));
}

void
ob_broker_tell_holds (ObBroker *self)
{
  g_signal_emit (self, signals[HOLDS_CHANGED], 0);
  g_signal_emit (self, signals[COUNTS_CHANGED], 0);
}

/* --- Members, in the order in which they are called --- */

static void
tell_changes (gpointer member, const ObChanges *changes)
{
  ObBroker *self = member;
  GHashTableIter iter;
  gpointer id, is_new;

  g_ptr_array_set_size (self->between, 0);
  g_hash_table_iter_init (&iter, changes->touched);
  while (g_hash_table_iter_next (&iter, &id, &is_new))
    tell_upload (self, id, GPOINTER_TO_INT (is_new), self->between);
  if (changes->are_holds_touched)
    ob_broker_tell_holds (self);
  else
    g_signal_emit (self, signals[COUNTS_CHANGED], 0);
}

static void
tell_trouble (gpointer member)
{
  /* A restriction is obeyed before it is recorded: what holds now may not be what was told last. */
  ob_broker_tell_holds (member);
}

static const ObMember telling = { .flushed = tell_changes, .troubled = tell_trouble };

static void
go_on (gpointer member, const ObChanges *changes)
{
  ObBroker *self = member;

  tell_those_that_wait (self, self->between);
  if (ob_runs_count (self->runs) == 0 && ob_intake_is_idle (self->intake))
    ob_gate_let_go (self->gate);
}

/* After it is chosen what starts. */
static const ObMember rest = { .flushed = go_on };

ObBroker *
ob_broker_new (ObDatabase *database, ObSpool *spool, ObClock *clock, GPtrArray *watchers, const ObRunner *runner,
               GError **error)
{
  g_autoptr (ObBroker) self = g_object_new (OB_TYPE_BROKER, NULL);

  self->database = database;
  self->spool = spool;
  self->clock = clock;
  self->queue = ob_queue_new (database, clock);
  ob_queue_join (self->queue, &telling, self);
  /* Before the others: while it cannot write, nobody else is woken. */
  self->storage = ob_storage_new (self->queue, spool, &ob_broker_storage_events, self);
  ob_queue_join (self->queue, &ob_storage_member, self->storage);
  self->destinations = ob_destination_table_new (self->queue, &ob_broker_destination_events, self);
  ob_queue_join (self->queue, &ob_destination_table_member, self->destinations);
  self->settings_file = ob_settings_file_new (self->queue, spool, self->destinations);
  self->trials = ob_trials_new (self->destinations, clock, &ob_broker_trials_facts, self);
  self->row_repair = ob_row_repair_new (self->queue, spool, self->destinations, self->settings_file,
                                        &ob_broker_row_repair_host, self);
  self->knocks = ob_knocks_new (self->queue, self->destinations, runner, &ob_broker_knocks_facts, self);
  ob_queue_join (self->queue, &ob_knocks_member, self->knocks);
  self->gate = ob_gate_new (self->queue, self->destinations, watchers, &ob_broker_gate_events, self);
  ob_queue_join (self->queue, &ob_gate_member, self->gate);
  self->runs = ob_runs_new (&(ObRunsTools){ self->queue, spool, self->storage, self->destinations, self->gate,
                                            self->knocks, self->trials, runner },
                            &ob_broker_runs_host, self);
  ob_queue_join (self->queue, &ob_runs_member, self->runs);
  self->commands = ob_commands_new (&(ObCommandsTools){ self->queue, self->destinations, self->gate, self->runs,
                                                        self->storage, self->settings_file },
                                    &ob_broker_commands_events, self);
  ob_queue_join (self->queue, &ob_commands_member, self->commands);
  ob_queue_join (self->queue, &rest, self);
  ob_queue_join (self->queue, &ob_waits_member, self->queue);
  self->board = ob_status_board_new (self->queue, self->destinations, self->storage, &ob_broker_status_facts, self);
  self->retention = ob_retention_new (self->queue, spool, &ob_broker_retention_facts, self);
  ob_queue_join (self->queue, &ob_retention_member, self->retention);
  self->ingest = ob_ingest_new (spool);
  self->recordings = ob_recordings_new (self->queue, spool, self->ingest, &ob_broker_recordings_host, self);
  ob_queue_join (self->queue, &ob_recordings_member, self->recordings);
  self->intake = ob_intake_new (self->queue, spool, self->ingest, self->destinations, self->recordings,
                                &ob_broker_intake_host, self);
  self->recovery = ob_recovery_new (self->queue, spool, self->recordings, self->intake, self->retention,
                                    &ob_broker_recovery_host, self);
  ob_queue_join (self->queue, &ob_recovery_member, self->recovery);
  if (!ob_queue_load (self->queue, error))
    return NULL;
  if (g_hash_table_size (ob_broker_get_destinations (self)) == 0)
    ob_settings_file_restore (self->settings_file);

  return g_steal_pointer (&self);
}

void
ob_broker_take_up (ObBroker *self)
{
  ob_recovery_take_up (self->recovery);
  ob_recordings_review (self->recordings);
  ob_gate_take_up (self->gate);
  ob_retention_check_copies (self->retention);
  ob_commands_take_up (self->commands);
}

void
ob_broker_start (ObBroker *self)
{
  ob_runs_start (self->runs);
  self->is_started = TRUE;
  ob_storage_start (self->storage);
  ob_gate_start (self->gate);
  ob_retention_start (self->retention);
  ob_recordings_start (self->recordings);
  ob_broker_take_up (self);
  ob_gate_review (self->gate);
  ob_queue_start_alarm (self->queue);
  ob_recovery_start (self->recovery);
}

void
ob_broker_stop (ObBroker *self)
{
  if (!self->is_started)
    return;
  self->is_started = FALSE;
  ob_runs_stop (self->runs);
  ob_intake_stop (self->intake);
  ob_recordings_stop (self->recordings);
  ob_row_repair_stop (self->row_repair);
  ob_recovery_stop (self->recovery);
  ob_gate_stop (self->gate);
  ob_storage_stop (self->storage);
  ob_retention_stop (self->retention);
  ob_queue_stop_alarm (self->queue);
  ob_knocks_stop (self->knocks);
  ob_commands_stop (self->commands);
  ob_runs_end (self->runs);
  ob_intake_end (self->intake);
  ob_queue_commit (self->queue);
}

static void
ob_broker_finalize (GObject *object)
{
  ObBroker *self = OB_BROKER (object);

  ob_broker_stop (self);
  g_clear_pointer (&self->ingest, ob_ingest_free);
  g_clear_pointer (&self->queue, ob_queue_free);
  g_clear_pointer (&self->recovery, ob_recovery_free);
  g_clear_pointer (&self->intake, ob_intake_free);
  g_clear_pointer (&self->recordings, ob_recordings_free);
  g_clear_pointer (&self->retention, ob_retention_free);
  g_clear_pointer (&self->board, ob_status_board_free);
  g_clear_pointer (&self->storage, ob_storage_free);
  g_clear_pointer (&self->commands, ob_commands_free);
  g_clear_pointer (&self->row_repair, ob_row_repair_free);
  g_clear_pointer (&self->settings_file, ob_settings_file_free);
  g_clear_pointer (&self->runs, ob_runs_free);
  g_clear_pointer (&self->trials, ob_trials_free);
  g_clear_pointer (&self->destinations, ob_destination_table_free);
  g_clear_pointer (&self->between, g_ptr_array_unref);
  g_clear_pointer (&self->gate, ob_gate_free);
  g_clear_pointer (&self->knocks, ob_knocks_free);
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
  signals[COUNTS_CHANGED]
      = g_signal_new ("counts-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

GHashTable *
ob_broker_get_destinations (ObBroker *self)
{
  return ob_destination_table_get_all (self->destinations);
}

ObUpload *
ob_broker_get (ObBroker *self, const char *id, GError **error)
{
  return ob_uploads_get (self->database, id, error);
}

char *
ob_broker_dup_sequence (ObBroker *self, gint64 sequence)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, ob_database_get_epoch (self->database), sequence);
}

guint64
ob_broker_get_sent_bytes (ObBroker *self, const ObUpload *upload)
{
  return ob_runs_get_sent_bytes (self->runs, upload);
}

void
ob_broker_after_commit (ObBroker *self, void (*effect) (const GError *error, gpointer user_data), gpointer user_data)
{
  ob_queue_after_all (self->queue, effect, user_data);
}

gint64
ob_broker_get_last_sequence (ObBroker *self)
{
  return ob_journal_get_last (self->database);
}

gint64
ob_broker_get_now_ms (ObBroker *self)
{
  return ob_clock_get_now_ms (self->clock);
}

/* --- The gate's, for those outside --- */

ObRules *
ob_broker_get_rules (ObBroker *self)
{
  return ob_gate_get_rules (self->gate);
}

void
ob_broker_set_rules (ObBroker *self, ObRules *rules)
{
  ob_gate_set_rules (self->gate, rules);
}

void
ob_broker_set_zone (ObBroker *self, GTimeZone *zone)
{
  ob_gate_set_zone (self->gate, zone);
}

const ObConditions *
ob_broker_get_conditions (ObBroker *self)
{
  return ob_gate_get_conditions (self->gate);
}

GStrv
ob_broker_list_sources (ObBroker *self)
{
  return ob_gate_list_sources (self->gate);
}

guint64
ob_broker_get_metered_bytes (ObBroker *self)
{
  return ob_gate_get_metered_bytes (self->gate);
}

void
ob_broker_allow_network (ObBroker *self, ObCommandDone done, gpointer user_data)
{
  ob_gate_allow_network (self->gate, done, user_data);
}

/* --- What it is started with --- */

gboolean
ob_broker_has_media_types (ObBroker *self)
{
  return ob_media_type_has_database ();
}

void
ob_broker_miss_queue (ObBroker *self, const char *words, void (*on_given_up) (gpointer user_data), gpointer user_data)
{
  ob_storage_miss_queue (self->storage, words, on_given_up, user_data);
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
