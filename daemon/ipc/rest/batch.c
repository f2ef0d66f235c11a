/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes by upload, in the order in which each upload came first. Pure.
 */
#include "ipc/rest/batch.h"

#include "base/json.h"

typedef struct
{
  char *id;
  GRefString *json; /* its document; NULL: it was removed */
} Change;

struct _ObBatch
{
  GPtrArray *changes; /* of Change */
  GHashTable *by_id;  /* id → Change, both of the array */
  GRefString *holds;  /* an array; NULL: they have not changed */
  gsize bytes;
};

static gsize
measure (GRefString *json)
{
  return json ? g_ref_string_length (json) : 0;
}

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->id);
  g_clear_pointer (&change->json, g_ref_string_release);
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
  g_clear_pointer (&batch->holds, g_ref_string_release);
  g_free (batch);
}

/* @json: (nullable) */
static void
put (ObBatch *batch, const char *id, GRefString *json)
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
  batch->bytes += measure (json) - measure (change->json);
  g_clear_pointer (&change->json, g_ref_string_release);
  change->json = json ? g_ref_string_acquire (json) : NULL;
}

void
ob_batch_add_upload (ObBatch *batch, const char *id, GRefString *json)
{
  put (batch, id, json);
}

void
ob_batch_add_removed (ObBatch *batch, const char *id)
{
  put (batch, id, NULL);
}

void
ob_batch_set_holds (ObBatch *batch, GRefString *json)
{
  batch->bytes += measure (json) - measure (batch->holds);
  g_clear_pointer (&batch->holds, g_ref_string_release);
  batch->holds = g_ref_string_acquire (json);
}

void
ob_batch_clear (ObBatch *batch)
{
  g_hash_table_remove_all (batch->by_id);
  g_ptr_array_set_size (batch->changes, 0);
  g_clear_pointer (&batch->holds, g_ref_string_release);
  batch->bytes = 0;
}

void
ob_batch_merge (ObBatch *batch, ObBatch *later)
{
  for (guint i = 0; i < later->changes->len; i++)
    {
      const Change *change = later->changes->pdata[i];

      put (batch, change->id, change->json);
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

char *
ob_batch_write (const ObBatch *batch)
{
  g_autoptr (GString) uploads = g_string_new (NULL);
  g_autoptr (GPtrArray) removed = g_ptr_array_new ();
  g_autoptr (GVariant) ids = NULL;
  g_autofree char *removed_json = NULL;

  for (guint i = 0; i < batch->changes->len; i++)
    {
      const Change *change = batch->changes->pdata[i];

      if (change->json)
        g_string_append_printf (uploads, "%s%s", uploads->len > 0 ? "," : "", change->json);
      else
        g_ptr_array_add (removed, change->id);
    }
  ids = g_variant_ref_sink (g_variant_new_strv ((const char *const *) removed->pdata, removed->len));
  removed_json = ob_json_write (ids);

  return g_strdup_printf ("{\"uploads\":[%s],\"removed\":%s%s%s}", uploads->str, removed_json,
                          batch->holds ? ",\"holds\":" : "", batch->holds ? batch->holds : "");
}
