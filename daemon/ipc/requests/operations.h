/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The operations behind ob_request_run(), which has checked that the caller may ask for them and that their arguments are there,
 * with the right types. @value: of the operation's row in the table. Main thread.
 */
#pragma once

#include "ipc/requests/request.h"

G_BEGIN_DECLS

typedef void (*ObOperationRun) (const ObRequest *request, gint value);

/* uploads.c. @value of the command: an ObCommand. */
void ob_operation_submit (const ObRequest *request, gint value);
void ob_operation_create (const ObRequest *request, gint value);
void ob_operation_commit (const ObRequest *request, gint value);
void ob_operation_get_upload (const ObRequest *request, gint value);
void ob_operation_list_uploads (const ObRequest *request, gint value);
void ob_operation_get_history (const ObRequest *request, gint value);
void ob_operation_command_uploads (const ObRequest *request, gint value);

/* queue.c. @value: whether it is paused. */
void ob_operation_pause_queue (const ObRequest *request, gint value);
void ob_operation_allow_network (const ObRequest *request, gint value);
void ob_operation_summarise (const ObRequest *request, gint value);
void ob_operation_list_holds (const ObRequest *request, gint value);
void ob_operation_tell_conditions (const ObRequest *request, gint value);

/* groups.c. @value: whether they are paused. */
void ob_operation_list_groups (const ObRequest *request, gint value);
void ob_operation_get_group (const ObRequest *request, gint value);
void ob_operation_pause_groups (const ObRequest *request, gint value);
void ob_operation_send_groups_now (const ObRequest *request, gint value);

/* destinations.c. @value: whether it is paused. */
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

/* Ends a request: with one result; with none, where @error is %NULL; or with @error. */
void ob_request_answer (const ObRequest *request, const char *name, GVariant *value);
void ob_request_end (const ObRequest *request, const GError *error);

/* With a page of documents, of type aa{sv}. @cursor: (nullable): that leads on; NULL: there are no more. */
void ob_request_answer_page (const ObRequest *request, const char *name, GVariant *documents, const char *cursor);

/* An ObCommandDone that ends a request when a command is on the disk. Its data, once: */
void ob_request_on_commanded (const GError *error, gpointer answer);
gpointer ob_request_dup_answer (const ObRequest *request);

/* The same for an operation whose one result is the id of an upload: an ObSubmitDone. */
void ob_request_on_submitted (const char *id, const GError *error, gpointer answer);

/* The same where there is a file to write as well: an ObCreateDone. */
void ob_request_on_created (const char *id, int fd, const GError *error, gpointer answer);

/* The same where it is what a trial of a destination has found: an ObTrialDone. */
void ob_request_on_tried (const ObTrialReport *report, const GError *error, gpointer answer);

/* @name: of an argument that is a text. Returns: (transfer none). */
const char *ob_request_get_text (const ObRequest *request, const char *name);

/* Returns: (nullable): the app whose uploads alone the operation is about, for this caller. */
const char *ob_request_get_own_app (const ObRequest *request, ObOperation operation);

/* An upload that the caller may not see is to it as if it were not there. Errors: NotFound, Storage. */
ObUpload *ob_request_find_upload (const ObRequest *request, ObOperation operation, const char *id, GError **error);

/* Of a page. @limit: (out). Errors: InvalidArgument. */
gboolean ob_request_read_limit (GVariant *options, guint *limit, GError **error);

G_END_DECLS
