/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The waits in rows of the database: uploads that retry or begin at a time, and follow-ups. No memory of its own. A
 * member of the queue, whose instance is the queue itself; main thread.
 */
#pragma once

#include "broker/queue.h"

G_BEGIN_DECLS

extern const ObMember ob_waits_member;

G_END_DECLS
