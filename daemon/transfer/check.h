/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks a server again what it has of an upload that was done. Sends nothing of a file.
 */
#pragma once

#include "transfer/protocol.h"

G_BEGIN_DECLS

/* Asks the confirm URL, or else the protocol where the file was left. The answer is in @result: its check, the rung in its receipt, and
 * the server's words; without a check it was not answered, and can be asked again. @job: promises no more than stored. Worker
 * thread. */
void ob_check_run (const ObProtocol *protocol, ObConnection *connection, const ObJob *job, ObAttemptResult *result,
                   ObStop *stop);

/**
 * ob_check_find_loss:
 * @had: the receipt of before
 * @is_doubted: it was said once already that the file is gone: a proxy says so while the server behind it restarts
 *
 * Pure. Returns: why the upload is not done any more; %OUTBOX_REASON_NONE: it still is, or that is not known
 */
OutboxReason ob_check_find_loss (const ObReceipt *had, const ObAttemptResult *result, gboolean is_doubted);

G_END_DECLS
