/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which destinations can be reached: asks the watchers once for each, and again when they tell that their answers have
 * changed. A way that is lost counts at once, one that is found when the conditions have settled. Main thread.
 */
#pragma once

#include "model/destination.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObWays ObWays;

/* @watchers: of ObWatcher */
ObWays *ob_ways_new (GPtrArray *watchers);
void ob_ways_free (ObWays *ways);

/* Now, and when the conditions were settled last. @is_believed: that there is a network: what is asked for the first time is
 * believed with it */
gboolean ob_ways_is_reachable (ObWays *ways, const ObDestination *destination, gboolean is_believed);
gboolean ob_ways_was_reachable (ObWays *ways, const ObDestination *destination, gboolean is_believed);

/* Bytes that go there leave by a device that costs. */
gboolean ob_ways_is_metered (ObWays *ways, const ObDestination *destination, gboolean is_believed);

/* Asks again. Returns: whether there is a way to one that there was none to. */
gboolean ob_ways_review (ObWays *ways);

/* The conditions have settled. */
void ob_ways_settle (ObWays *ways);

G_END_DECLS
