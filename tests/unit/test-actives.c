/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attempts that run: which of them a lane that is closed stops, and how; and what is asked of all of them.
 */
#include "broker/actives.h"

#define BIT(NAME) OUTBOX_REASON_BIT (OUTBOX_REASON_##NAME)

static void
test_how_a_lane_is_closed (void)
{
  static const struct
  {
    OutboxReasonSet reasons;
    ObStopKind expected;
  } rows[] = {
    { BIT (BATTERY), OB_STOP_GENTLY },
    { BIT (SCHEDULE), OB_STOP_GENTLY },
    { BIT (BATTERY) | BIT (SCHEDULE), OB_STOP_GENTLY },
    { BIT (NO_NETWORK), OB_STOP_PARK },
    { BIT (NO_NETWORK) | BIT (BATTERY), OB_STOP_PARK },
    { BIT (WAIT_WIFI), OB_STOP_NOW },
    { BIT (WAIT_UNMETERED), OB_STOP_NOW },
    { BIT (ASK), OB_STOP_NOW },
    { BIT (DATA_BUDGET), OB_STOP_NOW },
    { BIT (CAPTIVE_PORTAL), OB_STOP_NOW },
    { BIT (NO_NETWORK) | BIT (WAIT_WIFI), OB_STOP_NOW },
    { BIT (WAIT_WIFI) | BIT (BATTERY), OB_STOP_NOW },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (ob_actives_get_stop_kind (rows[i].reasons), ==, rows[i].expected);
}

/* Nothing but what is in the lane; and of that a question only where there is no way to ask it. */
static void
test_what_a_closed_lane_stops (void)
{
  static const struct
  {
    const char *destination, *rule, *sent_on;
    gboolean is_asking;
    OutboxReasonSet reasons; /* that depot/video is closed for */
    gboolean is_stopped;
  } rows[] = {
    { "depot", "video", "", FALSE, BIT (WAIT_WIFI), TRUE },
    { "depot", "video", "", TRUE, BIT (WAIT_WIFI), FALSE },
    { "depot", "video", "", TRUE, BIT (BATTERY), FALSE },
    { "depot", "video", "", TRUE, BIT (NO_NETWORK), TRUE },
    { "depot", "video", "", TRUE, BIT (CAPTIVE_PORTAL) | BIT (WAIT_WIFI), TRUE },
    { "depot", "photo", "", FALSE, BIT (WAIT_WIFI), FALSE },
    { "yard", "video", "", FALSE, BIT (NO_NETWORK), FALSE },
    { "depot", "video", "phone", FALSE, BIT (WAIT_WIFI), FALSE },
    { "depot", NULL, NULL, FALSE, BIT (NO_NETWORK), FALSE },
  };

  const ObLane closed = ob_lane_make ("depot", "video", "");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObLane lane = ob_lane_make (rows[i].destination, rows[i].rule, rows[i].sent_on);
      g_autoptr (ObActives) actives = ob_actives_new ();
      ObActive *active = ob_actives_add (actives, "id", &lane);

      active->is_asking = rows[i].is_asking;
      ob_actives_close_lane (actives, &closed, rows[i].reasons);
      g_assert_cmpint (ob_stop_is_asked (active->stop), ==, rows[i].is_stopped);
    }
}

static void
test_what_is_asked_of_all (void)
{
  g_autoptr (ObActives) actives = ob_actives_new ();
  g_autoptr (GPtrArray) list = NULL;
  const ObLane video = ob_lane_make ("depot", "video", "");
  const ObLane none = ob_lane_make ("yard", NULL, NULL);

  g_assert_false (ob_actives_has_for (actives, "depot"));
  ob_actives_add (actives, "one", &video)->makes_room = TRUE;
  g_assert_true (ob_actives_has_for (actives, "depot"));
  g_assert_false (ob_actives_has_for (actives, "yard"));
  g_assert_true (ob_actives_is_making_room (actives));
  g_assert_cmpuint (ob_actives_count_follow_ups (actives, OB_FOLLOW_UP_TERMINATION), ==, 0);
  (void) ob_actives_add (actives, "two", &none);
  g_assert_cmpuint (ob_actives_count_follow_ups (actives, OB_FOLLOW_UP_TERMINATION), ==, 1);
  list = ob_actives_list (actives);
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpuint (ob_actives_count (actives), ==, 2);

  ob_actives_stop (actives, "three", OB_STOP_NOW);
  ob_actives_stop_for (actives, "yard", OB_STOP_NOW);
  g_assert_true (ob_stop_is_asked (ob_actives_find (actives, "two")->stop));
  g_assert_false (ob_stop_is_asked (ob_actives_find (actives, "one")->stop));
  ob_actives_stop_for (actives, NULL, OB_STOP_NOW);
  g_assert_true (ob_stop_is_asked (ob_actives_find (actives, "one")->stop));

  ob_actives_remove (actives, "one");
  g_assert_null (ob_actives_find (actives, "one"));
  g_assert_false (ob_actives_is_making_room (actives));
  g_assert_false (ob_actives_has_for (actives, "depot"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/actives/how-a-lane-is-closed", test_how_a_lane_is_closed);
  g_test_add_func ("/actives/what-a-closed-lane-stops", test_what_a_closed_lane_stops);
  g_test_add_func ("/actives/what-is-asked-of-all", test_what_is_asked_of_all);

  return g_test_run ();
}
