/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands for groups. A pause writes one row to the journal, however large the group is. Main thread.
 */
#include "broker/commands-private.h"

#include "dbus/error.h"
#include "store/groups.h"
#include "store/journal.h"
#include "store/uploads.h"

#define KEYS_MAX 1000
#define SEND_AT_ONCE 1000

/* The group's row says it at once; its uploads follow by a sweep. */
static gboolean
pause_one (ObCommands *self, ObGroup *group, gboolean is_paused, GError **error)
{
  const gboolean is_new = group->is_paused != is_paused;
  g_autofree char *name = ob_group_dup_name (group->app, group->key);
  OutboxReasonSet reasons = is_paused ? OUTBOX_REASON_BIT (OUTBOX_REASON_USER) : 0;

  group->is_paused = is_paused;
  group->swept_number = 0;

  return ob_groups_set_paused (self->database, group->app, group->key, is_paused, error)
         && (!is_new
             || ob_journal_append_hold (self->database, ob_queue_get_now_ms (self->queue), OUTBOX_SCOPE_GROUP, name,
                                        reasons, NULL, error)
                    > 0);
}

/* Files that are still being saved, and later ones, are sent now when they join the group (see ob_gate_admit()). */
static gboolean
send_now_one (ObCommands *self, const ObGroup *group, GError **error)
{
  const ObUploadsFilter filter = { .group = group->key, .group_app = group->app, .is_unfinished = TRUE };
  gint64 after = 0;

  if (!ob_groups_set_sent_now (self->database, group->app, group->key, ob_gate_get_network (self->gate), error))
    return FALSE;
  do
    {
      g_autoptr (GPtrArray) uploads = ob_uploads_list (self->database, &filter, &after, SEND_AT_ONCE, error);

      for (guint i = 0; uploads && i < uploads->len; i++)
        if (((const ObUpload *) uploads->pdata[i])->stored != OB_STORED_SAVING
            && !ob_commands_send_one_now (self, uploads->pdata[i], error))
          return FALSE;
      if (!uploads)
        return FALSE;
    }
  while (after > 0);

  return TRUE;
}

/* The arguments of a command for groups. */
typedef struct
{
  ObCommands *commands;
  const char *app; /* or NULL */
  const char *const *names;
  gboolean is_unfinished; /* not all uploads follow their group yet */
} Command;

/* Errors: InvalidArgument. */
static gboolean
are_few (const char *const *names, GError **error)
{
  if (g_strv_length ((GStrv) names) <= KEYS_MAX)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "At most %d groups in one call", KEYS_MAX);

  return FALSE;
}

static gboolean
send_now (gpointer user_data, GError **error)
{
  const Command *command = user_data;

  for (const char *const *names = command->names; *names; names++)
    {
      g_autoptr (ObGroup) group = ob_groups_find (command->commands->database, NULL, *names, error);

      if (!group || !send_now_one (command->commands, group, error))
        return FALSE;
    }

  return TRUE;
}

void
ob_commands_send_groups_now (ObCommands *self, const char *const *names, ObCommandDone done, gpointer user_data)
{
  Command command = { self, NULL, names, FALSE };
  g_autoptr (GError) error = NULL;

  if (*ob_gate_get_network (self->gate) == '\0')
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, "There is no network");
  if (error || !are_few (names, &error))
    {
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, send_now, &command, done, user_data);
}

/* Sweeps the first group here, however slow the machine is, so that a small one is paused by one commit or not at all. Others
 * are swept here as long as there is time, else in later slices. */
static gboolean
set_paused (Command *command, gboolean is_paused, GError **error)
{
  const gint64 end_us = ob_commands_get_slice_end_us ();

  for (const char *const *names = command->names; *names; names++)
    {
      g_autoptr (ObGroup) group = ob_groups_find (command->commands->database, command->app, *names, error);

      if (!group || !pause_one (command->commands, group, is_paused, error)
          || ((names == command->names || g_get_monotonic_time () < end_us)
              && !ob_commands_sweep (command->commands, group, end_us, error)))
        return FALSE;
      command->is_unfinished |= group->swept_number >= 0;
    }
  ob_settings_file_save_after (command->commands->settings);
  ob_queue_touch_holds (command->commands->queue);

  return TRUE;
}

static gboolean
pause_all (gpointer user_data, GError **error)
{
  return set_paused (user_data, TRUE, error);
}

static gboolean
resume_all (gpointer user_data, GError **error)
{
  return set_paused (user_data, FALSE, error);
}

void
ob_commands_pause_groups (ObCommands *self, const char *app, const char *const *names, gboolean is_paused,
                          ObCommandDone done, gpointer user_data)
{
  Command command = { self, app, names, FALSE };
  g_autoptr (GError) error = NULL;

  if (!are_few (names, &error))
    {
      done (error, user_data);
      return;
    }
  if (!ob_queue_do (self->queue, OB_TURN_SOON, is_paused ? pause_all : resume_all, &command, &error))
    done (error, user_data);
  else if (command.is_unfinished)
    ob_commands_sweep_after (self, done, user_data);
  else
    ob_queue_answer_after (self->queue, done, user_data);
}
