/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "field.h"

#include "support/document.h"
#include "support/namespace.h"

#include <unistd.h>

static void on_weather_changes (Field *field);

/* What is promised, to be held on a machine with nothing else to do; and what shows that it is about right. */
static const FieldWeather full = { "full", 100 * 1000 * 1000, 12000, 8000, 1.10, 1.15, 1.10, 1.05 };
static const FieldWeather brief = { "short", 20 * 1000 * 1000, 3000, 4000, 1.5, 1.5, 1.5, 1.25 };

/* Windows that are shorter than what a back-off waits. */
static const FieldWeather full_tunnel = { "full, long dark", 100 * 1000 * 1000, 12000, 70000, 1.15, 1.15, 1.15, 1.05 };
static const FieldWeather brief_tunnel = { "short, long dark", 20 * 1000 * 1000, 3000, 45000, 1.2, 1.2, 1.2, 1.25 };

static gboolean
is_full (void)
{
  return g_strcmp0 (g_getenv ("OUTBOX_FIELD"), "full") == 0;
}

const FieldWeather *
field_get_weather (void)
{
  return is_full () ? &full : &brief;
}

const FieldWeather *
field_get_tunnel_weather (void)
{
  return is_full () ? &full_tunnel : &brief_tunnel;
}

const char *
field_start_receiver (Field *field)
{
  field->receiver = test_peer_start_far_receiver ("{\"fault\":\"checksum\",\"on\":false}");

  return test_peer_get_url (field->receiver);
}

const char *
field_start_tus_server (Field *field)
{
  field->tus_server = test_tus_server_start (test_tus_server_find_kind ("tus-server"), field->broker->folder);
  if (!field->tus_server)
    return NULL;
  test_namespace_run ("echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet; nft add table ip server;"
                      "nft add chain ip server in '{ type nat hook prerouting priority dstnat; }';"
                      "nft add rule ip server in ip daddr " FIELD_SERVER " meta l4proto tcp dnat to 127.0.0.1");

  return test_peer_get_url (field->tus_server->peer);
}

/* What Debian has, or what comes next to it; BBR, which some machines have, rests for a moment every ten seconds. */
static void
choose_congestion_control (void)
{
  test_namespace_run ("cd /proc/sys/net/ipv4; for name in cubic reno; do"
                      "  { echo $name >tcp_congestion_control; } 2>/dev/null && break;"
                      "done; true");
}

gboolean
field_set_up (Field *field, const char *(*start_server) (Field *) )
{
  const TestRadioPlan wifi
      = { "wifi", "10.77.1.2/24", "10.77.1.1/24", FIELD_RATE_BITS_PER_S, FIELD_DELAY_MS, FIELD_QUEUE_MS };
  const char *server_url;
  int home;

  if (!field->weather)
    field->weather = field_get_weather ();
  field->server_namespace = test_namespace_add ();
  test_namespace_run ("ip link set lo up");
  choose_congestion_control ();
  field->wifi = test_radio_new (field->server_namespace, &wifi);
  test_namespace_run ("ip route add %s dev wifi metric 600", field->is_island ? FIELD_SERVER "/32" : "default");
  field->broker = test_broker_new_alone ();
  home = test_namespace_visit (field->server_namespace);
  test_namespace_run ("ip address add " FIELD_SERVER "/32 dev lo; ip address add 10.77.2.1/24 dev wifi");
  server_url = start_server (field);
  test_namespace_leave (home);
  if (server_url)
    {
      g_autoptr (GUri) uri = g_uri_parse (server_url, G_URI_FLAGS_NONE, NULL);
      g_autofree char *url
          = g_strdup_printf ("http://" FIELD_SERVER ":%d%s", g_uri_get_port (uri), g_uri_get_path (uri));

      test_broker_set_destination (field->broker, url, NULL);
    }

  return server_url != NULL;
}

void
field_tear_down (Field *field)
{
  if (field->timer > 0)
    (void) g_source_remove (field->timer);
  g_clear_pointer (&field->receiver, test_peer_free);
  g_clear_pointer (&field->tus_server, test_tus_server_free);
  test_broker_free (field->broker);
  test_radio_free (field->wifi);
  (void) close (field->server_namespace);
  g_free (field->id);
}

gboolean
field_on_spell_over (gpointer user_data)
{
  on_weather_changes (user_data);

  return G_SOURCE_REMOVE;
}

/* What a system without NetworkManager does with a link whose carrier comes and goes. */
static void
announce (Field *field)
{
  if (field->is_dark)
    test_namespace_run ("ip route del default");
  test_radio_set_carrier (field->wifi, !field->is_dark);
  if (!field->is_dark)
    test_namespace_run ("ip route add default dev wifi metric 600");
}

static void
on_weather_changes (Field *field)
{
  gint64 now_us = g_get_monotonic_time ();

  field->is_dark = !field->is_dark;
  if (field->is_dark)
    field->dark_since_us = now_us;
  else
    {
      field->dark_us += now_us - field->dark_since_us;
      field->lit_since_us = field->lit_since_us > 0 ? field->lit_since_us : now_us;
    }
  test_radio_set_dark (field->wifi, field->is_dark);
  if (field->is_announced)
    announce (field);
  field->timer
      = g_timeout_add (field->is_dark ? field->weather->dark_ms : field->weather->lit_ms, field_on_spell_over, field);
}

void
field_hand_over (Field *field, gsize size_bytes)
{
  g_autofree char *path = test_broker_make_file (field->broker, "video.mp4", size_bytes, 1);
  g_autoptr (GError) error = NULL;

  field->id = test_broker_submit (field->broker, path, NULL, &error);
  g_assert_no_error (error);
  field->begin_us = g_get_monotonic_time ();
}

guint64
field_get_wire_bytes (Field *field)
{
  g_autoptr (GVariant) document = test_broker_get (field->broker, field->id);

  return (guint64) test_document_get_number (document, 't', "wire_bytes");
}

gint64
field_get_received_bytes (Field *field)
{
  int home = test_namespace_visit (field->server_namespace);
  gint64 received_bytes = test_peer_get_number (field->receiver, "body_bytes");

  test_namespace_leave (home);

  return received_bytes;
}

void
field_say_log (Field *field)
{
  g_autofree char *log = test_radio_dup_log (field->wifi);
  g_auto (GStrv) lines = g_strsplit (log, "\n", -1);

  for (guint i = 0; lines[i] && *lines[i]; i++)
    g_test_message ("%.3f %s", g_ascii_strtod (lines[i], NULL) - (double) field->begin_us / G_USEC_PER_SEC,
                    strchr (lines[i], ' '));
}
