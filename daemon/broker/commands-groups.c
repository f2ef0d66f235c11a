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

static gboolean
pause_one (ObCommands *self, const ObGroup *group, gboolean is_paused, GError **error)
{
  g_autofree char *name = ob_group_dup_name (group->app, group->key);
  OutboxReasonSet reasons = is_paused ? OUTBOX_REASON_BIT (OUTBOX_REASON_USER) : 0;

  if (!ob_groups_set_paused (self->database, group->app, group->key, is_paused, error))
    return FALSE;
  if (is_paused)
    pause_attempts (self, group);

  return (group->is_paused == is_paused
          || ob_journal_append_hold (self->database, ob_queue_get_now_ms (self->queue), OUTBOX_SCOPE_GROUP, name,
                                     reasons, NULL, error)
                 > 0);
}

/* Files that are still coming in, and later ones, get the group's word when they join. */
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
  Command command = { self, NULL, names };
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

static gboolean
set_paused (const Command *command, gboolean is_paused, GError **error)
{
  for (const char *const *names = command->names; *names; names++)
    {
      g_autoptr (ObGroup) group = ob_groups_find (command->commands->database, command->app, *names, error);

      if (!group || !pause_one (command->commands, group, is_paused, error))
        return FALSE;
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
  Command command = { self, app, names };
  g_autoptr (GError) error = NULL;

  if (!are_few (names, &error))
    {
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, is_paused ? pause_all : resume_all, &command, done, user_data);
}
