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
  gint64 next_ms;
  gboolean is_stuck;
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

static gint64
next_ms (gpointer instance)
{
  return ((const Member *) instance)->next_ms;
}

static void
wake (gpointer instance, gint64 now_ms, gint64 jump_ms)
{
  g_autofree char *what = g_strdup_printf ("wake(%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT ")", now_ms, jump_ms);

  note (instance, what);
  /* A disk that is still stuck tries again. */
  ((Member *) instance)->next_ms = ((const Member *) instance)->is_stuck ? now_ms + 1000 : 0;
}

static gboolean
is_stuck (gpointer instance)
{
  return ((const Member *) instance)->is_stuck;
}

static const ObMember sleeper = { .next_ms = next_ms, .wake = wake };
static const ObMember disk = { .next_ms = next_ms, .wake = wake, .is_stuck = is_stuck };
static const ObMember whole = { .load = load, .flushed = flushed, .troubled = troubled }, bare = { .load = NULL };

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
  Member first = { .fixture = fixture, .name = "first" }, second = { .fixture = fixture, .name = "second" };

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
  Member first = { .fixture = fixture, .name = "first" };
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
  Member first = { .fixture = fixture, .name = "first", .fails = TRUE },
         second = { .fixture = fixture, .name = "second" };
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
  Member first = { .fixture = fixture, .name = "first" };
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
  Member first = { .fixture = fixture, .name = "first" };
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

static void
start_alarm (Fixture *fixture)
{
  ob_queue_start_alarm (fixture->queue);
  g_string_truncate (fixture->calls, 0);
}

static void
test_a_member_is_woken_at_its_time (Fixture *fixture, gconstpointer data)
{
  Member first = { .fixture = fixture, .name = "first" }, second = { .fixture = fixture, .name = "second" };
  gint64 now_ms = ob_queue_get_now_ms (fixture->queue);

  ob_queue_join (fixture->queue, &sleeper, &first);
  ob_queue_join (fixture->queue, &sleeper, &second);
  first.next_ms = now_ms + 10;
  ob_queue_set_alarm (fixture->queue);
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, 0);
  ob_queue_start_alarm (fixture->queue);
  assert_calls (fixture, "first.wake(1000,0) second.wake(1000,0)");
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, 0);

  first.next_ms = now_ms + 100;
  second.next_ms = now_ms + 300;
  ob_queue_set_alarm (fixture->queue);
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, now_ms + 100);
  test_clock_advance (fixture->clock, 150);
  assert_calls (fixture, "first.wake(1150,0)");
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, now_ms + 300);

  /* Rings late: whatever has become due is due. */
  first.next_ms = now_ms + 290;
  ob_queue_set_alarm (fixture->queue);
  test_clock_advance (fixture->clock, 1000);
  assert_calls (fixture, "first.wake(2150,0) second.wake(2150,0)");

  /* A turn may change anybody's time. */
  second.next_ms = now_ms + 5000;
  ob_queue_want_flush (fixture->queue);
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, now_ms + 5000);
  ob_queue_stop_alarm (fixture->queue);
  ob_queue_want_flush (fixture->queue);
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, 0);
  assert_calls (fixture, "");
}

/* Every wait is then another one, whether its time has come or not; what a clock drifts by is no jump. */
static void
test_a_clock_that_is_set_wakes_everybody (Fixture *fixture, gconstpointer data)
{
  Member first = { .fixture = fixture, .name = "first" }, second = { .fixture = fixture, .name = "second" };

  ob_queue_join (fixture->queue, &sleeper, &first);
  ob_queue_join (fixture->queue, &sleeper, &second);
  start_alarm (fixture);
  /* Nobody waits. */
  test_clock_set (fixture->clock, 50000);
  first.next_ms = 60000;
  ob_queue_set_alarm (fixture->queue);
  test_clock_set (fixture->clock, 51999);
  assert_calls (fixture, "");
  test_clock_set (fixture->clock, 20000);
  assert_calls (fixture, "first.wake(20000,-30000) second.wake(20000,-30000)");
  first.next_ms = 60000;
  ob_queue_set_alarm (fixture->queue);
  test_clock_set (fixture->clock, 70000);
  assert_calls (fixture, "first.wake(70000,50000) second.wake(70000,50000)");
}

static void
test_while_the_disk_is_stuck_only_it_is_woken (Fixture *fixture, gconstpointer data)
{
  Member first = { .fixture = fixture, .name = "disk" }, second = { .fixture = fixture, .name = "second" };

  ob_queue_join (fixture->queue, &disk, &first);
  ob_queue_join (fixture->queue, &sleeper, &second);
  start_alarm (fixture);
  first.is_stuck = TRUE;
  first.next_ms = 5000;
  second.next_ms = 2000;
  ob_queue_set_alarm (fixture->queue);
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, 5000);
  test_clock_advance (fixture->clock, 4000);
  assert_calls (fixture, "disk.wake(5000,0)");
  /* It works again: the others have what is overdue. */
  first.is_stuck = FALSE;
  ob_queue_set_alarm (fixture->queue);
  g_assert_cmpint (test_clock_get_alarm_ms (fixture->clock), ==, 2000);
  test_clock_advance (fixture->clock, 0);
  assert_calls (fixture, "second.wake(5000,0)");

  /* A clock that is set meanwhile is told of when there is somebody to hear it. */
  first.is_stuck = TRUE;
  first.next_ms = 10000;
  ob_queue_set_alarm (fixture->queue);
  test_clock_set (fixture->clock, 9000);
  assert_calls (fixture, "disk.wake(9000,4000)");
  first.is_stuck = FALSE;
  test_clock_advance (fixture->clock, 1000);
  assert_calls (fixture, "disk.wake(10000,4000) second.wake(10000,4000)");
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
    { "/queue/a-member-is-woken-at-its-time", test_a_member_is_woken_at_its_time },
    { "/queue/a-clock-that-is-set-wakes-everybody", test_a_clock_that_is_set_wakes_everybody },
    { "/queue/while-the-disk-is-stuck-only-it-is-woken", test_while_the_disk_is_stuck_only_it_is_woken },
  };

  g_test_init (&argc, &argv, NULL);
  /* That a turn fails is what is tested. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

  return g_test_run ();
}
