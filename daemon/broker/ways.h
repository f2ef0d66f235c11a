/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which destinations can be reached. Asks the watchers once for each, and again when they say that an answer has changed. A
 * lost way counts at once, a new one when the conditions have settled. Main thread.
 */
#pragma once

#include "model/destination.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObWays ObWays;

/* @watchers: of ObWatcher */
ObWays *ob_ways_new (GPtrArray *watchers);
void ob_ways_free (ObWays *ways);

/* Returns: whether it can be reached now; and when the conditions last settled. @is_believed: the network is believed,
 * and a way that is asked for the first time with it */
gboolean ob_ways_is_reachable (ObWays *ways, const ObDestination *destination, gboolean is_believed);
gboolean ob_ways_was_reachable (ObWays *ways, const ObDestination *destination, gboolean is_believed);

/* Returns: whether bytes for it leave by a device that costs. */
gboolean ob_ways_is_metered (ObWays *ways, const ObDestination *destination, gboolean is_believed);

/* Asks for all again. Returns: whether one can be reached that could not be before */
gboolean ob_ways_review (ObWays *ways);

/* The conditions have settled: believes the present ways. */
void ob_ways_settle (ObWays *ways);

G_END_DECLS
