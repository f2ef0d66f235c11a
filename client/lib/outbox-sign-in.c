/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hands a secret over by a descriptor.
 */
#include "outbox-client-private.h"

#include "dbus/names.h"

#include <gio/gunixfdlist.h>

static void
on_signed_in (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GVariant *results
      = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL, result, &error);

  if (results)
    g_task_return_pointer (task, results, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, outbox_client_translate (g_steal_pointer (&error)));
}

void
outbox_client_sign_in_async (OutboxClient *self, const char *destination, int fd, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, outbox_client_is_text (destination), callback, user_data))
    return;
  task = g_task_new (self, cancellable, callback, user_data);
  if (!outbox_client_get_connection (self))
    g_task_return_error (task, outbox_client_not_connected ());
  else if (fd < 0 || g_unix_fd_list_append (fds, fd, &error) < 0)
    g_task_return_new_error (task, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The descriptor: %s",
                             error ? error->message : "there is none");
  else
    g_dbus_connection_call_with_unix_fd_list (outbox_client_get_connection (self), OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                              OUTBOX_INTERFACE_PREFIX "Destinations", "SignIn",
                                              g_variant_new ("(sh)", destination, 0), NULL, G_DBUS_CALL_FLAGS_NONE,
                                              G_MAXINT, fds, cancellable, on_signed_in, g_steal_pointer (&task));
}

gboolean
outbox_client_sign_in_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}
