/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds every byte of every attempt back while news of the network is on its way to the main thread. Whoever hears first that
 * something has changed puts it on, on whatever thread: what a rule forbids must not leave because the main thread is late.
 * It lets go by itself when the main thread has had that news, and has by then stopped what may not go on. There is one,
 * as there is one system.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Before the news is handed to the main thread. Any thread. */
void ob_brake_put_on (void);

/* Any thread. */
gboolean ob_brake_is_on (void);

/* Waits while it is on, or until @cancellable (nullable) is cancelled. Worker threads. */
void ob_brake_wait (GCancellable *cancellable);

G_END_DECLS
