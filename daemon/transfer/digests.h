/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The digests that the blocks of a saved copy must match. Blocking; worker thread.
 */
#pragma once

#include "transfer/deadline.h"
#include "transfer/job.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/**
 * ob_digests_find:
 * @fd: of the copy
 * @deadline: kept while the file is read
 * @digests: (out) (transfer full) (nullable): see base/blocks.h; NULL where nothing is known of the file
 *
 * Takes them from the copy's record. A record of version 0.1.0 has none: then the whole copy is read once, and if its SHA-256
 * is the upload's, the digests of its blocks are those of the bytes handed over.
 *
 * Returns: FALSE where nothing may be sent; @result says why
 */
gboolean ob_digests_find (int fd, const ObJob *job, ObDeadline *deadline, ObStop *stop, GBytes **digests,
                          ObAttemptResult *result);

/* Opens the copy and gets the digests of its blocks. Returns: a descriptor to read from; -1 if nothing may be sent, with
 * the reason in @result. */
int ob_digests_open_copy (const ObJob *job, ObDeadline *deadline, ObStop *stop, GBytes **digests,
                          ObAttemptResult *result);

G_END_DECLS
