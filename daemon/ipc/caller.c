/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Callers by their process: `/proc/PID/root/.flatpak-info` says which sandboxed app, its absence says host, and any
 * other error refuses. Main thread.
 */
#include "ipc/caller.h"

#include "dbus/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define INFO_MAX_BYTES (64 * 1024)

static char *
refuse (GError **error, const char *why)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "It cannot be told which app calls: %s", why);

  return NULL;
}

static char *
read_program_name (guint32 pid, GError **error)
{
  g_autofree char *link = g_strdup_printf ("/proc/%u/exe", pid);
  g_autofree char *program = g_file_read_link (link, NULL);
  g_autofree char *name = program ? g_path_get_basename (program) : NULL;

  /* A program that was replaced while it runs, by an upgrade say, is still that program. */
  if (name && g_str_has_suffix (name, " (deleted)"))
    name[strlen (name) - strlen (" (deleted)")] = '\0';
  if (!name || !g_utf8_validate (name, -1, NULL))
    return refuse (error, "its process is not readable");

  return g_steal_pointer (&name);
}

static char *
read_sandbox_info (int fd, GError **error)
{
  g_autoptr (GKeyFile) info = g_key_file_new ();
  g_autofree char *text = g_malloc (INFO_MAX_BYTES + 1);
  gssize got = read (fd, text, INFO_MAX_BYTES);
  g_autofree char *app = NULL;
  struct stat status;

  if (fstat (fd, &status) != 0 || !S_ISREG (status.st_mode) || got <= 0
      || !g_key_file_load_from_data (info, text, (gsize) got, G_KEY_FILE_NONE, NULL))
    return refuse (error, "its sandbox information is not readable");
  app = g_key_file_get_string (info, "Application", "name", NULL);
  if (!app || *app == '\0')
    return refuse (error, "its sandbox information has no name");

  return g_steal_pointer (&app);
}

static char *
read_app (guint32 pid, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/root/.flatpak-info", pid);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  char *app;

  if (fd < 0)
    return errno == ENOENT ? read_program_name (pid, error) : refuse (error, g_strerror (errno));
  app = read_sandbox_info (fd, error);
  (void) close (fd);

  return app;
}

struct _ObCallers
{
  GDBusConnection *connection;
  GHashTable *apps; /* unique name → app */
  void (*on_gone) (const char *sender, gpointer user_data);
  gpointer user_data;
  guint subscription;
  GCancellable *closing;
};

typedef struct
{
  ObCallers *callers;
  char *sender;
  ObCallerFound found;
  gpointer user_data;
} Query;

static void
query_free (Query *query)
{
  g_free (query->sender);
  g_free (query);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Query, query_free)

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Query) query = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GError) refusal = NULL;
  char *app = NULL;
  guint32 pid;

  if (reply)
    {
      g_variant_get (reply, "(u)", &pid);
      app = read_app (pid, &refusal);
    }
  else
    (void) refuse (&refusal, error->message);
  query->found (app, refusal, query->user_data);
  if (app && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_hash_table_replace (query->callers->apps, g_strdup (query->sender), app);
}

static void
on_owner_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                  const char *signal, GVariant *parameters, gpointer user_data)
{
  ObCallers *callers = user_data;
  const char *name, *new_owner;

  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  if (*new_owner == '\0' && g_hash_table_remove (callers->apps, name))
    callers->on_gone (name, callers->user_data);
}

ObCallers *
ob_callers_new (GDBusConnection *connection, void (*on_gone) (const char *sender, gpointer user_data),
                gpointer user_data)
{
  ObCallers *callers = g_new0 (ObCallers, 1);

  callers->connection = g_object_ref (connection);
  callers->apps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  callers->on_gone = on_gone;
  callers->user_data = user_data;
  callers->closing = g_cancellable_new ();
  callers->subscription = g_dbus_connection_signal_subscribe (
      connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", "/org/freedesktop/DBus", NULL,
      G_DBUS_SIGNAL_FLAGS_NONE, on_owner_changed, callers, NULL);

  return callers;
}

void
ob_callers_free (ObCallers *callers)
{
  g_dbus_connection_signal_unsubscribe (callers->connection, callers->subscription);
  g_cancellable_cancel (callers->closing);
  g_object_unref (callers->closing);
  g_object_unref (callers->connection);
  g_hash_table_unref (callers->apps);
  g_free (callers);
}

void
ob_callers_find (ObCallers *callers, const char *sender, ObCallerFound found, gpointer user_data)
{
  const char *app = g_hash_table_lookup (callers->apps, sender);
  Query *query;

  if (app)
    {
      found (app, NULL, user_data);
      return;
    }
  query = g_new0 (Query, 1);
  query->callers = callers;
  query->sender = g_strdup (sender);
  query->found = found;
  query->user_data = user_data;
  g_dbus_connection_call (callers->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionUnixProcessID", g_variant_new ("(s)", sender),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, callers->closing, on_credentials, query);
}
