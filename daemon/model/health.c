/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The record of a destination's health. No shared state.
 */
#include "model/health.h"

void
ob_health_init (ObHealth *health)
{
  *health = (ObHealth){ 0 };
  health->suspects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  health->refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  health->own = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
ob_health_clear (ObHealth *health)
{
  g_clear_pointer (&health->trouble, g_free);
  g_clear_pointer (&health->refused_id, g_free);
  g_clear_pointer (&health->success_id, g_free);
  g_clear_pointer (&health->suspect_id, g_free);
  g_clear_pointer (&health->suspects, g_hash_table_unref);
  g_clear_pointer (&health->refused, g_hash_table_unref);
  g_clear_pointer (&health->own, g_hash_table_unref);
}
