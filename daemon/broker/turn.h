/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands of one turn of the main loop share a transaction. Their effects (replies, signals, attempts) wait in a list
 * until it is committed. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef struct _ObTurn ObTurn;

/* An effect. @error: (nullable): the command or the whole turn was rolled back */
typedef void (*ObEffect) (const GError *error, gpointer user_data);

/* @on_rolled_back: called before the effects of what was rolled back, to bring memory in step with the database: of a
 * whole turn that could not be begun or committed, or (@is_turn is FALSE) of one command */
ObTurn *ob_turn_new (ObDatabase *database, void (*on_rolled_back) (gboolean is_turn, gpointer), gpointer user_data);

/* Commits the open turn first. */
void ob_turn_free (ObTurn *turn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTurn, ob_turn_free)

typedef enum
{
  OB_TURN_SOON,  /* somebody waits: commit at the end of this turn of the main loop */
  OB_TURN_LATER, /* nobody waits: commit with the next urgent one, or within half a second */
} ObTurnUrgency;

/* Opens the transaction if none is open, and a savepoint for one command. Errors: Storage, DiskFull; the same until the
 * commit if SQLite has rolled the turn back itself, as on a full disk. */
gboolean ob_turn_begin (ObTurn *turn, ObTurnUrgency urgency, GError **error);

/* Ends the command: keeps its changes and effects, or rolls back those of this command alone. */
void ob_turn_end (ObTurn *turn, gboolean keep);

/* Returns: whether SQLite has rolled back the open turn, so that its commit will fail. */
gboolean ob_turn_has_failed (ObTurn *turn);

/* Runs @effect right after the commit, before all others, while the database has what was committed and nothing else; outside of a
 * turn at once. It may read, and change nothing. */
void ob_turn_at_commit (ObTurn *turn, ObEffect effect, gpointer user_data);

/* Runs @effect after the commit, in order; outside of a turn at once. */
void ob_turn_after (ObTurn *turn, ObEffect effect, gpointer user_data);

/* The same for effects that nobody waits for: they run after all others, and belong to the turn, even if the command
 * that added them is rolled back. */
void ob_turn_after_all (ObTurn *turn, ObEffect effect, gpointer user_data);

/* Returns: a number that changes with each commit, before its effects run, so that what they begin belongs to the next
 * turn */
guint ob_turn_get_number (ObTurn *turn);

gboolean ob_turn_is_open (ObTurn *turn);

/* Returns: the journal's last sequence at the last commit */
gint64 ob_turn_get_committed_sequence (ObTurn *turn);

/* Commits now. */
void ob_turn_commit (ObTurn *turn);

G_END_DECLS
