/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the broker does when power, time, the data of a month or the session change.
 */
#include "lanes.h"

/* --- Power, time and data --- */

static void
test_a_low_battery_holds (TestRig *rig, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);
  g_autofree char *id = NULL;

  lanes_set_rules (rig, "[Rule default]\nbattery=20\n");
  id = lanes_submit (rig, "image/jpeg");
  (void) test_server_wait_for (rig->server, id);
  conditions.is_on_battery = TRUE;
  conditions.battery_percent = 20;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_assert_status (rig, id, "uploading");
  conditions.battery_percent = 19;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused battery");
  conditions.is_on_battery = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_advance (rig, 250);
  test_rig_finish (rig, id);
}

/* The hours are those of where the device is now. */
static void
test_hours_follow_the_device (TestRig *rig, gconstpointer data)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (ob_broker_get_now_ms (rig->broker) / 1000);
  int hour = g_date_time_get_hour (now);
  g_autofree char *rule = g_strdup_printf ("[Rule default]\nhours=%02d:00-%02d:00\n", (hour + 6) % 24, (hour + 7) % 24);
  g_autoptr (GTimeZone) away = g_time_zone_new_identifier ("+06:00");
  g_autofree char *photo = NULL;

  ob_broker_set_zone (rig->broker, utc);
  lanes_set_rules (rig, rule);
  photo = lanes_submit (rig, "image/jpeg");
  test_rig_assert_status (rig, photo, "paused schedule");
  ob_broker_set_zone (rig->broker, away);
  test_rig_settle (rig);
  (void) test_server_wait_for (rig->server, photo);
  ob_broker_set_zone (rig->broker, utc);
  test_rig_wait_for_end (rig, photo);
  test_rig_assert_status (rig, photo, "paused schedule");
  ob_broker_set_zone (rig->broker, away);
  test_rig_settle (rig);
  test_rig_finish (rig, photo);
}

static void
test_a_time_window_opens_and_closes_by_itself (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *second = NULL;

  /* Time begins on 2025-06-15 at 15:06:40 UTC. */
  lanes_set_rules (rig, "[Rule default]\nhours=22:00-06:00\n");
  id = lanes_submit (rig, "image/jpeg");
  test_rig_assert_status (rig, id, "paused schedule");
  g_assert_cmpint (test_rig_get_wait_ms (rig, id), ==, 6 * RIG_HOUR + 53 * RIG_MINUTE + 20 * RIG_SECOND);
  g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), ==, RIG_BEGIN_MS + test_rig_get_wait_ms (rig, id));
  test_rig_advance (rig, test_rig_get_wait_ms (rig, id) - 1);
  test_rig_assert_status (rig, id, "paused schedule");
  test_rig_advance (rig, 1);
  (void) test_server_wait_for (rig->server, id);
  test_rig_advance (rig, 8 * RIG_HOUR - 1);
  test_rig_assert_status (rig, id, "uploading");
  test_rig_advance (rig, 1);
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused schedule");
  lanes_command (rig, OB_COMMAND_SEND_NOW, id);
  test_rig_finish (rig, id);
}

static void
test_the_month_s_data_is_used_up (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  lanes_set_rules (rig, "[Policy]\nmonthly-budget=1000\n");
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  first = lanes_submit (rig, "image/jpeg");
  test_server_report_progress (rig->server, first, 999);
  test_rig_settle (rig);
  test_rig_assert_status (rig, first, "uploading");
  test_server_report_progress (rig->server, first, 1000);
  test_rig_settle (rig);
  g_assert_cmpuint (ob_broker_get_metered_bytes (rig->broker), >=, 1000);
  second = lanes_submit (rig, "image/jpeg");
  test_rig_assert_status (rig, second, "paused data-budget");
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_assert_status (rig, second, "paused data-budget");
  /* The first of July is in sixteen days. */
  test_rig_advance (rig, test_rig_get_wait_ms (rig, second));
  g_assert_cmpuint (ob_broker_get_metered_bytes (rig->broker), ==, 0);
  (void) test_server_wait_for (rig->server, second);
}

/* --- Sleep and shutdown --- */

static void
test_sleep_waits_for_what_is_recorded (TestRig *rig, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);
  g_autofree char *id = lanes_submit (rig, "image/jpeg");

  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
  (void) test_server_wait_for (rig->server, id);
  conditions.is_sleeping = TRUE;
  test_conditions_set (rig->conditions, &conditions);
  g_assert_cmpuint (test_conditions_count_let_go (rig->conditions), ==, 0);
  test_rig_wait_for_end (rig, id);
  g_assert_cmpuint (test_conditions_count_let_go (rig->conditions), >, 0);
  test_rig_assert_status (rig, id, "paused sleep");
  g_assert_cmpint (lanes_count_rows (rig, "queue"), ==, 1);

  conditions.is_sleeping = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_settle (rig);
  test_rig_finish (rig, id);
  g_assert_cmpint (lanes_count_rows (rig, "queue"), ==, 2);
}

static void
test_waking_up_ends_the_back_off (TestRig *rig, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);
  g_autofree char *id = lanes_submit (rig, "image/jpeg");

  for (guint i = 0; i < 7; i++)
    {
      test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
    }
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  conditions.is_sleeping = TRUE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_settle (rig);
  g_assert_cmpuint (test_conditions_count_let_go (rig->conditions), >, 0); /* nothing ran */
  conditions.is_sleeping = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_advance (rig, 1);
  test_rig_finish (rig, id);
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/lanes/hours-follow-the-device", test_hours_follow_the_device },
    { "/power/a-low-battery-holds", test_a_low_battery_holds },
    { "/time/a-window-opens-and-closes-by-itself", test_a_time_window_opens_and_closes_by_itself },
    { "/data/the-month-s-is-used-up", test_the_month_s_data_is_used_up },
    { "/session/sleep-waits-for-what-is-recorded", test_sleep_waits_for_what_is_recorded },
    { "/session/waking-up-ends-the-back-off", test_waking_up_ends_the_back_off },
  };

  g_test_init (&argc, &argv, NULL);
  (void) g_setenv ("TZ", "UTC", TRUE);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
