/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gives one group a word: pause, resume, send now. A pause writes one row to the journal, however large the group is. Main
 * thread.
 */
#include "broker/commands-private.h"

#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/uploads.h"

/* Uploads that are read at once to be sent. */
#define SEND_AT_ONCE 50

/* The group's row says it at once; its uploads follow by a sweep. */
static gboolean
pause_one (ObCommands *self, ObGroup *group, gboolean is_paused, GError **error)
{
  const gboolean is_new = group->is_paused != is_paused;
  g_autofree char *name = ob_group_dup_name (group->app, group->key);
  OutboxReasonSet reasons = is_paused ? OUTBOX_REASON_BIT (OUTBOX_REASON_USER) : 0;

  group->is_paused = is_paused;
  group->swept_number = 0;
  ob_gate_want_review (self->gate);

  return ob_passes_end (ob_gate_get_passes (self->gate), OUTBOX_SCOPE_GROUP, group->app, group->key, error)
         && ob_groups_set_paused (self->database, group->app, group->key, is_paused, error)
         && (!is_new
             || ob_journal_append_hold (self->database, ob_queue_get_now_ms (self->queue), OUTBOX_SCOPE_GROUP, name,
                                        reasons, NULL, error)
                    > 0);
}

/* Files that are still being saved, and later ones, are sent now when they join the group (see ob_gate_admit()). */
static gboolean
send_one (ObCommands *self, ObGroup *group, GError **error)
{
  return ob_groups_set_sent_now (self->database, group, ob_gate_get_network (self->gate),
                                 ob_journal_get_last (self->database), error);
}

ObGroup *
ob_commands_find_group (ObCommands *self, const char *app, ObWord word, const char *name, GError **error)
{
  g_autoptr (ObGroup) group = ob_groups_find (self->database, app, name, error);

  if (!group || word != OB_WORD_SEND_NOW || *ob_gate_get_network (self->gate) != '\0')
    return g_steal_pointer (&group);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, S_ ("There is no network"));

  return NULL;
}

gboolean
ob_commands_tell_group (ObCommands *self, ObGroup *group, ObWord word, GError **error)
{
  if (word == OB_WORD_SEND_NOW)
    return send_one (self, group, error);
  ob_queue_touch_holds (self->queue);

  return pause_one (self, group, word == OB_WORD_PAUSE, error);
}

/* Returns: whether a person paused it after saying that the whole group is to be sent now; for a time, before that too */
static gboolean
stays_paused (ObCommands *self, const ObGroup *group, const ObUpload *upload)
{
  return upload->is_paused
         && (ob_pass_is_in (group->sent_on)
             || ob_journal_has_event_after (self->database, upload->id, "paused", group->sent_after));
}

/* Returns: whether it is sent already: it joined after the word was given */
static gboolean
is_sent (const ObGroup *group, const ObUpload *upload)
{
  return upload->stored == OB_STORED_QUEUED && g_strcmp0 (upload->sent_on, group->sent_on) == 0 && !upload->is_paused
         && !upload->is_group_paused && upload->not_before_ms == 0 && upload->retry_at_ms == 0;
}

gboolean
ob_commands_send_some (ObCommands *self, ObGroup *group, gint64 end_us, GError **error)
{
  const ObUploadsFilter filter = { .group = group->key, .group_app = group->app, .is_unfinished = TRUE };

  do
    {
      gint64 after = group->sent_number;
      g_autoptr (GPtrArray) uploads = ob_uploads_list (self->database, &filter, &after, SEND_AT_ONCE, error);

      for (guint i = 0; uploads && i < uploads->len; i++)
        {
          ObUpload *upload = uploads->pdata[i];

          if (upload->stored != OB_STORED_SAVING && !is_sent (group, upload) && !stays_paused (self, group, upload)
              && !ob_commands_send_one_of_group (self, upload, group->sent_on, error))
            return FALSE;
        }
      if (!uploads)
        return FALSE;
      group->sent_number = after > 0 ? after : -1;
    }
  while (group->sent_number >= 0 && g_get_monotonic_time () < end_us);

  return ob_groups_set_sent_number (self->database, group, error);
}
