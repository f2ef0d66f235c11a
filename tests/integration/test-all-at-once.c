/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A low battery, a disk that is nearly full, thousands that wait, and a network that comes and goes: nothing happens but
 * that everything arrives. The daemon's data is on a small file system of its own, and its server in another namespace.
 */
#include "dbus/error.h"
#include "support/broker.h"
#include "support/document.h"
#include "support/namespace.h"
#include "support/system-bus.h"
#include "support/wait.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define UPOWER "org.freedesktop.UPower"
#define N_SUBMITS 5000
#define FILE_BYTES 3000
#define DISK_KIB (96 * 1024)

/* Beside what uploads leave to the database. */
#define SPARE_KIB (8 * 1024 + 3000)

/* The sanitizer's own memory is not ours. */
#ifdef __SANITIZE_ADDRESS__
#define MOST_MEMORY_KIB (1024 * 1024)
#else
#define MOST_MEMORY_KIB (40 * 1024)
#endif

typedef struct
{
  TestSystemBus *bus;
  TestService *upower;
  TestBroker *broker;
  TestPeer *receiver;
  int far_side;
  guint n_accepted;
  guint n_refused;
  gboolean has_route;
  guint n_flips;
} World;

static void
set_route (World *world, gboolean is_there)
{
  test_namespace_run (is_there ? "ip route add default via 10.10.0.1" : "ip route del default");
  world->has_route = is_there;
}

static void
start_server (World *world)
{
  g_autoptr (GUri) uri = NULL;
  g_autofree char *url = NULL;
  int home;

  world->far_side = test_namespace_add ();
  test_namespace_run (
      "ip link set lo up; ip link add cable type veth peer name far && ip link set far netns /proc/%d/fd/%d;"
      "ip addr add 10.10.0.2/24 dev cable; ip link set cable up",
      (int) getpid (), world->far_side);
  home = test_namespace_visit (world->far_side);
  test_namespace_run ("ip addr add 10.10.0.1/24 dev far; ip addr add 203.0.113.1/32 dev lo; ip link set far up");
  world->receiver = test_peer_start_far_receiver (NULL);
  test_namespace_leave (home);
  set_route (world, TRUE);
  uri = g_uri_parse (test_peer_get_url (world->receiver), G_URI_FLAGS_NONE, NULL);
  url = g_strdup_printf ("http://203.0.113.1:%d%s", g_uri_get_port (uri), g_uri_get_path (uri));
  test_broker_set_destination (world->broker, url, NULL);
}

static void
set_rules (World *world)
{
  g_autofree char *folder = g_build_filename (world->broker->folder, "outbox", NULL);
  g_autofree char *path = g_build_filename (folder, "outbox.conf", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "[Rule default]\nbattery=20\n", -1, NULL));
}

static void
set_up (World *world)
{
  world->bus = test_system_bus_new ();
  world->upower = test_service_start_template (world->bus, UPOWER, "upower", "{\"OnBattery\": true}");
  test_system_bus_set_battery (world->bus, 10);
  world->broker = test_broker_new_alone ();
  test_broker_stop (world->broker);
  set_rules (world);
  test_broker_start (world->broker, NULL);
  start_server (world);
}

static void
tear_down (World *world)
{
  test_broker_free (world->broker);
  test_peer_free (world->receiver);
  test_service_free (world->upower);
  test_system_bus_free (world->bus);
  test_namespace_run ("ip link del cable");
  (void) close (world->far_side);
}

/* Leaves so much room and no more. Returns: (transfer full): what takes it. */
static char *
fill_disk (World *world)
{
  char *path = g_build_filename (world->broker->folder, "ballast", NULL);

  test_namespace_run ("free=$(df -k --output=avail '%s' | tail -n 1); [ $free -le %d ];"
                      " dd if=/dev/zero of='%s' bs=1K count=$((free - %d)) status=none",
                      world->broker->folder, DISK_KIB, path, SPARE_KIB);

  return path;
}

/* What does not fit is refused, and nothing else. */
static void
submit_all (World *world)
{
  g_autofree char *path = test_broker_make_file (world->broker, "IMG_0001.jpg", FILE_BYTES, 1);
  g_autofree char *ballast = NULL;

  for (guint i = 0; i < N_SUBMITS; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *id = NULL;

      if (i == N_SUBMITS - 500)
        ballast = fill_disk (world);
      id = test_broker_submit (world->broker, path, NULL, &error);
      if (id)
        world->n_accepted++;
      else
        {
          g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
          world->n_refused++;
        }
    }
}

static gboolean
on_flap (gpointer data)
{
  World *world = data;

  set_route (world, !world->has_route);
  world->n_flips++;

  return G_SOURCE_CONTINUE;
}

static gboolean
is_all_done (gpointer data)
{
  World *world = data;

  return test_broker_count (world->broker, "done") == world->n_accepted;
}

static guint64
read_peak_kib (World *world)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/status", g_subprocess_get_identifier (world->broker->process));
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));

  return g_ascii_strtoull (strstr (text, "VmHWM:") + strlen ("VmHWM:"), NULL, 10);
}

/* Whatever waits has a reason: a look at some hundreds. */
static void
assert_reasons (World *world)
{
  g_autoptr (GVariant) list = NULL;
  g_autofree char *cursor = NULL;
  g_autoptr (GError) error = NULL;
  GVariantIter iter;
  GVariant *document;

  outbox_dbus_uploads_call_list_sync (world->broker->uploads, g_variant_new_parsed ("{'limit': <uint32 1000>}"), &list,
                                      &cursor, NULL, &error);
  g_assert_no_error (error);
  g_variant_iter_init (&iter, list);
  while ((document = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) reasons = g_variant_lookup_value (document, "reasons", G_VARIANT_TYPE_STRING_ARRAY);
      const char *state = test_document_get_text (document, "state");

      if (g_str_equal (state, "paused") || g_str_equal (state, "retrying"))
        g_assert_cmpuint (g_variant_n_children (reasons), >, 0);
      g_assert_cmpstr (state, !=, "failed");
      g_variant_unref (document);
    }
}

static void
test_all_at_once (void)
{
  World world = { 0 };
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *process = NULL;
  guint timer;

  set_up (&world);
  process = g_strdup (g_subprocess_get_identifier (world.broker->process));
  submit_all (&world);
  g_test_message ("%u accepted, %u refused", world.n_accepted, world.n_refused);
  g_assert_cmpuint (world.n_refused, >, 0);
  g_assert_cmpuint (world.n_accepted, >=, N_SUBMITS - 500);
  g_assert_cmpuint (test_broker_count (world.broker, "paused"), ==, world.n_accepted);
  assert_reasons (&world);
  timer = g_timeout_add (700, on_flap, &world);
  test_system_bus_set_battery (world.bus, 50);
  test_wait_until (is_all_done, &world, 150);
  (void) g_source_remove (timer);
  g_test_message ("%u flips of the network, %" G_GUINT64_FORMAT " KiB at most", world.n_flips, read_peak_kib (&world));
  assert_reasons (&world);
  g_assert_cmpstr (g_subprocess_get_identifier (world.broker->process), ==, process);
  g_assert_cmpuint (read_peak_kib (&world), <=, MOST_MEMORY_KIB);
  tear_down (&world);
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);

  g_test_init (&argc, &argv, NULL);
  if (is_inside)
    {
      /* GLib remembers where it has made something temporary first. */
      g_autofree char *folder = g_mkdtemp (g_strdup ("/tmp/outbox-disk-XXXXXX"));

      test_namespace_run ("mount -t tmpfs -o size=%dk tmpfs '%s'", DISK_KIB, folder);
      g_setenv ("TMPDIR", folder, TRUE);
    }
  g_test_add_func ("/all-at-once/everything-arrives", is_inside ? test_all_at_once : test_namespace_skip);

  return g_test_run ();
}
