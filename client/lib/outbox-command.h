/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an app, or a person by it, does to uploads, groups and destinations.
 */
#pragma once

#include "outbox-client.h"

G_BEGIN_DECLS

/**
 * OutboxCommand:
 * @OUTBOX_COMMAND_PAUSE: wait
 * @OUTBOX_COMMAND_RESUME: go on
 * @OUTBOX_COMMAND_RETRY: try now
 * @OUTBOX_COMMAND_REMOVE: forget, with the local copy
 * @OUTBOX_COMMAND_SEND_NOW: send once on the present network, whatever the rules say
 * @OUTBOX_COMMAND_VERIFY: ask the server again whether it has what is done
 * @OUTBOX_COMMAND_FREE: let the copy of what is done go, if the server still has it
 *
 * What can be done to uploads.
 */
typedef enum
{
  OUTBOX_COMMAND_PAUSE,
  OUTBOX_COMMAND_RESUME,
  OUTBOX_COMMAND_RETRY,
  OUTBOX_COMMAND_REMOVE,
  OUTBOX_COMMAND_SEND_NOW,
  OUTBOX_COMMAND_VERIFY,
  OUTBOX_COMMAND_FREE,
} OutboxCommand;

/**
 * outbox_client_command_async:
 * @self: a client
 * @command: what to do
 * @ids: (array zero-terminated=1): to which uploads; all of them or none
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Does something to uploads.
 */
void outbox_client_command_async (OutboxClient *self, OutboxCommand command, const char *const *ids,
                                  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_command_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_command_async().
 *
 * Returns: whether it is done
 */
gboolean outbox_client_command_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_command_sync:
 * @self: a client
 * @command: what to do
 * @ids: (array zero-terminated=1): to which uploads; all of them or none
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_command_async(), and waits for the answer.
 *
 * Returns: whether it is done
 */
gboolean outbox_client_command_sync (OutboxClient *self, OutboxCommand command, const char *const *ids,
                                     GCancellable *cancellable, GError **error);

/**
 * outbox_client_amend_async:
 * @self: a client
 * @id: of an upload
 * @options: a{sv}, as Amend of the interface XML has it: name, metadata, priority
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Changes what was said of a file, until its server has been told; from then on it is AlreadySent.
 */
void outbox_client_amend_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_amend_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_amend_async().
 *
 * Returns: whether it is changed
 */
gboolean outbox_client_amend_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_amend_sync:
 * @self: a client
 * @id: of an upload
 * @options: a{sv}, as Amend of the interface XML has it: name, metadata, priority
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_amend_async(), and waits for the answer.
 *
 * Returns: whether it is changed
 */
gboolean outbox_client_amend_sync (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                                   GError **error);

/**
 * outbox_client_command_groups_async:
 * @self: a client
 * @command: %OUTBOX_COMMAND_PAUSE, %OUTBOX_COMMAND_RESUME or %OUTBOX_COMMAND_SEND_NOW
 * @keys: (array zero-terminated=1): to which groups; all of them or none
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Does something to groups, and to what joins them later.
 */
void outbox_client_command_groups_async (OutboxClient *self, OutboxCommand command, const char *const *keys,
                                         GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_command_groups_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_command_groups_async().
 *
 * Returns: whether it is done
 */
gboolean outbox_client_command_groups_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_command_groups_sync:
 * @self: a client
 * @command: %OUTBOX_COMMAND_PAUSE, %OUTBOX_COMMAND_RESUME or %OUTBOX_COMMAND_SEND_NOW
 * @keys: (array zero-terminated=1): to which groups; all of them or none
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_command_groups_async(), and waits for the answer.
 *
 * Returns: whether it is done
 */
gboolean outbox_client_command_groups_sync (OutboxClient *self, OutboxCommand command, const char *const *keys,
                                            GCancellable *cancellable, GError **error);

/**
 * outbox_client_sign_in_async:
 * @self: a client
 * @destination: its name
 * @fd: the reading end of a pipe with the secret; a duplicate of it is sent, so that it can be closed at once
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Signs in to a destination. Write the secret (see SignIn in the interface XML) and close the other end: the broker reads up to
 * 64 KiB, and waits 10 seconds for the end.
 */
void outbox_client_sign_in_async (OutboxClient *self, const char *destination, int fd, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_sign_in_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_sign_in_async().
 *
 * Returns: whether the secret was taken
 */
gboolean outbox_client_sign_in_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_sign_in_sync:
 * @self: a client
 * @destination: its name
 * @fd: the reading end of a pipe with the secret; a duplicate of it is sent, so that it can be closed at once
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_sign_in_async(), and waits for the answer.
 *
 * Returns: whether the secret was taken
 */
gboolean outbox_client_sign_in_sync (OutboxClient *self, const char *destination, int fd, GCancellable *cancellable,
                                     GError **error);

G_END_DECLS
