/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The passes in force: a person lets something go on for a time, whatever its rule says. The gate asks them about each lane;
 * the commands give and end them. A member of the queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "model/lane.h"
#include "store/passes.h"

G_BEGIN_DECLS

typedef struct _ObPasses ObPasses;

extern const ObMember ob_passes_member;

/* @queue: borrowed. */
ObPasses *ob_passes_new (ObQueue *queue);
void ob_passes_free (ObPasses *passes);

/* Borrowed: (element-type ObPass): all that have a row, also those that are over. */
const GPtrArray *ob_passes_get_all (ObPasses *passes);

gboolean ob_pass_is_over (const ObPass *pass, gint64 now_ms);

/* Returns: the pass of that subject that is in force; %NULL: none */
const ObPass *ob_passes_find (ObPasses *passes, OutboxScope scope, const char *app, const char *key);

/* Returns: when the last pass of a lane that is in force ends; 0: it has none */
gint64 ob_passes_get_end_ms (ObPasses *passes, const ObLane *lane);

/* ObUpload.sent_on of an upload that has a pass itself or by its group names it by its number: as such a text; whether a text is
 * one; and the pass that it names, over or not, NULL if it has no row any more. */
char *ob_pass_dup_sent_on (gint64 number);
gboolean ob_pass_is_in (const char *sent_on);
const ObPass *ob_passes_find_in (ObPasses *passes, const char *sent_on);

/* --- Inside a change. Errors: Storage, DiskFull. --- */

/* Returns: the number of the new pass; 0 after an error. What the subject has is ended before. */
gint64 ob_passes_give (ObPasses *passes, OutboxScope scope, const char *app, const char *key, gint64 duration_ms,
                       gboolean pauses, GError **error);

/* Ends what a subject has; and one pass by its number. */
gboolean ob_passes_end (ObPasses *passes, OutboxScope scope, const char *app, const char *key, GError **error);
gboolean ob_passes_end_one (ObPasses *passes, gint64 number, GError **error);

/* The clock was set: an hour stays an hour. */
gboolean ob_passes_move (ObPasses *passes, gint64 jump_ms, GError **error);

G_END_DECLS
