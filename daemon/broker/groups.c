/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Groups: what people command of them, and how they stand. A pause is one row of the journal, whatever the group's size;
 * how a group stands is read from its counters. Main thread.
 */
#include "broker/broker-private.h"

#include "base/text.h"
#include "dbus/error.h"
#include "store/journal.h"

#define KEYS_MAX 1000
#define SEND_AT_ONCE 1000

/* What happens, before what waits, before what a person has to look at, before what is over. */
static const OutboxState state_order[] = {
  OUTBOX_STATE_UPLOADING, OUTBOX_STATE_SAVING, OUTBOX_STATE_CONFIRMING, OUTBOX_STATE_QUEUED,
  OUTBOX_STATE_RETRYING,  OUTBOX_STATE_PAUSED, OUTBOX_STATE_FAILED,
};

OutboxState
ob_group_state (const guint64 uploads[OUTBOX_N_STATES])
{
  for (guint i = 0; i < G_N_ELEMENTS (state_order); i++)
    if (uploads[state_order[i]] > 0)
      return state_order[i];

  return OUTBOX_STATE_DONE;
}

void
ob_group_status_clear (ObGroupStatus *status)
{
  g_clear_pointer (&status->group, ob_group_free);
}

static void
add_count (ObBroker *self, const ObCount *count, ObGroupStatus *status)
{
  const ObStatus own = ob_broker_get_status_of_count (self, count);

  status->uploads[own.state] += count->uploads;
  status->bytes[own.state] += count->bytes;
  status->offset_bytes += count->offset_bytes;
  if (own.state != OUTBOX_STATE_FAILED)
    status->needs_user |= own.needs_user;
  if (own.state == OUTBOX_STATE_PAUSED || own.state == OUTBOX_STATE_RETRYING)
    status->reasons[ob_status_get_first_reason (&own)] += count->uploads;
  if (own.state == OUTBOX_STATE_RETRYING)
    status->until_ms = ob_sooner_ms (status->until_ms, own.until_ms);
}

/* Errors: Storage. */
static gboolean
add_form (ObBroker *self, ObGroupStatus *status, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObUpload) form = ob_uploads_get_form (self->database, status->group->app, status->group->key, &own_error);

  status->has_form = form != NULL;
  if (form)
    status->form_state = ob_broker_get_status (self, form).state;
  else if (!g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&own_error));
      return FALSE;
    }

  return TRUE;
}

static gboolean
is_in_group (const ObUpload *upload, const char *name)
{
  g_autofree char *own = upload->group ? ob_group_dup_name (upload->group_app, upload->group) : NULL;

  return g_strcmp0 (own, name) == 0;
}

/* What is on the way of it: of its attempts, which are few. */
static guint64
add_up_on_the_way (ObBroker *self, const ObGroup *group, const char *uploader)
{
  g_autofree char *name = ob_group_dup_name (group->app, group->key);
  guint64 on_the_way_bytes = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->active);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObActive *active = value;
      g_autoptr (ObUpload) upload = active->sent_bytes > 0 ? ob_uploads_get (self->database, active->id, NULL) : NULL;

      if (upload && is_in_group (upload, name) && (!uploader || g_str_equal (uploader, upload->app)))
        on_the_way_bytes += ob_broker_get_sent_bytes (self, upload) - upload->offset_bytes;
    }

  return on_the_way_bytes;
}

/* @uploader: (nullable): counts only what that app handed over. */
static gboolean
read_status (ObBroker *self, ObGroup *group, const char *uploader, ObGroupStatus *status, GError **error)
{
  g_autoptr (GArray) counts = ob_uploads_count_group (self->database, group->app, group->key, uploader, error);

  *status = (ObGroupStatus){ .group = group };
  if (!counts)
    return FALSE;
  for (guint i = 0; i < counts->len; i++)
    add_count (self, &g_array_index (counts, ObCount, i), status);
  status->sent_bytes = status->offset_bytes;
  if (status->uploads[OUTBOX_STATE_UPLOADING] > 0)
    status->sent_bytes += add_up_on_the_way (self, group, uploader);
  if (status->uploads[OUTBOX_STATE_RETRYING] > 0)
    status->until_ms = ob_sooner_ms (status->until_ms, ob_groups_get_retry_ms (self->database, group->app, group->key));
  status->needs_user |= status->uploads[OUTBOX_STATE_FAILED] > 0;
  status->state = ob_group_state (status->uploads);

  return add_form (self, status, error);
}

/* The one group of that key, whosoever it is. Errors: NotFound, InvalidArgument where several apps have one, Storage. */
static ObGroup *
find_the_only_one (ObBroker *self, const char *key, GError **error)
{
  const ObGroupsFilter filter = { .after_key = key, .limit = 2 };
  g_autoptr (GPtrArray) groups = ob_groups_list (self->database, &filter, error);
  const ObGroup *first, *second;

  if (!groups)
    return NULL;
  first = groups->len > 0 ? groups->pdata[0] : NULL;
  second = groups->len > 1 ? groups->pdata[1] : NULL;
  if (!first || !g_str_equal (first->key, key))
    ob_text_set_not_found (error, "group", key);
  else if (second && g_str_equal (second->key, key))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                 "Several apps have a group %s: name one as APP/KEY, such as %s/%s", key, first->app, key);
  else
    return g_ptr_array_steal_index (groups, 0);

  return NULL;
}

/* By the name that a caller gives it. An app knows its own alone; a program of the host means its own before those of apps. */
static ObGroup *
find (ObBroker *self, const char *app, const char *name, GError **error)
{
  const char *slash = strchr (name, '/');
  g_autofree char *named_app = slash ? g_strndup (name, (gsize) (slash - name)) : NULL;
  g_autoptr (GError) own_error = NULL;
  ObGroup *group = ob_groups_get (self->database, app ? app : "", name, &own_error);

  if (!group && named_app && *named_app && (!app || g_str_equal (app, named_app))
      && g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    {
      g_clear_error (&own_error);
      group = ob_groups_get (self->database, named_app, slash + 1, &own_error);
    }
  if (group)
    return group;
  if (!app && g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return find_the_only_one (self, name, error);
  g_propagate_error (error, g_steal_pointer (&own_error));

  return NULL;
}

gboolean
ob_broker_get_group (ObBroker *self, const char *app, const char *name, ObGroupStatus *status, GError **error)
{
  ObGroup *group = find (self, app, name, error);

  *status = (ObGroupStatus){ 0 };

  return group && read_status (self, group, NULL, status, error);
}

GArray *
ob_broker_list_groups (ObBroker *self, const ObGroupsFilter *filter, GError **error)
{
  g_autoptr (GPtrArray) groups = ob_groups_list (self->database, filter, error);
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (ObGroupStatus));

  g_array_set_clear_func (list, (GDestroyNotify) ob_group_status_clear);
  while (groups && groups->len > 0)
    {
      ObGroupStatus status;
      gboolean is_good = read_status (self, g_ptr_array_steal_index (groups, 0), filter->uploader, &status, error);

      g_array_append_val (list, status);
      if (!is_good)
        return NULL;
    }

  return groups ? g_steal_pointer (&list) : NULL;
}

void
ob_broker_list_group_holds (ObBroker *self, const char *app, GArray *list)
{
  const ObHold hold = { OUTBOX_SCOPE_GROUP, OUTBOX_REASON_USER, 0, 0 };
  g_autoptr (GPtrArray) groups = ob_groups_list_paused (self->database, NULL);

  for (guint i = 0; groups && i < groups->len; i++)
    {
      const ObGroup *group = groups->pdata[i];

      if (!app || g_str_equal (app, group->app))
        ob_shared_holds_add (list, &hold, ob_group_dup_name (group->app, group->key), NULL);
    }
}

/* --- Commands --- */

/* Its attempts end gently: there are few, whatever the size of the group. */
static void
on_group_paused (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObBroker *self = pending->broker;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->active);
  while (!error && g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObActive *active = value;
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

/* What is still coming in has its rule, and what comes later the answer. */
static gboolean
send_now_one (ObBroker *self, const ObGroup *group, GError **error)
{
  const ObUploadsFilter filter = { .group = group->key, .group_app = group->app, .is_unfinished = TRUE };
  gint64 after = 0;

  if (!ob_groups_set_sent_now (self->database, group->app, group->key, ob_broker_get_network_key (&self->latest),
                               error))
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

/* A command for groups. */
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
      g_autoptr (ObGroup) group = find (command->broker, NULL, *names, error);

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

  if (*ob_broker_get_network_key (&self->latest) == '\0')
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
      g_autoptr (ObGroup) group = find (command->broker, command->app, *names, error);

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
