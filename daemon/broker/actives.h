/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attempts that run or are about to, by the id of their upload: what each is at, and the ways in which they are told to
 * stop. Main thread; lost with the process.
 */
#pragma once

#include "dbus/status.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/* What keeps even a question from the server. */
#define OB_ACTIVES_NETWORK_REASONS \
  (OUTBOX_REASON_BIT (OUTBOX_REASON_NO_NETWORK) | OUTBOX_REASON_BIT (OUTBOX_REASON_CAPTIVE_PORTAL))

typedef struct
{
  char *id;
  char *destination;
  char *rule; /* its lane's; NULL for a termination */
  ObStop *stop;
  gint priority;       /* that it was chosen with */
  gint64 number;       /* the upload's */
  guint64 begun_at;    /* as the destination's health counts */
  guint64 sent_bytes;  /* up to where the peer's kernel has acknowledged; 0: no more than the server has confirmed */
  gboolean is_asking;  /* the server has every byte */
  gboolean is_left;    /* the server was given all of it, and takes its time to say so */
  gboolean makes_room; /* it was stopped for another */
  gboolean is_termination; /* the upload was removed, and the server is to let go of it */
} ObActive;

typedef struct _ObActives ObActives;

ObActives *ob_actives_new (void);
void ob_actives_free (ObActives *actives);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObActives, ob_actives_free)

/* @rule: (nullable): NULL: a termination. Returns: (transfer none) */
ObActive *ob_actives_add (ObActives *actives, const char *id, const char *destination, const char *rule);
void ob_actives_remove (ObActives *actives, const char *id);

/* Returns: (transfer none) (nullable) */
ObActive *ob_actives_find (ObActives *actives, const char *id);

/* Returns: (transfer container) (element-type ObActive): borrowed until one of them is removed. */
GPtrArray *ob_actives_list (ObActives *actives);
guint ob_actives_count (ObActives *actives);

/* Whether there is one for that destination; one that was stopped for another; one that has a server let go of an upload. */
gboolean ob_actives_has_for (ObActives *actives, const char *destination);
gboolean ob_actives_is_making_room (ObActives *actives);
gboolean ob_actives_is_terminating (ObActives *actives);

/* --- Stops --- */

void ob_actives_stop (ObActives *actives, const char *id, ObStopKind kind);

/* @destination: (nullable): NULL: all */
void ob_actives_stop_for (ObActives *actives, const char *destination, ObStopKind kind);

/* How attempts end in a lane that these reasons close: what a rule forbids has to leave the network at once; what waits for power
 * or a time may end its chunk; and where there is no network, nobody hears of an end. */
ObStopKind ob_actives_get_stop_kind (OutboxReasonSet reasons);

/* Stops what may not run in a lane for these reasons; of what only asks, where they are of the network. */
void ob_actives_close_lane (ObActives *actives, const char *destination, const char *rule, OutboxReasonSet reasons);

G_END_DECLS
