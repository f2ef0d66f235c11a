/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Days in the field: one that is told, and random ones by the seed that is printed (give it back by --seed).
 */
#include "day.h"

/* --- One day, told --- */

static void
test_a_day_in_the_field (TestRig *rig, gconstpointer data)
{
  Day day = { 0 };
  const char *first_video, *second_video, *form, *photos[20];

  day_set_up (&day, rig, 1);
  day_go_to (&day, PLACE_DEPOT);
  day_pass (&day, RIG_MINUTE);
  /* The first site: a video of 900 MB is begun on its Wi-Fi, and left in the middle. */
  first_video = day_submit (&day, KIND_VIDEO, "camera", "depot");
  day_pass (&day, 60 * RIG_SECOND);
  g_assert_cmpuint (day_find (&day, first_video)->offset_bytes, >, 0);
  day_go_to (&day, PLACE_MOBILE);
  test_rig_assert_status (rig, first_video, "paused wait-unmetered");
  for (guint i = 0; i < 10; i++)
    photos[i] = day_submit (&day, KIND_PHOTO, "camera", "depot");
  form = day_submit (&day, KIND_FORM, "forms", "yard");
  day_pass (&day, 10 * RIG_MINUTE);
  for (guint i = 0; i < 10; i++)
    test_rig_assert_status (rig, photos[i], "done");
  test_rig_assert_status (rig, form, "done");
  g_assert_cmpuint (day_find (&day, first_video)->offset_bytes, <, day_get_size_bytes (KIND_VIDEO));

  /* The train: a minute of signal, a minute of none. */
  for (guint i = 10; i < 20; i++)
    {
      photos[i] = day_submit (&day, KIND_PHOTO, "camera", "depot");
      day_go_to (&day, i % 2 == 0 ? PLACE_NOWHERE : PLACE_MOBILE);
      day_pass (&day, RIG_MINUTE);
    }
  /* The second site, in a basement whose network carries nothing; one of the servers is down as well. */
  second_video = day_submit (&day, KIND_VIDEO, "camera", "yard");
  day.is_up[1] = FALSE;
  day.down_at_ms[1] = ob_broker_get_now_ms (rig->broker);
  day_go_to (&day, PLACE_BASEMENT);
  day_pass (&day, 2 * RIG_HOUR);
  /* A hotel. */
  day_go_to (&day, PLACE_PORTAL);
  day_pass (&day, RIG_HOUR);
  test_rig_assert_status (rig, first_video, "paused captive-portal");
  /* Home by mobile data, overnight at the depot. */
  day_go_to (&day, PLACE_UNKNOWN);
  day_pass (&day, RIG_HOUR);
  for (guint i = 10; i < 20; i++)
    test_rig_assert_status (rig, photos[i], "done");
  g_assert_cmpuint (day_find (&day, second_video)->n_finished, ==, 0);
  day_end (&day);
}

/* --- Random days --- */

static void
change_servers (Day *day)
{
  guint server = (guint) day_roll (day, 0, 2);

  day->is_up[server] = day_roll (day, 0, 3) > 0;
  day->down_at_ms[server] = ob_broker_get_now_ms (day->rig->broker);
  day->n_tries[server] = day->n_excuses[server] = 0;
}

/* A person says: this one, now. */
static void
answer (Day *day)
{
  g_auto (GStrv) ids = day_list_ids (day->files);

  for (char **id = ids; *id; id++)
    {
      DayFile *file = day_find (day, *id);

      if (file->n_finished > 0 || day->place != PLACE_MOBILE || day_roll (day, 0, 4) > 0)
        continue;
      g_assert_true (test_rig_command (day->rig, OB_COMMAND_SEND_NOW, *id, 0, NULL));
      file->is_sent_now = TRUE;
      day_excuse (day);
      break;
    }
  day_drain (day);
}

static void
sleep_a_while (Day *day)
{
  ObConditions conditions = *test_conditions_get (day->rig->conditions);

  conditions.is_sleeping = TRUE;
  test_conditions_set (day->rig->conditions, &conditions);
  day_drain (day);
  g_assert_cmpuint (test_rig_count_active (day->rig), ==, 0);
  g_assert_cmpuint (test_conditions_count_let_go (day->rig->conditions), >, 0);
  test_clock_advance (day->rig->clock, day_roll (day, 1, (gint32) RIG_HOUR));
  conditions.is_sleeping = FALSE;
  day_excuse (day);
  test_conditions_set (day->rig->conditions, &conditions);
  day_drain (day);
}

static void
start_anew (Day *day)
{
  test_rig_stop (day->rig);
  test_rig_start (day->rig);
  g_assert_true (ob_database_run (day->rig->database, "PRAGMA synchronous = OFF", NULL));
  day_excuse (day);
  day_drain (day);
}

static void
step (Day *day)
{
  const char *app = day_roll (day, 0, 2) == 0 ? "camera" : "forms";
  const char *destination = day_roll (day, 0, 2) == 0 ? "depot" : "yard";

  switch (day_roll (day, 0, 10))
    {
    case 0:
    case 1:
    case 2:
      for (gint32 i = day_roll (day, 1, 5); i > 0; i--)
        (void) day_submit (day, day_roll (day, 0, 4) > 0 ? KIND_PHOTO : (DayKind) day_roll (day, 0, N_KINDS), app,
                           destination);
      break;
    case 3:
    case 4:
    case 5:
      day_go_to (day, (DayPlace) day_roll (day, 0, N_PLACES));
      break;
    case 6:
      change_servers (day);
      break;
    case 7:
      answer (day);
      break;
    case 8:
      sleep_a_while (day);
      break;
    default:
      start_anew (day);
      break;
    }
  /* An answer was for one network. */
  if (day->place != PLACE_MOBILE)
    day_check_running (day);
  day_pass (day, day_roll (day, 1, (gint32) (20 * RIG_MINUTE)));
}

static void
test_a_random_day (TestRig *rig, gconstpointer data)
{
  Day day = { 0 };

  day_set_up (&day, rig, GPOINTER_TO_UINT (data));
  day_go_to (&day, PLACE_DEPOT);
  for (guint i = 0; i < 30; i++)
    step (&day);
  day_end (&day);
}

/* Returns: what tells one journal from another. */
static gint64
sum_up_a_day (guint32 seed)
{
  TestRig rig = { 0 };
  gint64 sum;

  test_rig_set_up (&rig, NULL);
  test_a_random_day (&rig, GUINT_TO_POINTER (seed));
  sum = test_rig_ask (&rig, "SELECT sum (sequence * (at % 1000003 + length (event) + ifnull (state, 9))) FROM journal");
  test_rig_tear_down (&rig, NULL);

  return sum;
}

static void
test_a_seed_is_a_day (gconstpointer data)
{
  guint32 seed = GPOINTER_TO_UINT (data);
  gint64 sum = sum_up_a_day (seed);

  g_assert_cmpint (sum_up_a_day (seed), ==, sum);
  g_assert_cmpint (sum_up_a_day (seed + 1), !=, sum);
}

int
main (int argc, char *argv[])
{
  const char *wanted = g_getenv ("OUTBOX_DAYS");
  guint n_days = wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 20;
  guint32 seed;
  int result;

  g_test_init (&argc, &argv, NULL);
  (void) g_setenv ("TZ", "UTC", TRUE);
  g_test_add ("/days/in-the-field", TestRig, NULL, test_rig_set_up, test_a_day_in_the_field, test_rig_tear_down);
  seed = g_getenv ("OUTBOX_SEED") ? (guint32) g_ascii_strtoull (g_getenv ("OUTBOX_SEED"), NULL, 10)
                                  : (guint32) g_test_rand_int ();
  g_test_add_data_func ("/days/a-seed-is-a-day", GUINT_TO_POINTER (seed), test_a_seed_is_a_day);
  for (guint32 i = 0; i < n_days; i++)
    {
      g_autofree char *name = g_strdup_printf ("/days/random-%u", i + 1);

      g_test_add (name, TestRig, GUINT_TO_POINTER (seed + i), test_rig_set_up, test_a_random_day, test_rig_tear_down);
    }

  result = g_test_run ();
  g_test_message ("%u days", n_days);

  return result;
}
