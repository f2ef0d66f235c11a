/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which servers can be reached: knows the addresses behind URLs, looks for a way to each of them, and looks again whenever
 * rtnetlink tells of a change. Never blocks: names are looked up by GResolver's threads. Main thread.
 */
#pragma once

#include "policy/way.h"

G_BEGIN_DECLS

typedef struct _ObRoutes ObRoutes;

/* @on_changed: one of the answers has changed; may not free it */
ObRoutes *ob_routes_new (void (*on_changed) (gpointer user_data), gpointer user_data);
void ob_routes_free (ObRoutes *routes);

/**
 * ob_routes_find:
 * @url: of a server; asked for once, it is watched from then on
 *
 * The way to it; to its proxy, where the system has one for that URL. A name is as reachable as the addresses that it had
 * when it was last looked up, of which one is enough. A default route is a way to every name, since names move. Of a name
 * that could not be looked up yet, any network at all is a way: a try will tell, and no rule of ours knows better.
 */
ObWay ob_routes_find (ObRoutes *routes, const char *url);

/* Whether any of those asked for, which is not this device itself, can be reached. */
gboolean ob_routes_reach_any (ObRoutes *routes);

/* The way out: the default route's, or else that to one of those asked for. */
ObWay ob_routes_find_way_out (ObRoutes *routes);

/* Looks again, for whoever has heard of a change in another way. */
void ob_routes_review (ObRoutes *routes);

G_END_DECLS
