/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The receipt of an upload whose copy stays here, kept in the record beside the copy as well as in the row: a queue that has lost the
 * row, or has an older one, knows that it is done, and sends nothing a second time. The record has it before the row does, and
 * never while an attempt sends. The last two on a worker's thread, also one that was given up.
 */
#pragma once

#include "transfer/job.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * ob_kept_receipt_read:
 * @receipt: (out): filled where the record has a good one
 * @loss: (out): why it counts no more, since the server was asked again and has the file no longer; %OUTBOX_REASON_NONE: it counts
 *
 * Returns: FALSE if the record has a receipt that cannot be read; TRUE if it has a good one or none
 */
gboolean ob_kept_receipt_read (JsonObject *record, ObReceipt *receipt, OutboxReason *loss);

/* Before an attempt. Returns: (transfer full) (nullable): its end, where the record has the receipt that the row lacks and that is as
 * good as what is promised; %NULL: it has to run, and the record has no receipt now */
ObAttemptResult *ob_kept_receipt_answer (ObJob *job);

/* After an attempt or a check: keeps the receipt, or that the server has the file no longer. A disk that does not take it is no
 * reason not to be done: that is logged. */
void ob_kept_receipt_note (const ObJob *job, const ObAttemptResult *result);

G_END_DECLS
