/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A person lets something go on for a time: over what its rule says, over a pause that comes back, over a restart and clocks that are
 * set; and over nothing else.
 */
#include "lanes.h"

#include "dbus/error.h"

#define HOUR RIG_HOUR

#define FREE_WIFI "[Rule all]\nnetworks=wifi\n"

/* Mobile data, where the rule wants Wi-Fi. Returns: (transfer full): an upload that waits for it */
static char *
submit_held (TestRig *rig)
{
  char *id;

  lanes_set_rules (rig, FREE_WIFI);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  id = lanes_submit (rig, "image/jpeg");
  test_rig_assert_status (rig, id, "paused wait-wifi");

  return id;
}

static void
resume_for_an_hour (TestRig *rig, const char *group, const char *destination, const char *id)
{
  const char *const ids[] = { id, NULL };
  const ObResumeFor what = { .ids = id ? ids : NULL, .group = group, .destination = destination, .duration_ms = HOUR };
  g_autoptr (GError) error = NULL;

  test_rig_resume_for (rig, &what, &error);
  g_assert_no_error (error);
}

static gint64
count_passes (TestRig *rig)
{
  return test_rig_ask (rig, "SELECT count(*) FROM passes");
}

/* It goes on, and what still runs after the hour is stopped. */
static void
go_over_rules (TestRig *rig, const char *destination)
{
  g_autofree char *first = submit_held (rig);
  g_autofree char *later = NULL;

  resume_for_an_hour (rig, NULL, destination, NULL);
  (void) test_server_wait_for (rig->server, first);
  test_rig_finish (rig, first);
  test_rig_advance (rig, HOUR - RIG_MINUTE);
  later = lanes_submit (rig, "image/jpeg");
  (void) test_server_wait_for (rig->server, later);
  test_rig_advance (rig, 2 * RIG_MINUTE);
  test_rig_wait_for_end (rig, later);
  test_rig_settle (rig);
  test_rig_assert_status (rig, later, "paused wait-wifi");
  g_assert_cmpint (count_passes (rig), ==, 0);
}

static void
test_over_what_every_rule_says (TestRig *rig, gconstpointer data)
{
  go_over_rules (rig, NULL);
}

static void
test_over_what_rules_say_at_one_destination (TestRig *rig, gconstpointer data)
{
  go_over_rules (rig, "depot");
}

static void
test_on_any_network_of_that_time (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = submit_held (rig);
  g_autofree char *other = lanes_submit (rig, "image/jpeg");

  resume_for_an_hour (rig, NULL, NULL, id);
  (void) test_server_wait_for (rig->server, id);
  test_rig_assert_status (rig, other, "paused wait-wifi");
  test_conditions_set_available (rig->conditions, FALSE);
  test_rig_wait_for_end (rig, id);
  test_rig_settle (rig);
  test_rig_assert_status (rig, id, "paused no-network");
  lanes_connect (rig, "another", OB_LINK_CELLULAR, OB_METERED_YES);
  (void) test_server_wait_for (rig->server, id);
  test_rig_stop (rig);
  test_rig_start (rig);
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
}

/* Of the queue, a destination, a group and an upload: each pause ends, and is there again after the hour, also where the process is
 * another then. */
static void
test_a_pause_comes_back (TestRig *rig, gconstpointer data)
{
  const ObSubmission grouped = { .app = "test", .group = "case" };
  g_autofree char *loose = test_rig_submit (rig, NULL, 0);
  g_autofree char *id = test_rig_submit_full (rig, &grouped, NULL);

  (void) test_server_wait_for (rig->server, loose);
  (void) test_server_wait_for (rig->server, id);
  for (guint scope = 0; scope < 4; scope++)
    {
      g_test_message ("scope %u", scope);
      g_assert_true (scope != 0 || test_rig_pause_queue (rig, TRUE, NULL));
      g_assert_true (scope != 1 || test_rig_pause_destination (rig, "depot", TRUE, NULL));
      g_assert_true (scope != 2 || test_rig_pause_group (rig, "case", TRUE, NULL));
      g_assert_true (scope != 3 || test_rig_command (rig, OB_COMMAND_PAUSE, id, 0, NULL));
      test_rig_wait_for_end (rig, id);
      test_rig_settle (rig);
      test_rig_assert_status (rig, id, scope == 0 ? "paused queue" : "paused user");
      resume_for_an_hour (rig, scope == 2 ? "case" : NULL, scope == 1 ? "depot" : NULL, scope == 3 ? id : NULL);
      (void) test_server_wait_for (rig->server, id);
      /* Once more, before it is over: the pause is not forgotten. */
      test_rig_advance (rig, HOUR / 2);
      resume_for_an_hour (rig, scope == 2 ? "case" : NULL, scope == 1 ? "depot" : NULL, scope == 3 ? id : NULL);
      test_rig_stop (rig);
      test_rig_start (rig);
      (void) test_server_wait_for (rig->server, id);
      test_rig_advance (rig, HOUR + 1);
      test_rig_wait_for_end (rig, id);
      test_rig_settle (rig);
      test_rig_assert_status (rig, id, scope == 0 ? "paused queue" : "paused user");
      g_assert_cmpint (count_passes (rig), ==, 0);
      g_assert_true (scope != 0 || test_rig_pause_queue (rig, FALSE, NULL));
      g_assert_true (scope != 1 || test_rig_pause_destination (rig, "depot", FALSE, NULL));
      g_assert_true (scope != 2 || test_rig_pause_group (rig, "case", FALSE, NULL));
      g_assert_true (scope != 3 || test_rig_command (rig, OB_COMMAND_RESUME, id, 0, NULL));
      (void) test_server_wait_for (rig->server, id);
    }
}

/* What comes into a group goes on with it; what was paused by itself stays so. */
static void
test_a_group (TestRig *rig, gconstpointer data)
{
  const ObSubmission grouped = { .app = "test", .group = "case", .media_type = "image/jpeg" };
  g_autofree char *other = submit_held (rig);
  g_autofree char *first = test_rig_submit_full (rig, &grouped, NULL);
  g_autofree char *paused = test_rig_submit_full (rig, &grouped, NULL);
  g_autofree char *later = NULL;

  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, paused, 0, NULL));
  resume_for_an_hour (rig, "case", NULL, NULL);
  test_rig_finish (rig, first);
  later = test_rig_submit_full (rig, &grouped, NULL);
  test_rig_finish (rig, later);
  test_rig_assert_status (rig, paused, "paused user wait-wifi");
  test_rig_assert_status (rig, other, "paused wait-wifi");
}

/* Pausing it again, or resuming it for good, ends the hour: no pause comes back, and its rule holds. */
static void
test_another_word_ends_it (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = submit_held (rig);

  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, id, 0, NULL));
  resume_for_an_hour (rig, NULL, NULL, id);
  (void) test_server_wait_for (rig->server, id);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RESUME, id, 0, NULL));
  test_rig_wait_for_end (rig, id);
  test_rig_settle (rig);
  test_rig_assert_status (rig, id, "paused wait-wifi");
  resume_for_an_hour (rig, NULL, NULL, NULL);
  (void) test_server_wait_for (rig->server, id);
  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  test_rig_wait_for_end (rig, id);
  g_assert_true (test_rig_pause_queue (rig, FALSE, NULL));
  test_rig_settle (rig);
  test_rig_assert_status (rig, id, "paused wait-wifi");
  resume_for_an_hour (rig, NULL, "depot", NULL);
  (void) test_server_wait_for (rig->server, id);
  g_assert_true (test_rig_pause_destination (rig, "depot", FALSE, NULL));
  test_rig_wait_for_end (rig, id);
  test_rig_settle (rig);
  test_rig_assert_status (rig, id, "paused wait-wifi");
  test_rig_advance (rig, 2 * HOUR);
  test_rig_assert_status (rig, id, "paused wait-wifi");
  g_assert_cmpint (count_passes (rig), ==, 0);
}

/* An hour is an hour, whatever is done to the clock. */
static void
test_the_clock_is_set (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = submit_held (rig);

  resume_for_an_hour (rig, NULL, NULL, NULL);
  (void) test_server_wait_for (rig->server, id);
  test_clock_set (rig->clock, RIG_BEGIN_MS + 400 * RIG_DAY);
  test_rig_settle (rig);
  g_assert_true (test_rig_is_active (rig, id));
  test_clock_set (rig->clock, RIG_BEGIN_MS - 400 * RIG_DAY);
  test_rig_settle (rig);
  g_assert_true (test_rig_is_active (rig, id));
  test_rig_advance (rig, HOUR + 1);
  test_rig_wait_for_end (rig, id);
  test_rig_settle (rig);
  test_rig_assert_status (rig, id, "paused wait-wifi");
}

static void
test_what_is_refused (TestRig *rig, gconstpointer data)
{
  static const char *const nobody[] = { "01890a5d-ac96-774b-bcce-b302099a8057", NULL };
  const struct
  {
    ObResumeFor what;
    OutboxError code;
  } rows[] = {
    { { .duration_ms = 0 }, OUTBOX_ERROR_INVALID_ARGUMENT },
    { { .duration_ms = OB_RESUME_FOR_MAX_MS + 1 }, OUTBOX_ERROR_INVALID_ARGUMENT },
    { { .duration_ms = HOUR, .destination = "nowhere" }, OUTBOX_ERROR_NOT_FOUND },
    { { .duration_ms = HOUR, .group = "none" }, OUTBOX_ERROR_NOT_FOUND },
    { { .duration_ms = HOUR, .ids = nobody }, OUTBOX_ERROR_NOT_FOUND },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("row %u", i);
      g_assert_false (test_rig_resume_for (rig, &rows[i].what, &error));
      g_assert_error (error, OUTBOX_ERROR, (gint) rows[i].code);
      test_rig_settle (rig);
      g_assert_cmpint (count_passes (rig), ==, 0);
    }
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/passes/over-what-every-rule-says", test_over_what_every_rule_says },
    { "/passes/over-what-rules-say-at-one-destination", test_over_what_rules_say_at_one_destination },
    { "/passes/on-any-network-of-that-time", test_on_any_network_of_that_time },
    { "/passes/a-pause-comes-back", test_a_pause_comes_back },
    { "/passes/a-group", test_a_group },
    { "/passes/another-word-ends-it", test_another_word_ends_it },
    { "/passes/the-clock-is-set", test_the_clock_is_set },
    { "/passes/what-is-refused", test_what_is_refused },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
