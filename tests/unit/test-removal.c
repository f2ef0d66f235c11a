/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that is removed, and one that is replaced.
 */
#include "removal.h"

#include "support/wait.h"

#include <glib/gstdio.h>

static void
count_up (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static gboolean
is_told (gpointer n_told)
{
  return *(guint *) n_told > 0;
}

static void
write_program (const char *path)
{
  g_assert_true (g_file_set_contents (path, "program", -1, NULL));
}

/* An installer removes the old one before it puts the new one there, or renames the new one over it. */
static void
test_replaced_and_removed (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *replaced = g_build_filename (folder, "replaced", NULL);
  g_autofree char *removed = g_build_filename (folder, "removed", NULL);
  g_autoptr (ObRemoval) watch = NULL, other_watch = NULL, no_watch = NULL;
  guint n_replaced = 0, n_removed = 0, n_never = 0;

  write_program (replaced);
  write_program (removed);
  watch = ob_removal_watch (replaced, 1, count_up, &n_replaced);
  other_watch = ob_removal_watch (removed, 1, count_up, &n_removed);
  no_watch = ob_removal_watch (NULL, 1, count_up, &n_never);
  g_assert_cmpint (g_unlink (replaced), ==, 0);
  write_program (replaced);
  write_program (replaced);
  g_assert_cmpint (g_unlink (removed), ==, 0);
  /* What came first would be told first. */
  test_wait_until (is_told, &n_removed, 20);
  g_assert_cmpuint (n_replaced, ==, 0);
  g_assert_cmpint (g_unlink (replaced), ==, 0);
  test_wait_until (is_told, &n_replaced, 20);
  g_assert_cmpuint (n_replaced, ==, 1);
  g_assert_cmpuint (n_removed, ==, 1);
  g_assert_cmpuint (n_never, ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* The whole folder goes with the package. */
static void
test_the_folder_goes (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *program = g_build_filename (folder, "program", NULL);
  g_autoptr (ObRemoval) watch = NULL;
  guint n_removed = 0;

  write_program (program);
  watch = ob_removal_watch (program, 1, count_up, &n_removed);
  g_assert_cmpint (g_unlink (program), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  test_wait_until (is_told, &n_removed, 20);
}

static void
test_its_own_program (void)
{
  g_autofree char *program = ob_removal_dup_program ();

  g_assert_true (g_file_test (program, G_FILE_TEST_IS_EXECUTABLE));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/removal/replaced-and-removed", test_replaced_and_removed);
  g_test_add_func ("/removal/the-folder-goes", test_the_folder_goes);
  g_test_add_func ("/removal/its-own-program", test_its_own_program);

  return g_test_run ();
}
