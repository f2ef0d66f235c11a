/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an app says of its file: checked, and made an upload. Private to the broker.
 */
#pragma once

#include "broker/broker.h"

G_BEGIN_DECLS

/* Errors: InvalidArgument. */
gboolean ob_submission_check (const ObSubmission *submission, gint64 now_ms, GError **error);

/* Of a submission that was checked. @fd: borrowed: the file, which is asked for nothing but its name. Returns: (transfer full):
 * an upload with a new id, saving; size, and type where the app did not say it, come with a look at the file. */
ObUpload *ob_submission_make_upload (const ObSubmission *submission, const char *destination, int fd, gint64 now_ms);

G_END_DECLS
