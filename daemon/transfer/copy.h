/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The saved copy of an upload: opening it, and what becomes of an upload whose copy cannot be opened or read. Blocking; any
 * thread.
 */
#pragma once

#include "transfer/job.h"

G_BEGIN_DECLS

/* In place of an errno: the copy has another size than it had. */
#define OB_COPY_RESIZED (-1)

/* Looks at a copy without opening it. Returns: 0, or an errno, EINVAL where something else is in its place; or OB_COPY_RESIZED. */
int ob_copy_look (const char *path, guint64 size_bytes);

/**
 * ob_copy_judge:
 * @path: of the copy
 * @fault_errno: why it cannot be opened or looked at: of ob_copy_look(), or the system's
 *
 * A folder that is not there tells of no file in it; nor does a system that has no descriptor or memory to spare, or a network
 * home that is away.
 *
 * Returns: %OUTBOX_REASON_FILE_MISSING, %OUTBOX_REASON_FILE_CHANGED, or %OUTBOX_REASON_NONE where it may come back
 */
OutboxReason ob_copy_judge (const char *path, int fault_errno);

/* Returns: (transfer full): the fault of ob_copy_judge() for a person. */
char *ob_copy_dup_words (int fault_errno);

/* Returns: a descriptor to read it with; -1: @result says why, and whether it is tried again. */
int ob_copy_open (const ObJob *job, ObAttemptResult *result);

/* What becomes of an upload whose copy is open and cannot be read, by the system's errno: EBADMSG where it is another than it
 * was; or OB_COPY_RESIZED. */
void ob_copy_set_fault (ObAttemptResult *result, int fault_errno, const char *words);

G_END_DECLS
