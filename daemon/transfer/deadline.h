/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By when a worker's current call must come back. The worker and its watch write it; the main thread reads it, and gives up
 * a worker that is past it. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For a worker's own work between two requests: opening the copy, reading and checking a chunk, perhaps on a slow card. */
#define OB_DEADLINE_OWN_MS 60000
/* For libsoup to come back from a request that we ended, which normally takes 2 ms. */
#define OB_DEADLINE_ENDED_MS 3000

typedef struct _ObDeadline ObDeadline;

ObDeadline *ob_deadline_new (void);
ObDeadline *ob_deadline_ref (ObDeadline *deadline);
void ob_deadline_unref (ObDeadline *deadline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDeadline, ob_deadline_unref)

/* @allowed_ms: counted from now */
void ob_deadline_set (ObDeadline *deadline, gint64 allowed_ms);

/* No limit from here: another object bounds this call. */
void ob_deadline_clear (ObDeadline *deadline);

/* For a call inside of another: sets a deadline if none is set. Returns: what ob_deadline_end() needs, so that it takes
 * back only this one. */
gint64 ob_deadline_begin (ObDeadline *deadline, gint64 allowed_ms);
void ob_deadline_end (ObDeadline *deadline, gint64 due_us);

gboolean ob_deadline_is_set (ObDeadline *deadline);
gboolean ob_deadline_is_past (ObDeadline *deadline);

G_END_DECLS
