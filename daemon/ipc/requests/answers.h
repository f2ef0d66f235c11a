/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What operations share: how a request ends, at once or when its command is on the disk, and what its arguments are about. Main
 * thread.
 */
#pragma once

#include "ipc/requests/request.h"

G_BEGIN_DECLS

/* Ends a request with one result; without any, if @error is %NULL; or with @error. */
void ob_request_answer (const ObRequest *request, const char *name, GVariant *value);
void ob_request_end (const ObRequest *request, const GError *error);

/* Ends it with a page of documents, an aa{sv}. @cursor: (nullable): to the next page; NULL: there is none */
void ob_request_answer_page (const ObRequest *request, const char *name, GVariant *documents, const char *cursor);

/* An ObCommandDone that ends the request once the command is on the disk. Its data can be used once: */
void ob_request_on_commanded (const GError *error, gpointer answer);
gpointer ob_request_dup_answer (const ObRequest *request);

/* The same as an ObSubmitDone: the result is the upload's id. */
void ob_request_on_submitted (const char *id, const GError *error, gpointer answer);

/* The same as an ObCreateDone: the result is the id and a file to write. */
void ob_request_on_created (const char *id, int fd, const GError *error, gpointer answer);

/* The same as an ObTrialDone: the result is what a trial has found. */
void ob_request_on_tried (const ObTrialReport *report, const GError *error, gpointer answer);

/* --- Its arguments --- */

/* @name: of a text argument. Returns: (transfer none) */
const char *ob_request_get_text (const ObRequest *request, const char *name);

/* Returns: (nullable): the app that the operation is limited to for this caller */
const char *ob_request_get_own_app (const ObRequest *request, ObOperation operation);

/* Finds an upload. One that the caller may not see is NotFound. Errors: NotFound, Storage. */
ObUpload *ob_request_find_upload (const ObRequest *request, ObOperation operation, const char *id, GError **error);

/* Reads the limit of a page. @limit: (out). Errors: InvalidArgument. */
gboolean ob_request_read_limit (GVariant *options, guint *limit, GError **error);

G_END_DECLS
