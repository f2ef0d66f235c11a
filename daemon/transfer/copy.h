/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opens the saved copy of an upload, and decides what becomes of an upload whose copy cannot be opened or read. Blocking;
 * any thread.
 */
#pragma once

#include "transfer/job.h"

G_BEGIN_DECLS

/* Used in place of an errno: the copy's size has changed. */
#define OB_COPY_RESIZED (-1)

/* Looks at a copy without opening it. Returns: 0 if it is good; an errno, EINVAL if it is not a regular file; or
 * OB_COPY_RESIZED. */
int ob_copy_look (const char *path, guint64 size_bytes);

/**
 * ob_copy_judge:
 * @path: of the copy
 * @fault_errno: why it cannot be opened or looked at: of ob_copy_look(), or the system's
 *
 * A missing folder does not mean that its files are lost; nor does a lack of descriptors or memory, or a network home that is
 * away.
 *
 * Returns: %OUTBOX_REASON_FILE_MISSING, %OUTBOX_REASON_FILE_CHANGED, or %OUTBOX_REASON_NONE where it may come back
 */
OutboxReason ob_copy_judge (const char *path, int fault_errno);

/* Returns: (transfer full): that fault in words for a person */
char *ob_copy_dup_words (int fault_errno);

/* Returns: a descriptor to read from; -1 with the reason in @result, which says whether it is tried again. */
int ob_copy_open (const ObJob *job, ObAttemptResult *result);

/* Ends the attempt by a copy that is open and cannot be read. @fault_errno: EBADMSG if its bytes have changed,
 * OB_COPY_RESIZED, or the system's errno */
void ob_copy_set_fault (ObAttemptResult *result, int fault_errno, const char *words);

G_END_DECLS
