/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The waits that rows of the database have: of uploads that retry or begin at a time, and of what servers are to let go of. It
 * has no memory of its own. A member of the queue, joined with the queue itself as its instance; main thread.
 */
#pragma once

#include "broker/queue.h"

G_BEGIN_DECLS

extern const ObMember ob_waits_member;

G_END_DECLS
