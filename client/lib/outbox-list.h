/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue as a list model.
 */
#pragma once

#include "outbox-client.h"

G_BEGIN_DECLS

#define OUTBOX_TYPE_LIST (outbox_list_get_type ())

/**
 * OutboxList:
 *
 * A list model of uploads that follows the queue, oldest first.
 *
 * It fills itself page after page, and then changes by what the broker tells: an upload that changes notifies its properties, one that
 * comes or goes is one [signal@Gio.ListModel::items-changed]. An upload is the same object for as long as it is in the list. When the
 * broker ends, the list keeps what it has; it starts it again by asking, and is brought up to date by what has changed alone.
 *
 * Where all uploads of a network wait, or go on, the broker tells that in one word, and the list asks again for those that have not
 * arrived, at most once a second.
 */
G_DECLARE_FINAL_TYPE (OutboxList, outbox_list, OUTBOX, LIST, GObject)

/**
 * outbox_list_new:
 * @client: a client
 * @filter: (nullable): a{sv}: group s, group_app s, app s, destination s, state s: which uploads; absent: any
 *
 * Makes a list, which begins to fill itself in the thread-default main context of now, the client's.
 *
 * Returns: (transfer full): a list
 */
OutboxList *outbox_list_new (OutboxClient *client, GVariant *filter);

/**
 * outbox_list_get_client:
 * @self: a list
 *
 * Gets the client that it asks.
 *
 * Returns: (transfer none) (nullable): a client; %NULL of a list that was made without one, and stays empty
 */
OutboxClient *outbox_list_get_client (OutboxList *self);

/**
 * outbox_list_get_filter:
 * @self: a list
 *
 * Gets which uploads it has.
 *
 * Returns: (transfer none): of type a{sv}
 */
GVariant *outbox_list_get_filter (OutboxList *self);

/**
 * outbox_list_get_is_filling:
 * @self: a list
 *
 * Gets whether it does not have everything yet: at first, and after a restart of the broker.
 *
 * Returns: whether it still fills itself
 */
gboolean outbox_list_get_is_filling (OutboxList *self);

/**
 * outbox_list_dup_error:
 * @self: a list
 *
 * Tells why it could not be filled. It is tried again when the broker is there, unless the broker refuses it.
 *
 * Returns: (transfer full) (nullable): the words of the error; %NULL if there was none since
 */
char *outbox_list_dup_error (OutboxList *self);

/**
 * outbox_list_find:
 * @self: a list
 * @id: of an upload
 * @position: (out) (optional): where it is, if it is in the list
 *
 * Finds an upload by its id.
 *
 * Returns: whether it is in the list
 */
gboolean outbox_list_find (OutboxList *self, const char *id, guint *position);

G_END_DECLS
