/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The queue that the members of the broker share: the database, the turn that is open, the clock, and the list of what has
 * changed in a turn. Only the queue opens a turn, and only the queue sets the clock's alarm. It knows of a member what ObMember
 * says, and calls members in the order in which they joined. Main thread.
 */
#pragma once

#include "broker/turn.h"
#include "policy/clock.h"

G_BEGIN_DECLS

typedef struct _ObQueue ObQueue;

/* What a turn that is on the disk has changed. Borrowed for the call. */
typedef struct
{
  GHashTable *touched; /* id of an upload → whether it is new (GINT_TO_POINTER) */
  gboolean are_holds_touched;
} ObChanges;

/* What takes part in the queue's turns. Any hook may be NULL. */
typedef struct
{
  /* Reads anew what the member's memory has of the database: at the start, and after every rollback, so that a change
   * which was taken back leaves nothing behind. Errors: Storage. */
  gboolean (*load) (gpointer member, GError **error);

  /* A turn is on the disk, and everybody who waited for it has an answer. */
  void (*flushed) (gpointer member, const ObChanges *changes);

  /* The database did not take a turn or a change: by now memory is as it was. */
  void (*troubled) (gpointer member);

  /* When the member must be woken next, as Unix milliseconds; 0: never. Asked after each turn, and by ob_queue_set_alarm(). */
  gint64 (*next_ms) (gpointer member);

  /* That time has come, or the clock was set: does what is due at @now_ms, in a change of its own, and has everybody called who
   * has something to do in consequence (ob_queue_touch() and the like). @jump_ms: by how much the clock was set; 0: it was not.
   * A wait is then to end when it would have ended otherwise. */
  void (*wake) (gpointer member, gint64 now_ms, gint64 jump_ms);

  /* The database takes no change for the time being: until it does again, nobody is woken but this member. */
  gboolean (*is_stuck) (gpointer member);
} ObMember;

/* All are borrowed, and must outlive the queue. */
ObQueue *ob_queue_new (ObDatabase *database, ObClock *clock);

/* Commits what is open. */
void ob_queue_free (ObQueue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObQueue, ob_queue_free)

/* @member: static. */
void ob_queue_join (ObQueue *queue, const ObMember *member, gpointer instance);

/* Has every member load. Errors: Storage. */
gboolean ob_queue_load (ObQueue *queue, GError **error);

/* The same after a change of what members have in memory that was not theirs; what cannot be read is told in the log. */
void ob_queue_load_again (ObQueue *queue);

/* One change of the database. Returns: FALSE to have it taken back; where the disk is the reason, with @error set. */
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

/* Called once: when the command is on the disk, or with the error that it was refused or taken back with. */
typedef void (*ObQueueDone) (const GError *error, gpointer user_data);

/* A change that somebody waits for. @change sets its error whenever it returns FALSE. */
void ob_queue_command (ObQueue *queue, ObChange change, gpointer user_data, ObQueueDone done, gpointer done_data);

/* The same answer for what is part of the open turn already: after its commit, or at once outside of one. */
void ob_queue_answer_after (ObQueue *queue, ObQueueDone done, gpointer done_data);

/* Run after the commit of the open turn, or at once outside of one; see ob_turn_after() and ob_turn_after_all(). */
void ob_queue_after (ObQueue *queue, ObEffect effect, gpointer user_data);
void ob_queue_after_all (ObQueue *queue, ObEffect effect, gpointer user_data);

/* Have the members' `flushed` called after the commit of the open turn, when everybody has an answer who waits for one;
 * outside of a turn at once. The first two say what has changed; a command that is taken back has changed nothing. */
void ob_queue_touch (ObQueue *queue, const char *id, gboolean is_new);
void ob_queue_touch_holds (ObQueue *queue);
void ob_queue_want_flush (ObQueue *queue);

/* Commits now. */
void ob_queue_commit (ObQueue *queue);

/* Wakes every member once, and from then on each when its time comes, by the one alarm of the clock. */
void ob_queue_start_alarm (ObQueue *queue);
void ob_queue_stop_alarm (ObQueue *queue);

/* Whether the database takes no change for the time being, as a member says. */
gboolean ob_queue_is_stuck (ObQueue *queue);

/* The time at which a member must be woken has changed, and no turn tells of it. */
void ob_queue_set_alarm (ObQueue *queue);

/* Changes with each commit; see ob_turn_get_number(). */
guint ob_queue_get_turn_number (ObQueue *queue);

gint64 ob_queue_get_now_ms (ObQueue *queue);

/* Milliseconds since the device was started; see ob_clock_get_boot_ms(). */
gint64 ob_queue_get_boot_ms (ObQueue *queue);

/* The sooner of two times, of which 0 is none. */
gint64 ob_sooner_ms (gint64 a_ms, gint64 b_ms);

/* Borrowed. */
ObDatabase *ob_queue_get_database (ObQueue *queue);

G_END_DECLS
