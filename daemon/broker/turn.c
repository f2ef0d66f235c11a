/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Group commit and effects after it. Owns the open transaction. Main thread.
 */
#include "broker/turn.h"

#include "base/crash.h"
#include "base/debug.h"
#include "dbus/error.h"
#include "store/journal.h"

#define LATER_MS 500

struct _ObTurn
{
  ObDatabase *database; /* borrowed */
  void (*on_rolled_back) (gboolean is_turn, gpointer);
  gpointer user_data;
  GArray *first;   /* of Waiting: those that run before the others */
  GArray *effects; /* of Waiting */
  GArray *last;    /* of Waiting: those that run after the others */
  guint mark;      /* number of effects before the open command */
  GError *failure; /* why SQLite has rolled the open transaction back; NULL: it has not */
  guint number;
  gint64 committed_sequence;
  gboolean is_open;
  guint soon_source;
  guint later_source;
};

typedef struct
{
  ObEffect effect;
  gpointer user_data;
} Waiting;

ObTurn *
ob_turn_new (ObDatabase *database, void (*on_rolled_back) (gboolean is_turn, gpointer), gpointer user_data)
{
  ObTurn *turn = g_new0 (ObTurn, 1);

  turn->database = database;
  turn->on_rolled_back = on_rolled_back;
  turn->user_data = user_data;
  turn->first = g_array_new (FALSE, FALSE, sizeof (Waiting));
  turn->effects = g_array_new (FALSE, FALSE, sizeof (Waiting));
  turn->last = g_array_new (FALSE, FALSE, sizeof (Waiting));
  turn->committed_sequence = ob_journal_get_last (database);

  return turn;
}

void
ob_turn_free (ObTurn *turn)
{
  ob_turn_commit (turn);
  g_array_unref (turn->first);
  g_array_unref (turn->effects);
  g_array_unref (turn->last);
  g_free (turn);
}

/* After a full disk or an I/O error SQLite rolls the transaction back by itself, and every later statement would be a
 * transaction of its own. A read that went well since then may have cleared SQLite's last error. */
static gboolean
note_failure (ObTurn *turn)
{
  sqlite3 *handle = ob_database_get_handle (turn->database);
  const GError *trouble = ob_database_get_trouble (turn->database);

  if (turn->failure || !sqlite3_get_autocommit (handle))
    return turn->failure != NULL;
  if (trouble)
    turn->failure = g_error_copy (trouble);
  else
    ob_database_set_error (turn->database, &turn->failure);

  return turn->failure != NULL;
}

static void
run_effects (GArray *effects, const GError *error)
{
  for (guint i = 0; i < effects->len; i++)
    {
      const Waiting *waiting = &g_array_index (effects, Waiting, i);

      waiting->effect (error, waiting->user_data);
    }
}

static GArray *
take (GArray **effects)
{
  GArray *taken = *effects;

  *effects = g_array_new (FALSE, FALSE, sizeof (Waiting));

  return taken;
}

gboolean
ob_turn_is_open (ObTurn *turn)
{
  return turn->is_open;
}

guint
ob_turn_get_number (ObTurn *turn)
{
  return turn->number;
}

gint64
ob_turn_get_committed_sequence (ObTurn *turn)
{
  return turn->committed_sequence;
}

void
ob_turn_commit (ObTurn *turn)
{
  g_autoptr (GArray) first = NULL;
  g_autoptr (GArray) effects = NULL;
  g_autoptr (GArray) last = NULL;
  g_autoptr (GError) error = NULL;
  gint64 begin_us;

  if (!turn->is_open)
    return;
  g_clear_handle_id (&turn->soon_source, g_source_remove);
  g_clear_handle_id (&turn->later_source, g_source_remove);
  turn->is_open = FALSE;
  turn->number++;
  first = take (&turn->first);
  effects = take (&turn->effects);
  last = take (&turn->last);

  begin_us = g_get_monotonic_time ();
  ob_crash_point ("commit");
  error = g_steal_pointer (&turn->failure);
  if (!error && ob_database_run (turn->database, "COMMIT", &error))
    {
      ob_crash_point ("committed");
      ob_debug (OB_DEBUG_STORE, NULL, "turn %u is committed after %" G_GINT64_FORMAT " ms: %u effects", turn->number,
                (g_get_monotonic_time () - begin_us) / 1000, effects->len + last->len);
      turn->committed_sequence = ob_journal_get_last (turn->database);
    }
  else
    {
      g_warning ("A turn could not be committed: %s", error->message);
      if (!sqlite3_get_autocommit (ob_database_get_handle (turn->database)))
        (void) ob_database_run (turn->database, "ROLLBACK", NULL);
      turn->on_rolled_back (TRUE, turn->user_data);
    }
  run_effects (first, error);
  run_effects (effects, error);
  run_effects (last, error);
}

static gboolean
on_soon (gpointer data)
{
  ObTurn *turn = data;

  turn->soon_source = 0;
  ob_turn_commit (turn);

  return G_SOURCE_REMOVE;
}

static gboolean
on_later (gpointer data)
{
  ObTurn *turn = data;

  turn->later_source = 0;
  ob_turn_commit (turn);

  return G_SOURCE_REMOVE;
}

gboolean
ob_turn_begin (ObTurn *turn, ObTurnUrgency urgency, GError **error)
{
  if (!turn->is_open && !ob_database_run (turn->database, "BEGIN IMMEDIATE", error))
    {
      turn->on_rolled_back (TRUE, turn->user_data);
      return FALSE;
    }
  turn->is_open = TRUE;
  turn->mark = turn->effects->len;
  /* Lower than the bus, so that every message that has already arrived joins this transaction. */
  if (urgency == OB_TURN_SOON && turn->soon_source == 0)
    turn->soon_source = g_idle_add_full (G_PRIORITY_DEFAULT + 10, on_soon, turn, NULL);
  else if (urgency == OB_TURN_LATER && turn->soon_source == 0 && turn->later_source == 0)
    turn->later_source = g_timeout_add (LATER_MS, on_later, turn);

  if (note_failure (turn))
    {
      g_propagate_error (error, g_error_copy (turn->failure));
      return FALSE;
    }

  return ob_database_run (turn->database, "SAVEPOINT command", error);
}

gboolean
ob_turn_has_failed (ObTurn *turn)
{
  return turn->failure != NULL;
}

/* Takes the effects of the open command out of the list. */
static GArray *
steal_effects (ObTurn *turn)
{
  guint n_effects = turn->effects->len - turn->mark;
  GArray *effects = g_array_sized_new (FALSE, FALSE, sizeof (Waiting), n_effects);

  if (n_effects > 0)
    g_array_append_vals (effects, &g_array_index (turn->effects, Waiting, turn->mark), n_effects);
  g_array_set_size (turn->effects, turn->mark);

  return effects;
}

void
ob_turn_end (ObTurn *turn, gboolean keep)
{
  g_autoptr (GArray) effects = NULL;
  g_autoptr (GError) error = NULL;

  if (!note_failure (turn))
    {
      if (!keep)
        (void) ob_database_run (turn->database, "ROLLBACK TO command", NULL);
      (void) ob_database_run (turn->database, "RELEASE command", NULL);
    }
  if (keep)
    return;
  effects = steal_effects (turn);
  error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "The command was taken back");
  turn->on_rolled_back (FALSE, turn->user_data);
  run_effects (effects, error);
}

static void
add (ObTurn *turn, GArray *effects, ObEffect effect, gpointer user_data)
{
  const Waiting waiting = { effect, user_data };

  if (turn->is_open)
    g_array_append_val (effects, waiting);
  else
    effect (NULL, user_data);
}

void
ob_turn_at_commit (ObTurn *turn, ObEffect effect, gpointer user_data)
{
  add (turn, turn->first, effect, user_data);
}

void
ob_turn_after (ObTurn *turn, ObEffect effect, gpointer user_data)
{
  add (turn, turn->effects, effect, user_data);
}

void
ob_turn_after_all (ObTurn *turn, ObEffect effect, gpointer user_data)
{
  add (turn, turn->last, effect, user_data);
}
