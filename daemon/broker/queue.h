/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue that the broker's members share: the database, the open turn, the clock, and the list of what a turn has
 * changed. Only the queue opens a turn, and only the queue sets the clock's alarm. All that it knows of members is
 * ObMember; it calls them in the order in which they joined. Main thread.
 */
#pragma once

#include "broker/turn.h"
#include "policy/clock.h"

G_BEGIN_DECLS

typedef struct _ObQueue ObQueue;

/* The changes of a turn that is on the disk. Borrowed for the call. */
typedef struct
{
  GHashTable *touched; /* id of an upload → whether it is new (GINT_TO_POINTER) */
  gboolean are_holds_touched;
} ObChanges;

/* A member of the queue. Any function may be NULL. */
typedef struct
{
  /* Reads again what the member remembers of the database: at the start and after every rollback, so that a change which
   * was rolled back leaves nothing behind in memory. Errors: Storage. */
  gboolean (*load) (gpointer member, GError **error);

  /* A turn is on the disk, and everybody who waited for it has been answered. */
  void (*flushed) (gpointer member, const ObChanges *changes);

  /* The database has refused a turn or a change. Memory has been read again by now. */
  void (*troubled) (gpointer member);

  /* Returns: when to wake the member next, in Unix milliseconds; 0: never. Asked after each turn, and by
   * ob_queue_set_alarm(). */
  gint64 (*next_ms) (gpointer member);

  /* The member's time has come, or the clock was set. Does what is due at @now_ms, in a change of its own, and notes
   * what has to follow (ob_queue_touch() and others). @jump_ms: by how much the clock was set; 0: not at all. Waits must
   * end when they would have ended without the jump. */
  void (*wake) (gpointer member, gint64 now_ms, gint64 jump_ms);

  /* Returns: whether the database takes no changes now: as long as that is so, no other member is woken. */
  gboolean (*is_stuck) (gpointer member);
} ObMember;

/* All are borrowed, and must outlive the queue. */
ObQueue *ob_queue_new (ObDatabase *database, ObClock *clock);

/* Commits the open turn first. */
void ob_queue_free (ObQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObQueue, ob_queue_free)

/* @member: static. */
void ob_queue_join (ObQueue *queue, const ObMember *member, gpointer instance);

/* Has every member load. Errors: Storage. */
gboolean ob_queue_load (ObQueue *queue, GError **error);

/* The same after something else than a turn has changed rows that members remember. Errors are only logged. */
void ob_queue_load_again (ObQueue *queue);

/* A change of the database. Returns: FALSE to roll it back, with @error set if the disk is the reason */
typedef gboolean (*ObChange) (gpointer user_data, GError **error);

/**
 * ob_queue_do:
 * @change: called once, inside a turn, or never where no turn can be begun
 * @error: (nullable)
 *
 * Everything that a member changes goes through here: what @change did is kept as a whole or taken back as a whole, with the
 * effects that it asked for. Members are told of trouble when the disk is in the way.
 *
 * Returns: whether the change is part of the turn that is open. Errors: Storage, DiskFull, those of @change.
 */
gboolean ob_queue_do (ObQueue *queue, ObTurnUrgency urgency, ObChange change, gpointer user_data, GError **error);

/* Called once: when the command is on the disk, or with the error by which it was refused or rolled back. */
typedef void (*ObQueueDone) (const GError *error, gpointer user_data);

/* Runs a change that somebody waits for. @change sets its error whenever it returns FALSE. */
void ob_queue_command (ObQueue *queue, ObChange change, gpointer user_data, ObQueueDone done, gpointer done_data);

/* Answers for a change that is part of the open turn already: after its commit, or at once outside of a turn. */
void ob_queue_answer_after (ObQueue *queue, ObQueueDone done, gpointer done_data);

/* Run @effect after the commit of the open turn, or at once outside of a turn; see ob_turn_at_commit(), ob_turn_after() and
 * ob_turn_after_all(). */
void ob_queue_at_commit (ObQueue *queue, ObEffect effect, gpointer user_data);
void ob_queue_after (ObQueue *queue, ObEffect effect, gpointer user_data);
void ob_queue_after_all (ObQueue *queue, ObEffect effect, gpointer user_data);

/* Have the members' `flushed` called after the commit of the open turn, once everybody who waits for it is answered;
 * outside of a turn at once. The first two say what has changed; a command that is rolled back has changed nothing. */
void ob_queue_touch (ObQueue *queue, const char *id, gboolean is_new);
void ob_queue_touch_holds (ObQueue *queue);
void ob_queue_want_flush (ObQueue *queue);

/* Returns: whether the open turn has touched the upload, so that what the database has of it is not committed yet */
gboolean ob_queue_is_changing (ObQueue *queue, const char *id);

/* Returns: the journal's last sequence at the last commit: what an open turn has written is not in it */
gint64 ob_queue_get_committed_sequence (ObQueue *queue);

/* Commits the open turn now. */
void ob_queue_commit (ObQueue *queue);

/* Wakes every member once, and from then on each at its time, by the clock's single alarm. */
void ob_queue_start_alarm (ObQueue *queue);
void ob_queue_stop_alarm (ObQueue *queue);

/* Returns: whether the database takes no changes now, as a member says. */
gboolean ob_queue_is_stuck (ObQueue *queue);

/* A member's time has changed outside of a turn. */
void ob_queue_set_alarm (ObQueue *queue);

/* Returns: a number that changes with each commit; see ob_turn_get_number() */
guint ob_queue_get_turn_number (ObQueue *queue);

gint64 ob_queue_get_now_ms (ObQueue *queue);

/* Milliseconds since the device was started; see ob_clock_get_boot_ms(). */
gint64 ob_queue_get_boot_ms (ObQueue *queue);

/* Returns: the sooner of two times; 0 is none */
gint64 ob_sooner_ms (gint64 a_ms, gint64 b_ms);

/* Borrowed. */
ObDatabase *ob_queue_get_database (ObQueue *queue);

G_END_DECLS
