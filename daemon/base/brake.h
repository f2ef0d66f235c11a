/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds back every byte of every attempt while news of the network is on its way to the main thread, so that what a rule
 * forbids does not leave because the main thread is late. Whichever thread first hears of a change puts it on. It lets go
 * by itself when the main thread has had the news, and so has stopped what may not go on. There is one brake, since there
 * is one system.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Call it before handing the news to the main thread. Any thread. */
void ob_brake_put_on (void);

/* Any thread. */
gboolean ob_brake_is_on (void);

/* Waits while the brake is on, or until @cancellable (nullable) is cancelled. Worker threads. */
void ob_brake_wait (GCancellable *cancellable);

G_END_DECLS
