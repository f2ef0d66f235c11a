/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds out who called. The bus tells the process, and it is looked at (ipc/looks.h). Calls of a caller that is not known yet
 * wait, in their order. Main thread.
 */
#include "ipc/dbus/callers.h"

#include "dbus/error.h"
#include "ipc/looks.h"
#include "ipc/process.h"

#include <gio/gunixfdlist.h>

struct _ObCallers
{
  GDBusConnection *connection; /* NULL until it is attached */
  GHashTable *known;           /* unique name → ObCaller */
  GHashTable *queries;         /* unique name → Query that is under way */
  GHashTable *appeared;        /* unique name → gint64 *: when callers appeared that came after the attaching */
  gint64 attached_us;          /* the bus tells of new callers from this time on; 0: it has not confirmed that yet */
  ObLooks *looks;
  void (*on_gone) (const char *sender, gpointer user_data);
  gpointer user_data;
  guint subscription;
  GCancellable *closing;
};

typedef struct
{
  ObCallerFound found;
  gpointer user_data;
} Waiter;

/* Owned by the table of queries, and by the call to the bus. */
typedef struct
{
  ObCallers *callers; /* NULL: it has been answered */
  char *sender;
  GArray *waiters; /* of Waiter */
  ObLook *look;    /* NULL: it is not looked at */
} Query;

static void
query_clear (gpointer data)
{
  Query *query = data;

  g_free (query->sender);
  g_array_unref (query->waiters);
}

static void
query_unref (Query *query)
{
  g_rc_box_release_full (query, query_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Query, query_unref)

/* Answers all who wait. @caller: (nullable) (transfer full) */
static void
answer (Query *query, ObCaller *caller, const GError *error)
{
  ObCallers *callers = query->callers;
  g_autoptr (GArray) waiters = g_array_ref (query->waiters);

  if (!callers)
    return;
  query->callers = NULL;
  g_clear_pointer (&query->look, ob_look_cancel);
  if (caller)
    g_hash_table_replace (callers->known, g_strdup (query->sender), caller);
  (void) g_hash_table_remove (callers->queries, query->sender);
  for (guint i = 0; i < waiters->len; i++)
    {
      const Waiter *waiter = &g_array_index (waiters, Waiter, i);

      waiter->found (caller, error, waiter->user_data);
    }
}

/* --- The process --- */

static void
on_looked (ObCaller *caller, const GError *error, gpointer user_data)
{
  Query *query = user_data;

  query->look = NULL;
  answer (query, caller, error);
}

/* @pidfd: (transfer full): or -1 */
static void
begin_look (Query *query, guint32 pid, int pidfd)
{
  ObCallers *callers = query->callers;
  const gint64 *appeared = g_hash_table_lookup (callers->appeared, query->sender);
  g_autoptr (GError) error = NULL;

  query->look = ob_looks_begin (callers->looks, pid, pidfd, appeared ? *appeared : callers->attached_us, on_looked,
                                query, &error);
  if (!query->look)
    answer (query, NULL, error);
}

/* --- The bus --- */

/* The handle is an index into @fds. Returns: (transfer full): the process's pidfd from the bus, or -1 */
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
  guint32 pid = 0;

  if (!query->callers)
    return;
  /* The bus answers in order, so the earlier request to tell of new callers is in force. */
  if (query->callers->attached_us == 0)
    query->callers->attached_us = ob_process_get_now_us ();
  if (!reply)
    ob_caller_set_unknown (&refusal, error->message);
  else if (!g_variant_lookup (credentials, "ProcessID", "u", &pid))
    ob_caller_set_unknown (&refusal, "the bus does not know its process");
  if (refusal)
    {
      answer (query, NULL, refusal);
      return;
    }
  begin_look (query, pid, take_pidfd (credentials, fds));
}

static void
on_owner_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                  const char *signal, GVariant *parameters, gpointer user_data)
{
  ObCallers *callers = user_data;
  g_autoptr (GError) error = NULL;
  const char *name, *new_owner;
  Query *query;

  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  if (*name != ':')
    return;
  if (*new_owner != '\0')
    {
      gint64 now_us = ob_process_get_now_us ();

      g_hash_table_replace (callers->appeared, g_strdup (name), g_memdup2 (&now_us, sizeof now_us));
      return;
    }
  (void) g_hash_table_remove (callers->appeared, name);
  query = g_hash_table_lookup (callers->queries, name);
  if (query)
    {
      ob_caller_set_unknown (&error, "it has left the bus");
      answer (query, NULL, error);
    }
  if (g_hash_table_remove (callers->known, name) && callers->on_gone)
    callers->on_gone (name, callers->user_data);
}

ObCallers *
ob_callers_new (void)
{
  ObCallers *callers = g_new0 (ObCallers, 1);

  callers->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ob_caller_free);
  callers->queries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) query_unref);
  callers->appeared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  callers->looks = ob_looks_new ();
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
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer query;

  if (callers->connection)
    g_dbus_connection_signal_unsubscribe (callers->connection, callers->subscription);
  g_cancellable_cancel (callers->closing);
  error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "Outbox is ending; ask again");
  while (g_hash_table_size (callers->queries) > 0)
    {
      g_hash_table_iter_init (&iter, callers->queries);
      (void) g_hash_table_iter_next (&iter, NULL, &query);
      answer (query, NULL, error);
    }
  g_object_unref (callers->closing);
  g_clear_object (&callers->connection);
  g_hash_table_unref (callers->known);
  g_hash_table_unref (callers->queries);
  g_hash_table_unref (callers->appeared);
  ob_looks_free (callers->looks);
  g_free (callers);
}

void
ob_callers_find (ObCallers *callers, const char *sender, ObCallerFound found, gpointer user_data)
{
  const ObCaller *caller = g_hash_table_lookup (callers->known, sender);
  const Waiter waiter = { found, user_data };
  Query *query = g_hash_table_lookup (callers->queries, sender);

  if (caller)
    {
      found (caller, NULL, user_data);
      return;
    }
  if (!query)
    {
      query = g_rc_box_new0 (Query);
      query->callers = callers;
      query->sender = g_strdup (sender);
      query->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
      g_hash_table_insert (callers->queries, query->sender, query);
      g_dbus_connection_call_with_unix_fd_list (callers->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                                "org.freedesktop.DBus", "GetConnectionCredentials",
                                                g_variant_new ("(s)", sender), G_VARIANT_TYPE ("(a{sv})"),
                                                G_DBUS_CALL_FLAGS_NONE, -1, NULL, callers->closing, on_credentials,
                                                g_rc_box_acquire (query));
    }
  g_array_append_val (query->waiters, waiter);
}
