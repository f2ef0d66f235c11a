/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Callers by their process: `.flatpak-info` at its root says which sandboxed app, its absence says host, and any other
 * error refuses. A number may be another process's by the time it is looked up: what is read is read through one folder of
 * /proc, which stays that process's, and counts only if the bus's own handle of the process (dbus 1.16) says that it still
 * lives. Main thread.
 */
#include "ipc/caller.h"

#include "dbus/error.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define INFO_MAX_BYTES (64 * 1024)
#define PATH_MAX_BYTES 4096

static gpointer
refuse (GError **error, const char *why)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "It cannot be told which app calls: %s", why);

  return NULL;
}

void
ob_caller_free (ObCaller *caller)
{
  g_free (caller->app);
  g_free (caller);
}

static char *
read_program_name (int process, GError **error)
{
  char program[PATH_MAX_BYTES];
  gssize length = readlinkat (process, "exe", program, sizeof program - 1);
  g_autofree char *name = NULL;

  if (length > 0)
    {
      program[length] = '\0';
      name = g_path_get_basename (program);
    }
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
  g_autofree char *app = NULL;
  struct stat status;
  gssize got = -1;

  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    got = read (fd, text, INFO_MAX_BYTES);
  if (got <= 0 || !g_key_file_load_from_data (info, text, (gsize) got, G_KEY_FILE_NONE, NULL))
    return refuse (error, "its sandbox information is not readable");
  app = g_key_file_get_string (info, "Application", "name", NULL);
  if (!app || *app == '\0')
    return refuse (error, "its sandbox information has no name");

  return g_steal_pointer (&app);
}

static ObCaller *
read_process (int process, GError **error)
{
  g_autoptr (ObCaller) caller = g_new0 (ObCaller, 1);
  int root = openat (process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int info = root >= 0 ? openat (root, ".flatpak-info", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
  int saved_errno = errno;

  if (root < 0)
    return refuse (error, g_strerror (saved_errno));
  (void) close (root);
  if (info < 0 && saved_errno != ENOENT)
    return refuse (error, g_strerror (saved_errno));
  caller->is_sandboxed = info >= 0;
  caller->app = info >= 0 ? read_sandbox_info (info, error) : read_program_name (process, error);
  if (info >= 0)
    (void) close (info);

  return caller->app ? g_steal_pointer (&caller) : NULL;
}

/* A handle of a process is readable from when it has ended. */
static gboolean
has_ended (int pidfd)
{
  struct pollfd ended = { .fd = pidfd, .events = POLLIN };

  return poll (&ended, 1, 0) != 0;
}

ObCaller *
ob_caller_read (guint32 pid, int pidfd, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u", pid);
  int process = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (ObCaller) caller = NULL;

  if (process < 0)
    return refuse (error, g_strerror (errno));
  caller = read_process (process, error);
  (void) close (process);
  if (caller && pidfd >= 0 && has_ended (pidfd))
    return refuse (error, "its process has ended");

  return g_steal_pointer (&caller);
}

/* --- Over the bus --- */

struct _ObCallers
{
  GDBusConnection *connection; /* NULL until it is attached */
  GHashTable *known;           /* unique name → ObCaller */
  void (*on_gone) (const char *sender, gpointer user_data);
  gpointer user_data;
  guint subscription;
  GCancellable *closing;
};

typedef struct
{
  ObCallers *callers; /* not to be touched once it was cancelled */
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

/* The handle is an index into @fds. Returns: (transfer full): the bus's handle of the process, or -1. */
static int
take_pidfd (GVariant *credentials, GUnixFDList *fds)
{
  g_autoptr (GVariant) handle = g_variant_lookup_value (credentials, "ProcessFD", G_VARIANT_TYPE_HANDLE);
  gint index = handle ? g_variant_get_handle (handle) : -1;

  return fds && index >= 0 && index < g_unix_fd_list_get_length (fds) ? g_unix_fd_list_get (fds, index, NULL) : -1;
}

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Query) query = user_data;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &fds, result, &error);
  g_autoptr (GVariant) credentials = reply ? g_variant_get_child_value (reply, 0) : NULL;
  ObCaller *caller = NULL;
  guint32 pid;
  int pidfd;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    refusal = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "Outbox is ending; ask again");
  else if (!reply)
    (void) refuse (&refusal, error->message);
  else if (!g_variant_lookup (credentials, "ProcessID", "u", &pid))
    (void) refuse (&refusal, "the bus does not know its process");
  else
    {
      pidfd = take_pidfd (credentials, fds);
      caller = ob_caller_read (pid, pidfd, &refusal);
      if (pidfd >= 0)
        (void) close (pidfd);
    }
  if (caller)
    g_hash_table_replace (query->callers->known, g_strdup (query->sender), caller);
  query->found (caller, refusal, query->user_data);
}

static void
on_owner_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                  const char *signal, GVariant *parameters, gpointer user_data)
{
  ObCallers *callers = user_data;
  const char *name, *new_owner;

  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  if (*new_owner == '\0' && g_hash_table_remove (callers->known, name) && callers->on_gone)
    callers->on_gone (name, callers->user_data);
}

ObCallers *
ob_callers_new (void)
{
  ObCallers *callers = g_new0 (ObCallers, 1);

  callers->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ob_caller_free);
  callers->closing = g_cancellable_new ();

  return callers;
}

void
ob_callers_attach (ObCallers *callers, GDBusConnection *connection)
{
  callers->connection = g_object_ref (connection);
  callers->subscription
      = g_dbus_connection_signal_subscribe (connection, "org.freedesktop.DBus", "org.freedesktop.DBus",
                                            "NameOwnerChanged", "/org/freedesktop/DBus", NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                            on_owner_changed, callers, NULL);
}

void
ob_callers_watch (ObCallers *callers, void (*on_gone) (const char *sender, gpointer user_data), gpointer user_data)
{
  callers->on_gone = on_gone;
  callers->user_data = user_data;
}

void
ob_callers_free (ObCallers *callers)
{
  if (callers->connection)
    g_dbus_connection_signal_unsubscribe (callers->connection, callers->subscription);
  g_cancellable_cancel (callers->closing);
  g_object_unref (callers->closing);
  g_clear_object (&callers->connection);
  g_hash_table_unref (callers->known);
  g_free (callers);
}

void
ob_callers_find (ObCallers *callers, const char *sender, ObCallerFound found, gpointer user_data)
{
  const ObCaller *caller = g_hash_table_lookup (callers->known, sender);
  Query *query;

  if (caller)
    {
      found (caller, NULL, user_data);
      return;
    }
  query = g_new0 (Query, 1);
  query->callers = callers;
  query->sender = g_strdup (sender);
  query->found = found;
  query->user_data = user_data;
  g_dbus_connection_call_with_unix_fd_list (callers->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "GetConnectionCredentials",
                                            g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(a{sv})"),
                                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, callers->closing, on_credentials, query);
}
