/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How an app hands files over.
 */
#pragma once

#include "outbox-client.h"

G_BEGIN_DECLS

/**
 * outbox_client_submit_async:
 * @self: a client
 * @fd: a readable descriptor of a regular file; borrowed until this returns
 * @options: (nullable): a{sv}, as Submit of the interface XML has it; a submit key is made where there is none
 * @cancellable: (nullable): ends the wait, not the upload
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Hands a file over. When it succeeds the work is safe on the device. A broker that dies meanwhile is asked again with
 * the same key, so that the file is taken once. There is no time limit: a large file takes its time.
 */
void outbox_client_submit_async (OutboxClient *self, int fd, GVariant *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_submit_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_submit_async().
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_submit_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_submit_sync:
 * @self: a client
 * @fd: a readable descriptor of a regular file; borrowed until this returns
 * @options: (nullable): a{sv}, as Submit of the interface XML has it; a submit key is made where there is none
 * @cancellable: (nullable): ends the wait, not the upload
 * @error: where an error goes
 *
 * As outbox_client_submit_async(), and waits for the answer.
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_submit_sync (OutboxClient *self, int fd, GVariant *options, GCancellable *cancellable,
                                 GError **error);

/**
 * outbox_client_submit_file_async:
 * @self: a client
 * @file: a file
 * @options: (nullable): a{sv}, as Submit of the interface XML has it; a submit key is made where there is none
 * @cancellable: (nullable): ends the wait, not the upload; the streaming of a file without a path
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Hands a file over, under its own name where the options have none. One with a path is opened and handed over as by
 * outbox_client_submit_async(). Any other, such as of a camera or a server that GVfs reads, is streamed into a file of the broker's, and
 * nothing is kept of it if it cannot be read to its end. An error of reading it is of the domain %G_IO_ERROR.
 */
void outbox_client_submit_file_async (OutboxClient *self, GFile *file, GVariant *options, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_submit_file_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_submit_file_async().
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_submit_file_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_submit_file_sync:
 * @self: a client
 * @file: a file
 * @options: (nullable): a{sv}, as Submit of the interface XML has it; a submit key is made where there is none
 * @cancellable: (nullable): ends the wait, not the upload; the streaming of a file without a path
 * @error: where an error goes
 *
 * As outbox_client_submit_file_async(), and waits for the answer.
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_submit_file_sync (OutboxClient *self, GFile *file, GVariant *options, GCancellable *cancellable,
                                      GError **error);

/**
 * outbox_client_create_async:
 * @self: a client
 * @options: (nullable): a{sv}, as Create of the interface XML has it; a submit key is made where there is none
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Begins an upload that the app writes itself, into the broker's file, without a copy. Until outbox_client_commit_async() it
 * is `saving`, and stays so if the app dies, for a person to commit or to remove; the app itself gets it again by its key. The
 * broker need not run while the app writes. Errors: those of Create; Busy for the key of one that somebody has open.
 */
void outbox_client_create_async (OutboxClient *self, GVariant *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_create_finish:
 * @self: a client
 * @result: what the callback was given
 * @fd: (out): a descriptor to write the file to, and to read it; the caller closes it
 * @error: where an error goes
 *
 * Ends outbox_client_create_async().
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_create_finish (OutboxClient *self, GAsyncResult *result, int *fd, GError **error);

/**
 * outbox_client_create_sync:
 * @self: a client
 * @options: (nullable): a{sv}, as Create of the interface XML has it; a submit key is made where there is none
 * @fd: (out): a descriptor to write the file to, and to read it; the caller closes it
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_create_async(), and waits for the answer.
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_create_sync (OutboxClient *self, GVariant *options, int *fd, GCancellable *cancellable,
                                 GError **error);

/**
 * outbox_client_commit_async:
 * @self: a client
 * @id: of outbox_client_create_finish()
 * @options: (nullable): a{sv}, as Commit of the interface XML has it
 * @cancellable: (nullable): ends the wait, not the commit
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Makes an upload of what was written. Every descriptor and mapping of the file has to be closed, in all processes, or it is
 * Busy: then close them and commit again. When it succeeds the work is safe on the device. There is no time limit: the file
 * is read once. A broker that dies meanwhile is asked again.
 */
void outbox_client_commit_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_commit_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_commit_async().
 *
 * Returns: whether it is an upload now
 */
gboolean outbox_client_commit_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_commit_sync:
 * @self: a client
 * @id: of outbox_client_create_finish()
 * @options: (nullable): a{sv}, as Commit of the interface XML has it
 * @cancellable: (nullable): ends the wait, not the commit
 * @error: where an error goes
 *
 * As outbox_client_commit_async(), and waits for the answer.
 *
 * Returns: whether it is an upload now
 */
gboolean outbox_client_commit_sync (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                                    GError **error);

G_END_DECLS
