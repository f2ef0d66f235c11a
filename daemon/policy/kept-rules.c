/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The copy is a GVariant's text: path and text of each file, as bytes.
 */
#include "policy/kept-rules.h"

#include "base/files.h"

#include <string.h>

#define TYPE G_VARIANT_TYPE ("a(ayay)")
#define MOST_BYTES (32 * OB_FETCH_MOST_BYTES)

static char *
print_texts (GPtrArray *texts)
{
  g_autoptr (GVariant) all = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, TYPE);
  for (guint i = 0; i < texts->len; i++)
    {
      const ObFetched *file = texts->pdata[i];

      if (file->text)
        g_variant_builder_add (&builder, "(^ay^ay)", file->path, file->text);
    }
  all = g_variant_ref_sink (g_variant_builder_end (&builder));

  return g_variant_print (all, TRUE);
}

void
ob_kept_rules_write (const char *path, GPtrArray *texts)
{
  g_autofree char *text = print_texts (texts);
  g_autofree char *kept = ob_file_read_own (path, MOST_BYTES, NULL, NULL);
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (text, kept) != 0 && !ob_file_replace (path, text, "rules-kept", &error))
    g_warning ("The rules are not kept for the next start: %s", error->message);
}

GPtrArray *
ob_kept_rules_read (const char *path)
{
  g_autofree char *text = ob_file_read_own (path, MOST_BYTES, NULL, NULL);
  g_autoptr (GVariant) all = text ? g_variant_parse (TYPE, text, NULL, NULL, NULL) : NULL;
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_fetched_free);
  ObFetched file = { 0 };
  GVariantIter iter;

  if (!all)
    return NULL;
  g_variant_iter_init (&iter, all);
  while (g_variant_iter_next (&iter, "(^ay^ay)", &file.path, &file.text))
    {
      file.size_bytes = strlen (file.text);
      g_ptr_array_add (texts, g_memdup2 (&file, sizeof file));
    }

  return g_steal_pointer (&texts);
}
