/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watchers that do not read, or read late: the bus does not grow for them, and they miss nothing. The program starts itself
 * again as the watcher.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "support/broker.h"

#include <outbox.h>

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define N_UPLOADS 60
#define N_CHANGES 40
#define TEXT_BYTES 6000

/* --- The watcher --- */

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  g_autoptr (GVariant) first = g_variant_get_child_value (parameters, 0);
  const char *id, *state = "";

  if (g_variant_is_of_type (first, G_VARIANT_TYPE_VARDICT) && g_variant_lookup (first, "id", "&s", &id))
    (void) g_variant_lookup (first, "state", "&s", &state);
  else if (g_variant_is_of_type (first, G_VARIANT_TYPE_STRING))
    id = g_variant_get_string (first, NULL);
  else
    return;
  g_print ("%s %s %s\n", signal, id, state);
}

/* Prints a line for each signal, until somebody kills it; but first it is stopped. */
static G_GNUC_NORETURN void
be_the_watcher (void)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  (void) g_dbus_connection_signal_subscribe (connection, OUTBOX_BUS_NAME, "org.outbox.Outbox1.Uploads", NULL, NULL,
                                             NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, NULL, NULL);
  (void) g_dbus_connection_call_sync (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, "org.outbox.Outbox1.Uploads",
                                      "Watch", g_variant_new_parsed ("(@a{sv} {}, '')"), NULL, G_DBUS_CALL_FLAGS_NONE,
                                      20000, NULL, NULL);
  g_print ("stopped\n");
  (void) raise (SIGSTOP);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

/* --- The test --- */

typedef struct
{
  GSubprocess *process;
  GDataInputStream *lines;
} Watcher;

static Watcher
start_watcher (TestBroker *broker)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;
  Watcher watcher;

  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (broker), TRUE);
  watcher.process = g_subprocess_launcher_spawn (launcher, &error, self, "--watcher", NULL);
  g_assert_no_error (error);
  watcher.lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (watcher.process));
  line = g_data_input_stream_read_line (watcher.lines, NULL, NULL, NULL);
  g_assert_cmpstr (line, ==, "stopped");

  return watcher;
}

static void
watcher_clear (Watcher *watcher)
{
  g_subprocess_force_exit (watcher->process);
  g_object_unref (watcher->process);
  g_object_unref (watcher->lines);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Watcher, watcher_clear)

/* Returns: (transfer full): N_UPLOADS ids. */
static GPtrArray *
submit_many (TestBroker *broker)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = test_broker_make_file (broker, "a.bin", 10, 1);
  g_autofree char *text = g_strnfill (TEXT_BYTES, 'x');

  for (guint i = 0; i < N_UPLOADS; i++)
    {
      GVariant *options = g_variant_new_parsed ("{'metadata': <{'note': %s}>}", text);
      char *id = test_broker_submit (broker, path, options, NULL);

      g_assert_nonnull (id);
      g_ptr_array_add (ids, id);
    }
  g_ptr_array_add (ids, NULL);

  return ids;
}

static void
command (TestBroker *broker, const char *method, char *const *ids)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results
      = g_dbus_connection_call_sync (broker->connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                     "org.outbox.Outbox1.Uploads", method, g_variant_new ("(^as)", ids), NULL,
                                     G_DBUS_CALL_FLAGS_NONE, 20000, NULL, &error);

  g_assert_no_error (error);
}

/* Reads until everything was told to be in its last state. Returns: how many signals that took. */
static guint
read_until_all_are_told (Watcher *watcher, GPtrArray *ids, const char *last, const char *removed)
{
  g_autoptr (GHashTable) missing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n_signals = 0;

  for (guint i = 0; i < N_UPLOADS; i++)
    g_hash_table_add (missing, g_strdup_printf ("Changed %s %s", (char *) ids->pdata[i], last));
  if (removed)
    g_hash_table_add (missing, g_strdup_printf ("Removed %s ", removed));
  while (g_hash_table_size (missing) > 0)
    {
      g_autofree char *line = g_data_input_stream_read_line (watcher->lines, NULL, NULL, NULL);

      g_assert_nonnull (line);
      n_signals++;
      (void) g_hash_table_remove (missing, line);
    }

  return n_signals;
}

/* It is told, of each upload once, what it has become, and not every step; and from then on of each change as before. */
static void
test_a_stopped_one_misses_nothing (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autoptr (GPtrArray) ids = NULL;
  g_autofree char *path = test_broker_make_file (broker, "b.bin", 10, 2);
  g_autofree char *removed = NULL;
  g_auto (Watcher) watcher = { NULL, NULL };

  test_broker_set_destination (broker, "http://127.0.0.1:9/files/", NULL);
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = submit_many (broker);
  removed = test_broker_submit (broker, path, NULL, NULL);
  watcher = start_watcher (broker);
  for (guint i = 0; i < N_CHANGES; i++)
    command (broker, i % 2 == 0 ? "Pause" : "Resume", (char *const *) ids->pdata);
  command (broker, "Remove", (char *const[]){ removed, NULL });
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  command (broker, "Pause", (char *const *) ids->pdata);
  g_subprocess_send_signal (watcher.process, SIGCONT);
  g_assert_cmpuint (read_until_all_are_told (&watcher, ids, "paused", removed), <, 4 * N_UPLOADS);
  command (broker, "Resume", (char *const *) ids->pdata);
  command (broker, "Pause", (char *const *) ids->pdata);
  (void) read_until_all_are_told (&watcher, ids, "paused", NULL);
}

static gsize
read_memory_kib (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *status = NULL;

  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));

  return (gsize) g_ascii_strtoull (strstr (status, "VmRSS:") + strlen ("VmRSS:"), NULL, 10);
}

static GPid
find_bus (TestBroker *broker)
{
  g_autoptr (GVariant) results
      = g_dbus_connection_call_sync (broker->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                                     g_variant_new ("(s)", "org.freedesktop.DBus"), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                     NULL, NULL);
  guint32 pid;

  g_assert_nonnull (results);
  g_variant_get (results, "(u)", &pid);

  return (GPid) pid;
}

/* What they were told at most stays in the bus, not what there was to tell. */
static void
test_the_bus_does_not_grow (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autoptr (GPtrArray) ids = NULL;
  GPid bus = find_bus (broker);
  Watcher watchers[10];
  gsize before_kib;

  test_broker_set_destination (broker, "http://127.0.0.1:9/files/", NULL);
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = submit_many (broker);
  for (guint i = 0; i < G_N_ELEMENTS (watchers); i++)
    watchers[i] = start_watcher (broker);
  before_kib = read_memory_kib (bus);
  for (guint i = 0; i < N_CHANGES; i++)
    command (broker, i % 2 == 0 ? "Pause" : "Resume", (char *const *) ids->pdata);
  /* All there was to tell them: 140 MiB. */
  g_assert_cmpuint (read_memory_kib (bus) - before_kib, <, 16 * 1024);
  for (guint i = 0; i < G_N_ELEMENTS (watchers); i++)
    watcher_clear (&watchers[i]);
}

/* --- liboutbox --- */

static gint answers_pings = TRUE;

static GDBusMessage *
swallow_pings (GDBusConnection *connection, GDBusMessage *message, gboolean is_incoming, gpointer user_data)
{
  if (is_incoming && !g_atomic_int_get (&answers_pings)
      && g_strcmp0 (g_dbus_message_get_interface (message), "org.freedesktop.DBus.Peer") == 0)
    g_clear_object (&message);

  return message;
}

static void
on_ended (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
          GVariant *parameters, gpointer user_data)
{
  g_atomic_int_set (&answers_pings, TRUE);
  *(gboolean *) user_data = TRUE;
}

static void
on_changed (OutboxClient *client, OutboxUpload *upload, gpointer user_data)
{
  OutboxState state = outbox_upload_get_state (upload);

  if (state == OUTBOX_STATE_PAUSED)
    (void) g_hash_table_remove (user_data, outbox_upload_get_id (upload));
  else
    g_hash_table_add (user_data, g_strdup (outbox_upload_get_id (upload)));
}

static gboolean
is_empty (gpointer data)
{
  return g_hash_table_size (data) == 0;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

/* One that answers no pings is told that it is told no more. The library watches again, and goes on where it was. */
static void
test_one_that_was_dropped_comes_back (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GHashTable) unpaused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GAsyncResult) opened = NULL;
  g_autoptr (GAsyncResult) watched = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_autoptr (GPtrArray) ids = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_over = FALSE;
  guint filter, subscription;

  test_broker_set_destination (broker, "http://127.0.0.1:9/files/", NULL);
  ids = submit_many (broker);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (broker), TRUE);
  outbox_client_new_async (NULL, test_wait_on_result, &opened);
  test_wait_for_result (&opened, 10);
  client = outbox_client_new_finish (opened, &error);
  g_assert_no_error (error);
  g_signal_connect (client, "changed", G_CALLBACK (on_changed), unpaused);
  outbox_client_watch_async (client, NULL, NULL, test_wait_on_result, &watched);
  test_wait_for_result (&watched, 10);
  g_assert_true (outbox_client_watch_finish (client, watched, &error));
  g_assert_no_error (error);

  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  filter = g_dbus_connection_add_filter (connection, swallow_pings, NULL, NULL);
  subscription = g_dbus_connection_signal_subscribe (connection, OUTBOX_BUS_NAME, NULL, "WatchEnded", NULL, NULL,
                                                     G_DBUS_SIGNAL_FLAGS_NONE, on_ended, &is_over, NULL);
  for (guint i = 0; i < N_UPLOADS; i++)
    g_hash_table_add (unpaused, g_strdup (ids->pdata[i]));
  g_atomic_int_set (&answers_pings, FALSE);
  command (broker, "Pause", (char *const *) ids->pdata);
  command (broker, "Resume", (char *const *) ids->pdata);
  command (broker, "Pause", (char *const *) ids->pdata);
  test_wait_until (is_true, &is_over, 60);
  test_wait_until (is_empty, unpaused, 20);
  /* A call that is under way keeps the client, and what it hears of. */
  (void) g_signal_handlers_disconnect_by_data (client, unpaused);
  g_dbus_connection_signal_unsubscribe (connection, subscription);
  g_dbus_connection_remove_filter (connection, filter);
}

int
main (int argc, char *argv[])
{
  if (argc == 2 && g_str_equal (argv[1], "--watcher"))
    be_the_watcher ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/watchers/a-stopped-one-misses-nothing", test_a_stopped_one_misses_nothing);
  g_test_add_func ("/watchers/the-bus-does-not-grow", test_the_bus_does_not_grow);
  g_test_add_func ("/watchers/one-that-was-dropped-comes-back", test_one_that_was_dropped_comes_back);

  return g_test_run ();
}
