/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox add --move: a file is removed only where this very call saw that its bytes are safe.
 */
#include "support/command.h"

#include <unistd.h>

static void
test_a_moved_file_is_gone (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "moved.jpg", 1000, 1);
  g_autofree char *output = test_command (broker, "add --move --wait moved.jpg", 0);

  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* A file whose key was used for other bytes was not saved: it is still there, whatever its name, size and time. */
static void
test_a_moved_file_is_gone_only_if_its_bytes_are_safe (void)
{
  static const struct
  {
    const char *command;
    guint seed;
    int exit_code;
  } steps[] = {
    { "add --key site-7 --move form.json", 1, 0 },
    { "add --key site-7 --move form.json", 2, 1 },
    { "add --key site-7 --move form.json", 1, 0 },
    { "add --key site-8 --move form.json", 2, 0 },
  };
  g_autoptr (TestBroker) broker = test_broker_new ();
  const char *const states[] = { "pause", "resume" };

  for (guint state = 0; state < G_N_ELEMENTS (states); state++)
    {
      g_autofree char *steered = test_command (broker, states[state], 0);

      for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
        {
          g_autofree char *path = test_broker_make_file (broker, "form.json", 17, steps[i].seed);
          g_autofree char *output = test_command (broker, steps[i].command, steps[i].exit_code);

          g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS) == (steps[i].exit_code != 0));
        }
      if (state > 0)
        test_broker_wait_for_all (broker, "done", 20);
      g_assert_cmpuint (test_broker_count (broker, "all"), ==, 2);
    }
}

/* A link is not the file that was handed over; a file that is named twice can be removed but once. */
static void
test_a_moved_file_has_other_names (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *link_path = g_build_filename (folder, "link.jpg", NULL);
  g_autofree char *linked = NULL;
  g_autofree char *twice = NULL;

  g_assert_cmpint (symlink (path, link_path), ==, 0);
  linked = test_command (broker, "add --move link.jpg", 1);
  test_assert_has (linked, "it is a link");
  g_assert_true (g_file_test (link_path, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  twice = test_command (broker, "add --move photo.jpg photo.jpg", 0);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/move/a-moved-file-is-gone", test_a_moved_file_is_gone);
  g_test_add_func ("/move/a-moved-file-is-gone-only-if-its-bytes-are-safe",
                   test_a_moved_file_is_gone_only_if_its_bytes_are_safe);
  g_test_add_func ("/move/a-moved-file-has-other-names", test_a_moved_file_has_other_names);

  return g_test_run ();
}
