/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A table that has whoever has one, and nobody else. Pure.
 */
#include "ipc/rest/tally.h"

struct _ObTally
{
  GHashTable *counts; /* owned string → how many */
};

ObTally *
ob_tally_new (void)
{
  ObTally *tally = g_new0 (ObTally, 1);

  tally->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return tally;
}

void
ob_tally_free (ObTally *tally)
{
  g_hash_table_unref (tally->counts);
  g_free (tally);
}

guint
ob_tally_get (const ObTally *tally, const char *whose)
{
  return whose ? GPOINTER_TO_UINT (g_hash_table_lookup (tally->counts, whose)) : 0;
}

static void
set (ObTally *tally, const char *whose, guint n)
{
  if (n > 0)
    (void) g_hash_table_replace (tally->counts, g_strdup (whose), GUINT_TO_POINTER (n));
  else
    (void) g_hash_table_remove (tally->counts, whose);
}

void
ob_tally_add (ObTally *tally, const char *whose)
{
  set (tally, whose, ob_tally_get (tally, whose) + 1);
}

void
ob_tally_remove (ObTally *tally, const char *whose)
{
  guint n = ob_tally_get (tally, whose);

  g_return_if_fail (n > 0);
  set (tally, whose, n - 1);
}
