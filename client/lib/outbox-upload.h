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
 * An upload at one moment: it does not change, a new one comes with each signal of #OutboxClient.
 */
G_DECLARE_FINAL_TYPE (OutboxUpload, outbox_upload, OUTBOX, UPLOAD, GObject)

/**
 * outbox_upload_get_id:
 * @self: an upload
 *
 * Returns: (transfer none): its id
 */
const char *outbox_upload_get_id (OutboxUpload *self);

/**
 * outbox_upload_get_name:
 * @self: an upload
 *
 * Returns: (transfer none): the file's name
 */
const char *outbox_upload_get_name (OutboxUpload *self);

/**
 * outbox_upload_get_group:
 * @self: an upload
 *
 * Returns: (transfer none) (nullable): the key of its group
 */
const char *outbox_upload_get_group (OutboxUpload *self);

/**
 * outbox_upload_get_state:
 * @self: an upload
 *
 * Returns: its public state
 */
OutboxState outbox_upload_get_state (OutboxUpload *self);

/**
 * outbox_upload_get_reason:
 * @self: an upload
 *
 * Returns: the reason to tell first
 */
OutboxReason outbox_upload_get_reason (OutboxUpload *self);

/**
 * outbox_upload_get_needs_user:
 * @self: an upload
 *
 * Returns: whether nothing happens until a person acts
 */
gboolean outbox_upload_get_needs_user (OutboxUpload *self);

/**
 * outbox_upload_get_size:
 * @self: an upload
 *
 * Returns: the file's size in bytes
 */
guint64 outbox_upload_get_size (OutboxUpload *self);

/**
 * outbox_upload_get_offset:
 * @self: an upload
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
 * outbox_upload_get_saved:
 * @self: an upload
 *
 * Returns: bytes that are in the spool, of a file that is being saved; its size after that
 */
guint64 outbox_upload_get_saved (OutboxUpload *self);

/**
 * outbox_upload_get_rung:
 * @self: an upload
 *
 * Returns: how far the server's receipt goes; %OUTBOX_RUNG_NONE if there is none
 */
OutboxRung outbox_upload_get_rung (OutboxUpload *self);

/**
 * outbox_upload_dup_label:
 * @self: an upload
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
 * Returns: (transfer full) (nullable): why the last attempt ended: the server's words
 */
char *outbox_upload_dup_error (OutboxUpload *self);

/**
 * outbox_upload_get_document:
 * @self: an upload
 *
 * Returns: (transfer none): the whole document, of type a{sv}; its keys are in the interface XML
 */
GVariant *outbox_upload_get_document (OutboxUpload *self);

/**
 * outbox_upload_new_for_document:
 * @document: a{sv}
 *
 * Returns: (transfer full): an upload
 */
OutboxUpload *outbox_upload_new_for_document (GVariant *document);

G_END_DECLS
