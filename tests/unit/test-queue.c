/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue and its members: who is called, when, in which order, and how often.
 */
#include "broker/queue.h"

#include "dbus/error.h"
#include "support/clock.h"

typedef struct
{
  char *folder;
  ObDatabase *database;
  TestClock *clock;
  ObQueue *queue;
  GString *calls; /* "first.load second.load …" */
  guint n_tables;
} Fixture;

typedef struct
{
  Fixture *fixture;
  const char *name;
  gboolean fails; /* to load */
} Member;

static void
note (gpointer instance, const char *what)
{
  const Member *member = instance;

  g_string_append_printf (member->fixture->calls, "%s%s.%s", member->fixture->calls->len ? " " : "", member->name,
                          what);
}

static gboolean
load (gpointer instance, GError **error)
{
  note (instance, "load");
  if (!((const Member *) instance)->fails)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE, "it cannot be read");

  return FALSE;
}

static void
flushed (gpointer instance, const ObChanges *changes)
{
  g_autofree char *what = g_strdup_printf ("flushed(%u%s)", g_hash_table_size (changes->touched),
                                           changes->are_holds_touched ? ",holds" : "");

  note (instance, what);
}

static void
troubled (gpointer instance)
{
  note (instance, "troubled");
}

static const ObMember whole = { load, flushed, troubled }, bare = { NULL, NULL, NULL };

static void
assert_calls (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (fixture->calls->str, ==, expected);
  g_string_truncate (fixture->calls, 0);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  gboolean was_rebuilt;
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->database = ob_database_open (fixture->folder, 1, &was_rebuilt, &error);
  g_assert_no_error (error);
  fixture->clock = test_clock_new (1000);
  fixture->queue = ob_queue_new (fixture->database, OB_CLOCK (fixture->clock));
  fixture->calls = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  ob_queue_free (fixture->queue);
  ob_database_free (fixture->database);
  g_object_unref (fixture->clock);
  g_string_free (fixture->calls, TRUE);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* --- Changes --- */

static gboolean
write_row (gpointer user_data, GError **error)
{
  Fixture *fixture = user_data;

  return ob_database_run (fixture->database, "INSERT INTO journal (at, event) VALUES (1, 'filler')", error);
}

static gboolean
write_too_much (gpointer user_data, GError **error)
{
  while (write_row (user_data, error))
    ;

  return FALSE;
}

static gboolean
write_and_refuse (gpointer user_data, GError **error)
{
  (void) write_row (user_data, error);
  ob_queue_touch (((Fixture *) user_data)->queue, "b", FALSE);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, "no");

  return FALSE;
}

static gboolean
give_up_quietly (gpointer user_data, GError **error)
{
  return FALSE;
}

static gint64
count_rows (Fixture *fixture)
{
  gint64 rows = -1;

  g_assert_true (
      ob_database_ask_number (fixture->database, "SELECT count(*) FROM journal WHERE event = 'filler'", &rows, NULL));

  return rows;
}

/* --- Tests --- */

static void
test_members_are_called_in_order (Fixture *fixture, gconstpointer data)
{
  Member first = { fixture, "first", FALSE }, second = { fixture, "second", FALSE };

  ob_queue_join (fixture->queue, &whole, &first);
  ob_queue_join (fixture->queue, &bare, NULL);
  ob_queue_join (fixture->queue, &whole, &second);
  g_assert_true (ob_queue_load (fixture->queue, NULL));
  assert_calls (fixture, "first.load second.load");

  g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, write_row, fixture, NULL));
  ob_queue_touch (fixture->queue, "a", TRUE);
  g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, write_row, fixture, NULL));
  ob_queue_touch (fixture->queue, "b", FALSE);
  ob_queue_touch (fixture->queue, "a", FALSE);
  assert_calls (fixture, "");
  ob_queue_commit (fixture->queue);
  assert_calls (fixture, "first.flushed(2) second.flushed(2)");
  g_assert_cmpint (count_rows (fixture), ==, 2);

  /* Where nothing has changed, nobody is called. */
  ob_queue_commit (fixture->queue);
  g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, write_row, fixture, NULL));
  ob_queue_commit (fixture->queue);
  assert_calls (fixture, "");
  /* Outside of a turn there is nothing to wait for. */
  ob_queue_touch_holds (fixture->queue);
  assert_calls (fixture, "first.flushed(0,holds) second.flushed(0,holds)");
}

static void
test_what_is_refused_has_changed_nothing (Fixture *fixture, gconstpointer data)
{
  Member first = { fixture, "first", FALSE };
  g_autoptr (GError) error = NULL;

  ob_queue_join (fixture->queue, &whole, &first);
  g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, write_row, fixture, NULL));
  ob_queue_touch (fixture->queue, "a", FALSE);
  g_assert_false (ob_queue_do (fixture->queue, OB_TURN_SOON, write_and_refuse, fixture, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  /* A refusal is no trouble of the disk. */
  assert_calls (fixture, "first.load");
  g_assert_false (ob_queue_do (fixture->queue, OB_TURN_SOON, give_up_quietly, fixture, NULL));
  assert_calls (fixture, "first.load");
  ob_queue_commit (fixture->queue);
  assert_calls (fixture, "first.flushed(1)");
  g_assert_cmpint (count_rows (fixture), ==, 1);
}

/* A member that cannot load keeps those after it from loading: nothing follows from what is half read. */
static void
test_a_member_that_cannot_load (Fixture *fixture, gconstpointer data)
{
  Member first = { fixture, "first", TRUE }, second = { fixture, "second", FALSE };
  g_autoptr (GError) error = NULL;

  ob_queue_join (fixture->queue, &whole, &first);
  ob_queue_join (fixture->queue, &whole, &second);
  g_assert_false (ob_queue_load (fixture->queue, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  assert_calls (fixture, "first.load");
}

static void
on_answer (const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->calls, "%sanswer(%d)", fixture->calls->len ? " " : "", error ? error->code : -1);
}

static void
test_an_answer_waits_for_the_commit (Fixture *fixture, gconstpointer data)
{
  Member first = { fixture, "first", FALSE };
  g_autofree char *refused = g_strdup_printf ("first.load answer(%d)", OUTBOX_ERROR_WRONG_STATE);

  ob_queue_join (fixture->queue, &whole, &first);
  ob_queue_command (fixture->queue, write_row, fixture, on_answer, fixture);
  ob_queue_want_flush (fixture->queue);
  assert_calls (fixture, "");
  ob_queue_command (fixture->queue, write_and_refuse, fixture, on_answer, fixture);
  assert_calls (fixture, refused);
  ob_queue_commit (fixture->queue);
  assert_calls (fixture, "answer(-1) first.flushed(0)");
}

/* The disk is full from the second change on, and at the third there is no turn to be had any more. */
static void
test_trouble_is_told_once (Fixture *fixture, gconstpointer data)
{
  Member first = { fixture, "first", FALSE };
  g_autofree char *refused = g_strdup_printf ("first.load answer(%d)", OUTBOX_ERROR_DISK_FULL);
  g_autofree char *answers = g_strdup_printf ("first.load first.troubled answer(%d)", OUTBOX_ERROR_DISK_FULL);
  g_autofree char *limit = NULL;
  gint64 pages = 0;

  ob_queue_join (fixture->queue, &whole, &first);
  ob_queue_command (fixture->queue, write_row, fixture, on_answer, fixture);
  assert_calls (fixture, "");
  g_assert_true (ob_database_ask_number (fixture->database, "PRAGMA page_count", &pages, NULL));
  limit = g_strdup_printf ("PRAGMA max_page_count = %" G_GINT64_FORMAT, pages);
  g_assert_true (ob_database_run (fixture->database, limit, NULL));
  ob_queue_command (fixture->queue, write_too_much, fixture, on_answer, fixture);
  assert_calls (fixture, refused);
  /* Whoever was in that turn has not been written either, and that is the moment to tell. */
  ob_queue_commit (fixture->queue);
  assert_calls (fixture, answers);
  g_assert_cmpint (count_rows (fixture), ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "/queue/members-are-called-in-order", test_members_are_called_in_order },
    { "/queue/what-is-refused-has-changed-nothing", test_what_is_refused_has_changed_nothing },
    { "/queue/a-member-that-cannot-load", test_a_member_that_cannot_load },
    { "/queue/an-answer-waits-for-the-commit", test_an_answer_waits_for_the_commit },
    { "/queue/trouble-is-told-once", test_trouble_is_told_once },
  };

  g_test_init (&argc, &argv, NULL);
  /* That a turn fails is what is tested. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

  return g_test_run ();
}
