/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A table under a lock. Any thread.
 */
#include "transfer/facts.h"

struct _ObFacts
{
  gint refs;

  GMutex lock;         /* of the table */
  GHashTable *servers; /* URL of a destination → ObServerFacts, owned */
};

ObFacts *
ob_facts_new (void)
{
  ObFacts *facts = g_new0 (ObFacts, 1);

  facts->refs = 1;
  g_mutex_init (&facts->lock);
  facts->servers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return facts;
}

ObFacts *
ob_facts_ref (ObFacts *facts)
{
  g_atomic_int_inc (&facts->refs);

  return facts;
}

void
ob_facts_unref (ObFacts *facts)
{
  if (!g_atomic_int_dec_and_test (&facts->refs))
    return;
  g_hash_table_unref (facts->servers);
  g_mutex_clear (&facts->lock);
  g_free (facts);
}

ObServerFacts
ob_facts_get (ObFacts *facts, const char *url)
{
  ObServerFacts known = { 0 };
  const ObServerFacts *found;

  g_mutex_lock (&facts->lock);
  found = g_hash_table_lookup (facts->servers, url);
  if (found && found->until_us > g_get_monotonic_time ())
    known = *found;
  g_mutex_unlock (&facts->lock);

  return known;
}

void
ob_facts_put (ObFacts *facts, const char *url, const ObServerFacts *known)
{
  if (known->until_us == 0)
    return;
  g_mutex_lock (&facts->lock);
  (void) g_hash_table_replace (facts->servers, g_strdup (url), g_memdup2 (known, sizeof *known));
  g_mutex_unlock (&facts->lock);
}
