/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lanes as values. No shared state.
 */
#include "model/lane.h"

ObLane
ob_lane_make (const char *destination, const char *rule, const char *sent_on)
{
  return (ObLane){ g_intern_string (destination), g_intern_string (rule), g_intern_string (sent_on) };
}

ObLane
ob_lane_of (const ObUpload *upload)
{
  return ob_lane_make (upload->destination, upload->rule, upload->sent_on);
}

gboolean
ob_lane_is_whole (const ObLane *lane)
{
  return lane->destination && lane->rule && lane->sent_on;
}

guint
ob_lane_hash (gconstpointer lane)
{
  const ObLane *of = lane;

  return (g_direct_hash (of->destination) * 31 + g_direct_hash (of->rule)) * 31 + g_direct_hash (of->sent_on);
}

gboolean
ob_lane_equal (gconstpointer a, gconstpointer b)
{
  const ObLane *left = a, *right = b;

  return left->destination == right->destination && left->rule == right->rule && left->sent_on == right->sent_on;
}

char *
ob_lane_dup_name (const ObLane *lane)
{
  return g_strconcat (lane->destination, "/", lane->rule, NULL);
}
