/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A balanced tree of uploads with a table of their ids. The thread of its owner.
 */
#include "outbox-items.h"

typedef struct
{
  char *id;             /* owned; a document could be replaced by one with another id */
  OutboxUpload *upload; /* owned; NULL of what is only looked for */
  guint64 round;
} Item;

struct _OutboxItems
{
  GSequence *sequence; /* of Item */
  GHashTable *places;  /* id, the item's → GSequenceIter */
};

static void
item_free (Item *item)
{
  g_free (item->id);
  g_object_unref (item->upload);
  g_free (item);
}

static int
compare (gconstpointer one, gconstpointer other, gpointer user_data)
{
  return g_strcmp0 (((const Item *) one)->id, ((const Item *) other)->id);
}

OutboxItems *
outbox_items_new (void)
{
  OutboxItems *self = g_new0 (OutboxItems, 1);

  self->sequence = g_sequence_new ((GDestroyNotify) item_free);
  self->places = g_hash_table_new (g_str_hash, g_str_equal);

  return self;
}

void
outbox_items_free (OutboxItems *self)
{
  g_hash_table_unref (self->places);
  g_sequence_free (self->sequence);
  g_free (self);
}

guint
outbox_items_get_size (OutboxItems *self)
{
  return g_hash_table_size (self->places);
}

OutboxUpload *
outbox_items_get (OutboxItems *self, guint position)
{
  return ((Item *) g_sequence_get (g_sequence_get_iter_at_pos (self->sequence, (int) position)))->upload;
}

OutboxUpload *
outbox_items_find (OutboxItems *self, const char *id, guint *position)
{
  Item probe = { .id = (char *) id };
  GSequenceIter *place = g_hash_table_lookup (self->places, id);

  if (position)
    *position = (guint) g_sequence_iter_get_position (
        place ? place : g_sequence_search (self->sequence, &probe, compare, NULL));

  return place ? ((Item *) g_sequence_get (place))->upload : NULL;
}

void
outbox_items_insert (OutboxItems *self, OutboxUpload *upload)
{
  Item *item = g_new0 (Item, 1);

  item->id = g_strdup (outbox_upload_get_id (upload));
  item->upload = g_object_ref (upload);
  g_hash_table_insert (self->places, item->id, g_sequence_insert_sorted (self->sequence, item, compare, NULL));
}

void
outbox_items_remove (OutboxItems *self, const char *id)
{
  GSequenceIter *place = g_hash_table_lookup (self->places, id);

  if (!place)
    return;
  g_hash_table_remove (self->places, id);
  g_sequence_remove (place);
}

void
outbox_items_mark (OutboxItems *self, const char *id, guint64 round)
{
  GSequenceIter *place = g_hash_table_lookup (self->places, id);

  if (place)
    ((Item *) g_sequence_get (place))->round = round;
}

GPtrArray *
outbox_items_list_unmarked (OutboxItems *self, guint64 round, gboolean keeps_done)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  for (GSequenceIter *place = g_sequence_get_begin_iter (self->sequence); !g_sequence_iter_is_end (place);
       place = g_sequence_iter_next (place))
    {
      const Item *item = g_sequence_get (place);

      if (item->round != round && !(keeps_done && outbox_upload_get_state (item->upload) == OUTBOX_STATE_DONE))
        g_ptr_array_add (ids, g_strdup (item->id));
    }

  return ids;
}
