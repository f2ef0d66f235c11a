/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order in which files are taken that wait to be saved. Each is a word: the app (a lower-case letter; a capital: a large
 * file), and a digit where it is on a mount that a row is about.
 */
#include "store/ingest-turns.h"

#include <string.h>

typedef struct
{
  ObIngestPlace place; /* first: one is cast to the other */
  char app[2];
  char *word;
} File;

typedef struct
{
  ObIngestTurns *turns;
  GPtrArray *files; /* of File */
} Fixture;

static void
file_free (File *file)
{
  g_free (file->word);
  g_free (file);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->turns = ob_ingest_turns_new ();
  fixture->files = g_ptr_array_new_with_free_func ((GDestroyNotify) file_free);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ob_ingest_turns_free (fixture->turns);
  g_ptr_array_unref (fixture->files);
}

static void
add (Fixture *fixture, const char *words)
{
  g_auto (GStrv) all = g_strsplit (words, " ", -1);

  for (guint i = 0; all[i]; i++)
    {
      File *file = g_new0 (File, 1);

      file->word = g_strdup (all[i]);
      file->app[0] = g_ascii_tolower (all[i][0]);
      file->place.app = file->app;
      file->place.mount = (guint64) g_ascii_digit_value (all[i][1]) & 0xf;
      file->place.is_large = g_ascii_isupper (all[i][0]);
      if (all[i][1] == '\0')
        file->place.mount = 0;
      g_ptr_array_add (fixture->files, file);
      ob_ingest_turns_add (fixture->turns, &file->place);
    }
}

/* Returns: the words of all that may start now. */
static char *
start (Fixture *fixture)
{
  GString *words = g_string_new (NULL);
  ObIngestPlace *place;

  while ((place = ob_ingest_turns_take (fixture->turns)) != NULL)
    g_string_append_printf (words, "%s%s", words->len > 0 ? " " : "", ((File *) place)->word);

  return g_string_free (words, FALSE);
}

static void
assert_starts (Fixture *fixture, const char *expected)
{
  g_autofree char *started = start (fixture);

  g_assert_cmpstr (started, ==, expected);
}

static ObIngestPlace *
find_running (Fixture *fixture, const char *word)
{
  GPtrArray *running = ob_ingest_turns_get_running (fixture->turns);

  for (guint i = 0; i < running->len; i++)
    if (g_str_equal (((File *) running->pdata[i])->word, word))
      return running->pdata[i];
  g_assert_not_reached ();
}

static void
end (Fixture *fixture, const char *word)
{
  ob_ingest_turns_remove (fixture->turns, find_running (fixture, word));
}

static void
hang (Fixture *fixture, const char *word)
{
  find_running (fixture, word)->is_stuck = TRUE;
}

/* --- Tests --- */

static void
test_a_flood_leaves_a_place_to_others (Fixture *fixture, gconstpointer data)
{
  add (fixture, "a a a a a a a a");
  assert_starts (fixture, "a a a a");
  add (fixture, "b");
  assert_starts (fixture, "b");
  add (fixture, "b c");
  assert_starts (fixture, "");
  /* In company an app has one at a time: those that it had before run to their end. */
  end (fixture, "a");
  assert_starts (fixture, "c");
  end (fixture, "b");
  assert_starts (fixture, "b");
  end (fixture, "a");
  end (fixture, "a");
  assert_starts (fixture, "");
  end (fixture, "a");
  assert_starts (fixture, "a");
}

static void
test_apps_take_turns (Fixture *fixture, gconstpointer data)
{
  add (fixture, "a a a a a a a b b b c");
  assert_starts (fixture, "a b c");
  end (fixture, "c");
  assert_starts (fixture, "");
  end (fixture, "a");
  assert_starts (fixture, "a");
  end (fixture, "b");
  assert_starts (fixture, "b");
}

static void
test_who_is_alone_again_has_all_places (Fixture *fixture, gconstpointer data)
{
  add (fixture, "b a");
  assert_starts (fixture, "b a");
  for (guint i = 1; i < OB_INGEST_ALONE_AFTER - 1; i++)
    add (fixture, "a");
  end (fixture, "b");
  assert_starts (fixture, "");
  add (fixture, "a");
  assert_starts (fixture, "a a a");
  add (fixture, "b");
  assert_starts (fixture, "b");
  end (fixture, "a");
  assert_starts (fixture, "");
}

static void
test_large_ones_hold_up_no_small_one (Fixture *fixture, gconstpointer data)
{
  add (fixture, "A A A A a");
  assert_starts (fixture, "a A A");
  add (fixture, "B B");
  assert_starts (fixture, "B");
  end (fixture, "A");
  assert_starts (fixture, "A");
  end (fixture, "A");
  assert_starts (fixture, "B");
}

static void
test_others_take_the_place_of_what_is_stuck (Fixture *fixture, gconstpointer data)
{
  add (fixture, "a a a a a a a a a a a a");
  assert_starts (fixture, "a a a a");
  for (guint i = 0; i < OB_INGEST_STUCK_OF_APP; i++)
    {
      assert_starts (fixture, i == 0 ? "" : "a");
      ((ObIngestPlace *) ob_ingest_turns_get_running (fixture->turns)->pdata[i])->is_stuck = TRUE;
    }
  /* Enough of that app's. */
  assert_starts (fixture, "");
  add (fixture, "b");
  assert_starts (fixture, "b");
}

static void
test_a_mount_that_hangs (Fixture *fixture, gconstpointer data)
{
  add (fixture, "a1 b1 a1 a2 c1 d2");
  assert_starts (fixture, "a1 b1 c1 d2");
  hang (fixture, "b1");
  hang (fixture, "c1");
  end (fixture, "a1");
  assert_starts (fixture, "a2");
  /* Nothing more of the one that hangs, and what is behind it of the same app may pass. */
  add (fixture, "e1 f2 e2");
  assert_starts (fixture, "e2 f2");
  end (fixture, "c1");
  assert_starts (fixture, "");
  end (fixture, "a2");
  assert_starts (fixture, "a1");
  end (fixture, "e2");
  assert_starts (fixture, "e1");
}

static void
test_there_is_an_end_to_threads (Fixture *fixture, gconstpointer data)
{
  guint n = 0;

  for (char app = 'a'; app <= 'z'; app++)
    {
      const char word[] = { app, '\0' };

      add (fixture, word);
    }
  for (;;)
    {
      ObIngestPlace *place = ob_ingest_turns_take (fixture->turns);

      if (!place)
        break;
      place->is_stuck = TRUE;
      n++;
    }
  g_assert_cmpuint (n, ==, OB_INGEST_RUNNING_MAX);
  g_assert_cmpuint (ob_ingest_turns_count_waiting (fixture->turns, NULL), ==, 26 - n);
}

static void
test_what_is_taken_out_does_not_start (Fixture *fixture, gconstpointer data)
{
  add (fixture, "a b a c");
  ob_ingest_turns_remove (fixture->turns, &((File *) fixture->files->pdata[0])->place);
  ob_ingest_turns_remove (fixture->turns, &((File *) fixture->files->pdata[1])->place);
  g_assert_cmpuint (ob_ingest_turns_count_waiting (fixture->turns, "a"), ==, 1);
  g_assert_cmpuint (ob_ingest_turns_count_waiting (fixture->turns, NULL), ==, 2);
  assert_starts (fixture, "a c");
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "a-flood-leaves-a-place-to-others", test_a_flood_leaves_a_place_to_others },
    { "apps-take-turns", test_apps_take_turns },
    { "who-is-alone-again-has-all-places", test_who_is_alone_again_has_all_places },
    { "large-ones-hold-up-no-small-one", test_large_ones_hold_up_no_small_one },
    { "others-take-the-place-of-what-is-stuck", test_others_take_the_place_of_what_is_stuck },
    { "a-mount-that-hangs", test_a_mount_that_hangs },
    { "there-is-an-end-to-threads", test_there_is_an_end_to_threads },
    { "what-is-taken-out-does-not-start", test_what_is_taken_out_does_not_start },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/ingest-turns/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }

  return g_test_run ();
}
