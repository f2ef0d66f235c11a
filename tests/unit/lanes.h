/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules and uploads for the tests of what lanes wait for, on a TestRig. Main thread.
 */
#pragma once

#include "support/rig.h"

G_BEGIN_DECLS

#define LANES_VIDEO "[Rule video]\nmatch-type=video/*\nnetworks=wifi;ethernet\npriority=-10\n"
#define LANES_ASKED "[Rule large]\nmin-size=1\nmetered=ask\n"

/* In place of those that were in force. */
void lanes_set_rules (TestRig *rig, const char *text);

/* A connection of that kind, which has been up long enough to be believed. */
void lanes_connect (TestRig *rig, const char *name, ObLink link, ObMetered metered);

char *lanes_submit (TestRig *rig, const char *media_type);

/* Returns: how many rows the journal has of that scope. */
gint64 lanes_count_rows (TestRig *rig, const char *scope);

/* Fails the test where it is refused. */
gboolean lanes_command (TestRig *rig, ObCommand what, const char *id);

G_END_DECLS
