/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connects to the system bus. A watch on its folder tells when its socket appears; a bus that does not answer is tried
 * again, less and less often. Main thread.
 */
#include "policy/system-bus.h"

#include "base/debug.h"
#include "policy/folder-watch.h"

#include <string.h>

#define ANSWER_S 10
#define FIRST_DELAY_MS 250
#define MOST_DELAY_MS 60000

struct _ObSystemBus
{
  GPtrArray *watchers; /* of ObWatcher */
  char *address;       /* NULL: no address is known */
  char *socket;        /* the address's file; NULL: it has none */
  ObFolderWatch *folder;
  GDBusConnection *connection; /* NULL: there is none now */
  GCancellable *cancellable;   /* cancels the try under way; NULL: there is none */
  guint answer_source;         /* ends the try that takes too long */
  guint retry_source;
  guint delay_ms; /* before the next try */
};

static void connect_to_bus (ObSystemBus *bus);

static void
tell (ObSystemBus *bus)
{
  for (guint i = 0; i < bus->watchers->len; i++)
    ob_watcher_set_bus (bus->watchers->pdata[i], bus->connection);
}

/* --- When to try again --- */

static gboolean
on_retry (gpointer data)
{
  ObSystemBus *bus = data;

  bus->retry_source = 0;
  connect_to_bus (bus);

  return G_SOURCE_REMOVE;
}

/* A missing socket needs no timer: the watch on its folder tells when it appears. */
static void
try_later (ObSystemBus *bus)
{
  if (bus->retry_source > 0 || (bus->socket && !g_file_test (bus->socket, G_FILE_TEST_EXISTS)))
    return;
  bus->retry_source = g_timeout_add (bus->delay_ms, on_retry, bus);
  bus->delay_ms = MIN (bus->delay_ms * 2, MOST_DELAY_MS);
}

static void
on_socket_changed (gpointer user_data)
{
  ObSystemBus *bus = user_data;

  bus->delay_ms = FIRST_DELAY_MS;
  g_clear_handle_id (&bus->retry_source, g_source_remove);
  connect_to_bus (bus);
}

/* --- A connection --- */

static void
on_closed (GDBusConnection *connection, gboolean is_remote, GError *error, gpointer user_data)
{
  ObSystemBus *bus = user_data;

  g_message ("The system bus has ended");
  g_signal_handlers_disconnect_by_data (bus->connection, bus);
  g_clear_object (&bus->connection);
  tell (bus);
  bus->delay_ms = FIRST_DELAY_MS;
  try_later (bus);
}

static gboolean
on_no_answer (gpointer data)
{
  ObSystemBus *bus = data;

  bus->answer_source = 0;
  g_cancellable_cancel (bus->cancellable);
  /* The try may take long to end; do not wait for it. */
  g_clear_object (&bus->cancellable);
  g_message ("The system bus does not answer");
  tell (bus);
  try_later (bus);

  return G_SOURCE_REMOVE;
}

/* What a try carries, so that one that was given up finds out that another has replaced it, or that all is over. */
typedef struct
{
  ObSystemBus *bus;
  GCancellable *cancellable;
} Try;

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Try *attempt = user_data;
  g_autoptr (GCancellable) cancellable = attempt->cancellable;
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_finish (result, &error);
  ObSystemBus *bus = attempt->bus;

  if (g_cancellable_is_cancelled (cancellable))
    {
      g_clear_object (&connection);
      return;
    }
  g_clear_handle_id (&bus->answer_source, g_source_remove);
  g_clear_object (&bus->cancellable);
  if (connection)
    {
      bus->delay_ms = FIRST_DELAY_MS;
      bus->connection = connection;
      g_dbus_connection_set_exit_on_close (connection, FALSE);
      g_signal_connect (connection, "closed", G_CALLBACK (on_closed), bus);
    }
  else
    ob_debug (OB_DEBUG_GATE, NULL, "No system bus: %s", error->message);
  tell (bus);
  /* The connection may have closed before the handler was connected. */
  if (connection && g_dbus_connection_is_closed (connection))
    on_closed (connection, TRUE, NULL, bus);
  else if (!connection)
    try_later (bus);
}

static void
connect_to_bus (ObSystemBus *bus)
{
  const GDBusConnectionFlags flags
      = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
  Try *attempt;

  if (bus->connection || bus->cancellable || !bus->address)
    return;
  bus->cancellable = g_cancellable_new ();
  bus->answer_source = g_timeout_add_seconds (ANSWER_S, on_no_answer, bus);
  attempt = g_new0 (Try, 1);
  attempt->bus = bus;
  attempt->cancellable = g_object_ref (bus->cancellable);
  g_dbus_connection_new_for_address (bus->address, flags, NULL, bus->cancellable, on_connected, attempt);
}

/* --- Its life --- */

/* Special characters in the address are written as %XX (D-Bus specification, "Server Addresses"). */
static char *
dup_socket (const char *address)
{
  const char *path = address ? strstr (address, "unix:path=") : NULL;

  if (!path)
    return NULL;
  path += strlen ("unix:path=");

  return g_uri_unescape_segment (path, path + strcspn (path, ",;"), NULL);
}

ObSystemBus *
ob_system_bus_new (GPtrArray *watchers)
{
  ObSystemBus *bus = g_new0 (ObSystemBus, 1);

  bus->watchers = g_ptr_array_ref (watchers);
  bus->delay_ms = FIRST_DELAY_MS;
  bus->address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  bus->socket = dup_socket (bus->address);
  if (bus->socket)
    {
      g_autofree char *folder = g_path_get_dirname (bus->socket);

      bus->folder = ob_folder_watch_new (folder, on_socket_changed, bus);
    }
  if (bus->address)
    connect_to_bus (bus);
  else
    tell (bus);

  return bus;
}

void
ob_system_bus_free (ObSystemBus *bus)
{
  g_clear_handle_id (&bus->answer_source, g_source_remove);
  g_clear_handle_id (&bus->retry_source, g_source_remove);
  g_clear_pointer (&bus->folder, ob_folder_watch_free);
  if (bus->cancellable)
    g_cancellable_cancel (bus->cancellable);
  g_clear_object (&bus->cancellable);
  if (bus->connection)
    g_signal_handlers_disconnect_by_data (bus->connection, bus);
  g_clear_object (&bus->connection);
  g_ptr_array_unref (bus->watchers);
  g_free (bus->address);
  g_free (bus->socket);
  g_free (bus);
}
