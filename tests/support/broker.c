/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon under test. Owns its processes and folders. Main thread.
 */
#include "support/broker.h"

#include "dbus/names.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static guint
count_names (TestBroker *broker)
{
  GDBusProxy *proxies[]
      = { G_DBUS_PROXY (broker->uploads), G_DBUS_PROXY (broker->queue), G_DBUS_PROXY (broker->destinations) };
  guint n_names = 0;

  for (guint i = 0; i < G_N_ELEMENTS (proxies); i++)
    {
      g_autofree char *owner = g_dbus_proxy_get_name_owner (proxies[i]);

      n_names += owner != NULL;
    }

  return n_names;
}

/* Each proxy hears of it in its own time. */
static gboolean
has_name (gpointer data)
{
  return count_names (data) == 3;
}

static gboolean
has_no_name (gpointer data)
{
  return count_names (data) == 0;
}

static void
die_with_parent (gpointer user_data)
{
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
}

void
test_broker_start (TestBroker *broker, const char *crash_at)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (broker->process);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  g_subprocess_launcher_setenv (launcher, "XDG_DATA_HOME", data, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_CONFIG_HOME", broker->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", broker->folder, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "G_MESSAGES_DEBUG");
  if (crash_at)
    g_subprocess_launcher_setenv (launcher, "OUTBOX_CRASH_AT", crash_at, TRUE);
  broker->process = g_subprocess_launcher_spawn (launcher, &error, g_getenv ("OUTBOXD"), NULL);
  g_assert_no_error (error);
  test_wait_until (has_name, broker, 20);
}

static void
forget_process (TestBroker *broker)
{
  (void) g_subprocess_wait (broker->process, NULL, NULL);
  g_clear_object (&broker->process);
  test_wait_until (has_no_name, broker, 20);
}

/* Whoever died of anything else, an abort or a sanitizer's report, did so before the test meant it to. */
static void
forget_killed_process (TestBroker *broker)
{
  g_autoptr (GSubprocess) process = g_object_ref (broker->process);

  forget_process (broker);
  g_assert_true (g_subprocess_get_if_signaled (process));
  g_assert_cmpint (g_subprocess_get_term_sig (process), ==, SIGKILL);
}

void
test_broker_kill (TestBroker *broker)
{
  if (!broker->process)
    return;
  g_subprocess_force_exit (broker->process);
  forget_killed_process (broker);
}

void
test_broker_stop (TestBroker *broker)
{
  g_autoptr (GSubprocess) process = g_object_ref (broker->process);

  g_subprocess_send_signal (process, SIGTERM);
  forget_process (broker);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
}

void
test_broker_wait_for_death (TestBroker *broker, guint most_s)
{
  test_wait_until (has_no_name, broker, most_s);
  forget_killed_process (broker);
}

static void
connect_proxies (TestBroker *broker)
{
  const GDBusProxyFlags flags = G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START | G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES;
  g_autoptr (GError) error = NULL;

  broker->connection = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (broker->bus),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL,
      &error);
  g_assert_no_error (error);
  broker->uploads = outbox_dbus_uploads_proxy_new_sync (broker->connection, flags, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                                        NULL, &error);
  g_assert_no_error (error);
  broker->queue = outbox_dbus_queue_proxy_new_sync (broker->connection, flags, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                                    NULL, &error);
  g_assert_no_error (error);
  broker->destinations = outbox_dbus_destinations_proxy_new_sync (broker->connection, flags, OUTBOX_BUS_NAME,
                                                                  OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (broker->uploads), G_MAXINT);
}

static void
set_destination (TestBroker *broker)
{
  g_autofree char *confirm_url = test_peer_dup_url (broker->peer, "/confirm?id={id}&sha256={sha256}");
  g_autoptr (GError) error = NULL;
  GVariantBuilder settings;

  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "url", g_variant_new_string (test_peer_get_url (broker->peer)));
  g_variant_builder_add (&settings, "{sv}", "confirm_url", g_variant_new_string (confirm_url));
  g_variant_builder_add (&settings, "{sv}", "default", g_variant_new_boolean (TRUE));
  outbox_dbus_destinations_call_set_sync (broker->destinations, "depot", g_variant_builder_end (&settings), NULL,
                                          &error);
  g_assert_no_error (error);
}

TestBroker *
test_broker_new (void)
{
  TestBroker *broker = g_new0 (TestBroker, 1);
  g_autofree char *store = NULL;

  broker->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  store = g_build_filename (broker->folder, "store", NULL);
  g_assert_cmpint (g_mkdir (store, 0700), ==, 0);
  {
    const char *argv[] = { g_getenv ("RECEIVER"), "--port", "0", "--folder", store, NULL };

    broker->peer = test_peer_start (argv);
  }
  broker->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (broker->bus);
  connect_proxies (broker);
  test_broker_start (broker, NULL);
  set_destination (broker);

  return broker;
}

void
test_broker_free (TestBroker *broker)
{
  const char *argv[] = { "rm", "-r", broker->folder, NULL };

  /* A clean end, so that it can tell what it leaked. */
  if (broker->process)
    test_broker_stop (broker);
  test_peer_free (broker->peer);
  g_object_unref (broker->uploads);
  g_object_unref (broker->queue);
  g_object_unref (broker->destinations);
  (void) g_dbus_connection_close_sync (broker->connection, NULL, NULL);
  g_object_unref (broker->connection);
  g_test_dbus_down (broker->bus);
  g_object_unref (broker->bus);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (broker->folder);
  g_free (broker);
}

char *
test_broker_make_file (TestBroker *broker, const char *name, gsize size_bytes, guint seed)
{
  char *path = g_build_filename (broker->folder, name, NULL);
  g_autofree guint8 *bytes = g_malloc (size_bytes + 1);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < size_bytes; i += 4)
    {
      guint32 word = g_rand_int (random);

      memcpy (bytes + i, &word, MIN (4, size_bytes - i));
    }
  g_assert_true (g_file_set_contents (path, (char *) bytes, (gssize) size_bytes, NULL));

  return path;
}

char *
test_broker_submit (TestBroker *broker, const char *path, GVariant *options, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  char *id = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, 0);
  (void) close (fd);
  (void) outbox_dbus_uploads_call_submit_sync (broker->uploads, g_variant_new_handle (0),
                                               options ? options : g_variant_new ("a{sv}", NULL), fds, &id, NULL, NULL,
                                               error);

  return id;
}

GVariant *
test_broker_list (TestBroker *broker)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *cursor = NULL;
  GVariant *list = NULL;

  outbox_dbus_uploads_call_list_sync (broker->uploads, g_variant_new_parsed ("{'limit': <uint32 1000>}"), &list,
                                      &cursor, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (cursor, ==, "");

  return list;
}

typedef struct
{
  TestBroker *broker;
  const char *state;
} Wanted;

static gboolean
are_all_in_state (gpointer data)
{
  Wanted *wanted = data;
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;
  guint64 in_state, all;

  outbox_dbus_queue_call_summary_sync (wanted->broker->queue, &summary, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (summary, wanted->state, "(tt)", &in_state, NULL));
  g_assert_true (g_variant_lookup (summary, "all", "(tt)", &all, NULL));

  return in_state == all;
}

static gboolean
on_print_when_late (gpointer data)
{
  g_autoptr (GVariant) list = test_broker_list (data);
  g_autofree char *text = g_variant_print (list, FALSE);

  g_printerr ("Still waiting: %s\n", text);

  return G_SOURCE_REMOVE;
}

void
test_broker_wait_for_all (TestBroker *broker, const char *state, guint most_s)
{
  Wanted wanted = { broker, state };
  guint timer = g_timeout_add_seconds (most_s - 1, on_print_when_late, broker);

  /* SummaryChanged wakes the loop. */
  test_wait_until (are_all_in_state, &wanted, most_s);
  (void) g_source_remove (timer);
}

guint
test_broker_count_files (TestBroker *broker, const char *subfolder)
{
  g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", subfolder, NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n_files = 0;

  while (folder && g_dir_read_name (folder))
    n_files++;

  return n_files;
}
