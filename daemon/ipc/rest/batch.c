/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes by upload, in the order in which each upload came first. Pure.
 */
#include "ipc/rest/batch.h"

typedef struct
{
  char *id;
  GVariant *document; /* NULL: it was removed */
} Change;

struct _ObBatch
{
  GPtrArray *changes; /* of Change */
  GHashTable *by_id;  /* id → Change, both of the array */
  GVariant *holds;    /* NULL: they have not changed */
  gsize bytes;
};

static gsize
measure (GVariant *value)
{
  return value ? g_variant_get_size (value) : 0;
}

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->id);
  g_clear_pointer (&change->document, g_variant_unref);
  g_free (change);
}

ObBatch *
ob_batch_new (void)
{
  ObBatch *batch = g_new0 (ObBatch, 1);

  batch->changes = g_ptr_array_new_with_free_func (change_free);
  batch->by_id = g_hash_table_new (g_str_hash, g_str_equal);

  return batch;
}

void
ob_batch_free (ObBatch *batch)
{
  g_hash_table_unref (batch->by_id);
  g_ptr_array_unref (batch->changes);
  g_clear_pointer (&batch->holds, g_variant_unref);
  g_free (batch);
}

/* @document: (nullable) */
static void
put (ObBatch *batch, const char *id, GVariant *document)
{
  Change *change = g_hash_table_lookup (batch->by_id, id);

  if (!change)
    {
      change = g_new0 (Change, 1);
      change->id = g_strdup (id);
      g_ptr_array_add (batch->changes, change);
      g_hash_table_insert (batch->by_id, change->id, change);
      batch->bytes += strlen (id);
    }
  batch->bytes += measure (document) - measure (change->document);
  g_clear_pointer (&change->document, g_variant_unref);
  change->document = document ? g_variant_ref (document) : NULL;
}

void
ob_batch_add_upload (ObBatch *batch, GVariant *document)
{
  const char *id = "";

  (void) g_variant_lookup (document, "id", "&s", &id);
  put (batch, id, document);
}

void
ob_batch_add_removed (ObBatch *batch, const char *id)
{
  put (batch, id, NULL);
}

void
ob_batch_set_holds (ObBatch *batch, GVariant *holds)
{
  batch->bytes += measure (holds) - measure (batch->holds);
  g_clear_pointer (&batch->holds, g_variant_unref);
  batch->holds = g_variant_ref (holds);
}

void
ob_batch_clear (ObBatch *batch)
{
  g_hash_table_remove_all (batch->by_id);
  g_ptr_array_set_size (batch->changes, 0);
  g_clear_pointer (&batch->holds, g_variant_unref);
  batch->bytes = 0;
}

void
ob_batch_merge (ObBatch *batch, ObBatch *later)
{
  for (guint i = 0; i < later->changes->len; i++)
    {
      const Change *change = later->changes->pdata[i];

      put (batch, change->id, change->document);
    }
  if (later->holds)
    ob_batch_set_holds (batch, later->holds);
  ob_batch_clear (later);
}

gboolean
ob_batch_is_empty (const ObBatch *batch)
{
  return batch->changes->len == 0 && !batch->holds;
}

gsize
ob_batch_get_bytes (const ObBatch *batch)
{
  return batch->bytes;
}

GVariant *
ob_batch_make_document (const ObBatch *batch)
{
  GVariantBuilder document, uploads, removed;

  g_variant_builder_init (&uploads, G_VARIANT_TYPE ("aa{sv}"));
  g_variant_builder_init (&removed, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < batch->changes->len; i++)
    {
      const Change *change = batch->changes->pdata[i];

      if (change->document)
        g_variant_builder_add_value (&uploads, change->document);
      else
        g_variant_builder_add (&removed, "s", change->id);
    }
  g_variant_builder_init (&document, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&document, "{sv}", "uploads", g_variant_builder_end (&uploads));
  g_variant_builder_add (&document, "{sv}", "removed", g_variant_builder_end (&removed));
  if (batch->holds)
    g_variant_builder_add (&document, "{sv}", "holds", batch->holds);

  return g_variant_builder_end (&document);
}
