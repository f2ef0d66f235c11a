/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a broker has in memory, against what a second one makes of the same database when it is loaded anew. Main thread.
 */
#pragma once

#include "support/rig.h"

G_BEGIN_DECLS

/* Everything that callers can see, and what decides where bytes may go, as text: uploads with their status and what holds
 * them, groups, the summary, destinations with settings and health, holds, what each rule would hold at each destination, and
 * what metered networks have carried. Returns: (transfer full) */
char *test_memory_dup (ObBroker *broker);

/* The memory of the rig's broker is that of one that was loaded anew, and no attempt runs that such a one would not let run. */
void test_memory_assert_fresh (TestRig *rig, const char *where);

/* The attempts that nobody has asked to stop. Returns: (transfer full) */
char *test_memory_dup_attempts (TestRig *rig);

/* Once the disk works again: what the database was told last of the lanes is what holds them. */
void test_memory_assert_lanes_are_told (TestRig *rig, const char *where);

G_END_DECLS
