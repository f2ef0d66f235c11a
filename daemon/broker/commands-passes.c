/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lets something go on for a time: gives passes, and brings back the pause that one has ended when it is over. Main thread.
 */
#include "broker/commands-private.h"

#include "dbus/error.h"
#include "store/journal.h"
#include "store/uploads.h"

/* Uploads that get their pause back by one command. */
#define PAUSE_AT_ONCE 1000

/* When a pause that could not be brought back is tried again. */
#define AGAIN_MS 10000

static ObPasses *
get_passes (ObCommands *self)
{
  return ob_gate_get_passes (self->gate);
}

/* --- Giving --- */

typedef struct
{
  ObCommands *commands;
  const ObResumeFor *what;
  gint64 number; /* of the pass for uploads that are not paused; that for the others follows */
} Gift;

/* Returns: whether the subject was paused until a pass that it still has ended that */
static gboolean
has_pause_to_come (ObCommands *self, OutboxScope scope, const char *app, const char *key)
{
  const GPtrArray *all = ob_passes_get_all (get_passes (self));

  for (guint i = 0; i < all->len; i++)
    {
      const ObPass *pass = all->pdata[i];

      if (pass->scope == scope && pass->pauses && g_str_equal (pass->app, app) && g_str_equal (pass->key, key))
        return TRUE;
    }

  return FALSE;
}

static gboolean
give_to_queue (const Gift *gift, GError **error)
{
  ObCommands *self = gift->commands;
  const gboolean pauses = self->is_paused || has_pause_to_come (self, OUTBOX_SCOPE_QUEUE, "", "");

  return ob_commands_tell_queue (self, FALSE, error)
         && ob_passes_give (get_passes (self), OUTBOX_SCOPE_QUEUE, "", "", gift->what->duration_ms, pauses, error) > 0;
}

static gboolean
give_to_destination (const Gift *gift, GError **error)
{
  ObCommands *self = gift->commands;
  const char *name = gift->what->destination;
  const ObDestination *destination = ob_destination_table_find (self->destinations, name);
  const gboolean pauses
      = destination && (destination->is_paused || has_pause_to_come (self, OUTBOX_SCOPE_DESTINATION, "", name));

  return ob_destination_table_pause (self->destinations, name, FALSE, error)
         && ob_passes_end (get_passes (self), OUTBOX_SCOPE_DESTINATION, "", name, error)
         && ob_passes_give (get_passes (self), OUTBOX_SCOPE_DESTINATION, "", name, gift->what->duration_ms, pauses,
                            error)
                > 0;
}

/* Its uploads follow as they do with SEND_NOW. */
static gboolean
give_to_group (const Gift *gift, GError **error)
{
  ObCommands *self = gift->commands;
  g_autoptr (ObGroup) group = ob_groups_find (self->database, NULL, gift->what->group, error);
  const gboolean pauses
      = group && (group->is_paused || has_pause_to_come (self, OUTBOX_SCOPE_GROUP, group->app, group->key));
  g_autofree char *sent_on = NULL;
  gint64 number;

  if (!group || !ob_commands_tell_group (self, group, OB_WORD_RESUME, error))
    return FALSE;
  number = ob_passes_give (get_passes (self), OUTBOX_SCOPE_GROUP, group->app, group->key, gift->what->duration_ms,
                           pauses, error);
  sent_on = ob_pass_dup_sent_on (number);

  return number > 0
         && ob_groups_set_sent_now (self->database, group, sent_on, ob_journal_get_last (self->database), error);
}

/* Those that are paused have a pass of their own, by whose number they are found when it is over. */
static gboolean
give_to_uploads (Gift *gift, GError **error)
{
  ObPasses *passes = get_passes (gift->commands);
  const char *key = gift->what->ids[0] && !gift->what->ids[1] ? gift->what->ids[0] : "";
  const gint64 duration_ms = gift->what->duration_ms;

  gift->number = ob_passes_give (passes, OUTBOX_SCOPE_UPLOAD, "", key, duration_ms, FALSE, error);

  return gift->number > 0 && ob_passes_give (passes, OUTBOX_SCOPE_UPLOAD, "", key, duration_ms, TRUE, error) > 0;
}

static gboolean
give (gpointer user_data, GError **error)
{
  Gift *gift = user_data;
  const ObResumeFor *what = gift->what;

  ob_gate_want_review (gift->commands->gate);
  if (what->ids)
    return give_to_uploads (gift, error);
  if (what->group)
    return give_to_group (gift, error);

  return what->destination ? give_to_destination (gift, error) : give_to_queue (gift, error);
}

/* Uploads that follow a pass which is on the disk. */
typedef struct
{
  ObCommands *commands;
  gint64 number;
  ObCommandDone done;
  gpointer user_data;
} Following;

static gboolean
take_back (gpointer user_data, GError **error)
{
  const Following *following = user_data;
  ObPasses *passes = get_passes (following->commands);

  return ob_passes_end_one (passes, following->number, error)
         && ob_passes_end_one (passes, following->number + 1, error);
}

static void
on_followed (const GError *error, gpointer user_data)
{
  g_autofree Following *following = user_data;

  /* Uploads of a part that is done go by their rules again. */
  if (error)
    (void) ob_queue_do (following->commands->queue, OB_TURN_LATER, take_back, following, NULL);
  following->done (error, following->user_data);
}

static void
follow_uploads (const Gift *gift, ObCommandDone done, gpointer user_data)
{
  Following *following = g_new (Following, 1);

  *following = (Following){ gift->commands, gift->number, done, user_data };
  ob_commands_command (gift->commands, NULL, OB_COMMAND_SEND_FOR, gift->what->ids, (gint) gift->number, on_followed,
                       following);
}

void
ob_commands_resume_for (ObCommands *self, const ObResumeFor *what, ObCommandDone done, gpointer user_data)
{
  Gift gift = { self, what, 0 };
  g_autoptr (GError) error = NULL;

  if (what->duration_ms < 1 || what->duration_ms > OB_RESUME_FOR_MAX_MS)
    error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "seconds: from 1 to those of 7 days");
  else
    (void) ob_queue_do (self->queue, OB_TURN_SOON, give, &gift, &error);
  if (error)
    done (error, user_data);
  else if (what->ids)
    follow_uploads (&gift, done, user_data);
  else if (what->group)
    ob_commands_sweep_after (self, done, user_data);
  else
    ob_queue_answer_after (self->queue, done, user_data);
}

/* --- A destination's pause, which ends its pass --- */

typedef struct
{
  ObCommands *commands;
  const char *name;
  gboolean is_paused;
} DestinationPause;

static gboolean
pause_destination (gpointer user_data, GError **error)
{
  const DestinationPause *pause = user_data;
  ObCommands *self = pause->commands;

  ob_gate_want_review (self->gate);

  return ob_passes_end (get_passes (self), OUTBOX_SCOPE_DESTINATION, "", pause->name, error)
         && ob_destination_table_pause (self->destinations, pause->name, pause->is_paused, error);
}

void
ob_commands_pause_destination (ObCommands *self, const char *name, gboolean is_paused, ObCommandDone done,
                               gpointer user_data)
{
  DestinationPause pause = { self, name, is_paused };
  g_autoptr (GError) error = NULL;

  /* Check before writing, since a rollback has every member read its memory again. */
  if (ob_destination_table_demand (self->destinations, name, &error))
    ob_queue_command (self->queue, pause_destination, &pause, done, user_data);
  else
    done (error, user_data);
}

/* --- The end --- */

static void end_passes (ObCommands *self, gint64 now_ms);

/* Returns: (nullable): the first pass that is over, with the pause that it has ended or without */
static const ObPass *
find_over (ObCommands *self, gboolean pauses)
{
  const GPtrArray *all = ob_passes_get_all (get_passes (self));
  const gint64 now_ms = ob_queue_get_now_ms (self->queue);

  for (guint i = 0; i < all->len; i++)
    {
      const ObPass *pass = all->pdata[i];

      if (pass->pauses == pauses && ob_pass_is_over (pass, now_ms))
        return pass;
    }

  return NULL;
}

static gboolean
forget_pass (gpointer user_data, GError **error)
{
  ObCommands *self = user_data;

  ob_gate_want_review (self->gate);

  return ob_passes_end_one (get_passes (self), self->ending_pass, error);
}

static gboolean
forget_all_over (gpointer user_data, GError **error)
{
  ObCommands *self = user_data;
  const ObPass *pass;

  ob_gate_want_review (self->gate);
  while ((pass = find_over (self, FALSE)))
    if (!ob_passes_end_one (get_passes (self), pass->number, error))
      return FALSE;

  return TRUE;
}

/* Returns: (transfer full): ids of uploads that have the pass and not their pause yet */
static GStrv
list_unpaused (ObCommands *self, const ObPass *pass)
{
  g_autofree char *sent_on = ob_pass_dup_sent_on (pass->number);
  g_autoptr (GArray) counts = ob_uploads_count (self->database, NULL);
  g_autoptr (GArray) kinds = g_array_new (FALSE, FALSE, sizeof (ObCount));
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  guint n_ids = 0;
  gint64 after = 0;

  for (guint i = 0; counts && i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if (g_str_equal (count->lane.sent_on, sent_on) && count->own_hold != OB_OWN_HOLD_PAUSE
          && (count->stored == OB_STORED_QUEUED || count->stored == OB_STORED_UPLOADING
              || count->stored == OB_STORED_CONFIRMING))
        g_array_append_vals (kinds, count, 1);
    }
  while (kinds->len > 0 && n_ids < PAUSE_AT_ONCE)
    {
      const ObUploadsFilter filter = { .kinds = kinds, .is_unfinished = TRUE };
      g_autoptr (GPtrArray) uploads = ob_uploads_list (self->database, &filter, &after, PAUSE_AT_ONCE, NULL);

      for (guint i = 0; uploads && i < uploads->len; i++, n_ids++)
        g_strv_builder_add (ids, ((const ObUpload *) uploads->pdata[i])->id);
      if (!uploads || after == 0)
        break;
    }

  return g_strv_builder_end (ids);
}

/* The subject may be gone meanwhile; any other error leaves the pass to be tried again. */
static void
on_paused (const GError *error, gpointer user_data)
{
  ObCommands *self = user_data;
  const gboolean is_gone = g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);

  self->pass_retry_at_ms = error && !is_gone ? ob_queue_get_now_ms (self->queue) + AGAIN_MS : 0;
  if (is_gone)
    (void) ob_queue_do (self->queue, OB_TURN_LATER, forget_pass, self, NULL);
  self->ending_pass = 0;
  end_passes (self, ob_queue_get_now_ms (self->queue));
  ob_queue_set_alarm (self->queue);
}

/* A pause of the queue, a destination or a group ends its pass; of uploads the last thousand do. */
static void
bring_back_pause (ObCommands *self, const ObPass *pass)
{
  g_auto (GStrv) ids = NULL;
  g_autofree char *name = NULL;

  self->ending_pass = pass->number;
  switch (pass->scope)
    {
    case OUTBOX_SCOPE_QUEUE:
      ob_commands_pause_queue (self, TRUE, on_paused, self);
      break;
    case OUTBOX_SCOPE_DESTINATION:
      name = g_strdup (pass->key);
      ob_commands_pause_destination (self, name, TRUE, on_paused, self);
      break;
    case OUTBOX_SCOPE_GROUP:
      name = ob_group_dup_name (pass->app, pass->key);
      ob_commands_pause_groups (self, NULL, (const char *const[]){ name, NULL }, TRUE, on_paused, self);
      break;
    case OUTBOX_SCOPE_UPLOAD:
    default:
      ids = list_unpaused (self, pass);
      if (ids[0])
        ob_commands_command (self, NULL, OB_COMMAND_PAUSE, (const char *const *) ids, 0, on_paused, self);
      else
        ob_queue_command (self->queue, forget_pass, self, on_paused, self);
      break;
    }
}

static gint64
next_ms (gpointer member)
{
  const ObCommands *self = member;
  const GPtrArray *all = ob_passes_get_all (ob_gate_get_passes (self->gate));
  gint64 next = 0;

  for (guint i = 0; i < all->len; i++)
    {
      const ObPass *pass = all->pdata[i];

      /* The one whose pause comes back, and those that wait behind it, wait for that. */
      if (!pass->pauses || !ob_pass_is_over (pass, ob_queue_get_now_ms (self->queue)))
        next = ob_sooner_ms (next, pass->until_ms);
      else if (self->ending_pass == 0)
        next = ob_sooner_ms (next, MAX (self->pass_retry_at_ms, 1));
    }

  return next;
}

/* The arguments of a change of the clock. */
typedef struct
{
  ObCommands *commands;
  gint64 jump_ms;
} Jump;

static gboolean
move_all (gpointer user_data, GError **error)
{
  const Jump *jump = user_data;

  ob_gate_want_review (jump->commands->gate);

  return ob_passes_move (get_passes (jump->commands), jump->jump_ms, error);
}

static void
end_passes (ObCommands *self, gint64 now_ms)
{
  const ObPass *pass;

  if (find_over (self, FALSE))
    (void) ob_queue_do (self->queue, OB_TURN_SOON, forget_all_over, self, NULL);
  pass = find_over (self, TRUE);
  if (pass && self->ending_pass == 0 && self->pass_retry_at_ms <= now_ms)
    bring_back_pause (self, pass);
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObCommands *self = member;
  Jump jump = { self, jump_ms };

  if (jump_ms != 0)
    {
      self->pass_retry_at_ms = 0;
      (void) ob_queue_do (self->queue, OB_TURN_SOON, move_all, &jump, NULL);
    }
  end_passes (self, now_ms);
}

const ObMember ob_passing_member = { .next_ms = next_ms, .wake = wake };
