/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the gate share: gate.c answers questions, gate-rules.c decides an upload's rule, gate-lanes.c a lane's
 * holds, gate-rematch.c applies new rules, gate-member.c hears of changes. Nobody else includes it. Main thread.
 */
#pragma once

#include "broker/gate.h"

#include "broker/budget.h"
#include "broker/passes.h"
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
  ObConditions latest;     /* the present conditions: they can forbid */
  ObConditions settled;    /* the last conditions that were believed: until settle_at_ms they must allow too */
  gint64 settle_at_ms;     /* when the present conditions are believed; 0: they are */
  char *answered_network;  /* on which a person has answered for everything; NULL: none */
  gboolean is_answer_over; /* that network was left, and the database does not know it yet */

  ObBudget *budget;
  ObPasses *passes;
  ObRules *rules;
  GHashTable *paces;     /* name of a rule → ObPace; changed rules change the rate */
  gint64 matched_number; /* uploads up to this number are matched with the new rules */
  guint match_source;

  GHashTable *lanes;     /* ObLane → its state: with waiting uploads, or held according to the journal */
  gint64 review_at_ms;   /* when time alone may change a lane; 0: never */
  gboolean wants_review; /* decide on the lanes after the commit */
};

/* gate-rules.c. Returns: the rule that an upload has; never NULL. Borrowed until the rules change */
const ObRule *ob_gate_find_rule_for (ObGate *gate, const ObUpload *upload);
/* Gives a new upload the rule that it has, and its group's word. */
void ob_gate_set_first_lane (ObGate *gate, ObUpload *upload);
/* Returns: the present network as ObUpload.sent_on has it */
const char *ob_gate_get_sent_on (const ObConditions *conditions);
/* Inside a change: writes that an upload is in another lane. */
gboolean ob_gate_move (ObGate *gate, ObUpload *upload, const char *rule, const char *sent_on, const char *event,
                       GError **error);
void ob_gate_change_paces (ObGate *gate);

/* gate-lanes.c */
GHashTable *ob_gate_make_lanes (void);
/* Loads them from the database, without telling of their holds. */
void ob_gate_load_lanes (ObGate *gate);
/* Returns: whether a lane is still told as held though it is empty. */
gboolean ob_gate_has_vacant_lane (ObGate *gate);

/* gate-rematch.c */
void ob_gate_match_all (ObGate *gate);

G_END_DECLS
