/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands for one upload and for the whole queue, and the life of the commands. Main thread.
 */
#include "broker/commands-private.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/follow-ups.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/uploads.h"
#include "transfer/outcome.h"

/* Uploads of a group that one statement looks at. */
#define ROWS_AT_ONCE 100

static gboolean
load (gpointer member, GError **error)
{
  ObCommands *self = member;

  self->is_paused = ob_meta_get_number (self->database, "paused") != 0;

  return TRUE;
}

const ObMember ob_commands_member = { .load = load };

ObCommands *
ob_commands_new (const ObCommandsTools *tools, const ObCommandsEvents *events, gpointer user_data)
{
  ObCommands *self = g_new0 (ObCommands, 1);

  self->queue = tools->queue;
  self->database = ob_queue_get_database (tools->queue);
  self->destinations = tools->destinations;
  self->gate = tools->gate;
  self->runs = tools->runs;
  self->spool = tools->spool;
  self->storage = tools->storage;
  self->settings = tools->settings;
  self->events = events;
  self->user_data = user_data;
  self->batches = g_queue_new ();
  self->waiters = g_array_new (FALSE, FALSE, sizeof (ObWaiter));

  return self;
}

void
ob_commands_free (ObCommands *self)
{
  g_clear_handle_id (&self->sweep_source, g_source_remove);
  g_array_unref (self->waiters);
  g_queue_free (self->batches);
  g_free (self);
}

/* --- Uploads that follow their group --- */

/* Stops the group's attempts gently; there are few, however large the group is. */
static void
pause_attempts (ObCommands *self, const ObGroup *group)
{
  g_autoptr (GPtrArray) actives = ob_runs_list (self->runs);

  for (guint i = 0; i < actives->len; i++)
    {
      const ObActive *active = actives->pdata[i];
      g_autoptr (ObUpload) upload = ob_uploads_get (self->database, active->id, NULL);

      if (upload && upload->is_group_paused && ob_upload_is_in_group (upload, group->app, group->key))
        ob_runs_pause_one_after (self->runs, upload->id);
    }
}

gboolean
ob_commands_sweep (ObCommands *self, ObGroup *group, gint64 end_us, GError **error)
{
  do
    if (!ob_groups_sweep (self->database, group, ROWS_AT_ONCE, error))
      return FALSE;
  while (group->swept_number >= 0 && (end_us == 0 || g_get_monotonic_time () < end_us));
  if (group->is_paused)
    pause_attempts (self, group);

  return TRUE;
}

/* --- One upload --- */

static gboolean
wrong_state (const ObUpload *upload, const char *sentence, GError **error)
{
  g_autofree char *words = ob_text_dup_filled (sentence, upload->id, NULL);

  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, words);

  return FALSE;
}

/* Records a change that does not change the state. */
static gboolean
note_change (ObCommands *self, ObUpload *upload, const char *event, GError **error)
{
  upload->updated_at_ms = ob_queue_get_now_ms (self->queue);
  upload->sequence = ob_journal_append (self->database, upload->updated_at_ms, upload, event, upload->stored,
                                        OUTBOX_REASON_NONE, NULL, error);

  return upload->sequence > 0 && ob_uploads_update (self->database, upload, error);
}

static gboolean
is_group_being_sent (ObCommands *self, const ObUpload *upload)
{
  g_autoptr (ObGroup) group
      = upload->group ? ob_groups_get (self->database, upload->group_app, upload->group, NULL) : NULL;

  return group && group->sent_number >= 0;
}

static gboolean
pause_one (ObCommands *self, ObUpload *upload, GError **error)
{
  ob_runs_pause_one_after (self->runs, upload->id);
  if (!ob_passes_end (ob_gate_get_passes (self->gate), OUTBOX_SCOPE_UPLOAD, "", upload->id, error))
    return FALSE;
  /* If its group is being sent now, the row tells that this was said later. */
  if (upload->is_paused && !is_group_being_sent (self, upload))
    return TRUE;
  upload->is_paused = TRUE;

  return note_change (self, upload, "paused", error);
}

static gboolean
resume_one (ObCommands *self, ObUpload *upload, GError **error)
{
  /* Without a time: it follows its rule again, and no pause comes back. */
  if (ob_pass_is_in (upload->sent_on)
      && (!ob_passes_end (ob_gate_get_passes (self->gate), OUTBOX_SCOPE_UPLOAD, "", upload->id, error)
          || !ob_gate_end_pass (self->gate, upload, error)))
    return FALSE;
  if (!upload->is_paused)
    return TRUE;
  upload->is_paused = FALSE;
  upload->progress_at_ms = ob_queue_get_now_ms (self->queue);

  return note_change (self, upload, "resumed", error);
}

/* Returns: whether the server has every byte and only the confirmation failed, so that the server's copy must stay. */
static gboolean
is_only_unconfirmed (const ObUpload *upload)
{
  return upload->reason == OUTBOX_REASON_NOT_ATTACHED
         || (upload->server_url && upload->offset_bytes == upload->size_bytes && upload->size_bytes > 0);
}

/* The server has other bytes at the upload URL than were handed over, or may have: has it delete them, and sends the file anew. */
static gboolean
begin_anew (ObCommands *self, ObUpload *upload, GError **error)
{
  const ObFollowUp termination = { .kind = OB_FOLLOW_UP_TERMINATION,
                                   .id = upload->id,
                                   .destination = upload->destination,
                                   .server_url = upload->server_url,
                                   .asked_at_ms = upload->progress_at_ms };

  /* What a server says is gone needs no deletion, and what it has in its place is not this device's. */
  if (upload->server_url && upload->reason != OUTBOX_REASON_GONE
      && !ob_follow_ups_save (self->database, &termination, error))
    return FALSE;
  g_clear_pointer (&upload->server_url, g_free);
  ob_verification_set (&upload->verified, NULL, NULL, OUTBOX_RUNG_NONE, 0);
  upload->offset_bytes = upload->furthest_bytes = 0;
  upload->checked = (ObChecked){ 0 };
  upload->losses = 0;

  return note_change (self, upload, "anew", error);
}

/* Neither branch makes it done: both ask the server first. */
static gboolean
retry_failed (ObCommands *self, ObUpload *upload, GError **error)
{
  gboolean is_wrong = upload->reason == OUTBOX_REASON_GONE
                      || (upload->reason == OUTBOX_REASON_NOT_ATTACHED && ob_code_sends_anew (upload->last_error.code));
  ObStored to = is_only_unconfirmed (upload) && !is_wrong ? OB_STORED_CONFIRMING : OB_STORED_QUEUED;

  return (!is_wrong || begin_anew (self, upload, error))
         && ob_journal_move (self->database, upload, to, OUTBOX_REASON_NONE,
                             is_wrong ? S_ ("retried by a person: sent anew") : S_ ("retried by a person"),
                             upload->progress_at_ms, error);
}

/* A person's tap ends every back-off, the destination's too. */
static gboolean
retry_one (ObCommands *self, ObUpload *upload, GError **error)
{
  ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);

  if (!ob_destination_table_hasten (self->destinations, destination, S_ ("retried by a person"), error))
    return FALSE;
  upload->retry_at_ms = 0;
  upload->failures = 0;
  upload->progress_at_ms = ob_queue_get_now_ms (self->queue);
  if (upload->stored == OB_STORED_FAILED)
    return retry_failed (self, upload, error);

  return note_change (self, upload, "retried", error);
}

/* A sweep that comes to an upload later must not take back what a person says of it now. */
static gboolean
end_sweep_of (ObCommands *self, const ObUpload *upload, GError **error)
{
  g_autoptr (ObGroup) group
      = upload->group ? ob_groups_get (self->database, upload->group_app, upload->group, NULL) : NULL;

  return !group || group->swept_number < 0 || ob_commands_sweep (self, group, 0, error);
}

/* Ends every hold, except those that only a network can end, and sets the rule aside for that network. */
gboolean
ob_commands_send_one_of_group (ObCommands *self, ObUpload *upload, const char *network, GError **error)
{
  upload->is_paused = FALSE;
  upload->not_before_ms = 0;

  return ob_groups_release_one (self->database, upload->id, error) && retry_one (self, upload, error)
         && ob_gate_send_now (self->gate, upload, network, error);
}

/* Those that are paused have a pass of their own, by which their pause comes back. @number: of the pass of the others, before that */
static gboolean
send_one_for (ObCommands *self, ObUpload *upload, gint64 number, GError **error)
{
  const ObPass *pass = ob_passes_find_in (ob_gate_get_passes (self->gate), upload->sent_on);
  const gboolean was_paused = upload->is_paused || upload->is_group_paused || (pass && pass->pauses);
  g_autofree char *sent_on = ob_pass_dup_sent_on (number + was_paused);

  return ob_commands_send_one_of_group (self, upload, sent_on, error);
}

static gboolean
set_priority_one (ObCommands *self, ObUpload *upload, gint priority, GError **error)
{
  upload->priority = priority;

  return note_change (self, upload, "priority", error);
}

/* A removal, to be told once it is on the disk. */
typedef struct
{
  ObCommands *commands;
  ObUpload *upload; /* as it was before */
  gint64 sequence;
} Removal;

static void
on_removed (const GError *error, gpointer user_data)
{
  Removal *removal = user_data;
  const ObCommands *self = removal->commands;

  if (!error)
    self->events->removed (removal->upload, removal->sequence, self->user_data);
  ob_upload_free (removal->upload);
  g_free (removal);
}

/* Has the server delete a part of a file; a whole file there stays. */
gboolean
ob_commands_want_termination (ObCommands *self, const ObUpload *upload, GError **error)
{
  const ObFollowUp termination = { .kind = OB_FOLLOW_UP_TERMINATION,
                                   .id = upload->id,
                                   .destination = upload->destination,
                                   .server_url = upload->server_url,
                                   .asked_at_ms = ob_queue_get_now_ms (self->queue) };

  return !upload->server_url || upload->stored == OB_STORED_DONE || upload->stored == OB_STORED_CONFIRMING
         || is_only_unconfirmed (upload) || ob_follow_ups_save (self->database, &termination, error);
}

gboolean
ob_commands_forget (ObCommands *self, const ObUpload *upload, const char *why, GError **error)
{
  gint64 sequence = ob_journal_append (self->database, ob_queue_get_now_ms (self->queue), upload, "removed",
                                       upload->stored, OUTBOX_REASON_NONE, why, error);
  g_autoptr (ObUpload) last = sequence > 0 ? ob_uploads_get (self->database, upload->id, error) : NULL;
  Removal *removal;

  if (!last || !ob_uploads_delete (self->database, upload->id, error))
    return FALSE;
  removal = g_new0 (Removal, 1);
  removal->commands = self;
  removal->upload = g_steal_pointer (&last);
  removal->sequence = sequence;
  ob_queue_after (self->queue, on_removed, removal);

  return TRUE;
}

gboolean
ob_commands_may (ObCommand command, const ObUpload *upload, GError **error)
{
  const gboolean is_send = command == OB_COMMAND_SEND_NOW || command == OB_COMMAND_SEND_FOR;

  if (command == OB_COMMAND_PAUSE && (upload->stored == OB_STORED_DONE || upload->stored == OB_STORED_FAILED))
    return wrong_state (upload, S_ ("Upload %s has arrived or has failed, and cannot be paused"), error);
  if (is_send && upload->stored == OB_STORED_SAVING)
    return wrong_state (upload, S_ ("Upload %s is still being saved, and cannot be sent yet"), error);
  if ((command == OB_COMMAND_RETRY || is_send) && upload->stored == OB_STORED_DONE)
    return wrong_state (upload, S_ ("Upload %s has arrived, and cannot be retried"), error);
  if ((command == OB_COMMAND_RETRY || is_send) && upload->stored == OB_STORED_FAILED
      && upload->reason == OUTBOX_REASON_GONE && !upload->has_local_copy)
    return wrong_state (upload,
                        S_ ("Upload %s cannot be sent again, since this device has no copy of it: add the file again"),
                        error);
  if ((command == OB_COMMAND_VERIFY || command == OB_COMMAND_FREE) && upload->stored != OB_STORED_DONE)
    return wrong_state (upload, S_ ("Upload %s cannot be verified before the server has confirmed it"), error);
  if (command == OB_COMMAND_FREE && !upload->has_local_copy)
    return wrong_state (upload, S_ ("Upload %s cannot be freed, since this device has no copy of it"), error);

  return TRUE;
}

gboolean
ob_commands_do_one (ObCommands *self, ObCommand command, ObUpload *upload, gint value, GError **error)
{
  switch (command)
    {
    case OB_COMMAND_PAUSE:
      return pause_one (self, upload, error);
    case OB_COMMAND_RESUME:
      return resume_one (self, upload, error);
    case OB_COMMAND_RETRY:
      return retry_one (self, upload, error);
    case OB_COMMAND_REMOVE:
      return ob_commands_want_termination (self, upload, error)
             && ob_commands_forget (self, upload, upload->name, error);
    case OB_COMMAND_SEND_NOW:
      return end_sweep_of (self, upload, error) && ob_commands_send_one_of_group (self, upload, NULL, error);
    case OB_COMMAND_SEND_FOR:
      return end_sweep_of (self, upload, error) && send_one_for (self, upload, value, error);
    case OB_COMMAND_VERIFY:
      return ob_runs_want_check (self->runs, upload, FALSE, error) && note_change (self, upload, "verify", error);
    case OB_COMMAND_FREE:
      return ob_runs_want_check (self->runs, upload, TRUE, error) && note_change (self, upload, "free", error);
    case OB_COMMAND_SET_PRIORITY:
    default:
      return set_priority_one (self, upload, value, error);
    }
}

/* --- The queue as a whole --- */

gboolean
ob_commands_tell_queue (ObCommands *self, gboolean is_paused, GError **error)
{
  self->is_paused = is_paused;
  ob_settings_file_save_after (self->settings);
  if (is_paused)
    ob_runs_pause_for_after (self->runs, NULL);
  else
    ob_storage_give_up_queue_after (self->storage);
  ob_gate_want_review (self->gate);

  return ob_passes_end (ob_gate_get_passes (self->gate), OUTBOX_SCOPE_QUEUE, "", "", error)
         && ob_meta_set_number (self->database, "paused", is_paused, error)
         && ob_storage_record_queue_reasons (self->storage, NULL, error);
}

static gboolean
pause_queue (gpointer user_data, GError **error)
{
  return ob_commands_tell_queue (user_data, TRUE, error);
}

static gboolean
resume_queue (gpointer user_data, GError **error)
{
  return ob_commands_tell_queue (user_data, FALSE, error);
}

void
ob_commands_pause_queue (ObCommands *self, gboolean is_paused, ObCommandDone done, gpointer user_data)
{
  ob_queue_command (self->queue, is_paused ? pause_queue : resume_queue, self, done, user_data);
}

gboolean
ob_commands_is_queue_paused (ObCommands *self)
{
  return self->is_paused;
}
