/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A person answers what a lane waits for: this one now, this group, this network.
 */
#include "lanes.h"

/* --- Answers --- */

static void
test_send_now_is_for_this_network_and_once (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  lanes_set_rules (rig, LANES_ASKED);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  first = lanes_submit (rig, "video/mp4");
  second = lanes_submit (rig, "video/mp4");
  test_rig_assert_status (rig, first, "paused ask");
  lanes_command (rig, OB_COMMAND_SEND_NOW, first);
  (void) test_server_wait_for (rig->server, first);
  test_rig_assert_status (rig, second, "paused ask");
  /* Another network is another question. */
  test_conditions_connect (rig->conditions, "roaming", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_wait_for_end (rig, first);
  test_rig_advance (rig, 250);
  test_rig_assert_status (rig, first, "paused ask");
  /* The answer is kept through a restart. */
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_finish (rig, first);
  test_rig_assert_status (rig, second, "paused ask");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'send-now'"), ==, 1);
}

static void
test_send_now_lifts_what_an_upload_waits_for (TestRig *rig, gconstpointer data)
{
  const ObSubmission later = { .app = "test", .not_before_ms = RIG_BEGIN_MS + RIG_DAY };
  g_autofree char *paused = NULL;
  g_autofree char *tomorrow = NULL;
  g_autofree char *failed = lanes_submit (rig, "image/jpeg");

  test_rig_end (rig, failed, OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED);
  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  paused = lanes_submit (rig, "image/jpeg");
  lanes_command (rig, OB_COMMAND_PAUSE, paused);
  tomorrow = test_rig_submit_full (rig, &later, NULL);
  g_assert_true (test_rig_pause_queue (rig, FALSE, NULL));
  test_rig_assert_status (rig, tomorrow, "paused not-before");
  lanes_command (rig, OB_COMMAND_SEND_NOW, paused);
  test_rig_finish (rig, paused);
  lanes_command (rig, OB_COMMAND_SEND_NOW, tomorrow);
  test_rig_finish (rig, tomorrow);
  lanes_command (rig, OB_COMMAND_SEND_NOW, failed);
  test_rig_finish (rig, failed);
  g_assert_false (test_rig_command (rig, OB_COMMAND_SEND_NOW, failed, 0, NULL)); /* it is there */
  /* Which network that was is not for its app to know, which may read of its upload. */
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'send-now'"), ==, 3);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE message LIKE '%@%'"), ==, 0);
}

static void
on_answered (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static char *
submit_to_group (TestRig *rig, const char *group)
{
  const ObSubmission submission = { .app = "test", .media_type = "video/mp4", .group = group };

  return test_rig_submit_full (rig, &submission, NULL);
}

static void
test_an_answer_for_a_group_counts_for_what_comes_later (TestRig *rig, gconstpointer data)
{
  const char *const keys[] = { "report", NULL };
  g_autofree char *first = NULL;
  g_autofree char *other = NULL;
  g_autofree char *later = NULL;
  g_autofree char *elsewhere = NULL;

  lanes_set_rules (rig, LANES_ASKED);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  first = submit_to_group (rig, "report");
  other = submit_to_group (rig, "other");
  test_rig_assert_status (rig, first, "paused ask");
  ob_broker_send_groups_now (rig->broker, keys, on_answered, NULL);
  test_rig_settle (rig);
  test_rig_finish (rig, first);
  later = submit_to_group (rig, "report");
  test_rig_finish (rig, later);
  test_rig_assert_status (rig, other, "paused ask");
  lanes_connect (rig, "abroad", OB_LINK_CELLULAR, OB_METERED_YES);
  elsewhere = submit_to_group (rig, "report");
  test_rig_assert_status (rig, elsewhere, "paused ask");
}

static void
test_an_answer_for_a_network_ends_when_it_is_left (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *again = NULL;
  g_autofree char *later = NULL;

  lanes_set_rules (rig, LANES_ASKED);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  id = lanes_submit (rig, "video/mp4");
  test_rig_assert_status (rig, id, "paused ask");
  ob_broker_allow_network (rig->broker, on_answered, NULL);
  test_rig_settle (rig);
  test_rig_finish (rig, id);
  /* No network is no other network, and a start is none either. */
  test_conditions_set_available (rig->conditions, FALSE);
  test_rig_advance (rig, RIG_MINUTE);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, 250);
  again = lanes_submit (rig, "video/mp4");
  test_rig_finish (rig, again);
  lanes_connect (rig, "depot", OB_LINK_WIFI, OB_METERED_NO);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  later = lanes_submit (rig, "video/mp4");
  test_rig_assert_status (rig, later, "paused ask");
}

static void
set_roaming (TestRig *rig, gboolean is_roaming)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);

  conditions.is_roaming = is_roaming;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_advance (rig, 250);
}

static void
wait_until_held (TestRig *rig, const char *id)
{
  if (test_rig_is_active (rig, id))
    test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused ask");
}

/* The connection is the same on both sides of a border, what a byte costs is not: nobody has been asked about that yet. */
static void
test_an_answer_at_home_is_none_abroad (TestRig *rig, gconstpointer data)
{
  const char *const keys[] = { "report", NULL };
  g_autofree char *sent_now = NULL;
  g_autofree char *of_group = NULL;
  g_autofree char *of_network = NULL;
  g_autofree char *joins = NULL;
  g_autofree char *home = NULL;

  lanes_set_rules (rig, "[Rule large]\nmin-size=1\nmetered=ask\nroaming=ask\n");
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  sent_now = lanes_submit (rig, "video/mp4");
  of_group = submit_to_group (rig, "report");
  lanes_command (rig, OB_COMMAND_SEND_NOW, sent_now);
  ob_broker_send_groups_now (rig->broker, keys, on_answered, NULL);
  ob_broker_allow_network (rig->broker, on_answered, NULL);
  of_network = lanes_submit (rig, "video/mp4");
  (void) test_server_wait_for (rig->server, sent_now);
  set_roaming (rig, TRUE);
  joins = submit_to_group (rig, "report");
  wait_until_held (rig, sent_now);
  wait_until_held (rig, of_group);
  wait_until_held (rig, of_network);
  wait_until_held (rig, joins);
  /* Who says yes abroad is not asked there again, and was not asked about home. */
  ob_broker_allow_network (rig->broker, on_answered, NULL);
  test_rig_settle (rig);
  test_rig_finish (rig, sent_now);
  set_roaming (rig, FALSE);
  home = lanes_submit (rig, "video/mp4");
  test_rig_assert_status (rig, home, "paused ask");
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/answers/send-now-is-for-this-network-and-once", test_send_now_is_for_this_network_and_once },
    { "/answers/send-now-lifts-what-an-upload-waits-for", test_send_now_lifts_what_an_upload_waits_for },
    { "/answers/one-for-a-group-counts-for-what-comes-later", test_an_answer_for_a_group_counts_for_what_comes_later },
    { "/answers/one-for-a-network-ends-when-it-is-left", test_an_answer_for_a_network_ends_when_it_is_left },
    { "/answers/one-at-home-is-none-abroad", test_an_answer_at_home_is_none_abroad },
  };

  g_test_init (&argc, &argv, NULL);
  (void) g_setenv ("TZ", "UTC", TRUE);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
