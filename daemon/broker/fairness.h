/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who was served, and who has waited meanwhile. A stream of uploads (of one app in one lane) gains a point of priority for
 * every hour in which it could have run and others did, so that none starves; where nothing runs at all, as without a
 * network, nobody is passed over and the order stays what people have set. Main thread; lost with the process.
 */
#pragma once

#include "store/ready.h"

G_BEGIN_DECLS

/* For so long a stream is passed over for a point. */
#define OB_FAIRNESS_POINT_MS (G_GINT64_CONSTANT (3600) * 1000)

typedef struct _ObFairness ObFairness;

ObFairness *ob_fairness_new (void);
void ob_fairness_free (ObFairness *fairness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFairness, ob_fairness_free)

/* Begins a choice: streams that were left waiting by the last one have waited until now. A gap between two choices counts
 * for a point at most: the device slept, or its clock was set. */
void ob_fairness_begin (ObFairness *fairness, gint64 now_ms);

/* Returns: points. */
gint ob_fairness_get_age (ObFairness *fairness, const ObStream *stream);

/* Returns: when the app was served last, by a count; 0: not yet. */
guint64 ob_fairness_get_served (ObFairness *fairness, const char *app);

/* What the choice came to. Something of the stream has started: it begins to wait anew. */
void ob_fairness_note_served (ObFairness *fairness, const ObStream *stream);
/* Something of it waits on. */
void ob_fairness_note_waiting (ObFairness *fairness, const ObStream *stream);

G_END_DECLS
