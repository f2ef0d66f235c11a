/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Chooses what runs. Pure.
 */
#include "broker/scheduler.h"

/* A choice in the making. Tables borrow their strings from candidates and running attempts. */
typedef struct
{
  const ObCandidate *candidates;
  guint n_candidates;
  const ObRunning *running;
  guint n_running;
  guint n_busy;       /* places taken */
  guint n_left;       /* number of attempts that take no place */
  GHashTable *busy;   /* destination → attempts */
  GHashTable *left;   /* destination → attempts that take no place */
  GHashTable *asking; /* destination → attempts that ask */
  GHashTable *probes; /* destination → the ObCandidate that may try it */
  GHashTable *served; /* app → its place among those served by this choice */
  GHashTable *taken;  /* ids that run, were chosen, are being stopped, or that something is stopped for */
  ObChoice *choice;
} Choosing;

void
ob_choice_free (ObChoice *choice)
{
  g_ptr_array_unref (choice->start);
  g_array_unref (choice->stop);
  g_free (choice);
}

static guint
count (GHashTable *table, const char *key)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (table, key));
}

static void
take_place (Choosing *self, const char *id, const char *destination, gboolean is_asking)
{
  g_hash_table_add (self->taken, (gpointer) id);
  g_hash_table_insert (self->busy, (gpointer) destination, GUINT_TO_POINTER (count (self->busy, destination) + 1));
  if (is_asking)
    g_hash_table_insert (self->asking, (gpointer) destination,
                         GUINT_TO_POINTER (count (self->asking, destination) + 1));
  self->n_busy++;
}

/* Returns: whether the running attempt takes no place */
static gboolean
leave (Choosing *self, const ObRunning *running)
{
  guint n_left = count (self->left, running->destination);

  if (!running->is_left || self->n_left >= OB_SCHEDULER_MAX_LEFT || n_left >= OB_SCHEDULER_MAX_LEFT_PER_DESTINATION)
    return FALSE;
  g_hash_table_insert (self->left, (gpointer) running->destination, GUINT_TO_POINTER (n_left + 1));
  self->n_left++;

  return TRUE;
}

/* Returns: whether @a comes before @b. */
static gboolean
is_before (const Choosing *self, const ObCandidate *a, const ObCandidate *b)
{
  guint a_now = count (self->served, a->app), b_now = count (self->served, b->app);

  if (a->is_promised != b->is_promised)
    return a->is_promised;
  if (a->priority + a->age != b->priority + b->age)
    return a->priority + a->age > b->priority + b->age;
  if (a_now != b_now)
    return a_now < b_now;
  if (a->served != b->served)
    return a->served < b->served;

  return a->number < b->number;
}

/* Returns: whether @a is the better one to try the destination with. */
static gboolean
is_better_probe (const Choosing *self, const ObCandidate *a, const ObCandidate *b)
{
  if (a->failures != b->failures)
    return a->failures < b->failures;

  return a->is_newest_first ? a->number > b->number : is_before (self, a, b);
}

static void
choose_probes (Choosing *self)
{
  for (guint i = 0; i < self->n_candidates; i++)
    {
      const ObCandidate *candidate = &self->candidates[i];
      const ObCandidate *best = g_hash_table_lookup (self->probes, candidate->destination);

      if (candidate->is_probe_only && !g_hash_table_contains (self->taken, candidate->id)
          && (!best || is_better_probe (self, candidate, best)))
        g_hash_table_insert (self->probes, (gpointer) candidate->destination, (gpointer) candidate);
    }
}

static gboolean
has_place (const Choosing *self, const ObCandidate *candidate)
{
  guint attempts = count (self->busy, candidate->destination);

  if (candidate->is_probe_only)
    return attempts == 0 && g_hash_table_lookup (self->probes, candidate->destination) == candidate;

  return attempts < OB_SCHEDULER_MAX_PER_DESTINATION
         && (!candidate->is_asking || count (self->asking, candidate->destination) < OB_SCHEDULER_MAX_ASKING);
}

static void
start (Choosing *self)
{
  const ObCandidate *best;

  do
    {
      best = NULL;
      for (guint i = 0; i < self->n_candidates && self->n_busy < OB_SCHEDULER_MAX_ATTEMPTS; i++)
        {
          const ObCandidate *candidate = &self->candidates[i];

          if (!g_hash_table_contains (self->taken, candidate->id) && has_place (self, candidate)
              && (!best || is_before (self, candidate, best)))
            best = candidate;
        }
      if (!best)
        break;
      take_place (self, best->id, best->destination, best->is_asking);
      g_ptr_array_add (self->choice->start, (gpointer) best);
      g_hash_table_insert (self->served, (gpointer) best->app, GUINT_TO_POINTER (self->choice->start->len));
    }
  while (TRUE);
}

/* Returns: whether one attempt ranks below another; of equals the later one makes room. */
static gboolean
is_lower (const ObRunning *a, const ObRunning *b)
{
  return a->priority != b->priority ? a->priority < b->priority : a->number > b->number;
}

/* Returns: (nullable): the attempt that makes room for the candidate */
static const ObRunning *
find_victim (const Choosing *self, const ObCandidate *candidate)
{
  gboolean is_destination_full = count (self->busy, candidate->destination) >= OB_SCHEDULER_MAX_PER_DESTINATION;
  const ObRunning *victim = NULL;

  for (guint i = 0; i < self->n_running; i++)
    {
      const ObRunning *running = &self->running[i];

      if (running->is_asking || running->is_left || running->is_stopping || running->priority >= candidate->priority
          || !g_hash_table_contains (self->taken, running->id)
          || (is_destination_full && !g_str_equal (running->destination, candidate->destination)))
        continue;
      if (!victim || is_lower (running, victim))
        victim = running;
    }

  return victim;
}

/* A question to a server, or a try of one that just failed, is not worth stopping anything for. A candidate that was
 * promised a place gets it when it is free. */
static gboolean
may_preempt (const Choosing *self, const ObCandidate *candidate)
{
  return !candidate->is_asking && !candidate->is_probe_only && !candidate->is_promised
         && !g_hash_table_contains (self->taken, candidate->id);
}

static void
stop (Choosing *self)
{
  while (TRUE)
    {
      const ObCandidate *best = NULL;
      const ObRunning *victim = NULL;
      ObPreemption preemption;

      for (guint i = 0; i < self->n_candidates; i++)
        {
          const ObCandidate *candidate = &self->candidates[i];
          const ObRunning *running;

          if (!may_preempt (self, candidate)
              || (best
                  && (best->priority > candidate->priority
                      || (best->priority == candidate->priority && best->number < candidate->number))))
            continue;
          running = find_victim (self, candidate);
          if (running)
            {
              best = candidate;
              victim = running;
            }
        }
      if (!best)
        return;
      preemption = (ObPreemption){ victim->id, best->id };
      g_array_append_val (self->choice->stop, preemption);
      (void) g_hash_table_remove (self->taken, victim->id);
      g_hash_table_add (self->taken, (gpointer) best->id);
    }
}

ObChoice *
ob_scheduler_choose (const ObCandidate *candidates, guint n_candidates, const ObRunning *running, guint n_running)
{
  g_autoptr (GHashTable) busy = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) left = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) asking = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) probes = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) served = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) taken = g_hash_table_new (g_str_hash, g_str_equal);
  ObChoice *choice = g_new0 (ObChoice, 1);
  Choosing self
      = { candidates, n_candidates, running, n_running, 0, 0, busy, left, asking, probes, served, taken, choice };

  choice->start = g_ptr_array_new ();
  choice->stop = g_array_new (FALSE, FALSE, sizeof (ObPreemption));
  for (guint i = 0; i < n_running; i++)
    {
      if (leave (&self, &running[i]))
        g_hash_table_add (taken, (gpointer) running[i].id);
      else
        take_place (&self, running[i].id, running[i].destination, running[i].is_asking);
    }
  choose_probes (&self);
  start (&self);
  stop (&self);

  return choice;
}
