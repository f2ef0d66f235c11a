/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon with the real NetworkManager, on networks that cost, break and lie: what travels, what waits, and what comes after
 * what; with OUTBOX_FIELD=full also how fast, which is for a machine with nothing else to do.
 */
#include "dbus/names.h"
#include "live.h"
#include "support/namespace.h"
#include "support/wait.h"

/* --- Tests --- */

static void
test_the_network_begins_to_cost (Live *live, gconstpointer data)
{
  g_autofree char *video = live_begin_video (live);
  guint64 late_bytes;
  double late_ms;

  late_ms
      = live_watch_the_last_byte (live, "nmcli con modify Depot connection.metered yes && nmcli device reapply depot",
                                  "video_depot", &late_bytes);
  live_wait_for (live, video, "paused wait-unmetered");
  live_assert_nothing_follows (live);
  live_assert_in_time (late_ms, late_bytes);
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  live_run ("nmcli con modify Depot connection.metered no && nmcli device reapply depot");
  live_wait_for (live, video, "done");
  live_assert_video_arrived (live, 1);
}

static void
test_the_way_out_is_mobile_data (Live *live, gconstpointer data)
{
  g_autofree char *video = NULL;
  guint64 late_bytes;
  double late_ms;

  test_network_manager_add_cable (live->manager, "phone", 20);
  test_network_manager_add_connection (live->manager, "phone", 20, "Phone",
                                       "connection.metered yes ipv4.route-metric 50 connection.autoconnect no");
  video = live_begin_video (live);
  live_slow_down ("phone");
  late_ms = live_watch_the_last_byte (live, "nmcli -w 20 con up Phone", "video_depot", &late_bytes);
  live_wait_for (live, video, "paused wait-unmetered");
  live_assert_nothing_follows (live);
  live_assert_in_time (late_ms, late_bytes);
  g_test_message ("%" G_GUINT64_FORMAT " bytes of the video came over the phone, %" G_GUINT64_FORMAT " of the photo",
                  live_count_bytes (live, "video_phone"), live_count_bytes (live, "photo_phone"));
  if (live_is_full ())
    g_assert_cmpuint (live_count_bytes (live, "video_phone"), <=, LIVE_MOST_METERED_BYTES);
  g_assert_cmpuint (live_count_bytes (live, "photo_phone"), >=, LIVE_PHOTO_BYTES);
  live_run ("nmcli -w 20 con down Phone");
  live_wait_for (live, video, "done");
  live_assert_video_arrived (live, 1);
}

static void
test_a_cable_is_pulled (Live *live, gconstpointer data)
{
  g_autofree char *video = live_begin_video (live);

  test_network_manager_plug (live->manager, "depot", FALSE);
  live_wait_for (live, video, "paused no-network");
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  test_network_manager_plug (live->manager, "depot", TRUE);
  live_wait_for (live, video, "done");
  live_assert_video_arrived (live, 1);
}

static void
test_a_captive_portal (Live *live, gconstpointer data)
{
  g_autofree char *video = live_begin_video (live);
  g_autofree char *photo = NULL;

  test_network_manager_set_internet (live->manager, TEST_INTERNET_PORTAL);
  live_run ("nmcli networking connectivity check");
  live_wait_for (live, video, "paused captive-portal");
  photo = live_submit (live, "IMG_0001.jpg", LIVE_PHOTO_BYTES, "image/jpeg", "photo");
  live_wait_for (live, photo, "paused captive-portal");
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  g_assert_cmpuint (test_broker_count (live->broker, "done"), ==, 0);
  test_network_manager_set_internet (live->manager, TEST_INTERNET_ONLINE);
  live_run ("nmcli networking connectivity check");
  live_wait_for (live, photo, "done");
  live_wait_for (live, video, "done");
  live_assert_video_arrived (live, 1);
}

static void
test_networkmanager_stops_and_starts (Live *live, gconstpointer data)
{
  g_autofree char *video = live_begin_video (live);
  g_autofree char *photo = NULL;

  test_network_manager_stop (live->manager);
  photo = live_submit (live, "IMG_0001.jpg", LIVE_PHOTO_BYTES, "image/jpeg", "photo");
  live_wait_for (live, photo, "done");
  test_network_manager_start (live->manager);
  live_wait_for (live, video, "done");
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  live_assert_video_arrived (live, 4); /* it may take the device down and up, twice */
}

/* --- Power and session --- */

#define UPOWER "org.freedesktop.UPower"
#define UPOWER_PATH "/org/freedesktop/UPower"
#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"

static void
test_the_battery_is_low (Live *live, gconstpointer data)
{
  g_autoptr (TestService) upower = test_service_start_template (live->bus, UPOWER, "upower", "{\"OnBattery\": true}");
  g_autofree char *video = NULL;

  test_broker_set_rules (live->broker, "[Rule video]\nbattery=20\n");
  test_system_bus_set_battery (live->bus, 80);
  video = live_begin_video (live);
  test_system_bus_set_battery (live->bus, 19);
  live_wait_for (live, video, "paused battery");
  test_system_bus_set (live->bus, UPOWER, UPOWER_PATH, UPOWER, "OnBattery", "false");
  live_wait_for (live, video, "done");
  live_assert_video_arrived (live, 1);
}

static char *
list_inhibitors (Live *live)
{
  g_autoptr (GVariant) answer
      = test_system_bus_call (live->bus, LOGIND, LOGIND_PATH, "org.freedesktop.login1.Manager", "ListInhibitors", NULL);

  return g_variant_print (answer, FALSE);
}

static void
announce_sleep (Live *live, gboolean begins)
{
  test_system_bus_mock (live->bus, LOGIND, LOGIND_PATH, "EmitSignal",
                        begins ? "('org.freedesktop.login1.Manager', 'PrepareForSleep', 'b', [<true>])"
                               : "('org.freedesktop.login1.Manager', 'PrepareForSleep', 'b', [<false>])");
}

static gboolean
is_inhibited (gpointer data)
{
  g_autofree char *inhibitors = list_inhibitors (data);

  return strstr (inhibitors, "Outbox") != NULL;
}

static gboolean
is_let_go (gpointer data)
{
  return !is_inhibited (data);
}

static void
test_the_device_sleeps (Live *live, gconstpointer data)
{
  g_autoptr (TestService) logind = test_service_start_template (live->bus, LOGIND, "logind", NULL);
  g_autofree char *video = NULL;

  test_wait_until (is_inhibited, live, LIVE_MOST_S);
  video = live_begin_video (live);
  announce_sleep (live, TRUE);
  test_wait_until (is_let_go, live, LIVE_MOST_S);
  live_wait_for (live, video, "paused sleep"); /* and that is on record before the device sleeps */
  announce_sleep (live, FALSE);
  live_wait_for (live, video, "done");
  test_wait_until (is_inhibited, live, LIVE_MOST_S);
  live_assert_video_arrived (live, 1);
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *name;
    void (*run) (Live *, gconstpointer);
  } tests[] = {
    { "/live/the-network-begins-to-cost", test_the_network_begins_to_cost },
    { "/live/the-way-out-is-mobile-data", test_the_way_out_is_mobile_data },
    { "/live/a-cable-is-pulled", test_a_cable_is_pulled },
    { "/live/a-captive-portal", test_a_captive_portal },
    { "/live/networkmanager-stops-and-starts", test_networkmanager_stops_and_starts },
    { "/live/the-battery-is-low", test_the_battery_is_low },
    { "/live/the-device-sleeps", test_the_device_sleeps },
  };
  gboolean is_inside = test_namespace_enter (argv);

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    if (is_inside)
      g_test_add (tests[i].name, Live, NULL, live_set_up, tests[i].run, live_tear_down);
    else
      g_test_add_func (tests[i].name, test_namespace_skip);

  return g_test_run ();
}
