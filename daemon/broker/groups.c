/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands for groups. A pause writes one row to the journal, however large the group is. Main thread.
 */
#include "broker/broker-private.h"

#include "dbus/error.h"
#include "store/journal.h"

#define KEYS_MAX 1000
#define SEND_AT_ONCE 1000

static gboolean
is_in_group (const ObUpload *upload, const char *name)
{
  g_autofree char *own = upload->group ? ob_group_dup_name (upload->group_app, upload->group) : NULL;

  return g_strcmp0 (own, name) == 0;
}

/* Stops the group's attempts gently; there are few, however large the group is. */
static void
on_group_paused (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObBroker *self = pending->owner;
  g_autoptr (GPtrArray) actives = ob_runs_list (self->runs);

  for (guint i = 0; !error && i < actives->len; i++)
    {
      const ObActive *active = actives->pdata[i];
      g_autoptr (ObUpload) upload = ob_uploads_get (self->database, active->id, NULL);

      if (upload && upload->is_group_paused && is_in_group (upload, pending->id))
        ob_stop_ask (active->stop, OB_STOP_GENTLY);
    }
}

static gboolean
pause_one (ObBroker *self, const ObGroup *group, gboolean is_paused, GError **error)
{
  g_autofree char *name = ob_group_dup_name (group->app, group->key);
  OutboxReasonSet reasons = is_paused ? OUTBOX_REASON_BIT (OUTBOX_REASON_USER) : 0;

  if (is_paused)
    ob_queue_after (self->queue, on_group_paused, ob_pending_new (self, name));

  return ob_groups_set_paused (self->database, group->app, group->key, is_paused, error)
         && (group->is_paused == is_paused
             || ob_journal_append_hold (self->database, ob_broker_get_now_ms (self), OUTBOX_SCOPE_GROUP, name, reasons,
                                        NULL, error)
                    > 0);
}

/* Files that are still coming in, and later ones, get the group's word when they join. */
static gboolean
send_now_one (ObBroker *self, const ObGroup *group, GError **error)
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
            && !ob_broker_send_one_now (self, uploads->pdata[i], error))
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
  ObBroker *broker;
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
      g_autoptr (ObGroup) group = ob_groups_find (command->broker->database, NULL, *names, error);

      if (!group || !send_now_one (command->broker, group, error))
        return FALSE;
    }

  return TRUE;
}

void
ob_broker_send_groups_now (ObBroker *self, const char *const *names, ObCommandDone done, gpointer user_data)
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
      g_autoptr (ObGroup) group = ob_groups_find (command->broker->database, command->app, *names, error);

      if (!group || !pause_one (command->broker, group, is_paused, error))
        return FALSE;
    }
  ob_settings_file_save_after (command->broker->settings_file);
  ob_queue_touch_holds (command->broker->queue);

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
ob_broker_pause_groups (ObBroker *self, const char *app, const char *const *names, gboolean is_paused,
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
