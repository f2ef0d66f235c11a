/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remembers who was served and who had to wait meanwhile. A stream (the uploads of one app in one lane) gains a point of
 * priority for every hour in which it could have run and others did, so that none starves. While nothing runs at all, as
 * without a network, nobody is passed over, and the order stays as people set it. Main thread; lost with the process.
 */
#pragma once

#include "store/ready.h"

G_BEGIN_DECLS

/* A stream that is passed over for so long gains a point. */
#define OB_FAIRNESS_POINT_MS (G_GINT64_CONSTANT (3600) * 1000)

typedef struct _ObFairness ObFairness;

ObFairness *ob_fairness_new (void);
void ob_fairness_free (ObFairness *fairness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFairness, ob_fairness_free)

/* Begins a choice: streams that the last one left waiting have waited until now. A gap between two choices counts for a
 * point at most, since the device may have slept, or its clock been set. */
void ob_fairness_begin (ObFairness *fairness, gint64 now_ms);

/* Returns: the stream's points */
gint ob_fairness_get_age (ObFairness *fairness, const ObStream *stream);

/* Returns: when the app was last served, as a count; 0: not yet */
guint64 ob_fairness_get_served (ObFairness *fairness, const char *app);

/* An upload of the stream has started: its waiting begins anew. */
void ob_fairness_note_served (ObFairness *fairness, const ObStream *stream);
/* An upload of the stream waits on. */
void ob_fairness_note_waiting (ObFairness *fairness, const ObStream *stream);

G_END_DECLS
