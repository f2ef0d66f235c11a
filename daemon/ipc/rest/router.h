/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of routes: everything that the door serves, and nothing else. Pure.
 */
#pragma once

#include "ipc/options.h"

G_BEGIN_DECLS

typedef enum
{
  OB_ROUTE_REQUEST, /* runs a request of the table in ipc/requests */
  OB_ROUTE_SUBMIT,  /* the body is a file */
  OB_ROUTE_TUS,     /* tus: the body is a piece of a file */
  OB_ROUTE_EVENTS,  /* a stream of what changes */
  OB_ROUTE_CONTENT, /* the copy of a file */
  OB_ROUTE_STATIC,  /* a file that is in the program */
  OB_ROUTE_HEALTH,  /* that the broker runs */
  OB_ROUTE_SESSION, /* the dashboard begins or ends its session */
  OB_ROUTE_SIGN_IN, /* the body is a secret */
  OB_ROUTE_PAIR,    /* a page and the broker come to know each other */
} ObRouteKind;

typedef struct
{
  const char *method; /* one with GET is served to HEAD too */
  const char *path;   /* "{…}" stands for one segment, which is the parameter; there is one at most */
  ObRouteKind kind;
  const char *
      request; /* the request's name; NULL: it runs none. One that ob_request_is_known() does not have is NotSupported */
  const char
      *parameter; /* the argument that the path's parameter is; empty where the path has none. NULL: there is no such */
  gboolean is_list; /* that argument is a list, of one */
  const ObOption
      *query; /* what the query may have: the argument "filter", or the options of a file or of Watch. NULL: nothing */
  const ObOption *body; /* what the body may have. NULL: nothing */
  const char *settings; /* the argument that the body's members make together; NULL: each is an argument of its own */
  const char *result;   /* the result that is answered; empty: all of them; NULL: none, which is 204 */
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
