/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls that wait: each is its asynchronous twin in a main context of its own, so that nothing else of the app runs meanwhile, and
 * no main loop is needed. Any thread, one at a time.
 */
#include "outbox-client-private.h"
#include "outbox-sync.h"

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((OutboxWait *) user_data)->result = g_object_ref (result);
}

void
outbox_wait_begin (OutboxWait *wait)
{
  wait->callback = on_answered;
  wait->result = NULL;
  wait->context = g_main_context_new ();
  g_main_context_push_thread_default (wait->context);
}

GAsyncResult *
outbox_wait_for (OutboxWait *wait)
{
  while (!wait->result)
    (void) g_main_context_iteration (wait->context, TRUE);

  return wait->result;
}

void
outbox_wait_end (OutboxWait *wait)
{
  /* What was left over, such as the end of a source that waited for the cancellable. */
  while (g_main_context_iteration (wait->context, FALSE))
    ;
  g_main_context_pop_thread_default (wait->context);
  g_main_context_unref (wait->context);
  g_clear_object (&wait->result);
}

OutboxClient *
outbox_client_new_sync (GCancellable *cancellable, GError **error)
{
  /* The connection outlives the wait: what it tells later goes to the context of now. */
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) why = NULL;

  (void) OUTBOX_ERROR;
  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, cancellable, &why);
  if (connection)
    return outbox_client_new_for_connection (connection);
  g_propagate_error (error, outbox_client_no_bus (g_steal_pointer (&why)));

  return NULL;
}

char *
outbox_client_submit_sync (OutboxClient *self, int fd, GVariant *options, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);
  outbox_wait_begin (&wait);
  outbox_client_submit_async (self, fd, options, cancellable, wait.callback, &wait);

  return outbox_client_submit_finish (self, outbox_wait_for (&wait), error);
}

char *
outbox_client_submit_file_sync (OutboxClient *self, GFile *file, GVariant *options, GCancellable *cancellable,
                                GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);
  outbox_wait_begin (&wait);
  outbox_client_submit_file_async (self, file, options, cancellable, wait.callback, &wait);

  return outbox_client_submit_file_finish (self, outbox_wait_for (&wait), error);
}

char *
outbox_client_create_sync (OutboxClient *self, GVariant *options, int *fd, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self) && fd, NULL);
  outbox_wait_begin (&wait);
  outbox_client_create_async (self, options, cancellable, wait.callback, &wait);

  return outbox_client_create_finish (self, outbox_wait_for (&wait), fd, error);
}

gboolean
outbox_client_commit_sync (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                           GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);
  outbox_wait_begin (&wait);
  outbox_client_commit_async (self, id, options, cancellable, wait.callback, &wait);

  return outbox_client_commit_finish (self, outbox_wait_for (&wait), error);
}

OutboxUpload *
outbox_client_get_sync (OutboxClient *self, const char *id, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);
  outbox_wait_begin (&wait);
  outbox_client_get_async (self, id, cancellable, wait.callback, &wait);

  return outbox_client_get_finish (self, outbox_wait_for (&wait), error);
}

GPtrArray *
outbox_client_list_sync (OutboxClient *self, GVariant *filter, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);
  outbox_wait_begin (&wait);
  outbox_client_list_async (self, filter, cancellable, wait.callback, &wait);

  return outbox_client_list_finish (self, outbox_wait_for (&wait), error);
}

gboolean
outbox_client_command_sync (OutboxClient *self, OutboxCommand command, const char *const *ids,
                            GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);
  outbox_wait_begin (&wait);
  outbox_client_command_async (self, command, ids, cancellable, wait.callback, &wait);

  return outbox_client_command_finish (self, outbox_wait_for (&wait), error);
}

gboolean
outbox_client_amend_sync (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                          GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);
  outbox_wait_begin (&wait);
  outbox_client_amend_async (self, id, options, cancellable, wait.callback, &wait);

  return outbox_client_amend_finish (self, outbox_wait_for (&wait), error);
}

OutboxGroup *
outbox_client_get_group_sync (OutboxClient *self, const char *key, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);
  outbox_wait_begin (&wait);
  outbox_client_get_group_async (self, key, cancellable, wait.callback, &wait);

  return outbox_client_get_group_finish (self, outbox_wait_for (&wait), error);
}

GPtrArray *
outbox_client_list_groups_sync (OutboxClient *self, GVariant *filter, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);
  outbox_wait_begin (&wait);
  outbox_client_list_groups_async (self, filter, cancellable, wait.callback, &wait);

  return outbox_client_list_groups_finish (self, outbox_wait_for (&wait), error);
}

gboolean
outbox_client_command_groups_sync (OutboxClient *self, OutboxCommand command, const char *const *keys,
                                   GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);
  outbox_wait_begin (&wait);
  outbox_client_command_groups_async (self, command, keys, cancellable, wait.callback, &wait);

  return outbox_client_command_groups_finish (self, outbox_wait_for (&wait), error);
}

gboolean
outbox_client_sign_in_sync (OutboxClient *self, const char *destination, int fd, GCancellable *cancellable,
                            GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);
  outbox_wait_begin (&wait);
  outbox_client_sign_in_async (self, destination, fd, cancellable, wait.callback, &wait);

  return outbox_client_sign_in_finish (self, outbox_wait_for (&wait), error);
}

gboolean
outbox_client_watch_sync (OutboxClient *self, GVariant *filter, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);
  outbox_wait_begin (&wait);
  outbox_client_watch_async (self, filter, cancellable, wait.callback, &wait);

  return outbox_client_watch_finish (self, outbox_wait_for (&wait), error);
}

gboolean
outbox_client_unwatch_sync (OutboxClient *self, GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), FALSE);
  outbox_wait_begin (&wait);
  outbox_client_unwatch_async (self, cancellable, wait.callback, &wait);

  return outbox_client_unwatch_finish (self, outbox_wait_for (&wait), error);
}

GVariant *
outbox_client_call_sync (OutboxClient *self, const char *interface, const char *method, GVariant *parameters,
                         GCancellable *cancellable, GError **error)
{
  g_auto (OutboxWait) wait = OUTBOX_WAIT_INIT;

  g_return_val_if_fail (OUTBOX_IS_CLIENT (self), NULL);
  outbox_wait_begin (&wait);
  outbox_client_call_async (self, interface, method, parameters, cancellable, wait.callback, &wait);

  return outbox_client_call_finish (self, outbox_wait_for (&wait), error);
}
