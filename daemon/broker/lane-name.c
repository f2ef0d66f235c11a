/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names of lanes. Pure.
 */
#include "broker/lane-name.h"

#include <string.h>

char *
ob_lane_dup_rule_name (const char *lane_rule)
{
  return g_strndup (lane_rule, strcspn (lane_rule, "@"));
}

char *
ob_lane_dup_key (const char *destination, const char *lane_rule)
{
  g_autofree char *name = ob_lane_dup_rule_name (lane_rule);

  return g_strconcat (destination, "/", name, NULL);
}
