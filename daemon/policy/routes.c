/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Servers and the ways to them. Owns an rtnetlink socket, by which the kernel tells of changed links, addresses, routes and
 * rules. Main thread.
 */
#include "policy/routes.h"

#include "base/debug.h"

#include <glib-unix.h>
#include <linux/rtnetlink.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS                                                                                                      \
  (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV4_RULE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE \
   | 1u << (RTNLGRP_IPV6_RULE - 1))

/* A name whose address is unreachable is looked up again this often while there is a network. */
#define ASK_AGAIN_S 60

struct _ObRoutes
{
  GHashTable *targets; /* URL → Target */
  int fd;              /* -1: the kernel does not tell of changes */
  guint source;
  void (*on_changed) (gpointer user_data);
  gpointer user_data;
};

/* A server that was asked for. A lookup has a reference of its own, and finds @routes NULL if nobody waits any more. */
typedef struct
{
  ObRoutes *routes; /* NULL: nobody waits any more */
  char *url;
  char *host;            /* of the URL, or of its proxy */
  GPtrArray *addresses;  /* of GSocketAddress: the result of the last lookup */
  gboolean is_literal;   /* the host is written as an address */
  gboolean is_looked_up; /* a lookup is under way */
  guint again;           /* source that looks it up again */
  GCancellable *cancellable;
  ObWay way;
} Target;

static void
target_clear (Target *target)
{
  g_free (target->url);
  g_free (target->host);
  g_ptr_array_unref (target->addresses);
  g_object_unref (target->cancellable);
}

static void
target_unref (Target *target)
{
  g_rc_box_release_full (target, (GDestroyNotify) target_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Target, target_unref)

static void
target_end (Target *target)
{
  target->routes = NULL;
  g_clear_handle_id (&target->again, g_source_remove);
  g_cancellable_cancel (target->cancellable);
  target_unref (target);
}

/* --- The way --- */

static gboolean
is_same_way (const ObWay *a, const ObWay *b)
{
  return a->is_reachable == b->is_reachable && a->is_loopback == b->is_loopback && g_str_equal (a->device, b->device);
}

static ObWay
look (const Target *target)
{
  ObWay way = { 0 };

  for (guint i = 0; i < target->addresses->len && !way.is_reachable; i++)
    way = ob_way_find (target->addresses->pdata[i]);
  if (way.is_reachable || target->is_literal)
    return way;
  way = ob_way_find_default ();
  if (!way.is_reachable && target->addresses->len == 0)
    way = (ObWay){ .is_reachable = ob_way_is_any () };

  return way;
}

/* Returns: whether the answer has changed */
static gboolean
look_again (Target *target)
{
  const ObWay way = look (target);

  if (is_same_way (&way, &target->way))
    return FALSE;
  target->way = way;

  return TRUE;
}

/* --- Addresses --- */

static void look_up_name (Target *target);

/* Reads a host that is written as an address, in any form that the C library takes, zone included. */
static gboolean
read_literal (Target *target)
{
  const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM };
  struct addrinfo *list = NULL;

  if (getaddrinfo (target->host, "9", &hints, &list) != 0)
    return FALSE;
  g_ptr_array_set_size (target->addresses, 0);
  for (const struct addrinfo *entry = list; entry; entry = entry->ai_next)
    g_ptr_array_add (target->addresses, g_socket_address_new_from_native (entry->ai_addr, entry->ai_addrlen));
  freeaddrinfo (list);

  return TRUE;
}

static gboolean
on_ask_again (gpointer data)
{
  Target *target = data;

  target->again = 0;
  look_up_name (target);

  return G_SOURCE_REMOVE;
}

/* Looks up an unreachable name again while there is a network: its server may have another address on this one. */
static void
ask_again_if_lost (Target *target)
{
  gboolean is_lost = !target->is_literal && !target->is_looked_up && !target->way.is_reachable && ob_way_is_any ();

  if (!is_lost)
    g_clear_handle_id (&target->again, g_source_remove);
  else if (target->again == 0)
    target->again = g_timeout_add_seconds (ASK_AGAIN_S, on_ask_again, target);
}

static void
on_name_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Target) target = user_data;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  target->is_looked_up = FALSE;
  if (target->routes && found)
    {
      g_ptr_array_set_size (target->addresses, 0);
      for (GList *link = found; link; link = link->next)
        g_ptr_array_add (target->addresses, g_inet_socket_address_new (link->data, 9));
    }
  g_resolver_free_addresses (found);
  if (!target->routes)
    return;
  if (error)
    ob_debug (OB_DEBUG_GATE, NULL, "%s cannot be looked up: %s", target->host, error->message);
  gboolean has_changed = look_again (target);

  ask_again_if_lost (target);
  if (has_changed)
    target->routes->on_changed (target->routes->user_data);
}

static void
look_up_name (Target *target)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  if (target->is_literal || target->is_looked_up || !target->host)
    return;
  target->is_looked_up = TRUE;
  g_resolver_lookup_by_name_async (resolver, target->host, target->cancellable, on_name_looked_up,
                                   g_rc_box_acquire (target));
}

static void
set_host (Target *target, const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  g_free (target->host);
  target->host = g_strdup (uri ? g_uri_get_host (uri) : NULL);
  g_ptr_array_set_size (target->addresses, 0);
  target->is_literal = target->host && read_literal (target);
}

static void
on_proxy_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Target) target = user_data;
  g_auto (GStrv) proxies = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (source), result, NULL);
  gboolean has_changed;

  if (!target->routes)
    return;
  if (proxies && proxies[0] && !g_str_has_prefix (proxies[0], "direct:"))
    set_host (target, proxies[0]);
  look_up_name (target);
  has_changed = look_again (target);
  if (has_changed)
    target->routes->on_changed (target->routes->user_data);
}

static Target *
target_new (ObRoutes *routes, const char *url)
{
  Target *target = g_rc_box_new0 (Target);

  target->routes = routes;
  target->url = g_strdup (url);
  target->addresses = g_ptr_array_new_with_free_func (g_object_unref);
  target->cancellable = g_cancellable_new ();
  set_host (target, url);
  (void) look_again (target);
  g_proxy_resolver_lookup_async (g_proxy_resolver_get_default (), url, target->cancellable, on_proxy_looked_up,
                                 g_rc_box_acquire (target));

  return target;
}

/* --- Changes --- */

void
ob_routes_review (ObRoutes *routes)
{
  gboolean has_changed = FALSE;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, routes->targets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Target *target = value;
      gboolean is_other = look_again (target);

      has_changed |= is_other;
      if (target->addresses->len == 0 || (is_other && !target->way.is_reachable))
        look_up_name (target);
      ask_again_if_lost (target);
    }
  if (has_changed)
    routes->on_changed (routes->user_data);
}

/* Read nothing of the message: after any change all ways are asked for again. */
static gboolean
on_told (int fd, GIOCondition condition, gpointer user_data)
{
  char buffer[16384];

  while (recv (fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
    ;
  ob_routes_review (user_data);

  return G_SOURCE_CONTINUE;
}

static void
listen_to_kernel (ObRoutes *routes)
{
  const struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = GROUPS };

  routes->fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (routes->fd < 0 || bind (routes->fd, (const struct sockaddr *) &groups, sizeof groups) != 0)
    {
      g_message ("The kernel does not tell of changes of its routes");
      return;
    }
  routes->source = g_unix_fd_add (routes->fd, G_IO_IN, on_told, routes);
}

ObRoutes *
ob_routes_new (void (*on_changed) (gpointer user_data), gpointer user_data)
{
  ObRoutes *routes = g_new0 (ObRoutes, 1);

  routes->targets = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) target_end);
  routes->on_changed = on_changed;
  routes->user_data = user_data;
  listen_to_kernel (routes);

  return routes;
}

void
ob_routes_free (ObRoutes *routes)
{
  g_clear_handle_id (&routes->source, g_source_remove);
  g_hash_table_unref (routes->targets);
  if (routes->fd >= 0)
    (void) close (routes->fd);
  g_free (routes);
}

ObWay
ob_routes_find (ObRoutes *routes, const char *url)
{
  Target *target = g_hash_table_lookup (routes->targets, url);

  if (!target)
    {
      target = target_new (routes, url);
      g_hash_table_insert (routes->targets, target->url, target);
    }

  return target->way;
}

static const Target *
find_reached (ObRoutes *routes)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, routes->targets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Target *target = value;

      if (target->way.is_reachable && !target->way.is_loopback)
        return target;
    }

  return NULL;
}

gboolean
ob_routes_reach_any (ObRoutes *routes)
{
  return find_reached (routes) != NULL;
}

ObWay
ob_routes_find_way_out (ObRoutes *routes)
{
  const ObWay way = ob_way_find_default ();
  const Target *target = way.is_reachable ? NULL : find_reached (routes);

  return target ? target->way : way;
}
