/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "live.h"

#include "support/document.h"
#include "support/namespace.h"
#include "support/wait.h"

#include <glib/gstdio.h>

/* What is promised of a video when its network begins to cost, and of what is lost with a connection. */
#define MOST_LATE_MS 250
#define MOST_LOST_BYTES (1000 * 1000)

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

void
live_run (const char *command)
{
  gboolean is_over;

  begin_command (command, &is_over);
  test_wait_until (is_true, &is_over, LIVE_MOST_S);
}

static TestPeer *
start_server (Live *live, const char *name)
{
  int home = test_namespace_visit (test_network_manager_get_far_side (live->manager));
  TestPeer *peer = test_peer_start_far_receiver (NULL);
  g_autoptr (GUri) uri = g_uri_parse (test_peer_get_url (peer), G_URI_FLAGS_NONE, NULL);
  g_autofree char *url = g_strdup_printf ("http://" LIVE_SERVER ":%d%s", g_uri_get_port (uri), g_uri_get_path (uri));
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

void
live_slow_down (const char *interface)
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

void
live_set_up (Live *live, gconstpointer data)
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
  live_slow_down ("depot");
  live->broker = test_broker_new_alone ();
  test_broker_stop (live->broker);
  use_shipped_rules (live);
  test_broker_start (live->broker, NULL);
  live->video_server = start_server (live, "video");
  live->photo_server = start_server (live, "photo");
}

void
live_tear_down (Live *live, gconstpointer data)
{
  test_broker_free (live->broker);
  g_clear_pointer (&live->video_server, test_peer_free);
  g_clear_pointer (&live->photo_server, test_peer_free);
  test_network_manager_free (live->manager);
  g_object_unref (live->connection);
  test_system_bus_free (live->bus);
}

char *
live_submit (Live *live, const char *name, gsize size_bytes, const char *media_type, const char *destination)
{
  g_autofree char *path = test_broker_make_file (live->broker, name, size_bytes, 1);
  g_autofree char *options = g_strdup_printf ("{'media_type': <'%s'>, 'destination': <'%s'>}", media_type, destination);
  g_autoptr (GError) error = NULL;
  char *id = test_broker_submit (live->broker, path, g_variant_new_parsed (options), &error);

  g_assert_no_error (error);

  return id;
}

guint64
live_count_bytes (Live *live, const char *counter)
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

  return test_document_dup_status (document);
}

static gboolean
is_so (gpointer data)
{
  const Wanted *wanted = data;
  g_autofree char *text = describe (wanted->live, wanted->id);

  return g_str_equal (text, wanted->what);
}

void
live_wait_for (Live *live, const char *id, const char *what)
{
  Wanted wanted = { live, id, what };

  test_wait_until (is_so, &wanted, LIVE_MOST_S);
}

static gboolean
is_on_its_way (gpointer data)
{
  return live_count_bytes (data, "video_depot") > LIVE_VIDEO_BYTES / 8;
}

char *
live_begin_video (Live *live)
{
  char *id = live_submit (live, "inspection.mp4", LIVE_VIDEO_BYTES, "video/mp4", "video");

  test_wait_until (is_on_its_way, live, LIVE_MOST_S);

  return id;
}

static gint64
get_told_us (Live *live)
{
  return __atomic_load_n (&live->told_us, __ATOMIC_RELAXED);
}

double
live_watch_the_last_byte (Live *live, const char *command, const char *counter, guint64 *late_bytes)
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
      now_bytes = live_count_bytes (live, counter);
      if (now_bytes != last_bytes)
        last_us = g_get_monotonic_time ();
      last_bytes = now_bytes;
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  test_wait_until (is_true, &is_over, LIVE_MOST_S);
  *late_bytes = last_bytes - before_bytes;

  return (double) (last_us - get_told_us (live)) / 1000;
}

gboolean
live_is_full (void)
{
  return g_strcmp0 (g_getenv ("OUTBOX_FIELD"), "full") == 0;
}

void
live_assert_in_time (double late_ms, guint64 late_bytes)
{
  g_test_message ("the last byte of the video arrived %.0f ms after the signal, %" G_GUINT64_FORMAT " bytes after it",
                  late_ms, late_bytes);
  if (!live_is_full ())
    return;
  g_assert_cmpfloat (late_ms, <=, MOST_LATE_MS);
  g_assert_cmpuint (late_bytes, <=, LIVE_MOST_METERED_BYTES);
}

void
live_send_photo (Live *live, const char *name)
{
  g_autofree char *photo = live_submit (live, name, LIVE_PHOTO_BYTES, "image/jpeg", "photo");

  live_wait_for (live, photo, "done");
}

void
live_assert_nothing_follows (Live *live)
{
  guint64 depot_bytes;

  live_send_photo (live, "IMG_0001.jpg");
  depot_bytes = live_count_bytes (live, "video_depot");
  live_send_photo (live, "IMG_0002.jpg");
  g_assert_cmpuint (live_count_bytes (live, "video_depot"), ==, depot_bytes);
}

void
live_assert_video_arrived (Live *live, guint most_cuts)
{
  int home = test_namespace_visit (test_network_manager_get_far_side (live->manager));
  g_autoptr (JsonNode) node = test_peer_describe (live->video_server);
  gint64 body_bytes = json_object_get_int_member (json_node_get_object (node), "body_bytes");

  test_namespace_leave (home);
  g_test_message ("%" G_GINT64_FORMAT " bytes arrived for %d", body_bytes, LIVE_VIDEO_BYTES);
  g_assert_cmpint (body_bytes, >=, LIVE_VIDEO_BYTES);
  if (live_is_full ())
    g_assert_cmpint (body_bytes, <=, LIVE_VIDEO_BYTES + most_cuts * MOST_LOST_BYTES);
}
