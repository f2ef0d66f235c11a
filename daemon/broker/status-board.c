/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which holds cover what, the public status, the summary, and the state of groups, read from their counters. Reads only.
 * Main thread.
 */
#include "broker/status-board.h"

#include "dbus/error.h"

/* The most holds of an upload's own row. */
#define OWN_HOLDS_MAX 4

struct _ObStatusBoard
{
  ObDatabase *database; /* borrowed, as are the next three */
  ObDestinationTable *destinations;
  ObStorage *storage;
  const ObStatusFacts *facts;
  gpointer user_data;
};

ObStatusBoard *
ob_status_board_new (ObQueue *queue, ObDestinationTable *destinations, ObStorage *storage, const ObStatusFacts *facts,
                     gpointer user_data)
{
  ObStatusBoard *board = g_new0 (ObStatusBoard, 1);

  board->database = ob_queue_get_database (queue);
  board->destinations = destinations;
  board->storage = storage;
  board->facts = facts;
  board->user_data = user_data;

  return board;
}

void
ob_status_board_free (ObStatusBoard *board)
{
  g_free (board);
}

/* --- Of a lane --- */

guint
ob_status_board_get_holds (ObStatusBoard *board, const ObLane *lane, ObStored stored, ObHold holds[OB_SHARED_HOLDS_MAX])
{
  const OutboxReasonSet queue = board->facts->get_queue_reasons (board->user_data);
  const ObDestination *destination = ob_destination_table_find (board->destinations, lane->destination);
  guint n_holds = destination ? ob_destination_table_get_holds (board->destinations, destination, holds) : 0;

  if (destination)
    n_holds += board->facts->get_lane_holds (lane, stored, holds + n_holds, board->user_data);
  else
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_NO_DESTINATION, 0, 0 };
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (queue & OUTBOX_REASON_BIT (i))
      holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_QUEUE, i, 0, 0 };

  return n_holds;
}

gboolean
ob_status_board_may_start (ObStatusBoard *board, const ObLane *lane, ObStored stored)
{
  ObHold holds[OB_SHARED_HOLDS_MAX];
  guint n_holds = ob_status_board_get_holds (board, lane, stored, holds);

  for (guint i = 0; i < n_holds; i++)
    if (!(holds[i].flags & OB_HOLD_LETS_ONE_TRY))
      return FALSE;

  return TRUE;
}

/* --- Of one upload --- */

/* Returns: how many. */
static guint
get_all_holds (ObStatusBoard *board, const ObUpload *upload, ObHold holds[OB_SHARED_HOLDS_MAX + OWN_HOLDS_MAX])
{
  const ObLane lane = ob_lane_of (upload);
  guint n_own = ob_upload_get_holds (upload, holds);

  return n_own + ob_status_board_get_holds (board, &lane, upload->stored, holds + n_own);
}

/* If nothing can be written, a start cannot correct rows that the last process left as uploading: they are not being
 * sent. */
static ObStored
get_true_stored (ObStatusBoard *board, ObStored stored)
{
  return stored == OB_STORED_UPLOADING && ob_database_is_only_read (board->database) ? OB_STORED_QUEUED : stored;
}

ObStatus
ob_status_board_get (ObStatusBoard *board, const ObUpload *upload)
{
  ObHold holds[OB_SHARED_HOLDS_MAX + OWN_HOLDS_MAX];
  guint n_holds = get_all_holds (board, upload, holds);

  return ob_status (get_true_stored (board, upload->stored), upload->reason, holds, n_holds);
}

static void
add_destination_hold (GArray *list, const ObDestination *destination, const ObHold *hold)
{
  ob_shared_holds_add (list, hold, g_strdup (destination->name),
                       hold->reason != OUTBOX_REASON_USER ? destination->health.trouble : NULL);
}

static void
add_queue_hold (ObStatusBoard *board, GArray *list, OutboxReason reason)
{
  ob_shared_holds_add (list, &(ObHold){ OUTBOX_SCOPE_QUEUE, reason, 0, 0 }, g_strdup (""),
                       reason == OUTBOX_REASON_STORAGE ? ob_storage_get_words (board->storage) : NULL);
}

/* Returns: (transfer full): the name by which a hold of that scope covers the upload */
static char *
dup_key (const ObUpload *upload, OutboxScope scope)
{
  const ObLane lane = ob_lane_of (upload);

  switch (scope)
    {
    case OUTBOX_SCOPE_UPLOAD:
      return g_strdup (upload->id);
    case OUTBOX_SCOPE_GROUP:
      return upload->group ? ob_group_dup_name (upload->group_app, upload->group) : g_strdup ("");
    case OUTBOX_SCOPE_DESTINATION:
      return g_strdup (upload->destination);
    case OUTBOX_SCOPE_LANE:
      return ob_lane_dup_name (&lane);
    case OUTBOX_SCOPE_QUEUE:
    case OUTBOX_SCOPE_NONE:
    default:
      return g_strdup ("");
    }
}

GArray *
ob_status_board_list_holds_of (ObStatusBoard *board, const ObUpload *upload)
{
  const ObDestination *destination = ob_destination_table_find (board->destinations, upload->destination);
  ObHold holds[OB_SHARED_HOLDS_MAX + OWN_HOLDS_MAX];
  guint n_holds = get_all_holds (board, upload, holds);
  GArray *list = ob_shared_holds_new ();

  for (guint i = 0; i < n_holds; i++)
    if (holds[i].scope == OUTBOX_SCOPE_DESTINATION && destination)
      add_destination_hold (list, destination, &holds[i]);
    else if (holds[i].scope == OUTBOX_SCOPE_QUEUE)
      add_queue_hold (board, list, holds[i].reason);
    else
      ob_shared_holds_add (list, &holds[i], dup_key (upload, holds[i].scope), NULL);

  return list;
}

/* --- Of all --- */

static void
list_destination_holds (ObStatusBoard *board, const char *app, GArray *list)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, ob_destination_table_get_all (board->destinations));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObDestination *destination = value;
      ObHold holds[3];
      guint n_holds = 0;

      if (!app || ob_uploads_has_app_at (board->database, app, destination->name))
        n_holds = ob_destination_table_get_holds (board->destinations, destination, holds);
      for (guint i = 0; i < n_holds; i++)
        add_destination_hold (list, destination, &holds[i]);
    }
}

static void
list_group_holds (ObStatusBoard *board, const char *app, GArray *list)
{
  const ObHold hold = { OUTBOX_SCOPE_GROUP, OUTBOX_REASON_USER, 0, 0 };
  g_autoptr (GPtrArray) groups = ob_groups_list_paused (board->database, NULL);

  for (guint i = 0; groups && i < groups->len; i++)
    {
      const ObGroup *group = groups->pdata[i];

      if (!app || g_str_equal (app, group->app))
        ob_shared_holds_add (list, &hold, ob_group_dup_name (group->app, group->key), NULL);
    }
}

GArray *
ob_status_board_list_holds (ObStatusBoard *board, const char *app)
{
  const OutboxReasonSet queue = board->facts->get_queue_reasons (board->user_data);
  GArray *list = ob_shared_holds_new ();

  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (queue & OUTBOX_REASON_BIT (i))
      add_queue_hold (board, list, i);
  list_destination_holds (board, app, list);
  board->facts->list_lane_holds (app, list, board->user_data);
  list_group_holds (board, app, list);

  return list;
}

/* The status of all uploads that a counter counts. */
static ObStatus
get_status_of_count (ObStatusBoard *board, const ObCount *count)
{
  static const OutboxReason own_reasons[] = { [OB_OWN_HOLD_PAUSE] = OUTBOX_REASON_USER,
                                              [OB_OWN_HOLD_NOT_BEFORE] = OUTBOX_REASON_NOT_BEFORE,
                                              [OB_OWN_HOLD_RETRY] = OUTBOX_REASON_RETRYING };
  ObHold holds[OB_SHARED_HOLDS_MAX + 1];
  guint n_holds = ob_status_board_get_holds (board, &count->lane, count->stored, holds);

  if (count->own_hold != OB_OWN_HOLD_NONE)
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_UPLOAD, own_reasons[count->own_hold], 0, 0 };

  return ob_status (get_true_stored (board, count->stored), OUTBOX_REASON_NONE, holds, n_holds);
}

GArray *
ob_status_board_find_kinds (ObStatusBoard *board, OutboxState state, GError **error)
{
  GArray *counts = ob_uploads_count (board->database, error);

  for (guint i = 0; counts && i < counts->len;)
    if (get_status_of_count (board, &g_array_index (counts, ObCount, i)).state == state)
      i++;
    else
      g_array_remove_index_fast (counts, i);

  return counts;
}

gboolean
ob_status_board_count (ObStatusBoard *board, ObStatistics *statistics, GError **error)
{
  g_autoptr (GArray) counts = ob_uploads_count (board->database, error);

  *statistics = (ObStatistics){ 0 };
  if (!counts
      || !ob_uploads_count_failed (board->database, statistics->failed_uploads, statistics->failed_bytes, error))
    return FALSE;
  for (guint i = 0; i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);
      const ObStatus status = get_status_of_count (board, count);
      const OutboxReason reason = ob_status_get_first_reason (&status);

      statistics->uploads[status.state] += count->uploads;
      statistics->bytes[status.state] += count->bytes;
      if (status.state == OUTBOX_STATE_PAUSED || status.state == OUTBOX_STATE_RETRYING)
        {
          statistics->waiting_uploads[reason] += count->uploads;
          statistics->waiting_bytes[reason] += count->bytes;
        }
    }
  statistics->needs_person = ob_status_board_needs_person (board) || ob_uploads_count_unfinished (board->database) > 0;

  return TRUE;
}

/* --- Of groups --- */

/* A group has the first of these states that one of its uploads has: something happens, or it waits, or it needs a person. */
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
add_count (ObStatusBoard *board, const ObCount *count, ObGroupStatus *status)
{
  const ObStatus own = get_status_of_count (board, count);

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
add_form (ObStatusBoard *board, ObGroupStatus *status, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObUpload) form = ob_uploads_get_form (board->database, status->group->app, status->group->key, &own_error);

  status->has_form = form != NULL;
  if (form)
    status->form_state = ob_status_board_get (board, form).state;
  else if (!g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&own_error));
      return FALSE;
    }

  return TRUE;
}

/* Returns: the group's bytes on the way, added up over its few attempts */
static guint64
add_up_on_the_way (ObStatusBoard *board, const ObGroup *group, const char *uploader)
{
  g_autoptr (GPtrArray) ids = board->facts->list_on_the_way (board->user_data);
  guint64 on_the_way_bytes = 0;

  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (ObUpload) upload = ob_uploads_get (board->database, ids->pdata[i], NULL);

      if (upload && ob_upload_is_in_group (upload, group->app, group->key)
          && (!uploader || g_str_equal (uploader, upload->app)))
        on_the_way_bytes += board->facts->get_sent_bytes (upload, board->user_data) - upload->offset_bytes;
    }

  return on_the_way_bytes;
}

/* @uploader: (nullable): counts that app's uploads alone */
static gboolean
read_status (ObStatusBoard *board, ObGroup *group, const char *uploader, ObGroupStatus *status, GError **error)
{
  g_autoptr (GArray) counts = ob_uploads_count_group (board->database, group->app, group->key, uploader, error);

  *status = (ObGroupStatus){ .group = group };
  if (!counts)
    return FALSE;
  for (guint i = 0; i < counts->len; i++)
    add_count (board, &g_array_index (counts, ObCount, i), status);
  status->sent_bytes = status->offset_bytes;
  if (status->uploads[OUTBOX_STATE_UPLOADING] > 0)
    status->sent_bytes += add_up_on_the_way (board, group, uploader);
  if (status->uploads[OUTBOX_STATE_RETRYING] > 0)
    status->until_ms
        = ob_sooner_ms (status->until_ms, ob_groups_get_retry_ms (board->database, group->app, group->key));
  status->needs_user |= status->uploads[OUTBOX_STATE_FAILED] > 0;
  status->state = ob_group_state (status->uploads);

  return add_form (board, status, error);
}

gboolean
ob_status_board_get_group (ObStatusBoard *board, const char *app, const char *name, ObGroupStatus *status,
                           GError **error)
{
  ObGroup *group = ob_groups_find (board->database, app, name, error);

  *status = (ObGroupStatus){ 0 };

  return group && read_status (board, group, NULL, status, error);
}

GArray *
ob_status_board_list_groups (ObStatusBoard *board, const ObGroupsFilter *filter, GError **error)
{
  g_autoptr (GPtrArray) groups = ob_groups_list (board->database, filter, error);
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (ObGroupStatus));

  g_array_set_clear_func (list, (GDestroyNotify) ob_group_status_clear);
  while (groups && groups->len > 0)
    {
      ObGroupStatus status;
      gboolean is_good = read_status (board, g_ptr_array_steal_index (groups, 0), filter->uploader, &status, error);

      g_array_append_val (list, status);
      if (!is_good)
        return NULL;
    }

  return groups ? g_steal_pointer (&list) : NULL;
}

/* --- Of the whole queue --- */

gboolean
ob_status_board_count_all (ObStatusBoard *board, ObGroupStatus *all, GError **error)
{
  g_autoptr (GArray) counts = ob_uploads_count (board->database, error);

  *all = (ObGroupStatus){ 0 };
  if (!counts)
    return FALSE;
  for (guint i = 0; i < counts->len; i++)
    add_count (board, &g_array_index (counts, ObCount, i), all);
  if (all->uploads[OUTBOX_STATE_RETRYING] > 0)
    all->until_ms = ob_sooner_ms (all->until_ms, ob_uploads_next_retry_ms (board->database));
  all->needs_user |= all->uploads[OUTBOX_STATE_FAILED] > 0;
  all->state = ob_group_state (all->uploads);

  return TRUE;
}

gboolean
ob_status_board_summarise (ObStatusBoard *board, guint64 uploads[OUTBOX_N_STATES], guint64 bytes[OUTBOX_N_STATES],
                           GError **error)
{
  ObGroupStatus all;

  if (!ob_status_board_count_all (board, &all, error))
    return FALSE;
  memcpy (uploads, all.uploads, sizeof all.uploads);
  memcpy (bytes, all.bytes, sizeof all.bytes);

  return TRUE;
}

gboolean
ob_status_board_needs_person (ObStatusBoard *board)
{
  g_autoptr (GArray) counts = ob_uploads_count (board->database, NULL);
  gboolean needs_person = FALSE;

  for (guint i = 0; counts && i < counts->len && !needs_person; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      needs_person = count->stored != OB_STORED_DONE && count->stored != OB_STORED_SAVING
                     && get_status_of_count (board, count).needs_user;
    }

  return needs_person;
}
