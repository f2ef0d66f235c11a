/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands for uploads by id, and for many groups. A command for a few is one change. One for thousands would block everybody else,
 * so it is checked as a whole, then done in slices, each of which is committed, and answered after the last. Main thread.
 */
#include "broker/commands-private.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/uploads.h"

#define IDS_MAX 10000

/* So many uploads are one slice, which takes some milliseconds with all that follows its commit. */
#define SLICE_MOST 50

typedef struct
{
  ObCommands *commands; /* borrowed */
  ObCommand command;
  gint value;
  ObWord word;         /* for groups; NONE: it is for uploads */
  char *app;           /* the app that must own the uploads, or asks for the groups; NULL: any */
  GPtrArray *ids;      /* of uploads, or names of groups; without repetitions */
  GHashTable *set;     /* the same ids */
  guint next;          /* index of the first id that this pass has not looked at */
  guint n_done;        /* number of uploads done and committed */
  gboolean is_checked; /* the first pass has checked all; the second does them */
  ObCommandDone done;
  gpointer user_data;
} ObBatch;

static ObBatch *
batch_new (ObCommands *self, ObCommand command, const char *app, const char *const *ids, gint value)
{
  ObBatch *batch = g_new0 (ObBatch, 1);

  batch->commands = self;
  batch->command = command;
  batch->value = value;
  batch->app = g_strdup (app);
  batch->ids = g_ptr_array_new_with_free_func (g_free);
  batch->set = g_hash_table_new (g_str_hash, g_str_equal);
  for (; *ids; ids++)
    if (!g_hash_table_contains (batch->set, *ids))
      {
        g_ptr_array_add (batch->ids, g_strdup (*ids));
        g_hash_table_add (batch->set, batch->ids->pdata[batch->ids->len - 1]);
      }

  return batch;
}

static void
batch_free (ObBatch *batch)
{
  g_hash_table_unref (batch->set);
  g_ptr_array_unref (batch->ids);
  g_free (batch->app);
  g_free (batch);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObBatch, batch_free)

/* Returns: (transfer full) (nullable): the upload, if it exists, is of that app, and the command applies to it */
static ObUpload *
find (const ObBatch *batch, const char *id, GError **error)
{
  g_autoptr (ObUpload) upload = ob_uploads_get (batch->commands->database, id, error);

  if (!upload)
    return NULL;
  if (batch->app && !g_str_equal (upload->app, batch->app))
    {
      ob_text_set_not_found (error, S_ ("There is no upload %s"), id);
      return NULL;
    }

  return ob_commands_may (batch->command, upload, error) ? g_steal_pointer (&upload) : NULL;
}

static gboolean
may_do (const ObBatch *batch, const char *id, GError **error)
{
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (ObGroup) group = NULL;

  if (batch->word == OB_WORD_NONE)
    upload = find (batch, id, error);
  else
    group = ob_commands_find_group (batch->commands, batch->app, batch->word, id, error);

  return upload || group;
}

/* Returns: whether this slice has time for another one. */
static gboolean
has_more (const ObBatch *batch, guint begin, gint64 end_us)
{
  return batch->next < batch->ids->len && batch->next < begin + SLICE_MOST
         && (batch->next == begin || batch->ids->len <= SLICE_MOST || g_get_monotonic_time () < end_us);
}

static gboolean
check_some (ObBatch *batch, GError **error)
{
  const guint begin = batch->next;
  const gint64 end_us = ob_commands_get_slice_end_us ();

  for (; has_more (batch, begin, end_us); batch->next++)
    if (!may_do (batch, batch->ids->pdata[batch->next], error))
      return FALSE;

  return TRUE;
}

/* Subscribers are not told of such a command. */
static gboolean
changes_nothing (ObCommand command, const ObUpload *upload)
{
  return (command == OB_COMMAND_PAUSE && upload->is_paused) || (command == OB_COMMAND_RESUME && !upload->is_paused);
}

/* @is_gone: (out): it was removed or has ended since it was checked, and is skipped */
static gboolean
do_one (const ObBatch *batch, const char *id, gboolean *is_gone, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (ObGroup) group = NULL;

  if (batch->word == OB_WORD_NONE)
    upload = find (batch, id, &own_error);
  else
    group = ob_commands_find_group (batch->commands, batch->app, batch->word, id, &own_error);
  /* A group has no state that ends it: for one that is to be sent now, the network has gone, which is told. */
  *is_gone = g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND)
             || (batch->word == OB_WORD_NONE && g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE));
  if (own_error)
    g_propagate_error (error, g_steal_pointer (&own_error));
  if (group)
    return ob_commands_tell_group (batch->commands, group, batch->word, error);
  if (!upload)
    return FALSE;
  if (!changes_nothing (batch->command, upload))
    ob_queue_touch (batch->commands->queue, upload->id, FALSE);

  return ob_commands_do_one (batch->commands, batch->command, upload, batch->value, error);
}

static gboolean
do_some (gpointer user_data, GError **error)
{
  ObBatch *batch = user_data;
  const guint begin = batch->next;
  const gint64 end_us = ob_commands_get_slice_end_us ();

  for (; has_more (batch, begin, end_us); batch->next++)
    {
      g_autoptr (GError) own_error = NULL;
      gboolean is_gone;

      if (!do_one (batch, batch->ids->pdata[batch->next], &is_gone, &own_error) && !is_gone)
        {
          g_propagate_error (error, g_steal_pointer (&own_error));
          return FALSE;
        }
    }
  if (batch->word == OB_WORD_PAUSE || batch->word == OB_WORD_RESUME)
    ob_settings_file_save_after (batch->commands->settings);

  return TRUE;
}

/* --- At once --- */

static void
do_at_once (ObBatch *batch)
{
  g_autoptr (GError) error = NULL;

  /* Check before writing, since a rollback has every member read its memory again. */
  if (!check_some (batch, &error))
    {
      batch->done (error, batch->user_data);
      return;
    }
  batch->next = 0;
  ob_queue_command (batch->commands->queue, do_some, batch, batch->done, batch->user_data);
}

/* --- In slices --- */

static gboolean on_slice (gpointer user_data);

/* Goes on with the first command that waits: one at a time, in the order in which they came. */
static void
go_on (ObCommands *self)
{
  if (self->batch_source == 0 && !g_queue_is_empty (self->batches))
    self->batch_source = g_idle_add_full (OB_COMMANDS_SLICE_PRIORITY, on_slice, self, NULL);
}

/* Answers the first command, and goes on with the next. After an @error, uploads that were done and committed stay so, and the
 * answer says how many they are. */
static void
finish (ObCommands *self, const GError *error)
{
  g_autoptr (ObBatch) batch = g_queue_pop_head (self->batches);
  g_autoptr (GError) told = error ? g_error_copy (error) : NULL;

  if (told && batch->n_done > 0)
    g_prefix_error (&told, S_ ("%u of %u are done: "), batch->n_done, batch->ids->len);
  g_clear_handle_id (&self->batch_source, g_source_remove);
  if (told || batch->word == OB_WORD_NONE)
    batch->done (told, batch->user_data);
  else
    ob_commands_wait_for_sweep (self, batch->done, batch->user_data);
  go_on (self);
}

static void
on_slice_committed (const GError *error, gpointer user_data)
{
  ObCommands *self = user_data;
  ObBatch *batch = g_queue_peek_head (self->batches);

  if (!error)
    batch->n_done = batch->next;
  if (error || batch->n_done == batch->ids->len)
    finish (self, error);
  else
    go_on (self);
}

/* Returns: whether another slice may follow at once */
static gboolean
check_slice (ObCommands *self, ObBatch *batch)
{
  g_autoptr (GError) error = NULL;

  if (!check_some (batch, &error))
    {
      finish (self, error);
      return FALSE;
    }
  batch->is_checked = batch->next == batch->ids->len;
  if (batch->is_checked)
    batch->next = 0;

  return TRUE;
}

static void
do_slice (ObCommands *self, ObBatch *batch)
{
  g_autoptr (GError) error = NULL;

  if (ob_queue_do (self->queue, OB_TURN_SOON, do_some, batch, &error))
    ob_queue_after (self->queue, on_slice_committed, self);
  else
    finish (self, error);
}

static gboolean
on_slice (gpointer user_data)
{
  ObCommands *self = user_data;
  ObBatch *batch = g_queue_peek_head (self->batches);

  self->batch_source = 0;
  if (batch->is_checked)
    do_slice (self, batch);
  else if (check_slice (self, batch))
    go_on (self);

  return G_SOURCE_REMOVE;
}

/* --- Commands --- */

static gboolean
check_arguments (ObCommand command, const char *const *ids, gint value, GError **error)
{
  if (g_strv_length ((GStrv) ids) > IDS_MAX)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "At most %d ids in one call", IDS_MAX);
  else if (command == OB_COMMAND_SET_PRIORITY && !ob_priority_is_good (value))
    g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "priority: " OB_PRIORITY_WORDS);
  else
    return TRUE;

  return FALSE;
}

static gboolean
have_common (const ObBatch *one, const ObBatch *other)
{
  for (guint i = 0; i < one->ids->len; i++)
    if (g_hash_table_contains (other->set, one->ids->pdata[i]))
      return TRUE;

  return FALSE;
}

/* Commands about the same upload must not overtake each other; those for groups may be about any. */
static gboolean
is_behind_another (const ObBatch *batch)
{
  for (const GList *link = batch->commands->batches->head; link; link = link->next)
    if (((const ObBatch *) link->data)->word != OB_WORD_NONE || have_common (batch, link->data))
      return TRUE;

  return FALSE;
}

gboolean
ob_commands_have_to_wait (ObCommands *self)
{
  return !g_queue_is_empty (self->batches);
}

static void
push (ObBatch *batch)
{
  g_queue_push_tail (batch->commands->batches, batch);
  go_on (batch->commands);
}

void
ob_commands_tell_groups (ObCommands *self, const char *app, ObWord word, const char *const *names, ObCommandDone done,
                         gpointer user_data)
{
  ObBatch *batch = batch_new (self, 0, app, names, 0);

  batch->word = word;
  batch->done = done;
  batch->user_data = user_data;
  push (batch);
}

void
ob_commands_command (ObCommands *self, const char *app, ObCommand command, const char *const *ids, gint value,
                     ObCommandDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObBatch) batch = NULL;

  if (!check_arguments (command, ids, value, &error))
    {
      done (error, user_data);
      return;
    }
  batch = batch_new (self, command, app, ids, value);
  batch->done = done;
  batch->user_data = user_data;
  if (batch->ids->len <= SLICE_MOST && !is_behind_another (batch))
    {
      do_at_once (batch);
      return;
    }
  push (g_steal_pointer (&batch));
}

void
ob_commands_stop (ObCommands *self)
{
  g_autoptr (GError) error
      = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; give the command again"));

  /* Commit each slice, so that what is done is told. */
  ob_queue_commit (self->queue);
  while (!g_queue_is_empty (self->batches))
    finish (self, error);
  ob_commands_stop_sweeping (self);
}
