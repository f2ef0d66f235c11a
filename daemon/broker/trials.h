/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trials of destinations: a person asks what an upload would meet there. A worker asks the server, under the deadlines of an
 * attempt and one of the whole, and nothing that it finds is kept or changes what waits: trials need no turn of the queue.
 * Main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/shared-holds.h"
#include "broker/workers.h"

G_BEGIN_DECLS

typedef struct _ObTrials ObTrials;

/* What a trial of a destination has found. All of it is borrowed. */
typedef struct
{
  const char *destination; /* its name */
  gboolean is_good;  /* an upload would go through now: it is answered, and nothing that a person has to lift holds */
  gboolean is_asked; /* else this network must not be used for it */
  const char *connected; /* address and port; NULL where it is not known, as are the next two */
  const char *encrypted; /* the version of TLS */
  const char *protocol;  /* its version and extensions */
  guint64 max_bytes;     /* of a file; 0: not known */
  gboolean is_confirm_url_good;

  gboolean has_trouble; /* the server is in the way, or does not answer; else the next are nothing */
  gboolean is_address;  /* a URL is wrong, by all that is known */
  gboolean is_of_confirm_url;
  OutboxState state; /* that an upload would get */
  OutboxReason reason;
  const char *code;
  const char *message;

  GArray *holds; /* of ObSharedHold: what holds uploads for it now, those of its lanes included */
} ObTrialReport;

/* Called once. @report: (nullable): where there is none, @error says why. */
typedef void (*ObTrialDone) (const ObTrialReport *report, const GError *error, gpointer user_data);

/* What trials ask of others. */
typedef struct
{
  /* Returns: (transfer full) (element-type ObSharedHold): all that cover more than one upload. */
  GArray *(*list_holds) (gpointer user_data);

  /* Adds what holds all that could go to a destination, whichever rule it would have. Returns: whether one of the reasons
   * @which holds every one of these rules. */
  gboolean (*list_holds_of_rules) (const char *destination, OutboxReasonSet which, GArray *list, gpointer user_data);
} ObTrialsFacts;

/* @destinations, @clock: borrowed. @facts: static. */
ObTrials *ob_trials_new (ObDestinationTable *destinations, ObClock *clock, const ObTrialsFacts *facts,
                         gpointer user_data);

/* They are over by then. */
void ob_trials_free (ObTrials *trials);

/* From now on there are workers to ask by: borrowed until the stop. Until then, and after it, all are refused. */
void ob_trials_start (ObTrials *trials, ObWorkers *workers);

/* Who still waits is told NoBroker. */
void ob_trials_stop (ObTrials *trials);

/* What the rules forbid on this network is not asked. Errors: NotFound, TooMany, NoBroker (the broker ends). */
void ob_trials_begin (ObTrials *trials, const char *destination, ObTrialDone done, gpointer user_data);

/* What a worker says of a job. Returns: whether that is a trial. */
gboolean ob_trials_note (ObTrials *trials, const char *id, const char *event, const char *words);
gboolean ob_trials_end (ObTrials *trials, const char *id, const ObAttemptResult *result);

G_END_DECLS
