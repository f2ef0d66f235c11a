/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An app's connection to the broker, and calls. Owns the connection and what watches it. One thread.
 */
#include "outbox-client-private.h"
#include "outbox-watch.h"

#include "dbus/names.h"

struct _OutboxClient
{
  GObject parent_instance;

  GDBusConnection *connection; /* NULL: made by hand, without one; every call ends with an error */
  OutboxWatch *watch;          /* NULL without a connection */
};

enum
{
  PROPERTY_CONNECTION = 1,
  PROPERTY_IS_THERE,
};

G_DEFINE_FINAL_TYPE (OutboxClient, outbox_client, G_TYPE_OBJECT)

static void
outbox_client_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  OUTBOX_CLIENT (object)->connection = g_value_dup_object (value);
}

static void
outbox_client_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  OutboxClient *self = OUTBOX_CLIENT (object);

  if (id == PROPERTY_CONNECTION)
    g_value_set_object (value, self->connection);
  else
    g_value_set_boolean (value, outbox_client_get_is_there (self));
}

static void
outbox_client_constructed (GObject *object)
{
  OutboxClient *self = OUTBOX_CLIENT (object);

  G_OBJECT_CLASS (outbox_client_parent_class)->constructed (object);
  /* Register the error domain before the first answer. */
  (void) OUTBOX_ERROR;
  if (self->connection)
    self->watch = outbox_watch_new (self, self->connection);
}

static void
outbox_client_finalize (GObject *object)
{
  OutboxClient *self = OUTBOX_CLIENT (object);

  g_clear_pointer (&self->watch, outbox_watch_free);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (outbox_client_parent_class)->finalize (object);
}

/* @type: of the one argument, or %G_TYPE_NONE */
static void
add_signal (const char *name, GType type)
{
  (void) g_signal_new (name, OUTBOX_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       type == G_TYPE_NONE ? 0 : 1, type);
}

static void
add_properties (GObjectClass *klass)
{
  /**
   * OutboxClient:connection: (getter get_connection)
   *
   * The bus that the broker is on. Without one, every call ends with %OUTBOX_ERROR_NO_BROKER.
   */
  g_object_class_install_property (klass, PROPERTY_CONNECTION,
                                   g_param_spec_object ("connection", NULL, NULL, G_TYPE_DBUS_CONNECTION,
                                                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY
                                                            | G_PARAM_STATIC_STRINGS));
  /**
   * OutboxClient:is-there: (getter get_is_there)
   *
   * Whether a broker runs now. A call starts one that does not.
   */
  g_object_class_install_property (klass, PROPERTY_IS_THERE,
                                   g_param_spec_boolean ("is-there", NULL, NULL, FALSE,
                                                         G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY
                                                             | G_PARAM_STATIC_STRINGS));
}

static void
outbox_client_class_init (OutboxClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = outbox_client_set_property;
  object_class->get_property = outbox_client_get_property;
  object_class->constructed = outbox_client_constructed;
  object_class->finalize = outbox_client_finalize;
  add_properties (object_class);
  /**
   * OutboxClient::added:
   * @self: the client
   * @upload: a new upload
   *
   * There is a new upload. After outbox_client_watch_async().
   */
  add_signal ("added", OUTBOX_TYPE_UPLOAD);
  /**
   * OutboxClient::changed:
   * @self: the client
   * @upload: an upload as it is now
   *
   * An upload has changed. After outbox_client_watch_async().
   */
  add_signal ("changed", OUTBOX_TYPE_UPLOAD);
  /**
   * OutboxClient::removed:
   * @self: the client
   * @id: of an upload that is gone
   *
   * An upload is gone. After outbox_client_watch_async().
   */
  add_signal ("removed", G_TYPE_STRING);
  /**
   * OutboxClient::holds-changed:
   * @self: the client
   * @holds: (type GLib.Variant): of type aa{sv}, as Holds of the interface XML has it
   *
   * What holds uploads has changed: those that they cover may have another public state. After outbox_client_watch_async().
   */
  add_signal ("holds-changed", G_TYPE_VARIANT);
  /**
   * OutboxClient::summary-changed:
   * @self: the client
   * @summary: (type GLib.Variant): of type a{sv}, as Summary of the interface XML has it
   *
   * The numbers of uploads have changed. Always.
   */
  add_signal ("summary-changed", G_TYPE_VARIANT);
  /**
   * OutboxClient::broker-lost:
   * @self: the client
   *
   * The broker has ended. What it had is safe; a call starts it again. Always.
   */
  add_signal ("broker-lost", G_TYPE_NONE);
  /**
   * OutboxClient::broker-back:
   * @self: the client
   * @is_gapless: whether every change since then was signalled first; if not, its past is gone: list anew
   *
   * A broker that was lost is watched again. After outbox_client_watch_async().
   */
  add_signal ("broker-back", G_TYPE_BOOLEAN);
}

static void
outbox_client_init (OutboxClient *self)
{
}

GDBusConnection *
outbox_client_get_connection (OutboxClient *self)
{
  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);

  return self->connection;
}

OutboxWatch *
outbox_client_get_watch (OutboxClient *self)
{
  return self->watch;
}

gboolean
outbox_client_get_is_there (OutboxClient *self)
{
  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);

  return self->watch && outbox_watch_is_there (self->watch);
}

/* --- Connecting --- */

OutboxClient *
outbox_client_new_for_connection (GDBusConnection *connection)
{
  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);

  return g_object_new (OUTBOX_TYPE_CLIENT, "connection", connection, NULL);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_bus_get_finish (result, &error);

  if (connection)
    g_task_return_pointer (task, outbox_client_new_for_connection (connection), g_object_unref);
  else
    g_task_return_error (task, outbox_client_no_bus (g_steal_pointer (&error)));
}

void
outbox_client_new_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_bus_get (G_BUS_TYPE_SESSION, cancellable, on_bus, g_task_new (NULL, cancellable, callback, user_data));
}

OutboxClient *
outbox_client_new_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Calls --- */

void
outbox_client_command_async (OutboxClient *self, OutboxCommand command, const char *const *ids,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  static const char *const methods[] = { "Pause", "Resume", "Retry", "Remove", "SendNow", "Verify", "Free" };

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, (guint) command < G_N_ELEMENTS (methods) && outbox_client_are_texts (ids), callback,
                             user_data))
    return;
  outbox_client_call_async (self, "Uploads", methods[command], g_variant_new ("(^as)", ids), cancellable, callback,
                            user_data);
}

gboolean
outbox_client_command_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}

void
outbox_client_amend_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self,
                             outbox_client_is_text (id) && options
                                 && g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT),
                             callback, user_data))
    return;
  outbox_client_call_async (self, "Uploads", "Amend", g_variant_new ("(s@a{sv})", id, options), cancellable, callback,
                            user_data);
}

gboolean
outbox_client_amend_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}

void
outbox_client_command_groups_async (OutboxClient *self, OutboxCommand command, const char *const *keys,
                                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  static const char *const methods[] = {
    [OUTBOX_COMMAND_PAUSE] = "Pause",
    [OUTBOX_COMMAND_RESUME] = "Resume",
    [OUTBOX_COMMAND_SEND_NOW] = "SendNow",
  };

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self,
                             (guint) command < G_N_ELEMENTS (methods) && methods[command]
                                 && outbox_client_are_texts (keys),
                             callback, user_data))
    return;
  outbox_client_call_async (self, "Groups", methods[command], g_variant_new ("(^as)", keys), cancellable, callback,
                            user_data);
}

gboolean
outbox_client_command_groups_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}

void
outbox_client_get_async (OutboxClient *self, const char *id, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, outbox_client_is_text (id), callback, user_data))
    return;
  outbox_client_call_async (self, "Uploads", "Get", g_variant_new ("(s)", id), cancellable, callback, user_data);
}

OutboxUpload *
outbox_client_get_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

  return document ? outbox_upload_new_for_document (document) : NULL;
}

void
outbox_client_get_group_async (OutboxClient *self, const char *key, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, outbox_client_is_text (key), callback, user_data))
    return;
  outbox_client_call_async (self, "Groups", "Get", g_variant_new ("(s)", key), cancellable, callback, user_data);
}

OutboxGroup *
outbox_client_get_group_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

  return document ? outbox_group_new_for_document (document) : NULL;
}
