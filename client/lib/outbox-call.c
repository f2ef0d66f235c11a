/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One call at the bus. A broker that died before it answered may have done what it was asked, or not, so the call is made again:
 * each one that goes through here does the same once or twice. Where no broker was there to begin with, the caller is told at once.
 * On the client's thread.
 */
#include "outbox-client-private.h"

#include "dbus/names.h"

#define MOST_TRIES 5

typedef struct
{
  char *interface;
  char *method;
  GVariant *parameters; /* owned; NULL: none */
  const GVariantType *reply;
  gboolean has_died; /* a broker, before it answered */
  guint tries;
} Call;

static void
call_free (Call *call)
{
  g_free (call->interface);
  g_free (call->method);
  g_clear_pointer (&call->parameters, g_variant_unref);
  g_free (call);
}

gboolean
outbox_client_is_no_broker (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_CHILD_EXITED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

guint
outbox_client_next_try_ms (guint *tries)
{
  return ++*tries < MOST_TRIES ? 200u << *tries : 0;
}

GError *
outbox_client_translate (GError *error)
{
  GError *translated;

  (void) g_dbus_error_strip_remote_error (error);
  if (error->domain == OUTBOX_ERROR || !outbox_client_is_no_broker (error))
    return error;
  translated = g_error_new (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "The broker is not there: %s", error->message);
  g_error_free (error);

  return translated;
}

static void try_call (GTask *task);

static gboolean
on_try_again (gpointer user_data)
{
  try_call (user_data);

  return G_SOURCE_REMOVE;
}

static void
on_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GVariant *results = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint delay_ms;

  call->has_died |= g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY);
  if (results)
    g_task_return_pointer (task, results, (GDestroyNotify) g_variant_unref);
  else if (call->has_died && outbox_client_is_no_broker (error)
           && (delay_ms = outbox_client_next_try_ms (&call->tries)) > 0)
    (void) g_timeout_add (delay_ms, on_try_again, g_steal_pointer (&task));
  else
    g_task_return_error (task, outbox_client_translate (g_steal_pointer (&error)));
}

/* Takes ownership of the task. */
static void
try_call (GTask *task)
{
  Call *call = g_task_get_task_data (task);

  g_dbus_connection_call (outbox_client_get_connection (g_task_get_source_object (task)), OUTBOX_BUS_NAME,
                          OUTBOX_OBJECT_PATH, call->interface, call->method, call->parameters, call->reply,
                          G_DBUS_CALL_FLAGS_NONE, -1, g_task_get_cancellable (task), on_called, task);
}

/* Any program could own the broker's name: an answer of another shape is an error, and is not read. Returns: (nullable):
 * %NULL if the answer is not read */
static const GVariantType *
find_reply_type (const char *interface, const char *method)
{
  static const char *const pages[] = { "Uploads.List", "Groups.List", NULL };
  static const char *const documents[] = { "Uploads.Get",       "Groups.Get", "Queue.Summary",  "Queue.Conditions",
                                           "Destinations.Test", "Policy.Get", "Policy.Explain", NULL };
  static const char *const lists[] = { "Uploads.History", "Queue.Holds", "Destinations.List", "Access.ListApps", NULL };
  g_autofree char *name = g_strconcat (interface, ".", method, NULL);

  if (g_str_equal (name, "Uploads.Watch"))
    return G_VARIANT_TYPE ("(s)");
  if (g_strv_contains (pages, name))
    return G_VARIANT_TYPE ("(aa{sv}s)");
  if (g_strv_contains (documents, name))
    return G_VARIANT_TYPE ("(a{sv})");

  return g_strv_contains (lists, name) ? G_VARIANT_TYPE ("(aa{sv})") : NULL;
}

void
outbox_client_call_async (OutboxClient *self, const char *interface, const char *method, GVariant *parameters,
                          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->interface = g_strconcat (OUTBOX_INTERFACE_PREFIX, interface, NULL);
  call->method = g_strdup (method);
  call->parameters = parameters ? g_variant_ref_sink (parameters) : NULL;
  call->reply = find_reply_type (interface, method);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);
  try_call (task);
}

GVariant *
outbox_client_call_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
