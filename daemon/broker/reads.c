/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callers read of uploads and of the journal, so that no door reaches into the store. Reads only; main thread.
 */
#include "broker/broker-private.h"

#include "broker/lane-name.h"
#include "store/journal.h"
#include "store/prune.h"
#include "store/short-id.h"

/* How many rows one answer has. */
#define LOG_ROWS 200
#define HISTORY_ROWS 1000

GPtrArray *
ob_broker_list_uploads (ObBroker *self, const ObUploadsFilter *filter, gint64 *after, guint limit, GError **error)
{
  return ob_uploads_list (self->database, filter, after, limit, error);
}

char *
ob_broker_find_id (ObBroker *self, const char *part, GError **error)
{
  return ob_short_id_find (self->database, part, error);
}

gboolean
ob_broker_read_log (ObBroker *self, ObJournalRead on_row, gpointer user_data, GError **error)
{
  return ob_journal_read (self->database, LOG_ROWS, on_row, user_data, error);
}

gboolean
ob_broker_read_history (ObBroker *self, const char *id, ObJournalRead on_row, gpointer user_data, GError **error)
{
  g_autoptr (ObUpload) upload = ob_broker_get (self, id, NULL);
  g_autofree char *lane = upload ? ob_lane_dup_key (upload->destination, upload->rule) : NULL;
  g_autofree char *group = upload && upload->group ? ob_group_dup_name (upload->group_app, upload->group) : NULL;
  const ObJournalCover cover = { .destination = upload ? upload->destination : NULL,
                                 .lane = lane,
                                 .group = group,
                                 .last = !upload                            ? 0
                                         : upload->stored == OB_STORED_DONE ? upload->sequence
                                                                            : G_MAXINT64 };

  return ob_journal_read_history (self->database, id, &cover, HISTORY_ROWS, on_row, user_data, error);
}

gboolean
ob_broker_was_of_app (ObBroker *self, const char *id, const char *app)
{
  return ob_journal_is_of_app (self->database, id, app);
}

gboolean
ob_broker_replay (ObBroker *self, gint64 *sequence, const char *app, guint limit, gboolean *is_end,
                  gboolean (*on_upload) (const char *id, gint64 sequence, gpointer user_data), gpointer user_data,
                  GError **error)
{
  return ob_journal_read_since (self->database, sequence, app, limit, is_end, on_upload, user_data, error);
}

gboolean
ob_broker_can_replay (ObBroker *self, gint64 epoch, gint64 sequence)
{
  return epoch == ob_database_get_epoch (self->database) && sequence >= ob_prune_get_floor (self->database);
}

gboolean
ob_broker_is_epoch (ObBroker *self, gint64 epoch)
{
  return epoch == ob_database_get_epoch (self->database);
}

/* --- Asked of the status board --- */

guint
ob_broker_get_destination_holds (ObBroker *self, const ObDestination *destination, ObHold holds[3])
{
  return ob_destination_table_get_holds (self->destinations, destination, holds);
}

ObStatus
ob_broker_get_status (ObBroker *self, const ObUpload *upload)
{
  return ob_status_board_get (self->board, upload);
}

GArray *
ob_broker_list_holds (ObBroker *self, const char *app)
{
  return ob_status_board_list_holds (self->board, app);
}

GArray *
ob_broker_list_holds_of (ObBroker *self, const ObUpload *upload)
{
  return ob_status_board_list_holds_of (self->board, upload);
}

GArray *
ob_broker_find_kinds (ObBroker *self, OutboxState state, GError **error)
{
  return ob_status_board_find_kinds (self->board, state, error);
}

gboolean
ob_broker_summarise (ObBroker *self, guint64 uploads[OUTBOX_N_STATES], guint64 bytes[OUTBOX_N_STATES], GError **error)
{
  return ob_status_board_summarise (self->board, uploads, bytes, error);
}

gboolean
ob_broker_count_lost (ObBroker *self, guint64 *uploads, guint64 *bytes, GError **error)
{
  return ob_uploads_count_lost (self->database, uploads, bytes, error);
}

void
ob_broker_count_unclaimed (ObBroker *self, guint64 *files, guint64 *bytes)
{
  ob_unclaimed_count (ob_recovery_get_unclaimed (self->recovery), files, bytes);
}

char **
ob_broker_list_unclaimed (ObBroker *self)
{
  return ob_unclaimed_list (ob_recovery_get_unclaimed (self->recovery));
}

gboolean
ob_broker_get_group (ObBroker *self, const char *app, const char *name, ObGroupStatus *status, GError **error)
{
  return ob_status_board_get_group (self->board, app, name, status, error);
}

GArray *
ob_broker_list_groups (ObBroker *self, const ObGroupsFilter *filter, GError **error)
{
  return ob_status_board_list_groups (self->board, filter, error);
}
