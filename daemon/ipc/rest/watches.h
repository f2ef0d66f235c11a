/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors that somebody waits for, behind the one descriptor of an epoll set. Each turn of the main loop looks at everything that is in
 * it: with hundreds of slow connections there, every caller would wait longer for every answer. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObWatches ObWatches;
typedef struct _ObWatch ObWatch;

typedef enum
{
  OB_WATCH_IN,
  OB_WATCH_OUT,
} ObWatchDirection;

/* @is_in_time: FALSE: nothing came of it within the time */
typedef void (*ObWatchReady) (gboolean is_in_time, gpointer user_data);

/* Errors: Failed: the system has no room for it. Returns: (transfer full) (nullable) */
ObWatches *ob_watches_new (GError **error);

/* Free its watches first. */
void ob_watches_free (ObWatches *watches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObWatches, ob_watches_free)

/* @fd: borrowed; a descriptor has one watch. Returns: (transfer full) */
ObWatch *ob_watch_new (ObWatches *watches, int fd);

/* Call it before the descriptor is closed. */
void ob_watch_free (ObWatch *watch);

/**
 * ob_watch_wait:
 * @until_us: monotonic time
 * @ready: called once, by the main loop: when something can be read (or written), or the peer is gone, or the time is over. It may
 *   free any watch
 *
 * Takes the place of what waits for the same direction.
 */
void ob_watch_wait (ObWatch *watch, ObWatchDirection direction, gint64 until_us, ObWatchReady ready,
                    gpointer user_data);

void ob_watch_stop (ObWatch *watch, ObWatchDirection direction);

G_END_DECLS
