/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How lanes are called: by destination and rule. A lane's rule is RULE, or RULE@NETWORK for what a person has let through on one
 * network only, which people are not told. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): the name of the rule that a lane has; and how holds name the lane, as destination/rule. */
char *ob_lane_dup_rule_name (const char *lane_rule);
char *ob_lane_dup_key (const char *destination, const char *lane_rule);

G_END_DECLS
