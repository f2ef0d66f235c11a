/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An app's connection to the broker.
 */
#pragma once

#include "dbus/error.h"
#include "dbus/sentence.h"
#include "outbox-group.h"
#include "outbox-upload.h"

G_BEGIN_DECLS

#define OUTBOX_TYPE_CLIENT (outbox_client_get_type ())

/**
 * OutboxClient:
 *
 * The broker as an app sees it.
 *
 * Each call has an asynchronous form, answered in the thread-default main context of the one who calls, and one that waits, which ends
 * in `_sync` and needs no main loop. Calls may be made from any thread; signals come in the thread-default main context in which the
 * client was made, and the client is to be freed there.
 *
 * Errors are of the domain %OUTBOX_ERROR: %OUTBOX_ERROR_NO_BROKER where the broker is not there and cannot be started. A call that was
 * cancelled ends with %G_IO_ERROR_CANCELLED: nobody waits any more; what was asked for may be done all the same.
 */
G_DECLARE_FINAL_TYPE (OutboxClient, outbox_client, OUTBOX, CLIENT, GObject)

/**
 * outbox_client_new_async:
 * @cancellable: (nullable): ends it early
 * @callback: (nullable) (scope async): called when it is connected
 * @user_data: for the callback
 *
 * Connects to the session bus. The broker itself is started by the first call.
 */
void outbox_client_new_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_new_finish: (constructor)
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_new_async().
 *
 * Returns: (transfer full) (nullable): a client
 */
OutboxClient *outbox_client_new_finish (GAsyncResult *result, GError **error);

/**
 * outbox_client_new_sync: (constructor)
 * @cancellable: (nullable): ends it early
 * @error: where an error goes
 *
 * Connects to the session bus, and waits for that.
 *
 * Returns: (transfer full) (nullable): a client
 */
OutboxClient *outbox_client_new_sync (GCancellable *cancellable, GError **error);

/**
 * outbox_client_new_for_connection:
 * @connection: a bus with a broker
 *
 * Makes a client of a connection that the app has.
 *
 * Returns: (transfer full): a client
 */
OutboxClient *outbox_client_new_for_connection (GDBusConnection *connection);

/**
 * outbox_client_get_connection:
 * @self: a client
 *
 * Gets the bus that the broker is on.
 *
 * Returns: (transfer none) (nullable): a connection; %NULL of a client that was made without one
 */
GDBusConnection *outbox_client_get_connection (OutboxClient *self);

/**
 * outbox_client_get_is_there:
 * @self: a client
 *
 * Gets whether a broker runs now. A call starts one that does not.
 *
 * Returns: whether it is there
 */
gboolean outbox_client_get_is_there (OutboxClient *self);

/**
 * outbox_client_get_async:
 * @self: a client
 * @id: an upload
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Asks for one upload.
 */
void outbox_client_get_async (OutboxClient *self, const char *id, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_get_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_get_async().
 *
 * Returns: (transfer full) (nullable): the upload
 */
OutboxUpload *outbox_client_get_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_get_sync:
 * @self: a client
 * @id: an upload
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_get_async(), and waits for the answer.
 *
 * Returns: (transfer full) (nullable): the upload
 */
OutboxUpload *outbox_client_get_sync (OutboxClient *self, const char *id, GCancellable *cancellable, GError **error);

/**
 * outbox_client_list_async:
 * @self: a client
 * @filter: (nullable): a{sv}, as List of the interface XML has it; all pages are read, up to `limit` where it has one
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Asks for uploads as they are now. [class@List] follows them.
 */
void outbox_client_list_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_list_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_list_async().
 *
 * Returns: (transfer container) (element-type OutboxUpload) (nullable): uploads, oldest first; the array owns them
 */
GPtrArray *outbox_client_list_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_list_sync:
 * @self: a client
 * @filter: (nullable): a{sv}, as List of the interface XML has it; all pages are read, up to `limit` where it has one
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_list_async(), and waits for the answer.
 *
 * Returns: (transfer container) (element-type OutboxUpload) (nullable): uploads, oldest first; the array owns them
 */
GPtrArray *outbox_client_list_sync (OutboxClient *self, GVariant *filter, GCancellable *cancellable, GError **error);

/**
 * outbox_client_get_group_async:
 * @self: a client
 * @key: the key of a group
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Asks for one group.
 */
void outbox_client_get_group_async (OutboxClient *self, const char *key, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_get_group_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_get_group_async().
 *
 * Returns: (transfer full) (nullable): the group
 */
OutboxGroup *outbox_client_get_group_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_get_group_sync:
 * @self: a client
 * @key: the key of a group
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_get_group_async(), and waits for the answer.
 *
 * Returns: (transfer full) (nullable): the group
 */
OutboxGroup *outbox_client_get_group_sync (OutboxClient *self, const char *key, GCancellable *cancellable,
                                           GError **error);

/**
 * outbox_client_list_groups_async:
 * @self: a client
 * @filter: (nullable): a{sv}, as Groups.List of the interface XML has it; all pages are read, up to `limit` where it has one
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Asks for groups as they are now.
 */
void outbox_client_list_groups_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_list_groups_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_list_groups_async().
 *
 * Returns: (transfer container) (element-type OutboxGroup) (nullable): groups, in the order of their keys; the array owns them
 */
GPtrArray *outbox_client_list_groups_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_list_groups_sync:
 * @self: a client
 * @filter: (nullable): a{sv}, as Groups.List of the interface XML has it; all pages are read, up to `limit` where it has one
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_list_groups_async(), and waits for the answer.
 *
 * Returns: (transfer container) (element-type OutboxGroup) (nullable): groups, in the order of their keys; the array owns them
 */
GPtrArray *outbox_client_list_groups_sync (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                                           GError **error);

/**
 * outbox_client_watch_async:
 * @self: a client
 * @filter: (nullable): a{sv}, as Watch of the interface XML has it
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Has the signals of the client emitted, from its success on; after a restart of the broker it watches again by itself. The last
 * filter counts. An [class@List] needs no watch.
 */
void outbox_client_watch_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_watch_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_watch_async().
 *
 * Returns: whether it is watched
 */
gboolean outbox_client_watch_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_watch_sync:
 * @self: a client
 * @filter: (nullable): a{sv}, as Watch of the interface XML has it
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_watch_async(), and waits for the answer.
 *
 * Returns: whether it is watched
 */
gboolean outbox_client_watch_sync (OutboxClient *self, GVariant *filter, GCancellable *cancellable, GError **error);

/**
 * outbox_client_unwatch_async:
 * @self: a client
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Ends outbox_client_watch_async(). Lists go on.
 */
void outbox_client_unwatch_async (OutboxClient *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data);

/**
 * outbox_client_unwatch_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_unwatch_async().
 *
 * Returns: whether the broker has been told
 */
gboolean outbox_client_unwatch_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_unwatch_sync:
 * @self: a client
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_unwatch_async(), and waits for the answer.
 *
 * Returns: whether the broker has been told
 */
gboolean outbox_client_unwatch_sync (OutboxClient *self, GCancellable *cancellable, GError **error);

/**
 * outbox_client_call_async:
 * @self: a client
 * @interface: the last part of an interface's name, such as `Queue`
 * @method: its method
 * @parameters: (nullable): its arguments, a tuple
 * @cancellable: (nullable): ends the wait
 * @callback: (nullable) (scope async): called when it is answered
 * @user_data: for the callback
 *
 * Makes any other call of the interface XML that has no descriptors. It has to do the same once or twice: a broker that dies
 * before it answers is asked again.
 */
void outbox_client_call_async (OutboxClient *self, const char *interface, const char *method, GVariant *parameters,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * outbox_client_call_finish:
 * @self: a client
 * @result: what the callback was given
 * @error: where an error goes
 *
 * Ends outbox_client_call_async().
 *
 * Returns: (transfer full) (nullable): the results, a tuple
 */
GVariant *outbox_client_call_finish (OutboxClient *self, GAsyncResult *result, GError **error);

/**
 * outbox_client_call_sync:
 * @self: a client
 * @interface: the last part of an interface's name, such as `Queue`
 * @method: its method
 * @parameters: (nullable): its arguments, a tuple
 * @cancellable: (nullable): ends the wait
 * @error: where an error goes
 *
 * As outbox_client_call_async(), and waits for the answer.
 *
 * Returns: (transfer full) (nullable): the results, a tuple
 */
GVariant *outbox_client_call_sync (OutboxClient *self, const char *interface, const char *method, GVariant *parameters,
                                   GCancellable *cancellable, GError **error);

G_END_DECLS
