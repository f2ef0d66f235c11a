/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gate: what the rules say under the conditions of network, power, session and time. Everything that shares a destination
 * and a rule is in one lane, which is open or held as a whole: a change of network costs one look at each lane, whatever the
 * length of the queue. A member of the queue; main thread.
 *
 * A lane is named as lane-name.h says: RULE, or RULE@NETWORK for what a person has let through on one network only.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/queue.h"
#include "broker/shared-holds.h"
#include "model/upload.h"
#include "policy/conditions.h"
#include "policy/rules.h"
#include "transfer/pace.h"

G_BEGIN_DECLS

typedef struct _ObGate ObGate;

/* Who listens. */
typedef struct
{
  /* What is in a lane may no longer run, for these reasons, of which there are some. */
  void (*lane_closed) (const char *destination, const char *lane_rule, OutboxReasonSet reasons, gpointer user_data);

  /* From now on an upload is in another lane of its destination. Inside a change. */
  void (*lane_changed) (const char *id, const char *lane_rule, gpointer user_data);

  /* The device is about to sleep or to shut down, or no longer. */
  void (*session_changed) (gboolean is_ending, gpointer user_data);
} ObGateEvents;

extern const ObMember ob_gate_member;

/* @queue, @destinations: borrowed. @watchers: (element-type ObWatcher): a reference is taken. @events: static. The data budget
 * joins the queue with it. */
ObGate *ob_gate_new (ObQueue *queue, ObDestinationTable *destinations, GPtrArray *watchers, const ObGateEvents *events,
                     gpointer user_data);
void ob_gate_free (ObGate *gate);

/* From now on uploads are matched with new rules in the background; and no watcher is heard any more. */
void ob_gate_start (ObGate *gate);
void ob_gate_stop (ObGate *gate);

/* Goes on with what could not be recorded: at the start, and when the database can be written again. */
void ob_gate_take_up (ObGate *gate);

/* Looks at every lane in which something waits, has stopped what may no longer run, and tells of what has changed. The second
 * does so after the commit of the turn that is open. */
void ob_gate_review (ObGate *gate);
void ob_gate_want_review (ObGate *gate);

/* --- Conditions --- */

/* Borrowed: as they are now; and what tells the present network from others, empty where there is none. */
const ObConditions *ob_gate_get_conditions (ObGate *gate);
const char *ob_gate_get_network (ObGate *gate);

/* Returns: (transfer full): the services that the watchers hear from. */
GStrv ob_gate_list_sources (ObGate *gate);

/* Nobody has said a first word of the network yet, or it is not believed yet: what needs a network does not start. */
gboolean ob_gate_awaits_word (ObGate *gate);

/* What of the session holds the whole queue, bit r for OutboxReason r. */
OutboxReasonSet ob_gate_get_session_reasons (ObGate *gate);

/* Everything is recorded: the device may sleep or end, if that is what it is about to do. */
void ob_gate_let_go (ObGate *gate);

/* A person lets everything through on the present network that has to be asked about. Errors: WrongState (there is no network),
 * Storage, DiskFull. */
void ob_gate_allow_network (ObGate *gate, ObQueueDone done, gpointer user_data);

/* The zone in whose months and times of day the rules count. @zone: a reference is taken */
void ob_gate_set_zone (ObGate *gate, GTimeZone *zone);

/* Bytes of this month that cost. The second, inside a change, counts what went out. Errors: Storage, DiskFull. */
guint64 ob_gate_get_metered_bytes (ObGate *gate);
gboolean ob_gate_count_metered (ObGate *gate, const char *destination, guint64 wire_bytes, GError **error);

/* --- Rules --- */

/* Lanes and paces obey them at once. @rules: a reference is taken */
void ob_gate_set_rules (ObGate *gate, ObRules *rules);
ObRules *ob_gate_get_rules (ObGate *gate);

/* Returns: (nullable): a lane's rule; NULL where it is gone: what has it is about to be matched anew. */
const ObRule *ob_gate_find_rule (ObGate *gate, const char *lane_rule);

/* Returns: (transfer full) (nullable): the pace that all attempts of a rule share. */
ObPace *ob_gate_ref_pace (ObGate *gate, const char *lane_rule);

/* --- The lane of an upload; inside a change, after which its row is to be written --- */

/* It comes in: what a person has said of its group counts on this network. */
void ob_gate_admit (ObGate *gate, ObUpload *upload);

/* By the rules alone. */
void ob_gate_match (ObGate *gate, ObUpload *upload);

/* On the present network it may go, whatever its rule says. Writes row and journal itself. Errors: Storage, DiskFull. */
gboolean ob_gate_send_now (ObGate *gate, ObUpload *upload, GError **error);

/* --- What holds a lane --- */

/* What has that stored state in it. Returns: how many holds. */
guint ob_gate_get_lane_holds (ObGate *gate, const char *destination, const char *lane_rule, ObStored stored,
                              ObHold holds[OB_LANE_HOLDS_MAX]);

/* Returns: the reasons that hold a lane, as they were found last; none of one in which nothing waits. */
OutboxReasonSet ob_gate_get_lane_reasons (ObGate *gate, const char *destination, const char *lane_rule);

/* Whether something waits for that destination in a lane that nothing holds. */
gboolean ob_gate_has_open_lane (ObGate *gate, const char *destination);

/* Adds to @list, of ObSharedHold, what holds lanes. @app: (nullable): only those in which it has uploads */
void ob_gate_list_lane_holds (ObGate *gate, const char *app, GArray *list);

/* Adds to @list what holds all that could go there, whichever rule it would have. Returns: whether one of the reasons @which
 * holds every one of these rules. */
gboolean ob_gate_list_holds_of_rules (ObGate *gate, const char *destination, OutboxReasonSet which, GArray *list);

G_END_DECLS
