/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trials of destinations: a person asks what an upload would meet there. A worker asks the server, under the deadlines of
 * an attempt and one for the whole. Nothing that it finds is kept or changes what waits, so trials need no turn of the
 * queue. Main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/shared-holds.h"
#include "broker/workers.h"

G_BEGIN_DECLS

typedef struct _ObTrials ObTrials;

/* What a trial has found. All borrowed. */
typedef struct
{
  const char *destination; /* its name */
  gboolean is_good;        /* an upload would go through now: the server answers, and no hold needs a person */
  gboolean is_asked;       /* FALSE: this network may not be used for it, so the server was not asked */
  const char *connected;   /* address and port; NULL if not known, as are the next two */
  const char *encrypted;   /* TLS version */
  const char *protocol;    /* protocol version and extensions */
  guint64 max_bytes;       /* of the largest file; 0: not known */
  gboolean is_confirm_url_good;
  gboolean is_amend_url_good;
  const char *amend_trouble; /* why its server would not be told of changes; NULL: nothing is known to be in the way */

  gboolean has_trouble; /* the server refuses or does not answer; if not, the next three are empty */
  gboolean is_address;  /* a URL is wrong, as far as can be told */
  gboolean is_of_confirm_url;
  OutboxState state; /* the state that an upload would get */
  OutboxReason reason;
  const char *code;
  const char *message;

  GArray *holds; /* of ObSharedHold: the present holds of the destination and its lanes */
} ObTrialReport;

/* Called once. @report: (nullable): NULL with @error */
typedef void (*ObTrialDone) (const ObTrialReport *report, const GError *error, gpointer user_data);

/* Its questions to others. */
typedef struct
{
  /* Returns: (transfer full) (element-type ObSharedHold): the holds of more than one upload */
  GArray *(*list_holds) (gpointer user_data);

  /* Adds the holds of every rule that could apply at a destination. Returns: whether one of the reasons @which holds
   * each of these rules */
  gboolean (*list_holds_of_rules) (const char *destination, OutboxReasonSet which, GArray *list, gpointer user_data);
} ObTrialsFacts;

/* @destinations, @clock: borrowed. @facts: static. */
ObTrials *ob_trials_new (ObDestinationTable *destinations, ObClock *clock, const ObTrialsFacts *facts,
                         gpointer user_data);

/* No trial may be under way. */
void ob_trials_free (ObTrials *trials);

/* Trials can use these workers until the stop; before and after, they are refused. @workers: borrowed */
void ob_trials_start (ObTrials *trials, ObWorkers *workers);

/* Callers that still wait get NoBroker. */
void ob_trials_stop (ObTrials *trials);

/* Does not ask the server if the rules forbid this network. Errors: NotFound, TooMany, NoBroker (the broker ends). */
void ob_trials_begin (ObTrials *trials, const char *destination, ObTrialDone done, gpointer user_data);

/* Takes a worker's report. Returns: whether the job is a trial */
gboolean ob_trials_note (ObTrials *trials, const char *id, const char *event, const char *words);
gboolean ob_trials_end (ObTrials *trials, const char *id, const ObAttemptResult *result);

G_END_DECLS
