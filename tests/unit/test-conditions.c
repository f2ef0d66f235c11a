/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The snapshot of the conditions, what is made of it, and what it is made of.
 */
#include "policy/device.h"
#include "policy/network-facts.h"

#include <net/if_arp.h>

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

/* --- What a device is --- */

static void
test_every_kind_of_device (void)
{
  static const struct
  {
    ObDeviceFacts facts;
    ObLink link;
  } rows[] = {
    { { "eth0", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_ETHERNET },
    { { "enp3s0", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_ETHERNET },
    { { "enx0c5b8f279a64", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_ETHERNET },
    { { "depot", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_ETHERNET },
    { { "wlan0", ARPHRD_ETHER, "wlan", TRUE }, OB_LINK_WIFI },
    { { "wlp2s0", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_WIFI },
    { { "net1", ARPHRD_ETHER, "wlan", FALSE }, OB_LINK_WIFI },
    { { "ra0", ARPHRD_ETHER, NULL, TRUE }, OB_LINK_WIFI },
    { { "wwan0", ARPHRD_ETHER, "wwan", FALSE }, OB_LINK_CELLULAR },
    { { "wwp0s20u4", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_CELLULAR },
    { { "mobile", ARPHRD_ETHER, "wwan", FALSE }, OB_LINK_CELLULAR },
    { { "qmi0", 519, NULL, FALSE }, OB_LINK_CELLULAR },
    { { "rmnet_data0", 519, NULL, FALSE }, OB_LINK_CELLULAR },
    { { "ppp0", ARPHRD_PPP, NULL, FALSE }, OB_LINK_CELLULAR },
    { { "dsl", ARPHRD_PPP, NULL, FALSE }, OB_LINK_CELLULAR },
    { { "ppp0", G_MAXUINT, NULL, FALSE }, OB_LINK_CELLULAR },
    { { "wwan0", G_MAXUINT, NULL, FALSE }, OB_LINK_CELLULAR },
    { { "bnep0", ARPHRD_ETHER, "bluetooth", FALSE }, OB_LINK_BLUETOOTH },
    { { "pan", ARPHRD_ETHER, "bluetooth", FALSE }, OB_LINK_BLUETOOTH },
    { { "docker0", ARPHRD_ETHER, "bridge", FALSE }, OB_LINK_UNKNOWN },
    { { "br0", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_UNKNOWN },
    { { "bond0", ARPHRD_ETHER, "bond", FALSE }, OB_LINK_UNKNOWN },
    { { "eth0.7", ARPHRD_ETHER, "vlan", FALSE }, OB_LINK_UNKNOWN },
    { { "wg0", ARPHRD_NONE, "wireguard", FALSE }, OB_LINK_UNKNOWN },
    { { "tun0", ARPHRD_NONE, NULL, FALSE }, OB_LINK_UNKNOWN },
    { { "tap0", ARPHRD_ETHER, NULL, FALSE }, OB_LINK_UNKNOWN },
    { { "sit0", ARPHRD_SIT, NULL, FALSE }, OB_LINK_UNKNOWN },
    { { "gone", G_MAXUINT, NULL, FALSE }, OB_LINK_UNKNOWN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (ob_device_decide (&rows[i].facts), ==, rows[i].link);
  g_assert_cmpuint (ob_device_get_link ("no-such-device"), ==, OB_LINK_UNKNOWN);
  g_assert_cmpuint (ob_device_get_link (""), ==, OB_LINK_UNKNOWN);
}

/* --- What outlives NetworkManager --- */

/* Every restriction stays, and no permission does: whatever was kept, no less is metered than the kernel alone would say. */
static void
test_only_restrictions_are_kept (void)
{
  for (guint kept_metered = 0; kept_metered < 5; kept_metered++)
    for (guint kept_link = 0; kept_link < OB_N_LINKS; kept_link++)
      for (guint metered = 0; metered < 5; metered++)
        for (guint link = 0; link < OB_N_LINKS; link++)
          {
            const ObConditions kept = { .metered = kept_metered, .link = kept_link, .is_roaming = kept_link == 3 };
            const ObConditions alone = { .metered = metered, .link = link };
            ObConditions both = alone;

            ob_network_facts_keep (&kept, &both);
            if (ob_conditions_is_metered (&kept) || ob_conditions_is_metered (&alone))
              g_assert_true (ob_conditions_is_metered (&both));
            /* Mobile data that somebody called free is not known to be so any longer. */
            else if (kept_link != OB_LINK_CELLULAR)
              g_assert_false (ob_conditions_is_metered (&both));
            g_assert_cmpint (both.is_roaming, ==, kept.is_roaming);
          }
}

/* --- What NetworkManager and the kernel say --- */

/* "-" or what ob_network_facts_decide() makes of it: link, metered, connectivity, id. */
static char *
decide (const ObNetworkFacts *facts, const char **carrier)
{
  ObConditions conditions;
  const ObActiveConnection *active;

  ob_conditions_init (&conditions);
  active = ob_network_facts_decide (facts, &conditions);
  if (carrier)
    *carrier = active ? active->path : "-";
  if (!conditions.is_network_available)
    return g_strdup ("-");

  return g_strdup_printf ("%s %s %s %s", ob_link_get_name (conditions.link), ob_metered_get_name (conditions.metered),
                          ob_connectivity_get_name (conditions.connectivity),
                          *conditions.network_id ? conditions.network_id : "-");
}

/* Every type of a primary connection, alone and beside Wi-Fi and a modem. */
static void
test_every_type_of_connection (void)
{
  static const struct
  {
    const char *type;
    const char *alone;
    const char *over_wifi;
  } rows[] = {
    { "802-3-ethernet", "ethernet guess-no", "ethernet guess-no" },
    { "pppoe", "ethernet guess-no", "ethernet guess-no" },
    { "802-11-wireless", "wifi guess-no", "wifi guess-no" },
    { "gsm", "cellular guess-no", "cellular guess-no" },
    { "cdma", "cellular guess-no", "cellular guess-no" },
    { "bluetooth", "bluetooth guess-no", "bluetooth guess-no" },
    { "infiniband", "other guess-no", "other guess-no" },
    { "vpn", "unknown unknown", "wifi unknown" },
    { "wireguard", "unknown unknown", "wifi unknown" },
    { "tun", "unknown unknown", "wifi unknown" },
    { "bridge", "unknown unknown", "wifi unknown" },
    { "bond", "unknown unknown", "wifi unknown" },
    { "vlan", "unknown unknown", "wifi unknown" },
    { "made-up-tomorrow", "unknown unknown", "wifi unknown" },
    { "", "unknown unknown", "wifi unknown" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObActiveConnection actives[] = { { "/gsm", "gsm", "Mobile", "3", TRUE },
                                             { "/p", rows[i].type, "Depot", "1", TRUE },
                                             { "/lo", "loopback", "lo", "0", TRUE },
                                             { "/wifi", "802-11-wireless", "Yard", "2", TRUE } };
      ObNetworkFacts facts = {
        .is_managed = TRUE,
        .connectivity = OB_CONNECTIVITY_FULL,
        .metered = OB_METERED_GUESS_NO,
        .primary = "/p",
        .actives = &actives[1],
        .n_actives = 2,
      };
      g_autofree char *alone = g_strconcat (rows[i].alone, " full Depot", NULL);
      g_autofree char *over_wifi = g_strconcat (rows[i].over_wifi, " full Depot", NULL);
      g_autofree char *found_alone = decide (&facts, NULL);
      g_autofree char *found_over_wifi = NULL;

      g_assert_cmpstr (found_alone, ==, alone);
      facts.actives = actives;
      facts.n_actives = G_N_ELEMENTS (actives);
      found_over_wifi = decide (&facts, NULL);
      g_assert_cmpstr (found_over_wifi, ==, over_wifi);
    }
}

static void
test_which_connection_counts (void)
{
  const ObActiveConnection lan[]
      = { { "/lo", "loopback", "lo", "0", TRUE }, { "/e", "802-3-ethernet", "Lan", "1", TRUE } };
  const ObActiveConnection lo[] = { { "/lo", "loopback", "lo", "0", TRUE }, { "/b", "bridge", "docker0", "1", TRUE } };
  const ObActiveConnection dialling[] = { { "/g", "gsm", "Mobile", "1", FALSE } };
  const ObActiveConnection silent[] = { { "/p", NULL, NULL, NULL, FALSE } };
  const ObActiveConnection tunnel[]
      = { { "/g", "gsm", "Mobile", "1", TRUE }, { "/w", "wireguard", "Office", "2", TRUE } };
  const struct
  {
    const char *expected;
    const char *carrier;
    ObNetworkFacts facts;
  } rows[] = {
    { "-", "-", { .is_managed = TRUE, .connectivity = 1 } },
    { "-", "-", { .is_managed = TRUE, .actives = lo, .n_actives = 2 } },
    /* A server on the same network needs no way out of it. */
    { "ethernet unknown none Lan", "/e", { .is_managed = TRUE, .connectivity = 1, .actives = lan, .n_actives = 2 } },
    /* A device that NetworkManager leaves alone has the route, whatever there is beside it. */
    { "unknown unknown unknown -",
      "-",
      { .is_managed = TRUE, .connectivity = 1, .actives = lan, .n_actives = 2, .has_route = TRUE } },
    /* What is being made has its route before it is the primary one. */
    { "cellular unknown unknown -",
      "/g",
      { .is_managed = TRUE, .activating = "/g", .actives = dialling, .n_actives = 1, .has_route = TRUE } },
    { "-", "-", { .is_managed = TRUE, .activating = "/g", .actives = dialling, .n_actives = 1 } },
    /* Of what has not answered yet, the manager knows the type. */
    { "wifi yes portal -",
      "/p",
      { .is_managed = TRUE,
        .connectivity = 2,
        .metered = 1,
        .primary = "/p",
        .primary_type = "802-11-wireless",
        .actives = silent,
        .n_actives = 1 } },
    { "wifi yes portal -",
      "-",
      { .is_managed = TRUE, .connectivity = 2, .metered = 1, .primary = "/gone", .primary_type = "802-11-wireless" } },
    /* What costs is what carries the tunnel; a person's own word for the tunnel counts more. */
    { "cellular unknown full Office",
      "/g",
      { .is_managed = TRUE, .connectivity = 4, .metered = 4, .primary = "/w", .actives = tunnel, .n_actives = 2 } },
    { "cellular no full Office",
      "/g",
      { .is_managed = TRUE, .connectivity = 4, .metered = 2, .primary = "/w", .actives = tunnel, .n_actives = 2 } },
    /* Numbers that do not exist. */
    { "ethernet unknown unknown Lan",
      "/e",
      { .is_managed = TRUE, .connectivity = 5, .metered = 5, .primary = "/e", .actives = lan, .n_actives = 2 } },
    /* Nobody manages anything. */
    { "unknown unknown unknown -", "-", { .has_route = TRUE } },
    { "unknown guess-yes portal -",
      "-",
      { .has_route = TRUE, .route_metered = OB_METERED_GUESS_YES, .route_connectivity = OB_CONNECTIVITY_PORTAL } },
    { "-", "-", { .route_connectivity = OB_CONNECTIVITY_NONE } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *carrier;
      g_autofree char *found = decide (&rows[i].facts, &carrier);

      g_test_message ("row %u", i);
      g_assert_cmpstr (found, ==, rows[i].expected);
      g_assert_cmpstr (carrier, ==, rows[i].carrier);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conditions/every-kind-of-device", test_every_kind_of_device);
  g_test_add_func ("/conditions/only-restrictions-are-kept", test_only_restrictions_are_kept);
  g_test_add_func ("/conditions/what-costs", test_what_costs);
  g_test_add_func ("/conditions/where-nothing-is-known-nothing-waits", test_where_nothing_is_known_nothing_waits);
  g_test_add_func ("/conditions/names", test_names);
  g_test_add_func ("/conditions/what-makes-a-difference", test_what_makes_a_difference);
  g_test_add_func ("/conditions/a-long-name-is-cut-at-a-character", test_a_long_name_is_cut_at_a_character);
  g_test_add_func ("/network/every-type-of-connection", test_every_type_of_connection);
  g_test_add_func ("/network/which-connection-counts", test_which_connection_counts);

  return g_test_run ();
}
