/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of routes: everything that the door serves, and nothing else. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  OB_ROUTE_HEALTH, /* that the broker runs */
} ObRouteKind;

typedef struct
{
  const char *method; /* one with GET is served to HEAD too */
  const char *path;   /* "{…}" stands for one segment, which is the parameter; there is one at most */
  ObRouteKind kind;
} ObRoute;

/* Returns: (nullable): the route with that number; %NULL after the last */
const ObRoute *ob_router_get (guint i);

typedef struct
{
  const ObRoute *route; /* NULL: there is none for that method */
  char *parameter;      /* owned; unescaped; NULL: the path has none */
  char *allowed;        /* owned: the methods of that path, as Allow has them; NULL: nothing is at that path */
} ObRouted;

/* @path: escaped, as it came */
ObRouted ob_router_find (const char *method, const char *path);

void ob_routed_clear (ObRouted *routed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ObRouted, ob_routed_clear)

G_END_DECLS
