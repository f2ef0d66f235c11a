/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Chooses what should run now. Pure: from what could start and what runs to what to start and what to stop.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_SCHEDULER_MAX_ATTEMPTS 4
#define OB_SCHEDULER_MAX_PER_DESTINATION 2

/* For each destination: a server that is slow to confirm must not hold up what is to be sent. */
#define OB_SCHEDULER_MAX_ASKING 1

/* So many more may wait for the answer of servers that process whole files; they take no place from others. */
#define OB_SCHEDULER_MAX_LEFT 12
#define OB_SCHEDULER_MAX_LEFT_PER_DESTINATION 8

/* An upload that could start: ready, in an open lane. */
typedef struct
{
  const char *id;
  const char *destination;
  const char *app;
  gint priority;            /* its own and its rule's together */
  gint age;                 /* points gained by waiting */
  gint64 number;            /* order of arrival */
  guint64 served;           /* when its app was last served, as a count; 0: not yet */
  guint failures;           /* attempts in a row without progress */
  gboolean is_probe_only;   /* the destination has failed: one attempt tries it, alone */
  gboolean is_newest_first; /* among uploads that failed equally often, the newest tries it */
  gboolean is_asking;       /* it only asks whether the server has confirmed */
  gboolean is_promised;     /* something was stopped for it */
} ObCandidate;

/* An attempt that runs. */
typedef struct
{
  const char *id;
  const char *destination;
  gint priority;        /* with the points of age that it had when it was chosen */
  gint64 number;        /* order of arrival */
  gboolean is_asking;   /* it asks whether the server has confirmed, whatever it did before; it is not stopped */
  gboolean is_left;     /* the server has every byte, and takes long to answer */
  gboolean is_stopping; /* its place is about to be free */
} ObRunning;

/* A running attempt that is to make room. */
typedef struct
{
  const char *id;
  const char *for_id;
} ObPreemption;

typedef struct
{
  GPtrArray *start; /* of const ObCandidate, borrowed, in order */
  GArray *stop;     /* of ObPreemption; strings borrowed */
} ObChoice;

void ob_choice_free (ObChoice *choice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObChoice, ob_choice_free)

/**
 * ob_scheduler_choose:
 * @candidates: in any order; the first %OB_SCHEDULER_MAX_PER_DESTINATION of each stream are enough, and some more where a
 *   destination is probed
 * @running: what runs; an upload that runs is never chosen again
 *
 * What something was stopped for goes first, then by priority and age, then whose app was not served for longest, then in
 * order of arrival. At most %OB_SCHEDULER_MAX_ATTEMPTS in all and %OB_SCHEDULER_MAX_PER_DESTINATION at one destination; at
 * one that is probed a single attempt, of the upload that has failed least, so that one which never works holds up no
 * other. What came together may share its trouble: every other probe is of what came last.
 *
 * Where no place is left, a candidate takes that of the lowest running attempt below its own priority. Age takes no place
 * from anybody, but is kept by those whom it helped to one: nothing is stopped again and again.
 *
 * Returns: (transfer full): what to start and what to stop
 */
ObChoice *ob_scheduler_choose (const ObCandidate *candidates, guint n_candidates, const ObRunning *running,
                               guint n_running);

G_END_DECLS
