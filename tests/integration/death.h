/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A daemon that dies at a crash point with files of several sizes under way, and what is to hold when it is back. Main thread.
 */
#pragma once

#include "support/handover.h"

G_BEGIN_DECLS

/* Returns: (transfer full): a file of each size to be handed over. */
TestHandover *death_handover_new (TestBroker *broker);

/* All of it again, and to the end. */
void death_finish (TestHandover *handover, const char *what);

void death_start (TestHandover *handover, const char *crash_at);

void death_die_at (TestHandover *handover, const char *crash_at);

G_END_DECLS
