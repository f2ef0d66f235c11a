/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When a person is reminded: after a day, at once of what waits for a tap, once a day at most, over restarts and clocks that are set.
 */
#include "support/rig.h"

#define HOUR RIG_HOUR
#define DAY RIG_DAY

static void
test_the_decision (void)
{
  static const ObReminderSettings usual = { DAY, TRUE, TRUE, TRUE, TRUE }, never = { 0, FALSE, FALSE, TRUE, TRUE },
                                  taps = { 0, TRUE, FALSE, TRUE, TRUE };
  static const struct
  {
    const ObReminderSettings *settings;
    ObReminderFacts facts; /* now, oldest, told, tap */
    ObReminder reminder;   /* wanted, due, next */
  } rows[] = {
    { &usual, { 5 * DAY, 0, 0, FALSE }, { OB_REMINDER_NONE, FALSE, 0 } },
    { &usual, { 5 * DAY, 5 * DAY - HOUR, 0, FALSE }, { OB_REMINDER_NONE, FALSE, 6 * DAY - HOUR } },
    { &usual, { 5 * DAY, 4 * DAY, 0, FALSE }, { OB_REMINDER_LATE, TRUE, 6 * DAY } },
    { &usual, { 5 * DAY, 5 * DAY - HOUR, 0, TRUE }, { OB_REMINDER_TAP, TRUE, 6 * DAY } },
    { &usual, { 5 * DAY, DAY, 5 * DAY - HOUR, FALSE }, { OB_REMINDER_LATE, FALSE, 6 * DAY - HOUR } },
    { &usual, { 5 * DAY, DAY, 4 * DAY, TRUE }, { OB_REMINDER_TAP, TRUE, 6 * DAY } },
    /* What was told of is over; the next would be late before a day has passed. */
    { &usual, { 5 * DAY, 4 * DAY + HOUR, 5 * DAY - HOUR, FALSE }, { OB_REMINDER_NONE, FALSE, 6 * DAY - HOUR } },
    /* The clock was set back: what was told in its future does not silence it for years. */
    { &usual, { 5 * DAY, DAY, 900 * DAY, FALSE }, { OB_REMINDER_LATE, TRUE, 6 * DAY } },
    { &usual, { 5 * DAY, 900 * DAY, 0, FALSE }, { OB_REMINDER_NONE, FALSE, 901 * DAY } },
    { &never, { 5 * DAY, DAY, 0, TRUE }, { OB_REMINDER_NONE, FALSE, 0 } },
    { &taps, { 5 * DAY, DAY, 0, FALSE }, { OB_REMINDER_NONE, FALSE, 0 } },
    { &taps, { 5 * DAY, DAY, 0, TRUE }, { OB_REMINDER_TAP, TRUE, 6 * DAY } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ObReminder reminder = ob_reminder_decide (rows[i].settings, &rows[i].facts);

      g_test_message ("%u", i);
      g_assert_cmpint (reminder.wanted, ==, rows[i].reminder.wanted);
      g_assert_cmpint (reminder.is_due, ==, rows[i].reminder.is_due);
      g_assert_cmpint (reminder.next_ms, ==, rows[i].reminder.next_ms);
    }
}

static void
on_remind (ObBroker *broker, gint kind, gpointer told)
{
  static const char letters[] = { [OB_REMINDER_NONE] = '-', [OB_REMINDER_LATE] = 'L', [OB_REMINDER_TAP] = 'T' };

  g_string_append_c (told, letters[kind]);
}

static void
listen_to (TestRig *rig, GString *told)
{
  g_signal_connect (rig->broker, "remind", G_CALLBACK (on_remind), told);
}

/* Nothing can be sent: after a day, once, and again the next day, also by a process that was started in between. */
static void
test_once_a_day (TestRig *rig, gconstpointer data)
{
  g_autoptr (GString) told = g_string_new (NULL);
  g_autofree char *id = NULL;

  listen_to (rig, told);
  test_conditions_set_available (rig->conditions, FALSE);
  id = test_rig_submit (rig, NULL, 0);
  test_rig_advance (rig, 23 * HOUR);
  g_assert_cmpstr (told->str, ==, "");
  test_rig_advance (rig, 2 * HOUR);
  g_assert_cmpstr (told->str, ==, "L");
  test_rig_stop (rig);
  test_rig_start (rig);
  listen_to (rig, told);
  test_rig_advance (rig, 20 * HOUR);
  g_assert_cmpstr (told->str, ==, "L");
  test_rig_advance (rig, 5 * HOUR);
  g_assert_cmpstr (told->str, ==, "LL");
  /* It arrives: the notification goes. */
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, RIG_MINUTE);
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_advance (rig, 2 * RIG_MINUTE);
  g_assert_cmpstr (told->str, ==, "LL-");
  test_rig_advance (rig, 3 * DAY);
  g_assert_cmpstr (told->str, ==, "LL-");
}

/* Told at once, since nothing happens before. */
static void
test_what_waits_for_a_tap (TestRig *rig, gconstpointer data)
{
  g_autoptr (GString) told = g_string_new (NULL);
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  listen_to (rig, told);
  (void) test_server_wait_for (rig->server, id);
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE);
  test_rig_settle (rig);
  g_assert_cmpstr (told->str, ==, "T");
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  (void) test_server_wait_for (rig->server, id);
  test_rig_advance (rig, 2 * RIG_MINUTE);
  g_assert_cmpstr (told->str, ==, "T-");
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/reminders/once-a-day", test_once_a_day },
    { "/reminders/what-waits-for-a-tap", test_what_waits_for_a_tap },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reminders/the-decision", test_the_decision);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
