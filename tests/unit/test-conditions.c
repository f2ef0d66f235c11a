/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The snapshot of the conditions, and what is made of it.
 */
#include "policy/conditions.h"

#include <string.h>

static void
test_what_costs (void)
{
  /* Row: what is said of it. Column: unknown, ethernet, wifi, cellular, bluetooth, other. */
  const char *const costs[] = {
    [OB_METERED_UNKNOWN] = "...x..",   [OB_METERED_YES] = "xxxxxx",      [OB_METERED_NO] = "......",
    [OB_METERED_GUESS_YES] = "xxxxxx", [OB_METERED_GUESS_NO] = "......",
  };

  for (guint metered = 0; metered < G_N_ELEMENTS (costs); metered++)
    for (guint link = 0; link < OB_N_LINKS; link++)
      {
        const ObConditions conditions = { .metered = metered, .link = link };

        g_assert_cmpint (ob_conditions_is_metered (&conditions), ==, costs[metered][link] == 'x');
      }
}

static void
test_where_nothing_is_known_nothing_waits (void)
{
  const ObConditions expected = { .is_network_available = TRUE };
  ObConditions conditions;

  memset (&conditions, 0xff, sizeof conditions);
  ob_conditions_init (&conditions);
  g_assert_true (ob_conditions_equal (&conditions, &expected));
  g_assert_false (ob_conditions_is_metered (&conditions));
}

static void
test_names (void)
{
  ObLink link = OB_LINK_OTHER;

  for (guint i = 0; i < OB_N_LINKS; i++)
    {
      g_assert_true (ob_link_from_name (ob_link_get_name (i), &link));
      g_assert_cmpuint (link, ==, i);
    }
  g_assert_false (ob_link_from_name ("token-ring", &link));
  g_assert_false (ob_link_from_name ("", &link));
  g_assert_cmpstr (ob_metered_get_name (OB_METERED_GUESS_YES), ==, "guess-yes");
  g_assert_cmpstr (ob_metered_get_name (OB_METERED_GUESS_NO), ==, "guess-no");
  g_assert_cmpstr (ob_connectivity_get_name (OB_CONNECTIVITY_PORTAL), ==, "portal");
  g_assert_cmpstr (ob_connectivity_get_name (OB_CONNECTIVITY_FULL), ==, "full");
}

/* Each field alone makes a difference, but for the charge of a battery that is not in use. */
static void
test_what_makes_a_difference (void)
{
  const ObConditions differences[] = {
    { .is_network_available = TRUE }, { .connectivity = OB_CONNECTIVITY_FULL },
    { .metered = OB_METERED_NO },     { .link = OB_LINK_WIFI },
    { .is_roaming = TRUE },           { .network_id = "depot" },
    { .network_uuid = "1" },          { .is_on_battery = TRUE },
    { .is_power_saver = TRUE },       { .is_sleeping = TRUE },
    { .is_shutting_down = TRUE },     { .is_on_battery = TRUE, .battery_percent = 20 },
  };
  const ObConditions none = { 0 }, idle = { .battery_percent = 20 };

  for (guint a = 0; a < G_N_ELEMENTS (differences); a++)
    {
      g_assert_false (ob_conditions_equal (&differences[a], &none));
      for (guint b = 0; b < G_N_ELEMENTS (differences); b++)
        g_assert_cmpint (ob_conditions_equal (&differences[a], &differences[b]), ==, a == b);
    }
  g_assert_true (ob_conditions_equal (&idle, &none));
}

static void
test_a_long_name_is_cut_at_a_character (void)
{
  g_autoptr (GString) name = g_string_new ("x");
  ObConditions conditions;

  /* Two bytes each: the last that has room would be cut in half. */
  for (guint i = 0; i < OB_NETWORK_ID_BYTES; i++)
    g_string_append (name, "é");
  ob_conditions_init (&conditions);
  ob_conditions_set_network (&conditions, name->str, "1");
  g_assert_cmpuint (strlen (conditions.network_id), ==, OB_NETWORK_ID_BYTES - 1);
  g_assert_true (g_str_has_prefix (name->str, conditions.network_id));
  ob_conditions_set_network (&conditions, name->str + 1, NULL);
  g_assert_cmpuint (strlen (conditions.network_id), ==, OB_NETWORK_ID_BYTES - 2);
  g_assert_true (g_utf8_validate (conditions.network_id, -1, NULL));
  g_assert_cmpstr (conditions.network_uuid, ==, "");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conditions/what-costs", test_what_costs);
  g_test_add_func ("/conditions/where-nothing-is-known-nothing-waits", test_where_nothing_is_known_nothing_waits);
  g_test_add_func ("/conditions/names", test_names);
  g_test_add_func ("/conditions/what-makes-a-difference", test_what_makes_a_difference);
  g_test_add_func ("/conditions/a-long-name-is-cut-at-a-character", test_a_long_name_is_cut_at_a_character);

  return g_test_run ();
}
