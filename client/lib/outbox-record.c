/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Create and Commit. Either may be sent again until it is answered: Create has a key, Commit an id. On the client's thread.
 */
#include "outbox-client-private.h"

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

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, g_variant_is_of_type (owned, G_VARIANT_TYPE_VARDICT), callback, user_data))
    return;
  outbox_client_save_async (self, OUTBOX_CLIENT_RECORDS, "Create",
                            g_variant_new ("(@a{sv})", outbox_client_add_key (owned)), NULL, cancellable, callback,
                            user_data);
}

char *
outbox_client_create_finish (OutboxClient *self, GAsyncResult *result, int *fd, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error_of_fd = NULL;
  g_autofree char *id = NULL;
  gint32 place;

  *fd = -1;
  if (!results)
    return NULL;
  g_variant_get (results, "(sh)", &id, &place);
  fds = outbox_client_take_answered_fds (result);
  *fd = fds ? g_unix_fd_list_get (fds, place, &error_of_fd) : -1;
  if (*fd >= 0)
    return g_steal_pointer (&id);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "The descriptor did not come: %s",
               error_of_fd ? error_of_fd->message : "too many are open");

  return NULL;
}

void
outbox_client_commit_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GVariant) owned = ref_options (options);

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, outbox_client_is_text (id) && g_variant_is_of_type (owned, G_VARIANT_TYPE_VARDICT),
                             callback, user_data))
    return;
  outbox_client_save_async (self, OUTBOX_CLIENT_RECORDS, "Commit", g_variant_new ("(s@a{sv})", id, owned), NULL,
                            cancellable, callback, user_data);
}

gboolean
outbox_client_commit_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}
