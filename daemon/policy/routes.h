/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which servers can be reached. It knows the addresses behind URLs, asks for a way to each, and asks again whenever
 * rtnetlink tells of a change. Names are looked up on GResolver's threads, so that it never blocks. Main thread.
 */
#pragma once

#include "policy/way.h"

G_BEGIN_DECLS

typedef struct _ObRoutes ObRoutes;

/* @on_changed: called when an answer has changed; it must not free the object */
ObRoutes *ob_routes_new (void (*on_changed) (gpointer user_data), gpointer user_data);
void ob_routes_free (ObRoutes *routes);

/**
 * ob_routes_find:
 * @url: of a server; asked for once, it is watched from then on
 *
 * Returns the way to the server, or to its proxy if the system has one for that URL. A name can be reached if one of the
 * addresses of its last lookup can. A default route is a way to every name, since names move. For a name that could not be
 * looked up yet, any network is a way: an attempt will tell.
 */
ObWay ob_routes_find (ObRoutes *routes, const char *url);

/* Returns: whether any server that was asked for can be reached, other than this device itself. */
gboolean ob_routes_reach_any (ObRoutes *routes);

/* Returns: the way out: that of the default route, else that to one of the servers */
ObWay ob_routes_find_way_out (ObRoutes *routes);

/* Asks for all ways again, for a caller that heard of a change elsewhere. */
void ob_routes_review (ObRoutes *routes);

G_END_DECLS
