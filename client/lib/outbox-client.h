/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An app's connection to the broker.
 */
#pragma once

#include "dbus/error.h"
#include "outbox-group.h"
#include "outbox-upload.h"

G_BEGIN_DECLS

#define OUTBOX_TYPE_CLIENT (outbox_client_get_type ())

/**
 * OutboxClient:
 *
 * The broker as an app sees it. Every call is asynchronous and answered in the thread-default main context; errors are
 * of the domain %OUTBOX_ERROR, %OUTBOX_ERROR_NO_BROKER where the broker is not there and cannot be started.
 *
 * Signals, after outbox_client_watch_async(): `added` (#OutboxUpload), `changed` (#OutboxUpload), `removed` (id),
 * `holds-changed` (a #GVariant of type aa{sv}: uploads that they cover may have another public state), `broker-back`
 * (a gboolean): a broker that was lost is watched again; TRUE where every change since then was signalled first, FALSE
 * where its past is gone: list anew. Always: `summary-changed` (a #GVariant of type a{sv}), `broker-lost` ().
 */
G_DECLARE_FINAL_TYPE (OutboxClient, outbox_client, OUTBOX, CLIENT, GObject)

/**
 * OutboxCommand:
 * @OUTBOX_COMMAND_PAUSE: wait
 * @OUTBOX_COMMAND_RESUME: go on
 * @OUTBOX_COMMAND_RETRY: try now
 * @OUTBOX_COMMAND_REMOVE: forget, with the local copy
 * @OUTBOX_COMMAND_SEND_NOW: send once on the present network, whatever the rules say
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
} OutboxCommand;

/**
 * outbox_client_new_async:
 * @cancellable: (nullable): ends it early
 * @callback: called when it is connected
 *
 * Connects to the session bus. The broker itself is started by the first call.
 */
void outbox_client_new_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_new_finish:
 *
 * Returns: (transfer full) (nullable): a client
 */
OutboxClient *outbox_client_new_finish (GAsyncResult *result, GError **error);

/**
 * outbox_client_submit_async:
 * @self: a client
 * @fd: a readable descriptor of a regular file; borrowed until the callback
 * @options: (nullable): a{sv}, as Submit of the interface XML has it; a submit key is made where there is none
 * @cancellable: (nullable): ends the wait, not the upload
 *
 * Hands a file over. When it succeeds the work is safe on the device. A broker that dies meanwhile is asked again with
 * the same key, so that the file is taken once. There is no time limit: a large file takes its time.
 */
void outbox_client_submit_async (OutboxClient *self, int fd, GVariant *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_submit_finish:
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_submit_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_create_async:
 * @self: a client
 * @options: (nullable): a{sv}, as Create of the interface XML has it; a submit key is made where there is none
 * @cancellable: (nullable): ends the wait
 *
 * Begins an upload that the app writes itself, into the broker's file, without a copy. Until outbox_client_commit_async() it
 * is `saving`, and stays so if the app dies, for a person to commit or to remove; the app itself gets it again by its key. The
 * broker need not run while the app writes.
 */
void outbox_client_create_async (OutboxClient *self, GVariant *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_create_finish:
 * @fd: (out): a descriptor to write the file to, and to read it; the caller closes it
 *
 * Errors: those of Create; Busy for the key of one that somebody has open.
 *
 * Returns: (transfer full) (nullable): the upload's id
 */
char *outbox_client_create_finish (OutboxClient *self, GAsyncResult *result, int *fd, GError **error);

/**
 * outbox_client_commit_async:
 * @self: a client
 * @id: of outbox_client_create_finish()
 * @options: (nullable): a{sv}, as Commit of the interface XML has it
 * @cancellable: (nullable): ends the wait, not the commit
 *
 * Makes an upload of what was written. Every descriptor and mapping of the file has to be closed, in all processes, or it is
 * Busy: then close them and commit again. When it succeeds the work is safe on the device. There is no time limit: the file
 * is read once. A broker that dies meanwhile is asked again.
 */
void outbox_client_commit_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_commit_finish:
 *
 * Returns: whether it is an upload now
 */
gboolean outbox_client_commit_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_get_async:
 * @id: an upload
 */
void outbox_client_get_async (OutboxClient *self, const char *id, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_get_finish:
 *
 * Returns: (transfer full) (nullable): the upload
 */
OutboxUpload *outbox_client_get_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_list_async:
 * @filter: (nullable): a{sv}, as List of the interface XML has it; all pages are read, up to `limit` where it has one
 */
void outbox_client_list_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_list_finish:
 *
 * Returns: (transfer container) (element-type OutboxUpload) (nullable): uploads, oldest first; the array owns them
 */
GPtrArray *outbox_client_list_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_command_async:
 * @command: what to do
 * @ids: (array zero-terminated=1): to which uploads; all of them or none
 */
void outbox_client_command_async (OutboxClient *self, OutboxCommand command, const char *const *ids,
                                  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_amend_async:
 * @self: a client
 * @id: of an upload
 * @options: a{sv}, as Amend of the interface XML has it: name, metadata, priority
 *
 * Changes what was said of a file, until its server has been told; from then on it is AlreadySent.
 */
void outbox_client_amend_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_amend_finish:
 *
 * Returns: whether it is changed
 */
gboolean outbox_client_amend_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_get_group_async:
 * @key: the key of a group
 */
void outbox_client_get_group_async (OutboxClient *self, const char *key, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_get_group_finish:
 *
 * Returns: (transfer full) (nullable): the group
 */
OutboxGroup *outbox_client_get_group_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_list_groups_async:
 * @filter: (nullable): a{sv}, as Groups.List of the interface XML has it; all pages are read, up to `limit` where it has one
 */
void outbox_client_list_groups_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_list_groups_finish:
 *
 * Returns: (transfer container) (element-type OutboxGroup) (nullable): groups, in the order of their keys; the array owns
 * them
 */
GPtrArray *outbox_client_list_groups_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_command_groups_async:
 * @command: %OUTBOX_COMMAND_PAUSE or %OUTBOX_COMMAND_RESUME
 * @keys: (array zero-terminated=1): to which groups; all of them or none
 */
void outbox_client_command_groups_async (OutboxClient *self, OutboxCommand command, const char *const *keys,
                                         GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_sign_in_async:
 * @destination: its name
 * @fd: the reading end of a pipe with the secret; a duplicate of it is sent, so that it can be closed at once
 *
 * Signs in to a destination. Write the secret (see SignIn in the interface XML) and close the other end: the broker reads up to
 * 64 KiB, and waits 10 seconds for the end.
 */
void outbox_client_sign_in_async (OutboxClient *self, const char *destination, int fd, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
gboolean outbox_client_sign_in_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_watch_async:
 * @filter: (nullable): a{sv}, as Watch of the interface XML has it
 *
 * From its success on, the signals of #OutboxClient are emitted; after a restart of the broker it watches again by itself.
 */
void outbox_client_watch_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_call_async:
 * @interface: the last part of an interface's name, such as `Queue`
 * @method: its method
 * @parameters: (nullable): its arguments, a tuple
 *
 * Any other call of the interface XML.
 */
void outbox_client_call_async (OutboxClient *self, const char *interface, const char *method, GVariant *parameters,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_call_finish:
 *
 * Also ends outbox_client_command_async(), outbox_client_command_groups_async() and outbox_client_watch_async().
 *
 * Returns: (transfer full) (nullable): the results, a tuple
 */
GVariant *outbox_client_call_finish (OutboxClient *self, GAsyncResult *result, GError **error);

G_END_DECLS
