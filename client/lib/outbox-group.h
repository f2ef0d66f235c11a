/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A group of uploads, as the broker told of it.
 */
#pragma once

#include "dbus/label.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OUTBOX_TYPE_GROUP (outbox_group_get_type ())

/**
 * OutboxGroup:
 *
 * A group at one moment: uploads that belong together by the key that their app gave them. It does not change, and can be used in
 * any thread; ask again after a signal of [class@Client] that tells of one of its uploads.
 */
G_DECLARE_FINAL_TYPE (OutboxGroup, outbox_group, OUTBOX, GROUP, GObject)

/**
 * outbox_group_get_key:
 * @self: a group
 *
 * Gets the key that the app gave it.
 *
 * Returns: (transfer none): the app's key
 */
const char *outbox_group_get_key (OutboxGroup *self);

/**
 * outbox_group_get_title:
 * @self: a group
 *
 * Gets what it is called.
 *
 * Returns: (transfer none): what a person reads for it; the key where it has no title
 */
const char *outbox_group_get_title (OutboxGroup *self);

/**
 * outbox_group_get_app:
 * @self: a group
 *
 * Gets the sandboxed app whose group it is.
 *
 * Returns: (transfer none) (nullable): its id; %NULL of programs of the host
 */
const char *outbox_group_get_app (OutboxGroup *self);

/**
 * outbox_group_dup_name:
 * @self: a group
 *
 * Two apps may have a group of the same key. This names it among all.
 *
 * Returns: (transfer full): what calls take for it: the key, or APP/KEY where it is a sandboxed app's
 */
char *outbox_group_dup_name (OutboxGroup *self);

/**
 * outbox_group_get_state:
 * @self: a group
 *
 * Gets the state that a person is shown.
 *
 * Returns: the one of its uploads' states that tells most of what goes on
 */
OutboxState outbox_group_get_state (OutboxGroup *self);

/**
 * outbox_group_count:
 * @self: a group
 * @state: a public state
 *
 * Counts its uploads by their state.
 *
 * Returns: how many of its uploads are in it
 */
guint64 outbox_group_count (OutboxGroup *self, OutboxState state);

/**
 * outbox_group_get_uploads:
 * @self: a group
 *
 * Counts its uploads.
 *
 * Returns: how many uploads it has
 */
guint64 outbox_group_get_uploads (OutboxGroup *self);

/**
 * outbox_group_get_size:
 * @self: a group
 *
 * Gets the size of all files of it.
 *
 * Returns: the size of all, in bytes
 */
guint64 outbox_group_get_size (OutboxGroup *self);

/**
 * outbox_group_get_offset:
 * @self: a group
 *
 * Gets how far it is. Nothing else is progress.
 *
 * Returns: bytes that the servers confirmed
 */
guint64 outbox_group_get_offset (OutboxGroup *self);

/**
 * outbox_group_get_sent:
 * @self: a group
 *
 * What is beyond outbox_group_get_offset() is on the way, as outbox_upload_get_sent() has it.
 *
 * Returns: bytes that have been sent; at least the offset
 */
guint64 outbox_group_get_sent (OutboxGroup *self);

/**
 * outbox_group_get_on_the_way:
 * @self: a group
 *
 * Gets how much is on the way: outbox_group_get_sent() without what is confirmed.
 *
 * Returns: bytes that the servers have not confirmed
 */
guint64 outbox_group_get_on_the_way (OutboxGroup *self);

/**
 * outbox_group_get_progress:
 * @self: a group
 *
 * Gets the share that the servers have confirmed, as a progress bar takes it.
 *
 * Returns: 0 to 1; 1 where all has arrived
 */
double outbox_group_get_progress (OutboxGroup *self);

/**
 * outbox_group_get_needs_user:
 * @self: a group
 *
 * Gets whether it is a person's turn.
 *
 * Returns: whether for some of it nothing happens until a person acts
 */
gboolean outbox_group_get_needs_user (OutboxGroup *self);

/**
 * outbox_group_get_is_paused:
 * @self: a group
 *
 * Gets whether it waits as a whole.
 *
 * Returns: whether a person has paused it
 */
gboolean outbox_group_get_is_paused (OutboxGroup *self);

/**
 * outbox_group_get_form_state:
 * @self: a group
 * @state: (out): the public state of its form
 *
 * Gets how its form stands.
 *
 * Returns: whether it has a form
 */
gboolean outbox_group_get_form_state (OutboxGroup *self, OutboxState *state);

/**
 * outbox_group_get_has_form:
 * @self: a group
 *
 * Gets whether it has a form.
 *
 * Returns: whether it has one
 */
gboolean outbox_group_get_has_form (OutboxGroup *self);

/**
 * outbox_group_get_updated_at:
 * @self: a group
 *
 * Gets when it changed last.
 *
 * Returns: Unix milliseconds
 */
gint64 outbox_group_get_updated_at (OutboxGroup *self);

/**
 * outbox_group_get_until:
 * @self: a group
 *
 * Gets when the first of it that retries goes on.
 *
 * Returns: Unix milliseconds; 0 if that is not known
 */
gint64 outbox_group_get_until (OutboxGroup *self);

/**
 * outbox_group_dup_label:
 * @self: a group
 *
 * Tells a person how it stands.
 *
 * Returns: (transfer full): the one line for a person, in the language of the process
 */
char *outbox_group_dup_label (OutboxGroup *self);

/**
 * outbox_group_get_document:
 * @self: a group
 *
 * Gets everything that the broker said.
 *
 * Returns: (transfer none): the whole document, of type a{sv}; its keys are in the interface XML
 */
GVariant *outbox_group_get_document (OutboxGroup *self);

/**
 * outbox_group_new_for_document:
 * @document: a{sv}, as the interface XML has a group's
 *
 * Makes a group of what a broker told.
 *
 * Returns: (transfer full): a group
 */
OutboxGroup *outbox_group_new_for_document (GVariant *document);

G_END_DECLS
