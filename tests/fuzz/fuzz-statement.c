/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * store/statement: whatever text a damaged database holds where strings are expected, they are read as strings; and strings
 * that were written come back.
 */
#include "fuzz.h"
#include "store/statement.h"

#include <glib/gstdio.h>

static ObDatabase *
open_database (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-fuzz-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;
  ObDatabase *database = ob_database_open (folder, 1, &was_rebuilt, &error);
  const char *argv[] = { "rm", "-r", folder, NULL };

  g_assert_no_error (error);
  /* Only its connection is wanted. */
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));

  return database;
}

static GVariant *
make_strings (const guint8 *data, gsize size)
{
  GHashTable *seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  while (size > 0)
    {
      g_autofree char *key = fuzz_take_text (&data, &size);
      g_autofree char *value = fuzz_take_text (&data, &size);

      if (g_utf8_validate (key, -1, NULL) && g_utf8_validate (value, -1, NULL)
          && g_hash_table_add (seen, g_strdup (key)))
        g_variant_builder_add (&builder, "{ss}", key, value);
    }
  g_hash_table_unref (seen);

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static GVariant *
read_back (ObStatement *statement)
{
  g_assert_cmpint (ob_statement_step (statement), ==, SQLITE_ROW);

  return ob_statement_read_strings (statement, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static ObDatabase *database;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GVariant) strings = make_strings (data, size);
  g_autoptr (ObStatement) raw = NULL;
  g_autoptr (ObStatement) written = NULL;
  g_autoptr (GVariant) read = NULL;
  g_autoptr (GVariant) same = NULL;

  if (!database)
    database = open_database ();
  raw = ob_statement_new (database, "SELECT @text", NULL);
  ob_statement_bind_text (raw, "@text", text);
  read = read_back (raw);
  g_assert_true (g_variant_is_of_type (read, G_VARIANT_TYPE ("a{ss}")));
  written = ob_statement_new (database, "SELECT @strings", NULL);
  ob_statement_bind_strings (written, "@strings", strings);
  same = read_back (written);
  g_assert_cmpuint (g_variant_n_children (same), ==, g_variant_n_children (strings));
  for (gsize i = 0; i < g_variant_n_children (strings); i++)
    {
      g_autoptr (GVariant) pair = g_variant_get_child_value (strings, i);
      const char *key, *value, *found;

      g_variant_get (pair, "{&s&s}", &key, &value);
      g_assert_true (g_variant_lookup (same, key, "&s", &found));
      g_assert_cmpstr (found, ==, value);
    }

  return 0;
}
