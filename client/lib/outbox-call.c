/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One call at the bus, with descriptors or without. A broker that died before it answered may have done what it was asked, or not,
 * so the call is made again: each one that goes through here does the same once or twice. On the client's thread.
 */
#include "outbox-client-private.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "dbus/sentence.h"

#include <glib/gi18n.h>

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

/* What an app is told of errors that the bus itself has, or that a newer broker knows. */
static int
decide_code (const GError *error)
{
  static const struct
  {
    GDBusError of_bus;
    OutboxError code;
  } codes[] = {
    { G_DBUS_ERROR_UNKNOWN_METHOD, OUTBOX_ERROR_NOT_SUPPORTED },
    { G_DBUS_ERROR_UNKNOWN_INTERFACE, OUTBOX_ERROR_NOT_SUPPORTED },
    { G_DBUS_ERROR_UNKNOWN_OBJECT, OUTBOX_ERROR_NOT_SUPPORTED },
    { G_DBUS_ERROR_NOT_SUPPORTED, OUTBOX_ERROR_NOT_SUPPORTED },
    { G_DBUS_ERROR_ACCESS_DENIED, OUTBOX_ERROR_NOT_ALLOWED },
    { G_DBUS_ERROR_AUTH_FAILED, OUTBOX_ERROR_NOT_ALLOWED },
    { G_DBUS_ERROR_LIMITS_EXCEEDED, OUTBOX_ERROR_TOO_MANY },
    { G_DBUS_ERROR_NO_MEMORY, OUTBOX_ERROR_TOO_MANY },
    { G_DBUS_ERROR_INVALID_ARGS, OUTBOX_ERROR_INVALID_ARGUMENT },
    { G_DBUS_ERROR_INVALID_SIGNATURE, OUTBOX_ERROR_INVALID_ARGUMENT },
  };

  if (error->domain == OUTBOX_ERROR)
    return error->code;
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, G_DBUS_ERROR, (int) codes[i].of_bus))
      return (int) codes[i].code;

  return is_no_broker (error) ? OUTBOX_ERROR_NO_BROKER : OUTBOX_ERROR_FAILED;
}

GError *
outbox_client_translate (GError *error)
{
  gboolean is_gone = is_no_broker (error);
  g_autofree char *words = NULL;
  GError *translated;

  (void) g_dbus_error_strip_remote_error (error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return error;
  words = outbox_sentence_translate (error->message);
  if (is_gone)
    {
      g_autofree char *why = g_steal_pointer (&words);

      words = outbox_message_format (N_ ("The service is not there: %s"), why);
    }
  translated = g_error_new_literal (OUTBOX_ERROR, decide_code (error), words);
  g_error_free (error);

  return translated;
}

gboolean
outbox_client_is_text (const char *text)
{
  return text && g_utf8_validate (text, -1, NULL);
}

gboolean
outbox_client_are_texts (const char *const *texts)
{
  for (guint i = 0; texts && texts[i]; i++)
    if (!outbox_client_is_text (texts[i]))
      return FALSE;

  return texts != NULL;
}

gboolean
outbox_client_refuses (OutboxClient *self, gboolean is_good, GAsyncReadyCallback callback, gpointer user_data)
{
  if (!is_good)
    g_task_report_new_error (self, callback, user_data, NULL, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                             "An argument is missing, or is of another type");

  return !is_good;
}

GError *
outbox_client_no_bus (GError *error)
{
  g_autoptr (GError) why = error;
  g_autofree char *reason = NULL;
  g_autofree char *words = NULL;

  if (g_error_matches (why, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return g_steal_pointer (&why);
  reason = outbox_sentence_translate (why->message);
  words = outbox_message_format (
      N_ ("There is no session bus (set DBUS_SESSION_BUS_ADDRESS, or XDG_RUNTIME_DIR, as /run/user/UID): %s"), reason);

  return g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, words);
}

GError *
outbox_client_not_connected (void)
{
  return g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                              outbox_message_get (N_ ("This client has no connection to a bus")));
}

static void try_call (GTask *task);

static gboolean
on_try_again (gpointer user_data)
{
  try_call (g_object_ref (user_data));

  return G_SOURCE_REMOVE;
}

/* In the context of the call; at once when it is cancelled, which the next try then says. Takes ownership of the task. */
static void
try_later (GTask *task, guint delay_ms)
{
  g_autoptr (GSource) source = g_timeout_source_new (delay_ms);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (cancellable)
    {
      g_autoptr (GSource) cancelled = g_cancellable_source_new (cancellable);

      g_source_set_dummy_callback (cancelled);
      g_source_add_child_source (source, cancelled);
    }
  g_source_set_callback (source, on_try_again, task, g_object_unref);
  (void) g_source_attach (source, g_task_get_context (task));
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
    try_later (g_steal_pointer (&task), delay_ms);
  else
    g_task_return_error (task, outbox_client_translate (g_steal_pointer (&error)));
}

/* Takes ownership of the task. */
static void
try_call (GTask *task)
{
  Call *call = g_task_get_task_data (task);
  GDBusConnection *connection = outbox_client_get_connection (g_task_get_source_object (task));

  if (!connection)
    {
      g_task_return_error (task, outbox_client_not_connected ());
      g_object_unref (task);
      return;
    }
  g_dbus_connection_call_with_unix_fd_list (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, call->interface,
                                            call->method, call->parameters, call->reply, G_DBUS_CALL_FLAGS_NONE,
                                            call->timeout_ms, call->fds, g_task_get_cancellable (task), on_called,
                                            task);
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
  GTask *task;

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self,
                             g_dbus_is_member_name (interface) && g_dbus_is_member_name (method)
                                 && (!parameters || g_variant_is_of_type (parameters, G_VARIANT_TYPE_TUPLE)),
                             callback, user_data))
    return;
  task = g_task_new (self, cancellable, callback, user_data);
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
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

GUnixFDList *
outbox_client_take_answered_fds (GAsyncResult *result)
{
  Call *call = g_task_get_task_data (G_TASK (result));

  return g_steal_pointer (&call->answered);
}
