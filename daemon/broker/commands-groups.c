/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands for groups: for a few at once, for many by a batch. Main thread.
 */
#include "broker/commands-private.h"

#include "dbus/error.h"

#define KEYS_MAX 1000

/* So many groups get a word with one commit. */
#define GROUPS_AT_ONCE 50

/* The arguments of a command for groups. */
typedef struct
{
  ObCommands *commands;
  const char *app; /* or NULL */
  ObWord word;
  const char *const *names;
  gboolean is_unfinished; /* not all uploads follow their group yet */
} Command;

/* Has uploads follow the word that their group just got. A send-now ends a pause that is on its way first. */
static gboolean
follow (ObCommands *self, ObGroup *group, gint64 end_us, GError **error)
{
  if (group->swept_number >= 0 && !ob_commands_sweep (self, group, end_us, error))
    return FALSE;

  return group->swept_number >= 0 || group->sent_number < 0 || ob_commands_send_some (self, group, end_us, error);
}

/* Has the first group's uploads follow here, however slow the machine is, so that a small one is told by one commit or not at all.
 * Others follow here as long as there is time, else in later slices. */
static gboolean
tell_all (gpointer user_data, GError **error)
{
  Command *command = user_data;
  const gint64 end_us = ob_commands_get_slice_end_us ();

  for (const char *const *names = command->names; *names; names++)
    {
      g_autoptr (ObGroup) group
          = ob_commands_find_group (command->commands, command->app, command->word, *names, error);

      if (!group || !ob_commands_tell_group (command->commands, group, command->word, error)
          || ((names == command->names || g_get_monotonic_time () < end_us)
              && !follow (command->commands, group, end_us, error)))
        return FALSE;
      command->is_unfinished |= group->swept_number >= 0 || group->sent_number >= 0;
    }
  if (command->word != OB_WORD_SEND_NOW)
    ob_settings_file_save_after (command->commands->settings);

  return TRUE;
}

static gboolean
check_all (const Command *command, GError **error)
{
  for (const char *const *names = command->names; *names; names++)
    {
      g_autoptr (ObGroup) group
          = ob_commands_find_group (command->commands, command->app, command->word, *names, error);

      if (!group)
        return FALSE;
    }

  return TRUE;
}

static void
tell_at_once (Command *command, ObCommandDone done, gpointer user_data)
{
  ObCommands *self = command->commands;
  g_autoptr (GError) error = NULL;

  /* Check before writing, since a rollback has every member read its memory again. */
  if (!check_all (command, &error) || !ob_queue_do (self->queue, OB_TURN_SOON, tell_all, command, &error))
    done (error, user_data);
  else if (command->is_unfinished)
    ob_commands_sweep_after (self, done, user_data);
  else
    ob_queue_answer_after (self->queue, done, user_data);
}

static void
tell_groups (ObCommands *self, const char *app, ObWord word, const char *const *names, ObCommandDone done,
             gpointer user_data)
{
  Command command = { self, app, word, names, FALSE };
  guint n_names = g_strv_length ((GStrv) names);
  g_autoptr (GError) error = NULL;

  if (n_names > KEYS_MAX)
    {
      g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "At most %d groups in one call", KEYS_MAX);
      done (error, user_data);
    }
  else if (n_names <= GROUPS_AT_ONCE && !ob_commands_have_to_wait (self))
    tell_at_once (&command, done, user_data);
  else
    ob_commands_tell_groups (self, app, word, names, done, user_data);
}

void
ob_commands_send_groups_now (ObCommands *self, const char *const *names, ObCommandDone done, gpointer user_data)
{
  tell_groups (self, NULL, OB_WORD_SEND_NOW, names, done, user_data);
}

void
ob_commands_pause_groups (ObCommands *self, const char *app, const char *const *names, gboolean is_paused,
                          ObCommandDone done, gpointer user_data)
{
  tell_groups (self, app, is_paused ? OB_WORD_PAUSE : OB_WORD_RESUME, names, done, user_data);
}
