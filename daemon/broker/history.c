/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Completes the rows of a history, and reads them.
 */
#include "broker/history.h"

#include "model/lane.h"
#include "store/groups.h"

struct _ObHistory
{
  ObJournalRead on_row;
  gpointer user_data;
  GArray *holds;     /* owned: of ObPastHold: all that hold the upload after the last row */
  gboolean can_wait; /* by its last own row, holds matter to it */
  guint attempts;    /* of its last own row, as is the next */
  guint64 offset_bytes;
};

ObHistory *
ob_history_new (ObJournalRead on_row, gpointer user_data)
{
  ObHistory *self = g_new0 (ObHistory, 1);

  self->on_row = on_row;
  self->user_data = user_data;
  self->holds = ob_past_holds_new ();

  return self;
}

void
ob_history_free (ObHistory *self)
{
  g_array_unref (self->holds);
  g_free (self);
}

static gboolean
is_waiting_state (const char *state)
{
  return g_strcmp0 (state, ob_stored_get_name (OB_STORED_QUEUED)) == 0
         || g_strcmp0 (state, ob_stored_get_name (OB_STORED_UPLOADING)) == 0
         || g_strcmp0 (state, ob_stored_get_name (OB_STORED_CONFIRMING)) == 0;
}

static void
take_own (ObHistory *self, const ObJournalRow *row)
{
  g_array_unref (self->holds);
  self->holds = ob_past_holds_read (row->holds);
  self->can_wait = is_waiting_state (row->state);
  self->attempts = row->attempts;
  self->offset_bytes = row->offset_bytes;
  self->on_row (row, self->user_data);
}

static void
take_shared (ObHistory *self, const ObJournalRow *row)
{
  g_autoptr (GArray) own = ob_past_holds_read (row->holds);
  g_autofree char *holds = NULL;
  ObJournalRow completed = *row;

  ob_past_holds_drop (self->holds, ob_past_holds_find_scope (row->scope));
  ob_past_holds_drop_ended (self->holds, row->at_ms);
  ob_past_holds_add_all (self->holds, own);
  if (self->can_wait)
    {
      holds = ob_past_holds_dup_text (self->holds);
      completed.holds = holds;
      completed.attempts = self->attempts;
      completed.offset_bytes = self->offset_bytes;
    }
  self->on_row (&completed, self->user_data);
}

void
ob_history_add (const ObJournalRow *row, gpointer history)
{
  if (row->upload_id)
    take_own (history, row);
  else
    take_shared (history, row);
}

gboolean
ob_history_read (ObDatabase *database, const char *id, const ObUpload *upload, guint limit, ObJournalRead on_row,
                 gpointer user_data, GError **error)
{
  const ObLane lane = upload ? ob_lane_of (upload) : (ObLane){ NULL };
  g_autofree char *lane_name = upload ? ob_lane_dup_name (&lane) : NULL;
  g_autofree char *group = upload && upload->group ? ob_group_dup_name (upload->group_app, upload->group) : NULL;
  const ObJournalCover cover = { .destination = upload ? upload->destination : NULL,
                                 .lane = lane_name,
                                 .group = group,
                                 .last = !upload                            ? 0
                                         : upload->stored == OB_STORED_DONE ? upload->sequence
                                                                            : G_MAXINT64 };

  return ob_journal_read_history (database, id, &cover, limit, on_row, user_data, error);
}
