/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps the bytes of one empty database for the whole process.
 */
#include "support/queue-file.h"

#include "store/database.h"

#include <glib/gstdio.h>

typedef struct
{
  guint n_asked;
  gint64 made_at_ms;
  char *bytes; /* NULL: none was made yet */
  gsize size_bytes;
} Model;

static void
make (Model *model, gint64 now_ms)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "queue.db", NULL);
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;
  ObDatabase *database = ob_database_open (folder, now_ms, &was_rebuilt, &error);

  g_assert_no_error (error);
  ob_database_free (database);
  g_clear_pointer (&model->bytes, g_free);
  g_assert_true (g_file_get_contents (path, &model->bytes, &model->size_bytes, NULL));
  model->made_at_ms = now_ms;
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

void
test_queue_file_give (const char *folder, gint64 now_ms)
{
  static Model model;
  g_autofree char *path = g_build_filename (folder, "queue.db", NULL);

  /* A program that begins one queue makes no second one to copy. */
  if (g_file_test (path, G_FILE_TEST_EXISTS) || ++model.n_asked < 2)
    return;
  if (!model.bytes || model.made_at_ms != now_ms)
    make (&model, now_ms);
  g_assert_true (
      g_file_set_contents_full (path, model.bytes, (gssize) model.size_bytes, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}
