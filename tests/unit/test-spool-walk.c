/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Walks through a spool: what is visited, in which order, and that nothing is when the walk was ended.
 */
#include "base/identity.h"
#include "spool.h"
#include "store/spool-walk.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>

/* More than a walk visits in a turn of the main loop; and more than it reads at a time. */
#define SOME 200
#define MANY 1100

static void
put (TestSpool *fixture, const char *id, const char *ending)
{
  g_autofree char *path = ob_spool_get_path (fixture->spool, id);
  g_autofree char *file = g_strconcat (path, ending, NULL);
  int fd = g_creat (file, 0600);

  g_assert_true (g_close (fd, NULL));
}

/* Of three, one has bytes and record, one bytes alone, one a record alone; and there is what is not the spool's. */
static void
fill (TestSpool *fixture, guint n_files)
{
  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *id = ob_id_new (1750000000000 + i);

      if (i % 3 != 2)
        put (fixture, id, "");
      if (i % 3 != 1)
        put (fixture, id, ".json");
    }
  put (fixture, "notes", ".txt");
  put (fixture, "notes", ".json");
}

static void
empty (TestSpool *fixture)
{
  g_autofree char *path = ob_spool_get_path (fixture->spool, "");
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
    }
}

typedef struct
{
  guint most; /* how many are waited for */
  gboolean ends_then;
  GPtrArray *ids;
  ObSpoolWalk *walk;
} Visits;

static void
visits_clear (Visits *visits)
{
  g_ptr_array_unref (visits->ids);
  g_clear_pointer (&visits->walk, ob_spool_walk_end);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Visits, visits_clear)

static void
on_visit (const char *id, gpointer user_data)
{
  Visits *visits = user_data;

  g_assert_true (ob_id_is_valid (id));
  g_ptr_array_add (visits->ids, g_strdup (id));
  if (visits->ends_then && visits->ids->len == visits->most)
    g_clear_pointer (&visits->walk, ob_spool_walk_end);
}

static gboolean
are_done (gpointer user_data)
{
  const Visits *visits = user_data;

  return visits->ids->len >= visits->most;
}

static void
assert_each_once (GPtrArray *ids, guint n_files)
{
  g_autoptr (GHashTable) set = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < ids->len; i++)
    g_assert_true (g_hash_table_add (set, ids->pdata[i]));
  g_assert_cmpuint (ids->len, ==, n_files);
}

static void
test_each_is_visited_once (TestSpool *fixture, gconstpointer data)
{
  g_auto (Visits) visits = { MANY, FALSE, g_ptr_array_new_with_free_func (g_free), NULL };

  fill (fixture, MANY);
  visits.walk = ob_spool_walk_begin (fixture->spool, on_visit, &visits);
  g_assert_cmpuint (visits.ids->len, ==, 0);
  test_wait_until (are_done, &visits, 60);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  assert_each_once (visits.ids, MANY);
  empty (fixture);
}

static void
test_the_oldest_is_first (TestSpool *fixture, gconstpointer data)
{
  g_auto (Visits) visits = { SOME, FALSE, g_ptr_array_new_with_free_func (g_free), NULL };

  fill (fixture, SOME);
  ob_spool_visit_all (fixture->spool, on_visit, &visits);
  assert_each_once (visits.ids, SOME);
  for (guint i = 1; i < visits.ids->len; i++)
    g_assert_cmpstr (visits.ids->pdata[i - 1], <, visits.ids->pdata[i]);
  empty (fixture);
}

/* In the middle of a visit, as when what it found ends the broker. */
static void
test_nothing_is_visited_after_the_end (TestSpool *fixture, gconstpointer data)
{
  g_auto (Visits) visits = { 150, TRUE, g_ptr_array_new_with_free_func (g_free), NULL };

  fill (fixture, SOME);
  visits.walk = ob_spool_walk_begin (fixture->spool, on_visit, &visits);
  test_wait_until (are_done, &visits, 60);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (visits.ids->len, ==, visits.most);
  empty (fixture);
}

/* While the thread reads the folder. */
static void
test_the_spool_is_closed_meanwhile (TestSpool *fixture, gconstpointer data)
{
  g_auto (Visits) visits = { 0, FALSE, g_ptr_array_new_with_free_func (g_free), NULL };
  g_autoptr (GError) error = NULL;

  fill (fixture, SOME);
  visits.walk = ob_spool_walk_begin (fixture->spool, on_visit, &visits);
  g_clear_pointer (&visits.walk, ob_spool_walk_end);
  g_clear_pointer (&fixture->spool, ob_spool_free);
  fixture->spool = ob_spool_open (fixture->folder, &error);
  g_assert_no_error (error);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (visits.ids->len, ==, 0);
  empty (fixture);
}

int
main (int argc, char *argv[])
{
  static const TestSpoolCase cases[] = {
    { "/spool-walk/each-is-visited-once", test_each_is_visited_once },
    { "/spool-walk/the-oldest-is-first", test_the_oldest_is_first },
    { "/spool-walk/nothing-is-visited-after-the-end", test_nothing_is_visited_after_the_end },
    { "/spool-walk/the-spool-is-closed-meanwhile", test_the_spool_is_closed_meanwhile },
  };

  g_test_init (&argc, &argv, NULL);
  test_spool_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
