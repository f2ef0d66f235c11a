/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Create and Commit. Either may be sent again until it is answered: Create has a key, Commit an id. On the client's thread.
 */
#include "outbox-client-private.h"

#include "dbus/names.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

/* A call that does the same once or twice. */
typedef struct
{
  const char *method;
  GVariant *parameters; /* owned */
  const char *reply;
  guint tries;
} Call;

/* The result of Create. */
typedef struct
{
  char *id;
  int fd;
} Created;

static void
call_free (Call *call)
{
  g_variant_unref (call->parameters);
  g_free (call);
}

static void
created_free (Created *created)
{
  if (created->fd >= 0)
    (void) close (created->fd);
  g_free (created->id);
  g_free (created);
}

static void try_call (GTask *task);

static gboolean
on_try_again (gpointer user_data)
{
  try_call (user_data);

  return G_SOURCE_REMOVE;
}

static void
return_results (GTask *task, GVariant *results, GUnixFDList *fds)
{
  g_autoptr (GError) error = NULL;
  Created *created;
  gint32 place;

  if (!g_variant_is_of_type (results, G_VARIANT_TYPE ("(sh)")))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  created = g_new0 (Created, 1);
  g_variant_get (results, "(sh)", &created->id, &place);
  created->fd = fds ? g_unix_fd_list_get (fds, place, &error) : -1;
  if (created->fd >= 0)
    {
      g_task_return_pointer (task, created, (GDestroyNotify) created_free);
      return;
    }
  created_free (created);
  g_task_return_new_error (task, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "The descriptor did not come: %s",
                           error ? error->message : "too many are open");
}

static void
on_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &fds, result, &error);
  guint delay_ms;

  if (results)
    return_results (task, results, fds);
  else if ((outbox_client_is_no_broker (error) || g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER))
           && (delay_ms = outbox_client_next_try_ms (&call->tries)) > 0)
    (void) g_timeout_add (delay_ms, on_try_again, g_steal_pointer (&task));
  else
    g_task_return_error (task, outbox_client_translate (g_steal_pointer (&error)));
}

/* Takes ownership of the task. */
static void
try_call (GTask *task)
{
  OutboxClient *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);

  g_dbus_connection_call_with_unix_fd_list (outbox_client_get_connection (self), OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                            OUTBOX_INTERFACE_PREFIX "Uploads", call->method, call->parameters,
                                            G_VARIANT_TYPE (call->reply), G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL,
                                            g_task_get_cancellable (task), on_called, task);
}

/* @parameters: floating */
static void
begin (GTask *task, const char *method, GVariant *parameters, const char *reply)
{
  Call *call = g_new0 (Call, 1);

  call->method = method;
  call->parameters = g_variant_ref_sink (parameters);
  call->reply = reply;
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);
  try_call (task);
}

static GVariant *
ref_options (GVariant *options)
{
  return g_variant_ref_sink (options ? options : g_variant_new ("a{sv}", NULL));
}

void
outbox_client_create_async (OutboxClient *self, GVariant *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GVariant) owned = ref_options (options);

  begin (g_task_new (self, cancellable, callback, user_data), "Create",
         g_variant_new ("(@a{sv})", outbox_client_add_key (owned)), "(sh)");
}

char *
outbox_client_create_finish (OutboxClient *self, GAsyncResult *result, int *fd, GError **error)
{
  Created *created = g_task_propagate_pointer (G_TASK (result), error);
  char *id;

  *fd = -1;
  if (!created)
    return NULL;
  id = g_steal_pointer (&created->id);
  *fd = g_steal_fd (&created->fd);
  created_free (created);

  return id;
}

void
outbox_client_commit_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GVariant) owned = ref_options (options);

  begin (g_task_new (self, cancellable, callback, user_data), "Commit", g_variant_new ("(s@a{sv})", id, owned), "()");
}

gboolean
outbox_client_commit_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
