/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit, with the same key until it is answered. On the client's thread.
 */
#include "outbox-client-private.h"

GVariant *
outbox_client_add_key (GVariant *options)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, options);
  if (!g_variant_dict_contains (&dict, "key"))
    {
      g_autofree char *key = g_uuid_string_random ();

      g_variant_dict_insert (&dict, "key", "s", key);
    }

  return g_variant_dict_end (&dict);
}

void
outbox_client_submit_async (OutboxClient *self, int fd, GVariant *options, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (options ? options : g_variant_new ("a{sv}", NULL));
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;

  g_return_if_fail (OUTBOX_IS_CLIENT (self));
  if (outbox_client_refuses (self, g_variant_is_of_type (owned, G_VARIANT_TYPE_VARDICT), callback, user_data))
    return;
  /* The list has a descriptor of its own: the caller may close @fd. */
  if (fd < 0 || g_unix_fd_list_append (fds, fd, &error) < 0)
    {
      g_task_report_new_error (self, callback, user_data, outbox_client_submit_async, OUTBOX_ERROR,
                               OUTBOX_ERROR_INVALID_ARGUMENT, "The descriptor: %s",
                               error ? error->message : "there is none");
      return;
    }
  outbox_client_save_async (self, OUTBOX_CLIENT_HANDS_OVER, "Submit",
                            g_variant_new ("(h@a{sv})", 0, outbox_client_add_key (owned)), fds, cancellable, callback,
                            user_data);
}

char *
outbox_client_submit_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = NULL;
  char *id = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  /* A descriptor that could not be handed over was never asked about. */
  if (g_async_result_is_tagged (result, outbox_client_submit_async))
    return g_task_propagate_pointer (G_TASK (result), error);
  results = outbox_client_call_finish (self, result, error);
  if (results)
    g_variant_get (results, "(s)", &id);

  return id;
}
