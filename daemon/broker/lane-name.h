/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of lanes. A lane is a destination and a rule. Its rule is RULE, or RULE@NETWORK for what a person sends now on one
 * network; people are told RULE alone. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): the name of a lane's rule; and a lane's name in holds, destination/rule */
char *ob_lane_dup_rule_name (const char *lane_rule);
char *ob_lane_dup_key (const char *destination, const char *lane_rule);

G_END_DECLS
