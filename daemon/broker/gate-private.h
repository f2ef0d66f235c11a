/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the gate share: gate.c has what is only looked up, gate-rules.c which rule an upload has, gate-lanes.c what
 * holds a lane, gate-rematch.c what new rules bring about, and gate-member.c what happens to the gate from outside. Nobody else
 * includes it. Main thread.
 */
#pragma once

#include "broker/gate.h"

#include "broker/budget.h"
#include "broker/ways.h"

G_BEGIN_DECLS

struct _ObGate
{
  ObQueue *queue; /* borrowed, as are the next two */
  ObDatabase *database;
  ObDestinationTable *destinations;
  const ObGateEvents *events;
  gpointer user_data;
  gboolean is_started;

  GPtrArray *watchers; /* owned, as is the rest */
  ObWays *ways;
  ObConditions latest;     /* what is forbidden is by these */
  ObConditions settled;    /* and what is allowed by these as well, until settle_at_ms */
  gint64 settle_at_ms;     /* when the latest have been the same for long enough; 0: they have */
  char *answered_network;  /* on which a person has answered for everything; NULL: none */
  gboolean is_answer_over; /* that network was left, and the database does not know yet */

  ObBudget *budget;
  ObRules *rules;
  GHashTable *paces;     /* name of a rule → ObPace, which a change of rules changes */
  gint64 matched_number; /* up to which uploads are matched with new rules */
  guint match_source;

  GHashTable *lanes;     /* of ObLane: those in which something waits, or that the journal says are held */
  gint64 review_at_ms;   /* when time alone may change what a lane may do; 0: never */
  gboolean wants_review; /* the lanes are to be looked at after the commit */
};

/* gate-rules.c. Returns: (transfer full): the rule that an upload has; and the lane that it comes into. */
char *ob_gate_dup_rule_for (ObGate *gate, const ObUpload *upload);
char *ob_gate_dup_first_lane (ObGate *gate, const ObUpload *upload);
/* Writes that an upload has another lane; inside a change. */
gboolean ob_gate_move (ObGate *gate, ObUpload *upload, const char *lane_rule, const char *event, GError **error);
void ob_gate_change_paces (ObGate *gate);

/* gate-lanes.c */
GHashTable *ob_gate_make_lanes (void);
/* As the database has them; nobody is told of what is held. */
void ob_gate_load_lanes (ObGate *gate);
/* Nothing is in a lane any more that is told to be held. */
gboolean ob_gate_has_vacant_lane (ObGate *gate);

/* gate-rematch.c */
void ob_gate_match_all (ObGate *gate);

G_END_DECLS
