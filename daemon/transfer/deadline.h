/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By when the call that a worker is in must have come back. Worker and watch write it; whoever has an eye on the workers
 * reads it, and gives up one that is past it. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a worker does by itself between two requests: opens the copy, reads and checks a chunk of it, maybe on a slow card. */
#define OB_DEADLINE_OWN_MS 60000
/* A request that was ended from this side: libsoup comes back within 2 ms, where it does. */
#define OB_DEADLINE_ENDED_MS 3000

typedef struct _ObDeadline ObDeadline;

ObDeadline *ob_deadline_new (void);
ObDeadline *ob_deadline_ref (ObDeadline *deadline);
void ob_deadline_unref (ObDeadline *deadline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDeadline, ob_deadline_unref)

/* @allowed_ms: from now */
void ob_deadline_set (ObDeadline *deadline, gint64 allowed_ms);

/* It may take as long as it takes: somebody else bounds it. */
void ob_deadline_clear (ObDeadline *deadline);

/* Sets one where there is none, and takes it back where it still is that one: for a call inside of another one that may be
 * ended meanwhile. Returns: what to give to the second. */
gint64 ob_deadline_begin (ObDeadline *deadline, gint64 allowed_ms);
void ob_deadline_end (ObDeadline *deadline, gint64 due_us);

gboolean ob_deadline_is_set (ObDeadline *deadline);
gboolean ob_deadline_is_past (ObDeadline *deadline);

G_END_DECLS
