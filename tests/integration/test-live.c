/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon with the real NetworkManager, on networks that cost, break and lie: what travels, what waits, and what comes
 * after what; with OUTBOX_FIELD=full also how fast, which is for a machine with nothing else to do. Daemon and NetworkManager
 * are in one network namespace, the servers in another; UPower and logind are mocks.
 */
#include "dbus/names.h"
#include "support/broker.h"
#include "support/namespace.h"
#include "support/network-manager.h"
#include "support/wait.h"

#include <glib/gstdio.h>

#define SERVER "203.0.113.1"
#define VIDEO_BYTES (40 * 1000 * 1000)
#define PHOTO_BYTES (500 * 1000)
#define MOST_S 40

/* What is promised of a video when its network begins to cost, and of what is lost with a connection. */
#define MOST_LATE_MS 250
#define MOST_METERED_BYTES (512 * 1024)
#define MOST_LOST_BYTES (1000 * 1000)

typedef struct
{
  TestSystemBus *bus;
  TestNetworkManager *manager;
  TestPeer *video_server;
  TestPeer *photo_server;
  TestBroker *broker;
  GDBusConnection *connection; /* to the system bus */
  gint64 told_us;              /* when NetworkManager last said that the way out is another, or costs */
} Live;

/* --- The world --- */

/* On the connection's own thread: whatever the test does just then, the time is right. */
static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean is_incoming, gpointer user_data)
{
  Live *live = user_data;
  GVariant *body = g_dbus_message_get_body (message);
  g_autoptr (GVariant) changed = NULL;
  guint32 metered = 0;

  if (g_strcmp0 (g_dbus_message_get_member (message), "PropertiesChanged") == 0)
    changed = g_variant_get_child_value (body, 1);
  if (changed && g_variant_lookup (changed, "Metered", "u", &metered) && metered == 1
      && __atomic_load_n (&live->told_us, __ATOMIC_RELAXED) == 0)
    __atomic_store_n (&live->told_us, g_get_monotonic_time (), __ATOMIC_RELAXED);

  return message;
}

static void
on_nothing (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
            const char *signal, GVariant *parameters, gpointer user_data)
{
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, NULL));
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

/* Runs a command of the shell while the main loop goes on, for what is answered by it. */
static void
begin_command (const char *command, gboolean *is_over)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  *is_over = FALSE;
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, "sh", "-c", command, NULL);
  g_assert_no_error (error);
  g_subprocess_wait_check_async (process, NULL, on_run, is_over);
}

static void
run (const char *command)
{
  gboolean is_over;

  begin_command (command, &is_over);
  test_wait_until (is_true, &is_over, MOST_S);
}

static TestPeer *
start_server (Live *live, const char *name)
{
  const char *argv[] = { g_getenv ("RECEIVER"),
                         "--port",
                         "0",
                         "--any-address",
                         "--discard",
                         "--order",
                         "{\"fault\":\"location\",\"mode\":\"path\"}",
                         NULL };
  int home = test_namespace_visit (test_network_manager_get_far_side (live->manager));
  TestPeer *peer = test_peer_start (argv);
  g_autoptr (GUri) uri = g_uri_parse (test_peer_get_url (peer), G_URI_FLAGS_NONE, NULL);
  g_autofree char *url = g_strdup_printf ("http://" SERVER ":%d%s", g_uri_get_port (uri), g_uri_get_path (uri));
  g_autoptr (GError) error = NULL;
  GVariantBuilder settings;

  /* What arrives of it, by the cable that it came over. */
  test_namespace_run (
      "nft add table inet seen; nft add chain inet seen in '{ type filter hook prerouting priority 0; }';"
      "for cable in depot phone; do nft add counter inet seen %s_$cable;"
      " nft add rule inet seen in iifname far-$cable tcp dport %d counter name %s_$cable; done",
      name, g_uri_get_port (uri), name);
  test_namespace_leave (home);
  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "url", g_variant_new_string (url));
  outbox_dbus_destinations_call_set_sync (live->broker->destinations, name, g_variant_builder_end (&settings), NULL,
                                          &error);
  g_assert_no_error (error);

  return peer;
}

/* About 40 Mbit/s, with the short queue that a driver has. */
static void
slow_down (const char *interface)
{
  test_namespace_run ("tc qdisc replace dev %s root tbf rate 40mbit burst 16k limit 150k", interface);
}

static void
use_shipped_rules (Live *live)
{
  g_autofree char *folder = g_build_filename (live->broker->folder, "vendor", NULL);
  g_autofree char *path = g_build_filename (folder, "outbox.conf", NULL);
  g_autofree char *shipped = NULL;

  g_assert_true (g_file_get_contents (g_getenv ("SHIPPED_RULES"), &shipped, NULL, NULL));
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, shipped, -1, NULL));
}

static void
set_up (Live *live, gconstpointer data)
{
  live->bus = test_system_bus_new ();
  live->connection = test_system_bus_connect (live->bus);
  g_dbus_connection_signal_subscribe (live->connection, "org.freedesktop.NetworkManager",
                                      "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                      "/org/freedesktop/NetworkManager", NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_nothing,
                                      live, NULL);
  (void) g_dbus_connection_add_filter (live->connection, on_message, live, NULL);
  live->manager = test_network_manager_new (live->bus);
  test_network_manager_add_cable (live->manager, "depot", 10);
  test_network_manager_start (live->manager);
  test_network_manager_add_connection (live->manager, "depot", 10, "Depot", "connection.metered no");
  test_namespace_run ("nmcli -w 20 con up Depot");
  slow_down ("depot");
  live->broker = test_broker_new_alone ();
  test_broker_stop (live->broker);
  use_shipped_rules (live);
  test_broker_start (live->broker, NULL);
  live->video_server = start_server (live, "video");
  live->photo_server = start_server (live, "photo");
}

static void
tear_down (Live *live, gconstpointer data)
{
  test_broker_free (live->broker);
  g_clear_pointer (&live->video_server, test_peer_free);
  g_clear_pointer (&live->photo_server, test_peer_free);
  test_network_manager_free (live->manager);
  g_object_unref (live->connection);
  test_system_bus_free (live->bus);
}

static char *
submit (Live *live, const char *name, gsize size_bytes, const char *media_type, const char *destination)
{
  g_autofree char *path = test_broker_make_file (live->broker, name, size_bytes, 1);
  g_autofree char *options = g_strdup_printf ("{'media_type': <'%s'>, 'destination': <'%s'>}", media_type, destination);
  g_autoptr (GError) error = NULL;
  char *id = test_broker_submit (live->broker, path, g_variant_new_parsed (options), &error);

  g_assert_no_error (error);

  return id;
}

/* --- What is seen --- */

static guint64
count_bytes (Live *live, const char *counter)
{
  int home = test_namespace_visit (test_network_manager_get_far_side (live->manager));
  g_autofree char *command = g_strdup_printf ("nft list counter inet seen %s", counter);
  g_autofree char *text = NULL;
  const char *found;

  g_assert_true (g_spawn_command_line_sync (command, &text, NULL, NULL, NULL));
  test_namespace_leave (home);
  found = strstr (text, "bytes ");
  g_assert_nonnull (found);

  return g_ascii_strtoull (found + strlen ("bytes "), NULL, 10);
}

typedef struct
{
  Live *live;
  const char *id;
  const char *what; /* state and reasons */
} Wanted;

static char *
describe (Live *live, const char *id)
{
  g_autoptr (GVariant) document = test_broker_get (live->broker, id);
  g_autoptr (GVariant) reasons = g_variant_lookup_value (document, "reasons", G_VARIANT_TYPE_STRING_ARRAY);
  g_autofree const char **names = g_variant_get_strv (reasons, NULL);
  g_autofree char *joined = g_strjoinv (" ", (char **) names);
  const char *state;

  g_assert_true (g_variant_lookup (document, "state", "&s", &state));

  return *joined ? g_strdup_printf ("%s %s", state, joined) : g_strdup (state);
}

static gboolean
is_so (gpointer data)
{
  const Wanted *wanted = data;
  g_autofree char *text = describe (wanted->live, wanted->id);

  return g_str_equal (text, wanted->what);
}

static void
wait_for (Live *live, const char *id, const char *what)
{
  Wanted wanted = { live, id, what };

  test_wait_until (is_so, &wanted, MOST_S);
}

static gboolean
is_on_its_way (gpointer data)
{
  return count_bytes (data, "video_depot") > VIDEO_BYTES / 8;
}

static char *
begin_video (Live *live)
{
  char *id = submit (live, "inspection.mp4", VIDEO_BYTES, "video/mp4", "video");

  test_wait_until (is_on_its_way, live, MOST_S);

  return id;
}

static gint64
get_told_us (Live *live)
{
  return __atomic_load_n (&live->told_us, __ATOMIC_RELAXED);
}

/* Makes the network cost, and watches what arrives of the video until nothing has for a second. @late_bytes: since the
 * look before the signal. Returns: how long after the signal the last byte was. */
static double
watch_the_last_byte (Live *live, const char *command, const char *counter, guint64 *late_bytes)
{
  guint64 before_bytes = 0, last_bytes = 0;
  gint64 last_us = 0;
  gboolean is_over;

  begin_command (command, &is_over);
  while (get_told_us (live) == 0 || g_get_monotonic_time () - MAX (last_us, get_told_us (live)) < G_USEC_PER_SEC)
    {
      guint64 now_bytes;

      if (get_told_us (live) == 0)
        before_bytes = last_bytes;
      now_bytes = count_bytes (live, counter);
      if (now_bytes != last_bytes)
        last_us = g_get_monotonic_time ();
      last_bytes = now_bytes;
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  test_wait_until (is_true, &is_over, MOST_S);
  *late_bytes = last_bytes - before_bytes;

  return (double) (last_us - get_told_us (live)) / 1000;
}

static gboolean
is_full (void)
{
  return g_strcmp0 (g_getenv ("OUTBOX_FIELD"), "full") == 0;
}

static void
assert_in_time (double late_ms, guint64 late_bytes)
{
  g_test_message ("the last byte of the video arrived %.0f ms after the signal, %" G_GUINT64_FORMAT " bytes after it",
                  late_ms, late_bytes);
  if (!is_full ())
    return;
  g_assert_cmpfloat (late_ms, <=, MOST_LATE_MS);
  g_assert_cmpuint (late_bytes, <=, MOST_METERED_BYTES);
}

static void
send_photo (Live *live, const char *name)
{
  g_autofree char *photo = submit (live, name, PHOTO_BYTES, "image/jpeg", "photo");

  wait_for (live, photo, "done");
}

/* The video is said to wait. What was queued on the cable for it is out before a photo that comes after it; and after that
 * nothing comes of it at all. */
static void
assert_nothing_follows (Live *live)
{
  guint64 depot_bytes;

  send_photo (live, "IMG_0001.jpg");
  depot_bytes = count_bytes (live, "video_depot");
  send_photo (live, "IMG_0002.jpg");
  g_assert_cmpuint (count_bytes (live, "video_depot"), ==, depot_bytes);
}

/* Everything is there, and next to nothing was sent twice: at each cut what the server had not read yet. */
static void
assert_video_arrived (Live *live, guint most_cuts)
{
  int home = test_namespace_visit (test_network_manager_get_far_side (live->manager));
  g_autoptr (JsonNode) node = test_peer_describe (live->video_server);
  gint64 body_bytes = json_object_get_int_member (json_node_get_object (node), "body_bytes");

  test_namespace_leave (home);
  g_test_message ("%" G_GINT64_FORMAT " bytes arrived for %d", body_bytes, VIDEO_BYTES);
  g_assert_cmpint (body_bytes, >=, VIDEO_BYTES);
  if (is_full ())
    g_assert_cmpint (body_bytes, <=, VIDEO_BYTES + most_cuts * MOST_LOST_BYTES);
}

/* --- Tests --- */

static void
test_the_network_begins_to_cost (Live *live, gconstpointer data)
{
  g_autofree char *video = begin_video (live);
  guint64 late_bytes;
  double late_ms;

  late_ms = watch_the_last_byte (live, "nmcli con modify Depot connection.metered yes && nmcli device reapply depot",
                                 "video_depot", &late_bytes);
  wait_for (live, video, "paused wait-unmetered");
  assert_nothing_follows (live);
  assert_in_time (late_ms, late_bytes);
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  run ("nmcli con modify Depot connection.metered no && nmcli device reapply depot");
  wait_for (live, video, "done");
  assert_video_arrived (live, 1);
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
  video = begin_video (live);
  slow_down ("phone");
  late_ms = watch_the_last_byte (live, "nmcli -w 20 con up Phone", "video_depot", &late_bytes);
  wait_for (live, video, "paused wait-unmetered");
  assert_nothing_follows (live);
  assert_in_time (late_ms, late_bytes);
  g_test_message ("%" G_GUINT64_FORMAT " bytes of the video came over the phone, %" G_GUINT64_FORMAT " of the photo",
                  count_bytes (live, "video_phone"), count_bytes (live, "photo_phone"));
  if (is_full ())
    g_assert_cmpuint (count_bytes (live, "video_phone"), <=, MOST_METERED_BYTES);
  g_assert_cmpuint (count_bytes (live, "photo_phone"), >=, PHOTO_BYTES);
  run ("nmcli -w 20 con down Phone");
  wait_for (live, video, "done");
  assert_video_arrived (live, 1);
}

static void
test_a_cable_is_pulled (Live *live, gconstpointer data)
{
  g_autofree char *video = begin_video (live);

  test_network_manager_plug (live->manager, "depot", FALSE);
  wait_for (live, video, "paused no-network");
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  test_network_manager_plug (live->manager, "depot", TRUE);
  wait_for (live, video, "done");
  assert_video_arrived (live, 1);
}

static void
test_a_captive_portal (Live *live, gconstpointer data)
{
  g_autofree char *video = begin_video (live);
  g_autofree char *photo = NULL;

  test_network_manager_set_internet (live->manager, TEST_INTERNET_PORTAL);
  run ("nmcli networking connectivity check");
  wait_for (live, video, "paused captive-portal");
  photo = submit (live, "IMG_0001.jpg", PHOTO_BYTES, "image/jpeg", "photo");
  wait_for (live, photo, "paused captive-portal");
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  g_assert_cmpuint (test_broker_count (live->broker, "done"), ==, 0);
  test_network_manager_set_internet (live->manager, TEST_INTERNET_ONLINE);
  run ("nmcli networking connectivity check");
  wait_for (live, photo, "done");
  wait_for (live, video, "done");
  assert_video_arrived (live, 1);
}

static void
test_networkmanager_stops_and_starts (Live *live, gconstpointer data)
{
  g_autofree char *video = begin_video (live);
  g_autofree char *photo = NULL;

  test_network_manager_stop (live->manager);
  photo = submit (live, "IMG_0001.jpg", PHOTO_BYTES, "image/jpeg", "photo");
  wait_for (live, photo, "done");
  test_network_manager_start (live->manager);
  wait_for (live, video, "done");
  g_assert_cmpuint (test_broker_count (live->broker, "failed"), ==, 0);
  assert_video_arrived (live, 4); /* it may take the device down and up, twice */
}

/* --- Power and session --- */

#define UPOWER "org.freedesktop.UPower"
#define UPOWER_PATH "/org/freedesktop/UPower"
#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"

static void
set_own_rules (Live *live, const char *text)
{
  g_autoptr (OutboxDBusPolicy) policy = NULL;
  g_autoptr (GError) error = NULL;

  policy = outbox_dbus_policy_proxy_new_sync (live->broker->connection, G_DBUS_PROXY_FLAGS_NONE, OUTBOX_BUS_NAME,
                                              OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (outbox_dbus_policy_call_set_sync (policy, text, NULL, &error));
  g_assert_no_error (error);
}

static void
set_battery (Live *live, double percentage)
{
  g_autofree char *arguments
      = g_strdup_printf ("(uint32 2, uint32 2, %f, 40.0, 50.0, 5.0, int64 7200, int64 0, true, 'battery', uint32 1)",
                         percentage);

  test_system_bus_mock (live->bus, UPOWER, UPOWER_PATH, "SetupDisplayDevice", arguments);
}

static void
test_the_battery_is_low (Live *live, gconstpointer data)
{
  g_autoptr (TestService) upower = test_service_start_template (live->bus, UPOWER, "upower", "{\"OnBattery\": true}");
  g_autofree char *video = NULL;

  set_own_rules (live, "[Rule video]\nbattery=20\n");
  set_battery (live, 80);
  video = begin_video (live);
  set_battery (live, 19);
  wait_for (live, video, "paused battery");
  test_system_bus_set (live->bus, UPOWER, UPOWER_PATH, UPOWER, "OnBattery", "false");
  wait_for (live, video, "done");
  assert_video_arrived (live, 1);
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

  test_wait_until (is_inhibited, live, MOST_S);
  video = begin_video (live);
  announce_sleep (live, TRUE);
  test_wait_until (is_let_go, live, MOST_S);
  wait_for (live, video, "paused sleep"); /* and that is on record before the device sleeps */
  announce_sleep (live, FALSE);
  wait_for (live, video, "done");
  test_wait_until (is_inhibited, live, MOST_S);
  assert_video_arrived (live, 1);
}

static void
skip (void)
{
  g_test_skip ("no network namespace may be made here (unshare -Urnm)");
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
      g_test_add (tests[i].name, Live, NULL, set_up, tests[i].run, tear_down);
    else
      g_test_add_func (tests[i].name, skip);

  return g_test_run ();
}
