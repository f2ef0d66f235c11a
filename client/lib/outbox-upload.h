/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An upload, as the broker told of it.
 */
#pragma once

#include "dbus/label.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OUTBOX_TYPE_UPLOAD (outbox_upload_get_type ())

/**
 * OutboxUpload:
 *
 * An upload, as the broker told of it.
 *
 * One that [method@Client.get_finish], [method@Client.list_finish] or a signal of [class@Client] gives is as it was at that
 * moment, does not change, and can be used in any thread. One of an [class@List] follows the queue: its properties notify when they
 * change, and it belongs to the thread of its list. Text that a getter lends is good until then.
 */
G_DECLARE_FINAL_TYPE (OutboxUpload, outbox_upload, OUTBOX, UPLOAD, GObject)

/**
 * outbox_upload_new_for_document:
 * @document: a{sv}, as the interface XML has an upload's
 *
 * Makes an upload of what a broker told.
 *
 * Returns: (transfer full): an upload
 */
OutboxUpload *outbox_upload_new_for_document (GVariant *document);

/**
 * outbox_upload_get_id:
 * @self: an upload
 *
 * Gets what names it in every call, a UUIDv7.
 *
 * Returns: (transfer none): its id; empty of an upload without a document
 */
const char *outbox_upload_get_id (OutboxUpload *self);

/**
 * outbox_upload_get_name:
 * @self: an upload
 *
 * Gets the file's name, as the server is told it.
 *
 * Returns: (transfer none): the file's name
 */
const char *outbox_upload_get_name (OutboxUpload *self);

/**
 * outbox_upload_get_app:
 * @self: an upload
 *
 * Gets the app that handed it over.
 *
 * Returns: (transfer none) (nullable): its id, or the name of its program
 */
const char *outbox_upload_get_app (OutboxUpload *self);

/**
 * outbox_upload_get_media_type:
 * @self: an upload
 *
 * Gets what kind of file it is.
 *
 * Returns: (transfer none) (nullable): a media type, such as `image/jpeg`
 */
const char *outbox_upload_get_media_type (OutboxUpload *self);

/**
 * outbox_upload_get_sha256:
 * @self: an upload
 *
 * Gets the digest of the file, once it is known.
 *
 * Returns: (transfer none) (nullable): hexadecimal
 */
const char *outbox_upload_get_sha256 (OutboxUpload *self);

/**
 * outbox_upload_get_group:
 * @self: an upload
 *
 * Gets the group that it is in.
 *
 * Returns: (transfer none) (nullable): the key of its group
 */
const char *outbox_upload_get_group (OutboxUpload *self);

/**
 * outbox_upload_get_group_title:
 * @self: an upload
 *
 * Gets what a person reads for its group.
 *
 * Returns: (transfer none) (nullable): the title; %NULL if it has none
 */
const char *outbox_upload_get_group_title (OutboxUpload *self);

/**
 * outbox_upload_get_is_form:
 * @self: an upload
 *
 * Gets whether its bytes are the form of its group, which goes before the other files.
 *
 * Returns: whether it is a form
 */
gboolean outbox_upload_get_is_form (OutboxUpload *self);

/**
 * outbox_upload_get_destination:
 * @self: an upload
 *
 * Gets where it goes.
 *
 * Returns: (transfer none) (nullable): the name of a destination
 */
const char *outbox_upload_get_destination (OutboxUpload *self);

/**
 * outbox_upload_get_priority:
 * @self: an upload
 *
 * Gets its priority. A higher one goes first.
 *
 * Returns: -1000 to 1000; 0 where nothing was said
 */
int outbox_upload_get_priority (OutboxUpload *self);

/**
 * outbox_upload_get_state:
 * @self: an upload
 *
 * Gets the state that a person is shown.
 *
 * Returns: its public state; %OUTBOX_STATE_UNKNOWN for one of a newer broker, and of an upload without a document
 */
OutboxState outbox_upload_get_state (OutboxUpload *self);

/**
 * outbox_upload_get_reason:
 * @self: an upload
 *
 * Gets why it waits or failed.
 *
 * Returns: the reason to tell first; %OUTBOX_REASON_NONE if there is none, %OUTBOX_REASON_UNKNOWN for one of a newer broker
 */
OutboxReason outbox_upload_get_reason (OutboxUpload *self);

/**
 * outbox_upload_dup_reasons:
 * @self: an upload
 *
 * Gets all that makes it wait, those of a newer broker too.
 *
 * Returns: (transfer full) (array zero-terminated=1): the reasons' names on the bus, in the order in which a person should hear of them
 */
char **outbox_upload_dup_reasons (OutboxUpload *self);

/**
 * outbox_upload_get_needs_user:
 * @self: an upload
 *
 * Gets whether it is a person's turn.
 *
 * Returns: whether nothing happens until a person acts
 */
gboolean outbox_upload_get_needs_user (OutboxUpload *self);

/**
 * outbox_upload_get_size:
 * @self: an upload
 *
 * Gets the size of the file.
 *
 * Returns: the file's size in bytes
 */
guint64 outbox_upload_get_size (OutboxUpload *self);

/**
 * outbox_upload_get_offset:
 * @self: an upload
 *
 * Gets how far it is. Nothing else is progress.
 *
 * Returns: bytes that the server confirmed
 */
guint64 outbox_upload_get_offset (OutboxUpload *self);

/**
 * outbox_upload_get_sent:
 * @self: an upload
 *
 * What is beyond outbox_upload_get_offset() is on the way: the system at the other end has acknowledged it, the server has not
 * confirmed it. It is to be shown, but is no progress, and is taken back when the connection is lost.
 *
 * Returns: up to where the bytes have been sent; at least the offset
 */
guint64 outbox_upload_get_sent (OutboxUpload *self);

/**
 * outbox_upload_get_on_the_way:
 * @self: an upload
 *
 * Gets how much is on the way: outbox_upload_get_sent() without what is confirmed.
 *
 * Returns: bytes that the server has not confirmed
 */
guint64 outbox_upload_get_on_the_way (OutboxUpload *self);

/**
 * outbox_upload_get_progress:
 * @self: an upload
 *
 * Gets the share that the server has confirmed, as a progress bar takes it.
 *
 * Returns: 0 to 1; 1 of what is done
 */
double outbox_upload_get_progress (OutboxUpload *self);

/**
 * outbox_upload_get_saved:
 * @self: an upload
 *
 * Gets how much of it is on this device.
 *
 * Returns: bytes that are in the spool, of a file that is being saved; its size after that
 */
guint64 outbox_upload_get_saved (OutboxUpload *self);

/**
 * outbox_upload_get_rung:
 * @self: an upload
 *
 * Gets what the server has confirmed.
 *
 * Returns: how far the server's receipt goes; %OUTBOX_RUNG_NONE if there is none
 */
OutboxRung outbox_upload_get_rung (OutboxUpload *self);

/**
 * outbox_upload_get_rule:
 * @self: an upload
 *
 * Gets the rule that says where it may travel.
 *
 * Returns: (transfer none) (nullable): its name
 */
const char *outbox_upload_get_rule (OutboxUpload *self);

/**
 * outbox_upload_get_attempts:
 * @self: an upload
 *
 * Gets how often it was tried.
 *
 * Returns: how many attempts have begun
 */
int outbox_upload_get_attempts (OutboxUpload *self);

/**
 * outbox_upload_get_has_copy:
 * @self: an upload
 *
 * Gets whether the broker has a copy of its own.
 *
 * Returns: whether a copy is on this device
 */
gboolean outbox_upload_get_has_copy (OutboxUpload *self);

/**
 * outbox_upload_get_created_at:
 * @self: an upload
 *
 * Gets when it was handed over.
 *
 * Returns: Unix milliseconds
 */
gint64 outbox_upload_get_created_at (OutboxUpload *self);

/**
 * outbox_upload_get_saved_at:
 * @self: an upload
 *
 * Gets when it was safe on this device.
 *
 * Returns: Unix milliseconds; 0 if it is not yet
 */
gint64 outbox_upload_get_saved_at (OutboxUpload *self);

/**
 * outbox_upload_get_updated_at:
 * @self: an upload
 *
 * Gets when it changed last.
 *
 * Returns: Unix milliseconds
 */
gint64 outbox_upload_get_updated_at (OutboxUpload *self);

/**
 * outbox_upload_get_done_at:
 * @self: an upload
 *
 * Gets when the server had confirmed it.
 *
 * Returns: Unix milliseconds; 0 if it has not yet
 */
gint64 outbox_upload_get_done_at (OutboxUpload *self);

/**
 * outbox_upload_get_until:
 * @self: an upload
 *
 * Gets when it goes on by itself.
 *
 * Returns: Unix milliseconds; 0 if that is not known
 */
gint64 outbox_upload_get_until (OutboxUpload *self);

/**
 * outbox_upload_dup_label:
 * @self: an upload
 *
 * Tells a person how it stands. A label that tells when something goes on grows old: what changes by the clock alone is not notified.
 *
 * Returns: (transfer full): the one line for a person, in the language of the process
 */
char *outbox_upload_dup_label (OutboxUpload *self);

/**
 * outbox_upload_dup_label_at:
 * @self: an upload
 * @length: for how much room
 *
 * As outbox_upload_dup_label(), for a notification or a page.
 *
 * Returns: (transfer full): the label
 */
char *outbox_upload_dup_label_at (OutboxUpload *self, OutboxLabelLength length);

/**
 * outbox_upload_dup_error:
 * @self: an upload
 *
 * Tells why the last attempt ended.
 *
 * Returns: (transfer full) (nullable): why the last attempt ended: the server's words
 */
char *outbox_upload_dup_error (OutboxUpload *self);

/**
 * outbox_upload_get_document:
 * @self: an upload
 *
 * Gets everything that the broker said.
 *
 * Returns: (transfer none): the whole document, of type a{sv}; its keys are in the interface XML
 */
GVariant *outbox_upload_get_document (OutboxUpload *self);

G_END_DECLS
