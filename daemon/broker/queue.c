/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns, the members that take part in them, and the alarm. Owns the turn and the list of changes. Main thread.
 */
#include "broker/queue.h"

#include "base/disk.h"

/* A smaller difference is no jump: nobody sets a clock by so little, and a clock drifts by as much in years. */
#define JUMP_LEAST_MS 2000

typedef struct
{
  const ObMember *member;
  gpointer instance;
  gint64 next_ms;      /* as it last said */
  gint64 heard_gap_ms; /* wall clock less time since boot, when it said that */
  gint64 kept_gap_ms;  /* heard_gap_ms at the last commit: a rollback brings back times of then */
} Joined;

/* The changes of a turn, told when it is committed. */
typedef struct
{
  ObQueue *queue;
  ObChanges changes;
  GHashTable *changing; /* set of ids: touched, and perhaps rolled back */
  guint turn;
} Flush;

struct _ObQueue
{
  ObDatabase *database; /* borrowed, as is the next */
  ObClock *clock;
  ObTurn *turn;
  GArray *members; /* of Joined */
  Flush *flush;    /* borrowed from the turn; NULL: there is nothing to tell */

  gboolean has_alarm_on; /* members are woken by the alarm */
  gint64 alarm_ms;       /* the alarm set at the clock; 0: none */
};

static void
note_trouble (ObQueue *queue)
{
  for (guint i = 0; i < queue->members->len; i++)
    {
      const Joined *joined = &g_array_index (queue->members, Joined, i);

      if (joined->member->troubled)
        joined->member->troubled (joined->instance);
    }
}

static void
on_rolled_back (gboolean is_turn, gpointer user_data)
{
  ObQueue *queue = user_data;
  g_autoptr (GError) error = NULL;

  if (!ob_queue_load (queue, &error))
    g_warning ("What was taken back could not be read again: %s", error->message);
  for (guint i = 0; is_turn && i < queue->members->len; i++)
    {
      Joined *joined = &g_array_index (queue->members, Joined, i);

      joined->heard_gap_ms = joined->kept_gap_ms;
    }
  if (is_turn)
    note_trouble (queue);
}

ObQueue *
ob_queue_new (ObDatabase *database, ObClock *clock)
{
  ObQueue *queue = g_new0 (ObQueue, 1);

  queue->database = database;
  queue->clock = clock;
  queue->turn = ob_turn_new (database, on_rolled_back, queue);
  queue->members = g_array_new (FALSE, FALSE, sizeof (Joined));

  return queue;
}

void
ob_queue_free (ObQueue *queue)
{
  ob_turn_free (queue->turn);
  g_array_unref (queue->members);
  g_free (queue);
}

void
ob_queue_join (ObQueue *queue, const ObMember *member, gpointer instance)
{
  const Joined joined = { .member = member, .instance = instance };

  g_array_append_val (queue->members, joined);
}

gboolean
ob_queue_load (ObQueue *queue, GError **error)
{
  for (guint i = 0; i < queue->members->len; i++)
    {
      const Joined *joined = &g_array_index (queue->members, Joined, i);

      if (joined->member->load && !joined->member->load (joined->instance, error))
        return FALSE;
    }

  return TRUE;
}

void
ob_queue_load_again (ObQueue *queue)
{
  g_autoptr (GError) error = NULL;

  if (!ob_queue_load (queue, &error))
    g_warning ("What the database has could not be read again: %s", error->message);
}

/* --- Changes --- */

gboolean
ob_queue_do (ObQueue *queue, ObTurnUrgency urgency, ObChange change, gpointer user_data, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  gboolean is_good;

  /* If the turn cannot be begun, it has told the members itself. */
  if (!ob_turn_begin (queue->turn, urgency, error))
    return FALSE;
  is_good = change (user_data, &own_error);
  ob_turn_end (queue->turn, is_good);
  if (is_good)
    return TRUE;
  /* If SQLite has rolled the whole turn back, its commit will tell the members. */
  if (ob_error_is_of_disk (own_error) && !ob_turn_has_failed (queue->turn))
    note_trouble (queue);
  if (own_error)
    g_propagate_error (error, g_steal_pointer (&own_error));

  return FALSE;
}

/* An answer that waits for the commit. */
typedef struct
{
  ObQueueDone done;
  gpointer user_data;
} Reply;

static void
on_reply (const GError *error, gpointer user_data)
{
  g_autofree Reply *reply = user_data;

  reply->done (error, reply->user_data);
}

void
ob_queue_answer_after (ObQueue *queue, ObQueueDone done, gpointer done_data)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->done = done;
  reply->user_data = done_data;
  ob_turn_after (queue->turn, on_reply, reply);
}

void
ob_queue_command (ObQueue *queue, ObChange change, gpointer user_data, ObQueueDone done, gpointer done_data)
{
  g_autoptr (GError) error = NULL;

  if (ob_queue_do (queue, OB_TURN_SOON, change, user_data, &error))
    {
      ob_queue_answer_after (queue, done, done_data);
      return;
    }
  g_assert (error);
  done (error, done_data);
}

void
ob_queue_at_commit (ObQueue *queue, ObEffect effect, gpointer user_data)
{
  ob_turn_at_commit (queue->turn, effect, user_data);
}

void
ob_queue_after (ObQueue *queue, ObEffect effect, gpointer user_data)
{
  ob_turn_after (queue->turn, effect, user_data);
}

void
ob_queue_after_all (ObQueue *queue, ObEffect effect, gpointer user_data)
{
  ob_turn_after_all (queue->turn, effect, user_data);
}

void
ob_queue_commit (ObQueue *queue)
{
  ob_turn_commit (queue->turn);
}

gint64
ob_queue_get_committed_sequence (ObQueue *queue)
{
  return ob_turn_get_committed_sequence (queue->turn);
}

guint
ob_queue_get_turn_number (ObQueue *queue)
{
  return ob_turn_get_number (queue->turn);
}

gint64
ob_queue_get_now_ms (ObQueue *queue)
{
  return ob_clock_get_now_ms (queue->clock);
}

gint64
ob_queue_get_boot_ms (ObQueue *queue)
{
  return ob_clock_get_boot_ms (queue->clock);
}

gint64
ob_sooner_ms (gint64 a_ms, gint64 b_ms)
{
  return a_ms > 0 && b_ms > 0 ? MIN (a_ms, b_ms) : MAX (a_ms, b_ms);
}

ObDatabase *
ob_queue_get_database (ObQueue *queue)
{
  return queue->database;
}

/* --- What has changed --- */

static void
flush_free (Flush *flush)
{
  g_hash_table_unref (flush->changes.touched);
  g_hash_table_unref (flush->changing);
  g_free (flush);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Flush, flush_free)

/* An upload touched by a change, which may yet be rolled back. */
typedef struct
{
  Flush *flush; /* borrowed: it outlives every change of its turn */
  char *id;
  gboolean is_new;
} Touched;

static void
on_touched (const GError *error, gpointer user_data)
{
  g_autofree Touched *touched = user_data;
  GHashTable *all = touched->flush->changes.touched;

  if (error || (!touched->is_new && g_hash_table_contains (all, touched->id)))
    g_free (touched->id);
  else
    g_hash_table_replace (all, touched->id, GINT_TO_POINTER (touched->is_new));
}

static void
on_flushed (const GError *error, gpointer user_data)
{
  g_autoptr (Flush) flush = user_data;
  ObQueue *queue = flush->queue;

  if (queue->flush == flush)
    queue->flush = NULL;
  for (guint i = 0; !error && i < queue->members->len; i++)
    {
      Joined *joined = &g_array_index (queue->members, Joined, i);

      joined->kept_gap_ms = joined->heard_gap_ms;
      if (joined->member->flushed)
        joined->member->flushed (joined->instance, &flush->changes);
    }
  ob_queue_set_alarm (queue);
}

static void
touch (ObQueue *queue, const char *id, gboolean is_new, gboolean are_holds_touched)
{
  /* An answer after a commit may begin another turn before all changes of the last one are told: keep them apart. */
  gboolean is_first = !queue->flush || queue->flush->turn != ob_turn_get_number (queue->turn);
  Flush *flush = is_first ? g_new0 (Flush, 1) : queue->flush;

  if (is_first)
    {
      flush->queue = queue;
      flush->changes.touched = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      flush->changing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      flush->turn = ob_turn_get_number (queue->turn);
      queue->flush = flush;
    }
  if (id)
    {
      Touched *touched = g_new0 (Touched, 1);

      touched->flush = flush;
      touched->id = g_strdup (id);
      touched->is_new = is_new;
      (void) g_hash_table_add (flush->changing, g_strdup (id));
      ob_turn_after (queue->turn, on_touched, touched);
    }
  flush->changes.are_holds_touched |= are_holds_touched;
  if (is_first)
    ob_turn_after_all (queue->turn, on_flushed, flush);
}

void
ob_queue_touch (ObQueue *queue, const char *id, gboolean is_new)
{
  touch (queue, id, is_new, FALSE);
}

gboolean
ob_queue_is_changing (ObQueue *queue, const char *id)
{
  return ob_turn_is_open (queue->turn) && queue->flush && queue->flush->turn == ob_turn_get_number (queue->turn)
         && g_hash_table_contains (queue->flush->changing, id);
}

void
ob_queue_touch_holds (ObQueue *queue)
{
  touch (queue, NULL, FALSE, TRUE);
}

void
ob_queue_want_flush (ObQueue *queue)
{
  touch (queue, NULL, FALSE, FALSE);
}

/* --- When members are woken --- */

gboolean
ob_queue_is_stuck (ObQueue *queue)
{
  for (guint i = 0; i < queue->members->len; i++)
    {
      const Joined *joined = &g_array_index (queue->members, Joined, i);

      if (joined->member->is_stuck && joined->member->is_stuck (joined->instance))
        return TRUE;
    }

  return FALSE;
}

static gint64
get_clock_gap_ms (ObQueue *queue)
{
  return ob_clock_get_now_ms (queue->clock) - ob_clock_get_boot_ms (queue->clock);
}

/* Returns: by how much the wall clock was set since the member heard of it, or 0. The time since the start of the device, which
 * nobody sets, tells. */
static gint64
get_jump_ms (ObQueue *queue, const Joined *joined)
{
  gint64 jump_ms = get_clock_gap_ms (queue) - joined->heard_gap_ms;

  return ABS (jump_ms) < JUMP_LEAST_MS ? 0 : jump_ms;
}

/* Wakes the members whose time has come, and no others: a late alarm finds everything due by then, and a knock every few
 * seconds costs the others nothing. */
static void
wake (ObQueue *queue, gboolean is_start)
{
  gint64 now_ms = ob_queue_get_now_ms (queue);

  for (guint i = 0; i < queue->members->len; i++)
    {
      Joined *joined = &g_array_index (queue->members, Joined, i);
      gint64 jump_ms = is_start ? 0 : get_jump_ms (queue, joined);
      gboolean is_due = is_start || jump_ms != 0 || (joined->next_ms > 0 && joined->next_ms <= now_ms);

      if (!is_due || !joined->member->wake || (ob_queue_is_stuck (queue) && !joined->member->is_stuck))
        continue;
      joined->member->wake (joined->instance, now_ms, jump_ms);
      /* A member that could not write its change must hear of the jump again. */
      if (!ob_queue_is_stuck (queue))
        joined->heard_gap_ms += jump_ms;
    }
}

static gboolean
on_alarm (gpointer user_data)
{
  ObQueue *queue = user_data;

  wake (queue, FALSE);
  ob_queue_set_alarm (queue);

  return G_SOURCE_REMOVE;
}

void
ob_queue_set_alarm (ObQueue *queue)
{
  gboolean is_waiting = queue->alarm_ms > 0;
  gboolean are_others_left = ob_queue_is_stuck (queue);

  if (!queue->has_alarm_on)
    return;
  queue->alarm_ms = 0;
  for (guint i = 0; i < queue->members->len; i++)
    {
      Joined *joined = &g_array_index (queue->members, Joined, i);

      /* While no member waited, no time of theirs could be moved by a clock that was set. */
      if (!is_waiting)
        joined->heard_gap_ms = joined->kept_gap_ms = get_clock_gap_ms (queue);
      joined->next_ms = joined->member->next_ms ? joined->member->next_ms (joined->instance) : 0;
      if (!are_others_left || joined->member->is_stuck)
        queue->alarm_ms = ob_sooner_ms (queue->alarm_ms, joined->next_ms);
    }
  ob_clock_set_alarm (queue->clock, queue->alarm_ms, on_alarm, queue);
}

void
ob_queue_start_alarm (ObQueue *queue)
{
  queue->has_alarm_on = TRUE;
  wake (queue, TRUE);
  ob_queue_set_alarm (queue);
}

void
ob_queue_stop_alarm (ObQueue *queue)
{
  queue->has_alarm_on = FALSE;
  queue->alarm_ms = 0;
  ob_clock_set_alarm (queue->clock, 0, NULL, NULL);
}
