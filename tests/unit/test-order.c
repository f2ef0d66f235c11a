/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order in which the broker starts uploads, how many at once, and who makes room for whom.
 */
#include "support/rig.h"

static char *
submit_of (TestRig *rig, const char *app, gint priority)
{
  const ObSubmission submission = { .app = app, .destination = "depot", .priority = priority };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

static void
test_priority_then_arrival (TestRig *rig, gconstpointer data)
{
  g_autofree char *low = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *high = NULL;

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  low = test_rig_submit (rig, NULL, -5);
  first = test_rig_submit (rig, NULL, 0);
  second = test_rig_submit (rig, NULL, 0);
  high = test_rig_submit (rig, NULL, 5);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 0);
  test_rig_assert_status (rig, low, "paused queue");
  g_assert_true (test_rig_pause_queue (rig, FALSE, NULL));
  g_assert_cmpuint (test_rig_count_active (rig), ==, 2);
  g_assert_true (test_rig_is_active (rig, high) && test_rig_is_active (rig, first));
  test_rig_assert_status (rig, second, "queued");
  test_rig_finish (rig, high);
  g_assert_true (test_rig_is_active (rig, second));
  /* A new priority counts from the next choice on. */
  g_assert_true (test_rig_command (rig, OB_COMMAND_SET_PRIORITY, first, -9, NULL));
  g_assert_true (test_rig_is_active (rig, first));
  test_rig_end (rig, first, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  g_assert_true (test_rig_is_active (rig, low));
  test_rig_advance (rig, RIG_MINUTE);
  test_rig_finish (rig, second);
  test_rig_finish (rig, low);
  test_rig_finish (rig, first);
  g_assert_cmpint (test_rig_ask (rig, "SELECT priority FROM uploads WHERE number = 2"), ==, -9);
}

static void
test_four_at_once_and_two_for_each (TestRig *rig, gconstpointer data)
{
  char *ids[8];

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = test_rig_submit (rig, i < 4 ? "depot" : "yard", 0);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_assert_cmpint (test_rig_is_active (rig, ids[i]), ==, i % 4 < 2);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_assert_cmpuint (test_rig_count_active (rig), <=, 4);
      test_rig_finish (rig, ids[i]);
      test_rig_assert_status (rig, ids[i], "done");
      g_free (ids[i]);
    }
}

static void
test_not_before_its_time (TestRig *rig, gconstpointer data)
{
  const ObSubmission submission = { .app = "test", .not_before_ms = RIG_BEGIN_MS + RIG_HOUR };
  g_autofree char *id = test_rig_submit_full (rig, &submission, NULL);

  test_rig_assert_status (rig, id, "paused not-before");
  g_assert_cmpint (test_rig_get_wait_ms (rig, id), ==, RIG_HOUR);
  test_rig_advance (rig, RIG_HOUR - 1);
  g_assert_false (test_rig_is_active (rig, id));
  test_rig_advance (rig, 1);
  test_rig_finish (rig, id);
}

static void
test_a_form_takes_the_place_of_a_video (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_of (rig, "app", -10), *second = submit_of (rig, "app", -10);
  g_autofree char *form = NULL, *sql = NULL;
  const ObJob *job;

  (void) test_server_wait_for (rig->server, first);
  (void) test_server_wait_for (rig->server, second);
  test_server_report_created (rig->server, second, "http://depot.example/files/2");
  test_server_report_progress (rig->server, second, 400);
  form = submit_of (rig, "app", 20);
  (void) test_server_wait_for (rig->server, form);
  test_rig_settle (rig);
  g_assert_true (test_rig_is_active (rig, first));
  g_assert_false (test_rig_is_active (rig, second));
  test_rig_assert_status (rig, second, "queued");
  sql = g_strdup_printf (
      "SELECT count(*) FROM uploads WHERE id = '%s' AND offset = 400 AND failures = 0 AND retry_at = 0"
      " AND error_at = 0",
      second);
  g_assert_cmpint (test_rig_ask (rig, sql), ==, 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE state = 'queued'"
                                      " AND message = 'made room for one of higher priority'"),
                   ==, 1);
  /* And goes on from there. */
  test_rig_finish (rig, form);
  job = test_server_wait_for (rig->server, second);
  g_assert_cmpuint (job->offset_bytes, ==, 400);
  g_assert_cmpstr (job->resume, ==, "http://depot.example/files/2");
  g_assert_cmpint (test_rig_ask (rig, "SELECT failures FROM destinations WHERE name = 'depot'"), ==, 0);
}

static void
test_what_asks_the_server_makes_no_room (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_of (rig, "app", -10), *second = submit_of (rig, "app", -10);
  g_autofree char *form = NULL, *urgent = NULL;

  (void) test_server_wait_for (rig->server, second);
  test_server_report_created (rig->server, second, "http://depot.example/files/2");
  test_server_report_stored (rig->server, second);
  form = submit_of (rig, "app", 20);
  (void) test_server_wait_for (rig->server, form);
  urgent = submit_of (rig, "app", 10);
  test_rig_settle (rig);
  test_rig_assert_status (rig, first, "queued");
  test_rig_assert_status (rig, second, "confirming");
  g_assert_true (test_rig_is_active (rig, second));
  test_rig_assert_status (rig, urgent, "queued");
}

/* What gave its place comes back in its turn, and not before whom it gave it to. */
static void
test_a_place_is_taken_only_once (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_of (rig, "app", -10), *second = submit_of (rig, "app", -10);
  g_autofree char *one = submit_of (rig, "app", 5), *two = submit_of (rig, "other", 5),
                  *three = submit_of (rig, "app", 5);

  (void) test_server_wait_for (rig->server, one);
  (void) test_server_wait_for (rig->server, two);
  test_rig_settle (rig);
  g_assert_false (test_rig_is_active (rig, first));
  g_assert_false (test_rig_is_active (rig, second));
  test_rig_assert_status (rig, three, "queued");
  g_assert_cmpint (test_rig_ask (rig,
                                 "SELECT count(*) FROM journal WHERE message = 'made room for one of higher priority'"),
                   ==, 2);
  test_rig_finish (rig, one);
  g_assert_true (test_rig_is_active (rig, three));
  test_rig_finish (rig, two);
  g_assert_true (test_rig_is_active (rig, first));
}

static gboolean
is_making_room (TestRig *rig)
{
  g_autoptr (GPtrArray) actives = test_rig_list_active (rig);

  for (guint i = 0; i < actives->len; i++)
    if (((const ObActive *) actives->pdata[i])->makes_room)
      return TRUE;

  return FALSE;
}

/* What something was stopped for is removed before it has the place: somebody else gets it. */
static void
test_a_place_that_nobody_takes_is_free (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_of (rig, "app", -10), *second = submit_of (rig, "app", -10);
  g_autofree char *form = submit_of (rig, "app", 20);

  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, form, 0, NULL));
  while (is_making_room (rig))
    g_main_context_iteration (NULL, TRUE);
  (void) test_server_wait_for (rig->server, first);
  (void) test_server_wait_for (rig->server, second);
  test_rig_settle (rig);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 2);
  test_rig_assert_status (rig, form, "gone");
}

static void
test_a_higher_priority_set_later_takes_a_place (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_of (rig, "app", 0), *second = submit_of (rig, "app", 0);
  g_autofree char *third = submit_of (rig, "app", 0);

  test_rig_assert_status (rig, third, "queued");
  g_assert_true (test_rig_command (rig, OB_COMMAND_SET_PRIORITY, third, 1, NULL));
  (void) test_server_wait_for (rig->server, third);
  test_rig_settle (rig);
  g_assert_true (test_rig_is_active (rig, first));
  test_rig_assert_status (rig, second, "queued");
}

static void
test_an_app_with_many_files_holds_up_no_other (TestRig *rig, gconstpointer data)
{
  GPtrArray *many = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *few = NULL, *few_too = NULL;

  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (many, submit_of (rig, "many", 0));
  few = submit_of (rig, "few", 0);
  few_too = submit_of (rig, "few", 0);
  test_rig_finish (rig, many->pdata[0]);
  g_assert_true (test_rig_is_active (rig, few));
  test_rig_finish (rig, many->pdata[1]);
  g_assert_true (test_rig_is_active (rig, many->pdata[2]));
  test_rig_finish (rig, many->pdata[2]);
  g_assert_true (test_rig_is_active (rig, few_too));
  g_ptr_array_unref (many);
}

/* After days without a network what people have set still counts; but a point of priority is worth no more than a day. */
static void
test_the_order_outlives_an_outage (TestRig *rig, gconstpointer data)
{
  g_autofree char *old = NULL, *ancient = NULL, *urgent = NULL, *later = NULL;

  test_conditions_set_available (rig->conditions, FALSE);
  ancient = submit_of (rig, "app", 0);
  test_rig_advance (rig, 3 * RIG_DAY);
  old = submit_of (rig, "app", 0);
  test_rig_advance (rig, 3 * RIG_DAY);
  urgent = submit_of (rig, "app", 5);
  later = submit_of (rig, "app", 7);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, 250);
  g_assert_true (test_rig_is_active (rig, later));
  g_assert_true (test_rig_is_active (rig, ancient));
  test_rig_finish (rig, later);
  g_assert_true (test_rig_is_active (rig, urgent));
  test_rig_assert_status (rig, old, "queued");
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/order/priority-then-arrival", test_priority_then_arrival },
    { "/order/four-at-once-and-two-for-each", test_four_at_once_and_two_for_each },
    { "/order/not-before-its-time", test_not_before_its_time },
    { "/order/a-form-takes-the-place-of-a-video", test_a_form_takes_the_place_of_a_video },
    { "/order/what-asks-the-server-makes-no-room", test_what_asks_the_server_makes_no_room },
    { "/order/a-place-is-taken-only-once", test_a_place_is_taken_only_once },
    { "/order/a-place-that-nobody-takes-is-free", test_a_place_that_nobody_takes_is_free },
    { "/order/a-higher-priority-set-later-takes-a-place", test_a_higher_priority_set_later_takes_a_place },
    { "/order/an-app-with-many-files-holds-up-no-other", test_an_app_with_many_files_holds_up_no_other },
    { "/order/the-order-outlives-an-outage", test_the_order_outlives_an_outage },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
