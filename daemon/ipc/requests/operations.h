/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The operations behind ob_request_run(), which has checked access and the types of the arguments. @value: from the
 * operation's row in the table. Main thread.
 */
#pragma once

#include "ipc/requests/request.h"

G_BEGIN_DECLS

typedef void (*ObOperationRun) (const ObRequest *request, gint value);

/* uploads.c. @value of the command: an ObCommand */
void ob_operation_submit (const ObRequest *request, gint value);
void ob_operation_create (const ObRequest *request, gint value);
void ob_operation_commit (const ObRequest *request, gint value);
void ob_operation_get_upload (const ObRequest *request, gint value);
void ob_operation_list_uploads (const ObRequest *request, gint value);
void ob_operation_get_history (const ObRequest *request, gint value);
void ob_operation_command_uploads (const ObRequest *request, gint value);

/* queue.c. @value: TRUE pauses it */
void ob_operation_pause_queue (const ObRequest *request, gint value);
void ob_operation_allow_network (const ObRequest *request, gint value);
void ob_operation_summarise (const ObRequest *request, gint value);
void ob_operation_list_holds (const ObRequest *request, gint value);
void ob_operation_tell_conditions (const ObRequest *request, gint value);
void ob_operation_tell_address (const ObRequest *request, gint value);

/* groups.c. @value: TRUE pauses them */
void ob_operation_list_groups (const ObRequest *request, gint value);
void ob_operation_get_group (const ObRequest *request, gint value);
void ob_operation_pause_groups (const ObRequest *request, gint value);
void ob_operation_send_groups_now (const ObRequest *request, gint value);

/* destinations.c. @value: TRUE pauses it */
void ob_operation_list_destinations (const ObRequest *request, gint value);
void ob_operation_set_destination (const ObRequest *request, gint value);
void ob_operation_remove_destination (const ObRequest *request, gint value);
void ob_operation_pause_destination (const ObRequest *request, gint value);
void ob_operation_try_destination (const ObRequest *request, gint value);

/* policy.c */
void ob_operation_get_policy (const ObRequest *request, gint value);
void ob_operation_set_policy (const ObRequest *request, gint value);
void ob_operation_check_policy (const ObRequest *request, gint value);
void ob_operation_explain (const ObRequest *request, gint value);

/* --- What they share, in request.c --- */

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

/* @name: of a text argument. Returns: (transfer none) */
const char *ob_request_get_text (const ObRequest *request, const char *name);

/* Returns: (nullable): the app that the operation is limited to for this caller */
const char *ob_request_get_own_app (const ObRequest *request, ObOperation operation);

/* Finds an upload. One that the caller may not see is NotFound. Errors: NotFound, Storage. */
ObUpload *ob_request_find_upload (const ObRequest *request, ObOperation operation, const char *id, GError **error);

/* Reads the limit of a page. @limit: (out). Errors: InvalidArgument. */
gboolean ob_request_read_limit (GVariant *options, guint *limit, GError **error);

G_END_DECLS
