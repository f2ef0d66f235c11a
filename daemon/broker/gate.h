/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gate decides by rules and conditions what may travel. All uploads of one destination and rule are one lane, which is
 * open or held as a whole: a change of network costs one look at each lane, however long the queue is. A member of the
 * queue; main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/passes.h"
#include "broker/queue.h"
#include "broker/shared-holds.h"
#include "model/lane.h"
#include "policy/conditions.h"
#include "policy/rules.h"
#include "transfer/pace.h"

G_BEGIN_DECLS

typedef struct _ObGate ObGate;

/* The listener's functions. */
typedef struct
{
  /* A lane is held for these reasons, at least one: what runs in it must stop. */
  void (*lane_closed) (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data);

  /* Inside a change: the upload is in another lane of its destination. */
  void (*lane_changed) (const char *id, const ObLane *lane, gpointer user_data);

  /* The device is about to sleep or shut down, or not any more. */
  void (*session_changed) (gboolean is_ending, gpointer user_data);
} ObGateEvents;

extern const ObMember ob_gate_member;

/* @queue, @destinations: borrowed. @watchers: (element-type ObWatcher): a reference is taken. @events: static. Joins the
 * queue, and the data budget with it. */
ObGate *ob_gate_new (ObQueue *queue, ObDestinationTable *destinations, GPtrArray *watchers, const ObGateEvents *events,
                     gpointer user_data);
void ob_gate_free (ObGate *gate);

/* The first begins to match uploads with new rules in the background; the second stops listening to the watchers. */
void ob_gate_start (ObGate *gate);
void ob_gate_stop (ObGate *gate);

/* Records what could not be recorded before: at the start, and when the database can be written again. */
void ob_gate_take_up (ObGate *gate);

/* Decides on every lane with waiting uploads, stops what may no longer run, and tells of changes. */
void ob_gate_review (ObGate *gate);

/* Inside a change: something else that the lanes depend on has changed; decide on them after the commit. */
void ob_gate_want_review (ObGate *gate);

/* Borrowed: the passes, which lift what rules say. Who changes them wants a review. */
ObPasses *ob_gate_get_passes (ObGate *gate);

/* --- Conditions --- */

/* Returns: borrowed: the present conditions; and what tells the present network from others, empty without a network */
const ObConditions *ob_gate_get_conditions (ObGate *gate);
const char *ob_gate_get_network (ObGate *gate);

/* Returns: (transfer full): the services that the watchers hear from */
GStrv ob_gate_list_sources (ObGate *gate);

/* Returns: whether the network is not known yet, so that nothing that needs one may start. */
gboolean ob_gate_awaits_word (ObGate *gate);

/* Returns: the reasons by which the session holds the whole queue, bit r for OutboxReason r */
OutboxReasonSet ob_gate_get_session_reasons (ObGate *gate);

/* Everything is recorded: lets the device sleep or shut down, if it waits for that. */
void ob_gate_let_go (ObGate *gate);

/* A person lets through everything that would ask on the present network. Errors: WrongState without a network, Storage,
 * DiskFull. */
void ob_gate_allow_network (ObGate *gate, ObQueueDone done, gpointer user_data);

/* Months and hours of rules count in that zone. @zone: a reference is taken */
void ob_gate_set_zone (ObGate *gate, GTimeZone *zone);

/* Returns: the bytes of this month that cost money. The second, inside a change, adds to them. Errors: Storage, DiskFull. */
guint64 ob_gate_get_metered_bytes (ObGate *gate);
gboolean ob_gate_count_metered (ObGate *gate, const char *destination, guint64 wire_bytes, GError **error);

/* --- Rules --- */

/* Puts the rules in force for lanes and paces at once. @rules: a reference is taken */
void ob_gate_set_rules (ObGate *gate, ObRules *rules);
ObRules *ob_gate_get_rules (ObGate *gate);

/* Returns: (nullable): the rule of that name; %NULL if it is gone, so that its uploads are about to be matched anew */
const ObRule *ob_gate_find_rule (ObGate *gate, const char *name);

/* Returns: (transfer full) (nullable): the pace shared by all attempts of a rule */
ObPace *ob_gate_ref_pace (ObGate *gate, const char *rule_name);

/* --- The lane of an upload; inside a change, after which its row is to be written --- */

/* Sets the lane of a new upload: by the rules, and by what a person has said for its group on this network. */
void ob_gate_admit (ObGate *gate, ObUpload *upload);

/* Sets the lane of an upload by the rules alone. */
void ob_gate_match (ObGate *gate, ObUpload *upload);

/* Lets the upload travel on that network, or as long as a pass lasts, whatever its rule says. @network: (nullable): as
 * ob_gate_get_network() had it, or as ob_pass_dup_sent_on() gives it; NULL: the present one, or none if there is none. The second has it
 * follow its rule again. Both write its row and journal themselves. Errors: Storage, DiskFull. */
gboolean ob_gate_send_now (ObGate *gate, ObUpload *upload, const char *network, GError **error);
gboolean ob_gate_end_pass (ObGate *gate, ObUpload *upload, GError **error);

/* --- What holds a lane --- */

/* Returns: how many holds it sets for an upload in that stored state */
guint ob_gate_get_lane_holds (ObGate *gate, const ObLane *lane, ObStored stored, ObHold holds[OB_LANE_HOLDS_MAX]);

/* Returns: the reasons that hold a lane by the last decision; none for an empty lane */
OutboxReasonSet ob_gate_get_lane_reasons (ObGate *gate, const ObLane *lane);

/* Returns: whether an upload for the destination waits in an open lane. */
gboolean ob_gate_has_open_lane (ObGate *gate, const char *destination);

/* Adds the holds of lanes to @list, of ObSharedHold. @app: (nullable): only of lanes with its uploads */
void ob_gate_list_lane_holds (ObGate *gate, const char *app, GArray *list);

/* Adds to @list the holds of every rule that could apply there. Returns: whether one of the reasons @which holds each of
 * these rules */
gboolean ob_gate_list_holds_of_rules (ObGate *gate, const char *destination, OutboxReasonSet which, GArray *list);

G_END_DECLS
