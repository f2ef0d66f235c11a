/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds out what an upload would meet at a destination, without sending a byte of a file: whether the server can be
 * reached, encrypts, speaks the protocol and wants a sign-in, and whether its confirm URL and its amend URL answer. Worker thread.
 */
#pragma once

#include "transfer/protocol.h"

G_BEGIN_DECLS

/* Asks the server and the confirm URL about an upload that nobody has made, by the job's id, and the amend URL whether it takes changes. @result is done where an upload
 * would go through; else it says what is in the way, as the result of an attempt does. */
void ob_trial_run (const ObProtocol *protocol, ObConnection *connection, const ObJob *job,
                   const ObCheckpoints *checkpoints, gpointer user_data, ObAttemptResult *result, ObStop *stop);

G_END_DECLS
