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
void ob_operation_read_log (const ObRequest *request, gint value);
void ob_operation_amend_upload (const ObRequest *request, gint value);
void ob_operation_command_uploads (const ObRequest *request, gint value);

/* queue.c. @value: TRUE pauses it */
void ob_operation_pause_queue (const ObRequest *request, gint value);
void ob_operation_resume_for (const ObRequest *request, gint value);
void ob_operation_allow_network (const ObRequest *request, gint value);
void ob_operation_summarise (const ObRequest *request, gint value);
void ob_operation_tell_statistics (const ObRequest *request, gint value);
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
void ob_operation_get_destination (const ObRequest *request, gint value);
void ob_operation_set_destination (const ObRequest *request, gint value);
void ob_operation_remove_destination (const ObRequest *request, gint value);
void ob_operation_pause_destination (const ObRequest *request, gint value);
void ob_operation_try_destination (const ObRequest *request, gint value);
void ob_operation_sign_in (const ObRequest *request, gint value);
void ob_operation_sign_out (const ObRequest *request, gint value);

/* access.c */
void ob_operation_list_apps (const ObRequest *request, gint value);
void ob_operation_approve_app (const ObRequest *request, gint value);
void ob_operation_deny_app (const ObRequest *request, gint value);
void ob_operation_revoke_app (const ObRequest *request, gint value);
void ob_operation_open_dashboard (const ObRequest *request, gint value);

/* policy.c */
void ob_operation_get_policy (const ObRequest *request, gint value);
void ob_operation_set_policy (const ObRequest *request, gint value);
void ob_operation_check_policy (const ObRequest *request, gint value);
void ob_operation_explain (const ObRequest *request, gint value);

G_END_DECLS
