/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The watch of a folder that comes and goes, with all that is in it. The kernel tells of a change before the call that made
 * it returns; a folder that has moved is found anew by a process, which is awaited.
 */
#include "policy/folder-watch.h"

#include "support/wait.h"

#include <sys/resource.h>
#include <unistd.h>

typedef struct
{
  char *folder;
  ObFolderWatch *watches[2];
  guint n_changes[2];
} Fixture;

static void
on_changed (gpointer user_data)
{
  ++*(guint *) user_data;
}

typedef struct
{
  const guint *n_changes;
  guint n_before;
} Told;

static gboolean
is_more (gpointer data)
{
  const Told *told = data;

  return *told->n_changes > told->n_before;
}

static void
wait_until_told (const guint *n_changes, guint n_before)
{
  Told told = { n_changes, n_before };

  test_wait_until (is_more, &told, 20);
}

/* It tells once when it has found its place. */
static void
watch (Fixture *fixture, guint which, const char *path)
{
  g_autofree char *whole = g_build_filename (fixture->folder, path, NULL);

  fixture->n_changes[which] = 0;
  fixture->watches[which] = ob_folder_watch_new (whole, on_changed, &fixture->n_changes[which]);
  wait_until_told (&fixture->n_changes[which], 0);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
}

static void
run (Fixture *fixture, const char *command)
{
  const char *argv[] = { "sh", "-ec", command, NULL };
  int status;

  g_assert_true (
      g_spawn_sync (fixture->folder, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixture->watches); i++)
    g_clear_pointer (&fixture->watches[i], ob_folder_watch_free);
  run (fixture, "rm -r \"$PWD\"");
  g_free (fixture->folder);
}

/* Returns: whether that watch tells of what a command does, if it should. */
static gboolean
is_told (Fixture *fixture, guint which, const char *command, gboolean is_expected)
{
  guint n_before = fixture->n_changes[which];

  run (fixture, command);
  if (is_expected)
    wait_until_told (&fixture->n_changes[which], n_before);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  return fixture->n_changes[which] > n_before;
}

static void
test_what_is_told (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *command;
    gboolean is_told;
  } rows[] = {
    /* On the way to it nothing else matters. */
    { "touch beside", FALSE },
    { "mkdir other && touch other/file", FALSE },
    { "ln -s /nonexistent link", FALSE },
    { "mkdir a", TRUE },
    { "touch a/beside", FALSE },
    { "mkdir a/c && mv a/c a/b", TRUE },
    { "touch a/b/file", TRUE },
    { "echo more >> a/b/file", TRUE },
    { "chmod 600 a/b/file", TRUE },
    { "mv a/b/file a/b/new", TRUE },
    { "ln -sf /nonexistent a/b/new", TRUE },
    { "rm a/b/new", TRUE },
    { "touch a/beside", FALSE },
    { "mkdir a/b/c", TRUE },
    { "touch a/b/c/file", FALSE },
    /* It goes and comes back, by itself and with what is above. */
    { "mv a/b a/away", TRUE },
    { "touch a/away/file", FALSE },
    { "mv a/away a/b", TRUE },
    { "touch a/b/file", TRUE },
    { "rm -r a", TRUE },
    { "mkdir -p a/b", TRUE },
    { "touch a/b/file", TRUE },
    { "rm -r a && mkdir -p a/b && touch a/b/file", TRUE },
    { "echo more >> a/b/file", TRUE },
  };

  watch (fixture, 0, "a/b");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].command);
      g_assert_cmpint (is_told (fixture, 0, rows[i].command, rows[i].is_told), ==, rows[i].is_told);
    }
}

/* The kernel has one watch for both, which stays as long as either. */
static void
test_two_of_one_folder (Fixture *fixture, gconstpointer data)
{
  run (fixture, "mkdir a");
  watch (fixture, 0, "a");
  watch (fixture, 1, "a/b");
  g_assert_true (is_told (fixture, 0, "touch a/file", TRUE));
  g_assert_cmpuint (fixture->n_changes[1], ==, 1);
  g_assert_true (is_told (fixture, 1, "mkdir a/b", TRUE));
  g_assert_true (is_told (fixture, 1, "touch a/b/file", TRUE));
  g_assert_true (is_told (fixture, 1, "rm -r a/b", TRUE));
  g_clear_pointer (&fixture->watches[1], ob_folder_watch_free);
  g_assert_true (is_told (fixture, 0, "touch a/file", TRUE));
  watch (fixture, 1, "a");
  g_clear_pointer (&fixture->watches[0], ob_folder_watch_free);
  g_assert_true (is_told (fixture, 1, "touch a/file", TRUE));
}

static void
on_changed_for_good (gpointer user_data)
{
  Fixture *fixture = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (fixture->watches); i++)
    g_clear_pointer (&fixture->watches[i], ob_folder_watch_free);
  fixture->n_changes[0]++;
}

/* Whoever is told may end all watches. */
static void
test_the_end_while_it_tells (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (fixture->watches); i++)
    fixture->watches[i] = ob_folder_watch_new (fixture->folder, on_changed_for_good, fixture);
  wait_until_told (&fixture->n_changes[0], 0);
  g_assert_cmpuint (fixture->n_changes[0], ==, 1);
  g_assert_false (is_told (fixture, 0, "touch other", FALSE));
}

/* Lets a descriptor be opened, or not. */
static void
limit_descriptors (gboolean is_limited)
{
  static struct rlimit before;
  struct rlimit limit;
  int next = dup (0);

  (void) close (next);
  if (is_limited)
    g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  limit = before;
  if (is_limited)
    limit.rlim_cur = (rlim_t) next;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

/* Other programs had taken all that a person may have, and gave one back. */
static void
test_no_instance_was_left (Fixture *fixture, gconstpointer data)
{
  limit_descriptors (TRUE);
  fixture->watches[0] = ob_folder_watch_new (fixture->folder, on_changed, &fixture->n_changes[0]);
  limit_descriptors (FALSE);
  wait_until_told (&fixture->n_changes[0], 0);
  g_assert_true (is_told (fixture, 0, "touch file", TRUE));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add (name, Fixture, NULL, set_up, test, tear_down)
  ADD ("/folder-watch/what-is-told", test_what_is_told);
  ADD ("/folder-watch/two-of-one-folder", test_two_of_one_folder);
  ADD ("/folder-watch/no-instance-was-left", test_no_instance_was_left);
  ADD ("/folder-watch/the-end-while-it-tells", test_the_end_while_it_tells);
#undef ADD

  return g_test_run ();
}
