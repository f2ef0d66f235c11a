/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What others are told, and what it costs a GNOME Shell with the indicator, while many wait and one after the other changes, five a
 * second: a person pauses it. All wait for a server that is away. Main thread.
 */
#include "parts.h"

#include "report.h"

#include "dbus/names.h"
#include "support/gnome-shell.h"
#include "support/wait.h"

#include <math.h>

#define N_WAITING 10000
#define N_WAITING_SHOWN "10,000"
#define CHANGE_EVERY_MS 200

/* Two who are told, each by a connection of its own, as two programs are. */
typedef enum
{
  LIKE_INDICATOR, /* hears how everything stands */
  LIKE_LIST,      /* follows each upload */
  N_WATCHERS
} Watcher;

typedef struct
{
  TestBroker *broker;
  TestGnomeShell *shell; /* NULL: there is none here */
  GDBusConnection *watchers[N_WATCHERS];
  gint n_told[N_WATCHERS]; /* counted by GDBus's thread */
  GPtrArray *ids;          /* of uploads that change */
} Watch;

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  if (incoming && g_strcmp0 (g_dbus_message_get_path (message), OUTBOX_OBJECT_PATH) == 0)
    g_atomic_int_inc ((gint *) user_data);

  return message;
}

static GVariant *
call (GDBusConnection *connection, const char *interface, const char *method, GVariant *parameters)
{
  g_autofree char *name = g_strconcat (OUTBOX_BUS_NAME, ".", interface, NULL);
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_sync (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, name, method,
                                                 parameters, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);

  return reply;
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
}

static void
add_watcher (Watch *watch, Watcher who)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection
      = g_dbus_connection_new_for_address_sync (test_broker_get_bus_address (watch->broker),
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                    | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, &error);

  g_assert_no_error (error);
  (void) g_dbus_connection_signal_subscribe (connection, OUTBOX_BUS_NAME,
                                             who == LIKE_INDICATOR ? OUTBOX_BUS_NAME ".Queue"
                                                                   : OUTBOX_BUS_NAME ".Uploads",
                                             who == LIKE_INDICATOR ? "SummaryChanged" : NULL, OUTBOX_OBJECT_PATH, NULL,
                                             G_DBUS_SIGNAL_FLAGS_NONE, on_signal, NULL, NULL);
  if (who == LIKE_LIST)
    g_variant_unref (call (connection, "Uploads", "Watch", g_variant_new_parsed ("(@a{sv} {}, '')")));
  (void) g_dbus_connection_add_filter (connection, on_message, &watch->n_told[who], NULL);
  watch->watchers[who] = connection;
}

/* --- Many that wait --- */

static void
set_environment (void)
{
  g_setenv ("OUTBOXD", OUTBOXD, TRUE);
  g_setenv ("INDICATOR_43", INDICATOR_43, TRUE);
  g_setenv ("INDICATOR_45", INDICATOR_45, TRUE);
  g_setenv ("SHELL_PERSON", SHELL_PERSON, TRUE);
  /* Without words it shows nothing. */
  g_setenv ("OUTBOX_LOCALEDIR", OUTBOX_LOCALEDIR, TRUE);
}

static TestBroker *
start_broker (void)
{
  TestBroker *broker = test_broker_new_alone ();
  g_autofree char *data = g_build_filename (broker->folder, "data", "outbox", NULL);
  const char *const fill[] = { FILL, data, "depot", G_STRINGIFY (N_WAITING), "paused", NULL };

  test_broker_stop (broker);
  g_assert_true (bench_run (fill));
  test_broker_start (broker, NULL);
  test_broker_set_destination (broker, "http://127.0.0.1:9/files/", NULL);
  g_variant_unref (call (broker->connection, "Destinations", "Resume", g_variant_new ("(s)", "depot")));

  return broker;
}

/* Returns: (transfer full): ids of some that wait */
static GPtrArray *
find_some (TestBroker *broker)
{
  g_autoptr (GVariant) reply
      = call (broker->connection, "Uploads", "List", g_variant_new_parsed ("({'limit': <uint32 500>},)"));
  g_autoptr (GVariant) uploads = g_variant_get_child_value (reply, 0);
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (uploads); i++)
    {
      g_autoptr (GVariant) upload = g_variant_get_child_value (uploads, i);
      char *id = NULL;

      g_assert_true (g_variant_lookup (upload, "id", "s", &id));
      g_ptr_array_add (ids, id);
    }

  return ids;
}

/* --- Changes --- */

/* Has that many change, or lets as much time pass. Returns: the milliseconds of processor time that the shell used meanwhile */
static double
live (Watch *watch, guint n_times, gboolean do_change)
{
  gint64 begin_ms = watch->shell ? test_gnome_shell_get_cpu_ms (watch->shell) : 0;

  for (guint i = 0; i < n_times; i++)
    {
      const char *const ids[] = { g_ptr_array_index (watch->ids, i), NULL };

      if (do_change)
        g_variant_unref (call (watch->broker->connection, "Uploads", "Pause", g_variant_new ("(^as)", ids)));
      test_wait_ms (CHANGE_EVERY_MS);
    }

  return watch->shell ? (double) (test_gnome_shell_get_cpu_ms (watch->shell) - begin_ms) : 0;
}

static void
report (Watch *watch, guint n_changes, double cpu_ms)
{
  const double seconds = n_changes * CHANGE_EVERY_MS / 1000.0;

  bench_report ("messages a second to an indicator, " N_WAITING_SHOWN " waiting", BENCH_MOST, "",
                g_atomic_int_get (&watch->n_told[LIKE_INDICATOR]) / seconds, "", NAN, 5);
  bench_report ("messages a second to a list, " N_WAITING_SHOWN " waiting", BENCH_MOST, "",
                g_atomic_int_get (&watch->n_told[LIKE_LIST]) / seconds, "", NAN, 5.1);
  if (watch->shell)
    bench_report ("GNOME Shell's processor by the indicator", BENCH_MOST, "%", cpu_ms / seconds / 10, "", NAN, 1);
  else
    bench_report_missing ("GNOME Shell's processor by the indicator", "there is no gnome-shell");
}

void
bench_watch (const Bench *bench)
{
  const guint n_changes = bench->is_quick ? 50 : 300;
  Watch watch = { NULL };
  double idle_ms, cpu_ms;

  set_environment ();
  watch.broker = start_broker ();
  watch.ids = find_some (watch.broker);
  g_assert_cmpuint (n_changes, <=, watch.ids->len);
  if (test_gnome_shell_get_version () > 0)
    watch.shell = test_gnome_shell_start (watch.broker, NULL);
  /* What both do only once: a new session settles, and the first look at a full queue. */
  test_wait_ms (10000);
  idle_ms = live (&watch, n_changes, FALSE);
  for (guint i = 0; i < N_WATCHERS; i++)
    add_watcher (&watch, i);
  cpu_ms = live (&watch, n_changes, TRUE);
  report (&watch, n_changes, cpu_ms - idle_ms);
  for (guint i = 0; i < N_WATCHERS; i++)
    {
      (void) g_dbus_connection_close_sync (watch.watchers[i], NULL, NULL);
      g_object_unref (watch.watchers[i]);
    }
  if (watch.shell)
    test_gnome_shell_free (watch.shell);
  test_broker_free (watch.broker);
  g_ptr_array_unref (watch.ids);
}
