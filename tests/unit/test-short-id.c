/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uploads by what people type of an id: what a list shows, or the beginning of one that they copied.
 */
#include "store/short-id.h"

#include "dbus/error.h"

#include <glib/gstdio.h>

static const char *const ids[] = { "01234567-89ab-7000-8000-0000a1b2c3d4", "01234567-89ab-7000-8000-0000f1b2c3d4",
                                   "01234567-99ab-7000-8000-00000000beef", "0f000000-0000-7000-8000-000012340123" };

/* @found: an index; NONE; SEVERAL */
enum
{
  NONE = -1,
  SEVERAL = -2,
};

static const struct
{
  const char *part;
  int found;
} rows[] = {
  { "a1b2c3d4", 0 },
  { "f1b2c3d4", 1 },
  { "b2c3d4", SEVERAL },
  { "c3d4", SEVERAL },
  { "beef", 2 },
  { "BEEF", 2 },
  { "0000beef", 2 },
  { "8000-00000000beef", 2 },
  { "0000-beef", NONE },
  { "01234567", SEVERAL },
  { "01234567-9", 2 },
  { "0f000000", 3 },
  { "8000-0000a1b2c3d4", 0 },
  { "0123", SEVERAL }, /* one begins so, another ends so */
  { "40123", 3 },
  { "eef", NONE },
  { "", NONE },
  { "____", NONE },
  { "%%%%", NONE },
  { "0000000g", NONE },
  { "1234567-", NONE },
  { "dead", NONE },
  { "01234567-89ab-7000-8000-0000a1b2c3d", 0 },
  { "01234567-89ab-7000-8000-0000a1b2c3d4f", NONE },
};

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);

      g_assert_cmpint (g_unlink (entry), ==, 0);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static void
test_a_part_of_an_id_is_enough (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  gboolean was_rebuilt;
  g_autoptr (ObDatabase) database = ob_database_open (folder, 1000, &was_rebuilt, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *sql = g_strdup_printf ("INSERT INTO uploads (id, app, name, media_type, destination, state,"
                                              " created_at, size) VALUES ('%s', 'a', 'n', 'm', 'd', 1, 5, 1)",
                                              ids[i]);

      g_assert_cmpint (sqlite3_exec (ob_database_get_handle (database), sql, NULL, NULL, NULL), ==, SQLITE_OK);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      const gint code = rows[i].found == NONE ? OUTBOX_ERROR_NOT_FOUND : OUTBOX_ERROR_INVALID_ARGUMENT;
      g_autofree char *id = ob_short_id_find (database, rows[i].part, &error);

      g_test_message ("%s", rows[i].part);
      g_assert_cmpstr (id, ==, rows[i].found >= 0 ? ids[rows[i].found] : NULL);
      if (rows[i].found < 0)
        g_assert_error (error, OUTBOX_ERROR, code);
    }
  g_clear_pointer (&database, ob_database_free);
  remove_folder (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/short-id/a-part-is-enough", test_a_part_of_an_id_is_enough);

  return g_test_run ();
}
