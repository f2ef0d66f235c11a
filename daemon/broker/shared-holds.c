/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists of holds. Each hold owns its key. Pure.
 */
#include "broker/shared-holds.h"

static void
clear_hold (gpointer data)
{
  g_free (((ObSharedHold *) data)->key);
}

GArray *
ob_shared_holds_new (void)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (ObSharedHold));

  g_array_set_clear_func (list, clear_hold);

  return list;
}

void
ob_shared_holds_add (GArray *list, const ObHold *hold, char *key, const char *trouble)
{
  const ObSharedHold shared = { *hold, key, trouble };

  g_array_append_val (list, shared);
}

void
ob_shared_holds_add_once (GArray *list, const ObHold *hold, char *key)
{
  for (guint i = 0; i < list->len; i++)
    {
      const ObSharedHold *other = &g_array_index (list, ObSharedHold, i);

      if (other->hold.scope == hold->scope && other->hold.reason == hold->reason && g_str_equal (other->key, key))
        {
          g_free (key);
          return;
        }
    }
  ob_shared_holds_add (list, hold, key, NULL);
}
