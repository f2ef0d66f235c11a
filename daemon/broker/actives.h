/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attempts that run or are about to, by their upload's id: what each does, and how each is told to stop. Main thread;
 * lost with the process.
 */
#pragma once

#include "model/lane.h"
#include "store/follow-ups.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/* Without a network not even a question reaches the server. */
#define OB_ACTIVES_NETWORK_REASONS \
  (OUTBOX_REASON_BIT (OUTBOX_REASON_NO_NETWORK) | OUTBOX_REASON_BIT (OUTBOX_REASON_CAPTIVE_PORTAL))

typedef struct
{
  char *id;
  ObLane lane; /* of a termination the destination alone */
  ObStop *stop;
  gint priority;       /* when it was chosen */
  gint64 number;       /* of the upload */
  guint64 begun_at;    /* the number that its destination's health counts by */
  guint64 sent_bytes;  /* the peer's kernel has acknowledged up to here; 0: no further than the server has confirmed */
  gboolean is_asking;  /* the server has every byte, and is only asked */
  gboolean is_left;    /* the server has every byte, and takes long to answer */
  gboolean makes_room; /* it was stopped to make room for another */
  gboolean
      is_renewed; /* what its server is to be told has changed: it begins anew, and what it makes there now is not used */
  ObFollowUpKind follow_up; /* none: it sends */
  guint amended;            /* of an amendment: which one the server is told of */
} ObActive;

typedef struct _ObActives ObActives;

ObActives *ob_actives_new (void);
void ob_actives_free (ObActives *actives);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObActives, ob_actives_free)

/* @lane: without a rule for a termination. Returns: (transfer none) */
ObActive *ob_actives_add (ObActives *actives, const char *id, const ObLane *lane);
void ob_actives_remove (ObActives *actives, const char *id);

/* Returns: (transfer none) (nullable) */
ObActive *ob_actives_find (ObActives *actives, const char *id);

/* Returns: (transfer container) (element-type ObActive): borrowed until one of them is removed. */
GPtrArray *ob_actives_list (ObActives *actives);
guint ob_actives_count (ObActives *actives);

/* Returns: whether there is an attempt for that destination; one that was stopped to make room. */
gboolean ob_actives_has_for (ObActives *actives, const char *destination);
gboolean ob_actives_is_making_room (ObActives *actives);
guint ob_actives_count_follow_ups (ObActives *actives, ObFollowUpKind kind);

/* --- Stops --- */

void ob_actives_stop (ObActives *actives, const char *id, ObStopKind kind);

/* @destination: (nullable): NULL stops all */
void ob_actives_stop_for (ObActives *actives, const char *destination, ObStopKind kind);

/* Decides how attempts end when their lane is closed by @reasons. Where a rule forbids the network, they must leave it
 * at once. For power or time they may finish their chunk. Where there is no network, the server cannot hear of the end:
 * park. */
ObStopKind ob_actives_get_stop_kind (OutboxReasonSet reasons);

/* Stops the attempts of a lane that @reasons close; those that only ask the server, only if the network is the reason. */
void ob_actives_close_lane (ObActives *actives, const ObLane *lane, OutboxReasonSet reasons);

G_END_DECLS
