/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of the client.
 */
#pragma once

#include "outbox-client.h"
#include "outbox-command.h"
#include "outbox-document.h"
#include "outbox-submit.h"

#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

#define OUTBOX_INTERFACE_PREFIX "org.outbox.Outbox1."

/* @error: (transfer full): of a bus that could not be had. Returns: (transfer full): the same with what helps */
G_GNUC_INTERNAL GError *outbox_client_no_bus (GError *error);

/* Text that the bus can carry. */
G_GNUC_INTERNAL gboolean outbox_client_is_text (const char *text);
G_GNUC_INTERNAL gboolean outbox_client_are_texts (const char *const *texts);

/* Answers a call whose arguments make no sense, so that nobody waits for it. Returns: whether that was so: %FALSE if @is_good */
G_GNUC_INTERNAL gboolean outbox_client_refuses (OutboxClient *self, gboolean is_good, GAsyncReadyCallback callback,
                                                gpointer user_data);

/* When a call that did not succeed is made again. */
typedef enum
{
  OUTBOX_CLIENT_ASKS,    /* the broker died while it worked on it; where none was there, the caller is told at once */
  OUTBOX_CLIENT_RECORDS, /* no broker was there, or it ended */
  OUTBOX_CLIENT_HANDS_OVER, /* the same, and for as long as the broker has too many files to look at */
} OutboxClientPatience;

/* Returns: (transfer full): what every call of a client without a connection ends with */
G_GNUC_INTERNAL GError *outbox_client_not_connected (void);

/* @error: (transfer full). Returns: (transfer full): of our domain, unless the call was cancelled */
G_GNUC_INTERNAL GError *outbox_client_translate (GError *error);

/* A call of Uploads that is to save something, and has no time limit. It has to do the same once or twice. @parameters: taken if
 * floating; @fds: (nullable): those that they speak of. outbox_client_call_finish() has its answer */
G_GNUC_INTERNAL void outbox_client_save_async (OutboxClient *self, OutboxClientPatience patience, const char *method,
                                               GVariant *parameters, GUnixFDList *fds, GCancellable *cancellable,
                                               GAsyncReadyCallback callback, gpointer user_data);

/* The descriptors are open for as long as the list lives: a file that has a writer is not taken. @result: of a call that succeeded.
 * Returns: (transfer full) (nullable): those that came with its answer */
G_GNUC_INTERNAL GUnixFDList *outbox_client_take_answered_fds (GAsyncResult *result);

/* Returns: floating: @options with a submit key, made if there is none */
G_GNUC_INTERNAL GVariant *outbox_client_add_key (GVariant *options);

/* Has the upload show another document, and tells of what changed by that. */
G_GNUC_INTERNAL void outbox_upload_replace (OutboxUpload *self, GVariant *document);

#define OUTBOX_UPLOAD_N_PROPERTIES 31
G_GNUC_INTERNAL const OutboxProperty *outbox_upload_list_properties (void);

G_END_DECLS
