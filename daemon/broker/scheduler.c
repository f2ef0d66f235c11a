/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The choice of what runs. Pure.
 */
#include "broker/scheduler.h"

static gint
compare_candidates (gconstpointer a, gconstpointer b)
{
  const ObCandidate *left = *(const ObCandidate *const *) a;
  const ObCandidate *right = *(const ObCandidate *const *) b;

  if (left->priority != right->priority)
    return left->priority > right->priority ? -1 : 1;
  if (left->number != right->number)
    return left->number < right->number ? -1 : 1;

  return 0;
}

static GPtrArray *
in_order (const ObCandidate *candidates, guint n_candidates)
{
  GPtrArray *order = g_ptr_array_sized_new (n_candidates);

  for (guint i = 0; i < n_candidates; i++)
    g_ptr_array_add (order, (gpointer) &candidates[i]);
  g_ptr_array_sort (order, compare_candidates);

  return order;
}

GPtrArray *
ob_scheduler_choose (const ObCandidate *candidates, guint n_candidates, const ObRunning *running, guint n_running)
{
  g_autoptr (GPtrArray) order = in_order (candidates, n_candidates);
  g_autoptr (GHashTable) busy = g_hash_table_new (g_str_hash, g_str_equal);  /* destination → attempts */
  g_autoptr (GHashTable) taken = g_hash_table_new (g_str_hash, g_str_equal); /* ids that run or were chosen */
  GPtrArray *chosen = g_ptr_array_new ();

  for (guint i = 0; i < n_running; i++)
    {
      guint attempts = GPOINTER_TO_UINT (g_hash_table_lookup (busy, running[i].destination));

      g_hash_table_insert (busy, (gpointer) running[i].destination, GUINT_TO_POINTER (attempts + 1));
      g_hash_table_add (taken, (gpointer) running[i].id);
    }
  for (guint i = 0; i < order->len && n_running + chosen->len < OB_SCHEDULER_MAX_ATTEMPTS; i++)
    {
      const ObCandidate *candidate = order->pdata[i];
      guint attempts = GPOINTER_TO_UINT (g_hash_table_lookup (busy, candidate->destination));
      guint most = candidate->is_probe_only ? 1 : OB_SCHEDULER_MAX_PER_DESTINATION;

      if (attempts >= most || !g_hash_table_add (taken, (gpointer) candidate->id))
        continue;
      g_hash_table_insert (busy, (gpointer) candidate->destination, GUINT_TO_POINTER (attempts + 1));
      g_ptr_array_add (chosen, (gpointer) candidate->id);
    }

  return chosen;
}
