/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-status: how everything stands, in panels, lists of jobs and docks that are not GNOME Shell's. One indicator is enough: it shows
 * itself while it owns the name org.outbox.Indicator, which the extension of GNOME Shell takes over. It starts no service: it is told
 * when there is one, and looks at nothing in between.
 */
#include "job.h"

#include "config.h"
#include "dbus/messages.h"
#include "dbus/names.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdlib.h>

#define INDICATOR "org.outbox.Indicator"
#define INTERFACE OUTBOX_BUS_NAME ".Queue"

typedef struct
{
  GMainLoop *loop;
  GDBusConnection *bus;
  StatusItem *item; /* NULL while another shows it */
  StatusJob *job;
  StatusSummary summary; /* the last one, also of a service that is gone */
  StatusBatch batch;
  gboolean is_service_there;
} Status;

/* --- What the person presses --- */

static void
open_page (gpointer user_data)
{
  static const char *const argv[] = { "outbox", "dashboard", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);

  if (!process)
    g_warning ("%s", error->message);
}

static void
set_paused (gboolean is_paused, gpointer user_data)
{
  Status *status = user_data;

  g_dbus_connection_call (status->bus, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, INTERFACE, is_paused ? "Pause" : "Resume",
                          NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

static const StatusActions actions = { open_page, set_paused };

/* --- What is shown --- */

static void
show (Status *status)
{
  gint64 now_ms = g_get_real_time () / 1000;
  StatusMood mood = status_find_mood (&status->summary, status->is_service_there);
  g_autofree char *label = mood == STATUS_OFF
                               ? g_strdup (_ ("Outbox is not running"))
                               : outbox_group_label (&status->summary.counts, now_ms, OUTBOX_LABEL_TERMINAL);
  gboolean is_paused = mood == STATUS_OFF || status_is_paused (&status->summary);

  if (!status->item)
    return;
  status_item_show (status->item, mood, label, is_paused);
  status_job_show (status->job, &status->batch, mood, label, is_paused);
}

static void
take_summary (Status *status, GVariant *parameters)
{
  g_autoptr (GVariant) document = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(a{sv})")))
    return;
  document = g_variant_get_child_value (parameters, 0);
  status->is_service_there = TRUE;
  status_summary_read (&status->summary, document);
  status_batch_update (&status->batch, &status->summary);
  show (status);
}

static void
on_summary_changed (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                    const char *signal, GVariant *parameters, gpointer user_data)
{
  take_summary (user_data, parameters);
}

static void
on_summary (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  /* Where there is no answer, the next change is told. */
  if (reply)
    take_summary (user_data, reply);
}

static void
on_service (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  g_dbus_connection_call (bus, owner, OUTBOX_OBJECT_PATH, INTERFACE, "Summary", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_summary, user_data);
}

/* What it had is safe, and waits: a job that ended here would be called finished. */
static void
on_service_gone (GDBusConnection *bus, const char *name, gpointer user_data)
{
  Status *status = user_data;

  status->is_service_there = FALSE;
  show (status);
}

/* --- One indicator --- */

static void
on_name_acquired (GDBusConnection *bus, const char *name, gpointer user_data)
{
  Status *status = user_data;

  status->item = status_item_new (bus, &actions, status);
  status->job = status_job_new (bus, &actions, status);
  show (status);
}

static void
on_name_lost (GDBusConnection *bus, const char *name, gpointer user_data)
{
  Status *status = user_data;

  g_clear_pointer (&status->item, status_item_free);
  g_clear_pointer (&status->job, status_job_free);
}

static gboolean
on_end (gpointer user_data)
{
  Status *status = user_data;

  g_main_loop_quit (status->loop);

  return G_SOURCE_CONTINUE;
}

static void
on_bus_closed (GDBusConnection *bus, gboolean is_remote, GError *error, gpointer user_data)
{
  (void) on_end (user_data);
}

static void
run (Status *status)
{
  guint changed = g_dbus_connection_signal_subscribe (status->bus, OUTBOX_BUS_NAME, INTERFACE, "SummaryChanged",
                                                      OUTBOX_OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                      on_summary_changed, status, NULL);
  guint service = g_bus_watch_name_on_connection (status->bus, OUTBOX_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                  on_service, on_service_gone, status, NULL);
  guint name = g_bus_own_name_on_connection (status->bus, INDICATOR, G_BUS_NAME_OWNER_FLAGS_ALLOW_REPLACEMENT,
                                             on_name_acquired, on_name_lost, status, NULL);

  /* For good: timeout(1) sends two, and the second must not end it before the icon is taken away. */
  (void) g_unix_signal_add (SIGTERM, on_end, status);
  (void) g_unix_signal_add (SIGINT, on_end, status);
  g_main_loop_run (status->loop);
  on_name_lost (status->bus, INDICATOR, status);
  g_bus_unown_name (name);
  g_bus_unwatch_name (service);
  g_dbus_connection_signal_unsubscribe (status->bus, changed);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Status status = { NULL };

  setlocale (LC_ALL, "");
  outbox_messages_bind ();
  textdomain (GETTEXT_PACKAGE);
  g_option_context_set_summary (context, _ ("Shows in the panel how everything stands."));
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("outbox-status: %s\n", error->message);
      return 2;
    }
  status.bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  if (!status.bus)
    {
      g_printerr ("outbox-status: %s\n", error->message);
      return EXIT_FAILURE;
    }
  g_dbus_connection_set_exit_on_close (status.bus, FALSE);
  g_signal_connect (status.bus, "closed", G_CALLBACK (on_bus_closed), &status);
  status.loop = g_main_loop_new (NULL, FALSE);
  run (&status);
  (void) g_dbus_connection_flush_sync (status.bus, NULL, NULL);
  g_main_loop_unref (status.loop);
  g_object_unref (status.bus);

  return EXIT_SUCCESS;
}
