/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A job of KDE, from the first file of a batch to its last, and the number on a dock's icon.
 */
#include "job.h"

#include "config.h"

#include <glib/gi18n.h>

#define SERVER "org.kde.kuiserver"
#define VIEW "org.kde.JobViewV2"
#define SUSPENDABLE 2
#define DOCK_URI "application://org.outbox.Outbox1.desktop"

/* What the list is asked for a view. It may answer when the job is over: it then has a view that somebody must end. */
typedef struct
{
  StatusJob *job; /* NULL: that is over */
} Request;

struct _StatusJob
{
  GDBusConnection *bus;
  const StatusActions *actions;
  gpointer user_data;
  Request *request; /* NULL: none waits for its answer, which frees it */
  char *view;       /* its path; NULL: there is none */
  guint server, suspend, resume;
  gboolean has_server;
  guint64 n_left; /* that the dock was told last */
  double fraction;
  StatusBatch batch;
  char *label;
  gboolean is_paused;
};

/* --- Docks --- */

static void
tell_dock (StatusJob *job, gboolean needs_user)
{
  double fraction
      = job->batch.bytes_total > 0 ? 1 - (double) job->batch.bytes_left / (double) job->batch.bytes_total : 0;
  GVariantBuilder properties;

  if (job->batch.n_left == job->n_left && ABS (fraction - job->fraction) < 0.005)
    return;
  job->n_left = job->batch.n_left;
  job->fraction = fraction;
  g_variant_builder_init (&properties, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&properties, "{sv}", "count", g_variant_new_int64 ((gint64) job->n_left));
  g_variant_builder_add (&properties, "{sv}", "count-visible", g_variant_new_boolean (job->n_left > 0));
  g_variant_builder_add (&properties, "{sv}", "progress", g_variant_new_double (fraction));
  g_variant_builder_add (&properties, "{sv}", "progress-visible", g_variant_new_boolean (job->n_left > 0));
  g_variant_builder_add (&properties, "{sv}", "urgent", g_variant_new_boolean (needs_user));
  (void) g_dbus_connection_emit_signal (job->bus, NULL, "/org/outbox/Outbox1", "com.canonical.Unity.LauncherEntry",
                                        "Update", g_variant_new ("(sa{sv})", DOCK_URI, &properties), NULL);
}

/* --- The list of jobs --- */

static void
call_view (GDBusConnection *bus, const char *view, const char *method, GVariant *arguments)
{
  g_dbus_connection_call (bus, SERVER, view, VIEW, method, arguments, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL,
                          NULL, NULL);
}

static void
tell_view (StatusJob *job, const char *method, GVariant *arguments)
{
  call_view (job->bus, job->view, method, arguments);
}

static void
tell_progress (StatusJob *job)
{
  const StatusBatch *batch = &job->batch;
  guint64 bytes_done = batch->bytes_total - batch->bytes_left;

  tell_view (job, "setInfoMessage", g_variant_new ("(s)", job->label));
  tell_view (job, "setSuspended", g_variant_new ("(b)", job->is_paused));
  tell_view (job, "setTotalAmount", g_variant_new ("(ts)", batch->n_total, "files"));
  tell_view (job, "setProcessedAmount", g_variant_new ("(ts)", batch->n_total - batch->n_left, "files"));
  tell_view (job, "setTotalAmount", g_variant_new ("(ts)", batch->bytes_total, "bytes"));
  tell_view (job, "setProcessedAmount", g_variant_new ("(ts)", bytes_done, "bytes"));
  tell_view (job, "setPercent",
             g_variant_new ("(u)", batch->bytes_total > 0
                                       ? (guint32) ((double) bytes_done * 100 / (double) batch->bytes_total)
                                       : 0));
}

static void
terminate (GDBusConnection *bus, const char *view)
{
  call_view (bus, view, "terminate", g_variant_new ("(s)", ""));
}

static void
forget_request (StatusJob *job)
{
  if (job->request)
    job->request->job = NULL;
  job->request = NULL;
}

static void
end_view (StatusJob *job)
{
  forget_request (job);
  if (job->view)
    terminate (job->bus, job->view);
  g_clear_pointer (&job->view, g_free);
}

static void
on_view (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusConnection *bus = G_DBUS_CONNECTION (source);
  g_autofree Request *request = user_data;
  StatusJob *job = request->job;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (bus, result, NULL);
  g_autofree char *view = NULL;

  if (reply)
    g_variant_get (reply, "(o)", &view);
  if (job)
    {
      job->request = NULL;
      job->view = g_steal_pointer (&view);
      job->has_server = reply != NULL;
      if (job->view)
        tell_progress (job);
    }
  else if (view)
    terminate (bus, view);
}

static void
begin_view (StatusJob *job)
{
  job->request = g_new0 (Request, 1);
  job->request->job = job;
  g_dbus_connection_call (job->bus, SERVER, "/JobViewServer", "org.kde.JobViewServer", "requestView",
                          g_variant_new ("(ssi)", "Outbox", "org.outbox.Outbox1", SUSPENDABLE), G_VARIANT_TYPE ("(o)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, on_view, job->request);
}

static void
on_server (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  StatusJob *job = user_data;

  job->has_server = TRUE;
  if (job->batch.n_left > 0 && !job->view && !job->request)
    begin_view (job);
}

static void
on_server_gone (GDBusConnection *bus, const char *name, gpointer user_data)
{
  StatusJob *job = user_data;

  job->has_server = FALSE;
  forget_request (job);
  g_clear_pointer (&job->view, g_free);
}

static void
on_signal (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  StatusJob *job = user_data;

  if (job->view && g_str_equal (path, job->view))
    job->actions->set_paused (g_str_equal (signal, "suspendRequested"), job->user_data);
}

static guint
subscribe (StatusJob *job, const char *signal)
{
  return g_dbus_connection_signal_subscribe (job->bus, SERVER, VIEW, signal, NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                             on_signal, job, NULL);
}

StatusJob *
status_job_new (GDBusConnection *bus, const StatusActions *actions, gpointer user_data)
{
  StatusJob *job = g_new0 (StatusJob, 1);

  job->bus = g_object_ref (bus);
  job->actions = actions;
  job->user_data = user_data;
  job->label = g_strdup ("");
  job->suspend = subscribe (job, "suspendRequested");
  job->resume = subscribe (job, "resumeRequested");
  job->server = g_bus_watch_name_on_connection (bus, SERVER, G_BUS_NAME_WATCHER_FLAGS_NONE, on_server, on_server_gone,
                                                job, NULL);

  return job;
}

void
status_job_free (StatusJob *job)
{
  job->batch = (StatusBatch){ 0 };
  tell_dock (job, FALSE);
  end_view (job);
  g_bus_unwatch_name (job->server);
  g_dbus_connection_signal_unsubscribe (job->bus, job->suspend);
  g_dbus_connection_signal_unsubscribe (job->bus, job->resume);
  g_object_unref (job->bus);
  g_free (job->label);
  g_free (job);
}

void
status_job_show (StatusJob *job, const StatusBatch *batch, StatusMood mood, const char *label, gboolean is_paused)
{
  job->batch = *batch;
  job->is_paused = is_paused;
  g_free (job->label);
  job->label = g_strdup (label);
  tell_dock (job, mood == STATUS_NEEDS_USER);
  if (job->view)
    tell_progress (job);
  if (batch->n_left == 0)
    end_view (job);
  else if (job->has_server && !job->view && !job->request)
    begin_view (job);
}
