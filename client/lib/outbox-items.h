/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uploads in the order of their ids, each found by its id or its position in O(log n). Not for apps.
 */
#pragma once

#include "outbox-upload.h"

G_BEGIN_DECLS

typedef struct _OutboxItems OutboxItems;

G_GNUC_INTERNAL OutboxItems *outbox_items_new (void);
G_GNUC_INTERNAL void outbox_items_free (OutboxItems *self);

G_GNUC_INTERNAL guint outbox_items_get_size (OutboxItems *self);

/* @position: less than the size. Returns: (transfer none) */
G_GNUC_INTERNAL OutboxUpload *outbox_items_get (OutboxItems *self, guint position);

/* @position: (out) (optional): where it is; where it would be inserted, if it is not there. Returns: (transfer none) (nullable) */
G_GNUC_INTERNAL OutboxUpload *outbox_items_find (OutboxItems *self, const char *id, guint *position);

/* @upload: none of its id is there yet. */
G_GNUC_INTERNAL void outbox_items_insert (OutboxItems *self, OutboxUpload *upload);
G_GNUC_INTERNAL void outbox_items_remove (OutboxItems *self, const char *id);

/* Notes that one which is there was seen in a round; new ones are to be marked, too. */
G_GNUC_INTERNAL void outbox_items_mark (OutboxItems *self, const char *id, guint64 round);

/* Returns: (transfer full): the ids of those not marked with @round; with @keeps_done without those that are done */
G_GNUC_INTERNAL GPtrArray *outbox_items_list_unmarked (OutboxItems *self, guint64 round, gboolean keeps_done);

G_END_DECLS
