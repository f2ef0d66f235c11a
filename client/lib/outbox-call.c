/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One call at the bus, with descriptors or without. A broker that died before it answered may have done what it was asked, or not,
 * so the call is made again: each one that goes through here does the same once or twice. On the client's thread.
 */
#include "outbox-client-private.h"

#include "dbus/names.h"

#define MOST_TRIES 5
#define MOST_TRIES_AT_ITS_END 2

typedef struct
{
  char *interface;
  char *method;
  GVariant *parameters; /* owned; NULL: none */
  const GVariantType *reply;
  GUnixFDList *fds;      /* owned; NULL: none */
  GUnixFDList *answered; /* owned: the descriptors of the answer; NULL: none */
  OutboxClientPatience patience;
  int timeout_ms;    /* G_MAXINT: none; -1: GDBus's own */
  gboolean has_died; /* a broker, before it answered */
  guint tries;
} Call;

static void
call_free (Call *call)
{
  g_free (call->interface);
  g_free (call->method);
  g_clear_pointer (&call->parameters, g_variant_unref);
  g_clear_object (&call->fds);
  g_clear_object (&call->answered);
  g_free (call);
}

/* Whether there was no broker, or it went away before it answered. */
static gboolean
is_no_broker (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SPAWN_CHILD_EXITED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

/* Returns: milliseconds until the call is made again; 0: not again */
static guint
decide_next_try_ms (Call *call, const GError *error)
{
  /* A broker that ends, or moves to its queue on another disk, says so; it has not done what it was asked. */
  gboolean is_ending = g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  gboolean is_gone = is_no_broker (error);

  call->has_died |= g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY);
  switch (call->patience)
    {
    case OUTBOX_CLIENT_ASKS:
      is_gone = is_gone && call->has_died;
      break;
    case OUTBOX_CLIENT_RECORDS:
      is_gone = is_gone || is_ending;
      break;
    case OUTBOX_CLIENT_HANDS_OVER:
      /* The broker takes only so many waiting files at once. It is there and works on them, so try without end. */
      if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY))
        return (guint) g_random_int_range (200, 1000);
      if (is_ending && call->tries++ < MOST_TRIES_AT_ITS_END)
        return 300;
      break;
    }

  return is_gone && ++call->tries < MOST_TRIES ? 200u << call->tries : 0;
}

GError *
outbox_client_translate (GError *error)
{
  GError *translated;

  (void) g_dbus_error_strip_remote_error (error);
  if (error->domain == OUTBOX_ERROR || !is_no_broker (error))
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
  GVariant *results
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &call->answered, result, &error);
  guint delay_ms;

  if (results)
    g_task_return_pointer (task, results, (GDestroyNotify) g_variant_unref);
  else if ((delay_ms = decide_next_try_ms (call, error)) > 0)
    (void) g_timeout_add (delay_ms, on_try_again, g_steal_pointer (&task));
  else
    g_task_return_error (task, outbox_client_translate (g_steal_pointer (&error)));
}

/* Takes ownership of the task. */
static void
try_call (GTask *task)
{
  Call *call = g_task_get_task_data (task);

  g_dbus_connection_call_with_unix_fd_list (outbox_client_get_connection (g_task_get_source_object (task)),
                                            OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, call->interface, call->method,
                                            call->parameters, call->reply, G_DBUS_CALL_FLAGS_NONE, call->timeout_ms,
                                            call->fds, g_task_get_cancellable (task), on_called, task);
}

/* Any program could own the broker's name: an answer of another shape is an error, and is not read. Returns: (nullable):
 * %NULL if the answer is not read */
static const GVariantType *
find_reply_type (const char *interface, const char *method)
{
  static const char *const pages[] = { "Uploads.List", "Groups.List", NULL };
  static const char *const documents[] = { "Uploads.Get",      "Groups.Get",       "Queue.Summary",
                                           "Queue.Conditions", "Queue.Statistics", "Destinations.Test",
                                           "Policy.Get",       "Policy.Explain",   NULL };
  static const char *const lists[] = { "Uploads.History", "Queue.Holds", "Destinations.List", "Access.ListApps", NULL };
  g_autofree char *name = g_strconcat (interface, ".", method, NULL);

  if (g_str_equal (name, "Uploads.Watch") || g_str_equal (name, "Uploads.Submit"))
    return G_VARIANT_TYPE ("(s)");
  if (g_str_equal (name, "Uploads.Create"))
    return G_VARIANT_TYPE ("(sh)");
  if (g_strv_contains (pages, name))
    return G_VARIANT_TYPE ("(aa{sv}s)");
  if (g_strv_contains (documents, name))
    return G_VARIANT_TYPE ("(a{sv})");

  return g_strv_contains (lists, name) ? G_VARIANT_TYPE ("(aa{sv})") : NULL;
}

/* @parameters: (nullable): taken if floating. Returns: owned by @task */
static Call *
set_call (GTask *task, const char *interface, const char *method, GVariant *parameters)
{
  Call *call = g_new0 (Call, 1);

  call->interface = g_strconcat (OUTBOX_INTERFACE_PREFIX, interface, NULL);
  call->method = g_strdup (method);
  call->parameters = parameters ? g_variant_ref_sink (parameters) : NULL;
  call->reply = find_reply_type (interface, method);
  call->timeout_ms = -1;
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);

  return call;
}

void
outbox_client_call_async (OutboxClient *self, const char *interface, const char *method, GVariant *parameters,
                          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  (void) set_call (task, interface, method, parameters);
  try_call (task);
}

void
outbox_client_save_async (OutboxClient *self, OutboxClientPatience patience, const char *method, GVariant *parameters,
                          GUnixFDList *fds, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Call *call = set_call (task, "Uploads", method, parameters);

  call->patience = patience;
  call->timeout_ms = G_MAXINT;
  call->fds = fds ? g_object_ref (fds) : NULL;
  try_call (task);
}

GVariant *
outbox_client_call_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

GUnixFDList *
outbox_client_take_answered_fds (GAsyncResult *result)
{
  Call *call = g_task_get_task_data (G_TASK (result));

  return g_steal_pointer (&call->answered);
}
