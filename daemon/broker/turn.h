/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands of one turn of the main loop share a transaction. What they do to the world (replies, signals, attempts)
 * waits in a list until it is committed. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef struct _ObTurn ObTurn;

/* An effect. @error: (nullable): what it belongs to was taken back, alone or with everything of this turn. */
typedef void (*ObEffect) (const GError *error, gpointer user_data);

/* @on_rolled_back: called before the effects of what was taken back, to bring memory in step with the database again: of
 * a whole turn that could not be begun or committed, or (@is_turn is FALSE) of one command. */
ObTurn *ob_turn_new (ObDatabase *database, void (*on_rolled_back) (gboolean is_turn, gpointer), gpointer user_data);

/* Commits what is open. */
void ob_turn_free (ObTurn *turn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTurn, ob_turn_free)

typedef enum
{
  OB_TURN_SOON,  /* somebody waits: at the end of this turn of the main loop */
  OB_TURN_LATER, /* nobody does: with the next that is urgent, or within half a second */
} ObTurnUrgency;

/* Opens the transaction where none is, and a savepoint for one command. Errors: Storage, DiskFull; the same until the
 * commit for a turn that SQLite itself has taken back, which it does when the disk is full. */
gboolean ob_turn_begin (ObTurn *turn, ObTurnUrgency urgency, GError **error);

/* Ends the command: keeps its changes, or takes them and their effects back, and them alone. */
void ob_turn_end (ObTurn *turn, gboolean keep);

/* Whether SQLite has taken back what is open: the commit will fail. */
gboolean ob_turn_has_failed (ObTurn *turn);

/* Runs after the commit, in order. Outside of a turn it runs at once. */
void ob_turn_after (ObTurn *turn, ObEffect effect, gpointer user_data);

/* The same for what nobody waits for: it runs when all others have, and belongs to the turn, whatever becomes of the
 * command that asked for it. */
void ob_turn_after_all (ObTurn *turn, ObEffect effect, gpointer user_data);

/* Changes with each commit, before its effects run: what they begin belongs to the next turn. */
guint ob_turn_get_number (ObTurn *turn);

/* Commits now. */
void ob_turn_commit (ObTurn *turn);

G_END_DECLS
