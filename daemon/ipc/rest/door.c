/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hands visits to libsoup, and what libsoup read to the routes. Main thread.
 */
#include "ipc/rest/door.h"

#include "base/json.h"
#include "base/secret.h"
#include "ipc/rest/calls.h"
#include "ipc/rest/content.h"
#include "ipc/rest/events.h"
#include "ipc/rest/listener.h"
#include "ipc/rest/page-head.h"
#include "ipc/rest/pages.h"
#include "ipc/rest/pair.h"
#include "ipc/rest/port.h"
#include "ipc/rest/reply.h"
#include "ipc/rest/session.h"
#include "ipc/rest/sign-in.h"
#include "ipc/rest/static.h"
#include "ipc/rest/submit.h"
#include "ipc/rest/tus.h"
#include "ipc/rest/tus-method.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

struct _ObDoor
{
  ObExchangeTools tools;
  SoupServer *server;
  ObVisits *visits;
  ObListener *listener;    /* NULL: there is no socket */
  ObPort *port;            /* NULL: there is none for pages */
  char *url;               /* of the port; NULL: there is none */
  char *dashboard;         /* its origin; NULL: there is no port */
  GSocketAddress *address; /* of the door, for libsoup */
  char *note;              /* the path of rest.json */
  gulong revoked;          /* the handler that hears of it */
};

/* --- Requests --- */

/* Whoever is refused gets the answer after what it sends, of which nothing is kept. */
static void
drop_body (SoupServerMessage *message)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
}

/* libsoup would send parts of an answer, of a list that is another by now too, and each part as often as it is asked for. */
static void
drop_range (SoupServerMessage *message)
{
  soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
}

/* What each kind of route does with the head, and with the body. */
static const struct
{
  void (*take_head) (ObExchange *exchange);
  void (*take_body) (ObExchange *exchange);
} kinds[] = {
  [OB_ROUTE_REQUEST] = { ob_call_take_head, ob_call_take_body },
  [OB_ROUTE_SUBMIT] = { ob_submit_take_head, ob_submit_take_body },
  [OB_ROUTE_TUS] = { ob_tus_take_head, ob_tus_take_body },
  [OB_ROUTE_EVENTS] = { ob_call_take_head, ob_events_take_body },
  [OB_ROUTE_CONTENT] = { ob_call_take_head, ob_content_take_body },
  [OB_ROUTE_STATIC] = { ob_call_take_head, ob_static_take_body },
  [OB_ROUTE_HEALTH] = { ob_call_take_head, ob_call_tell_health },
  [OB_ROUTE_SESSION] = { ob_session_take_head, ob_session_take_body },
  [OB_ROUTE_SIGN_IN] = { ob_call_take_head, ob_sign_in_take_body },
  [OB_ROUTE_PAIR] = { ob_pair_take_head, ob_pair_take_body },
};

static void
refuse_route (SoupServerMessage *message, const char *reader, const char *allowed)
{
  if (!allowed)
    ob_reply_refusal (message, reader, 404, "There is nothing at that path");
  else if (g_str_equal (soup_server_message_get_method (message), "OPTIONS"))
    ob_reply_document (message, reader, 204, NULL);
  else
    ob_reply_refusal (message, reader, 405, "That path does not have this method");
  if (allowed)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow", allowed);
}

static void
find_route (ObDoor *door, ObVisit *visit, SoupServerMessage *message)
{
  g_auto (ObRouted) routed
      = ob_router_find (ob_tus_find_method (message), g_uri_get_path (soup_server_message_get_uri (message)));

  if (ob_visit_get_door (visit) == OB_GUARD_PORT
      && !ob_pages_let_in (door->tools.requests, ob_port_get_number (door->port), visit, message, &routed))
    return;
  if (routed.route)
    kinds[routed.route->kind].take_head (ob_exchange_begin (&door->tools, visit, message, &routed));
  else
    refuse_route (message, ob_visit_get_reader (visit), routed.allowed);
}

static ObVisit *
find_visit (ObDoor *door, SoupServerMessage *message)
{
  return ob_visits_find (door->visits, soup_server_message_get_remote_address (message));
}

/* The head is here, the body is not. */
static void
on_head (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  ObVisit *visit = find_visit (user_data, message);
  const char *detail;
  guint refusal;

  drop_body (message);
  drop_range (message);
  g_return_if_fail (visit);
  refusal = ob_visit_get_refusal (visit, &detail);
  if (refusal != 0)
    ob_reply_refusal (message, NULL, refusal, detail);
  else
    find_route (user_data, visit, message);
}

/* All of it is here, and it was not refused. */
static void
on_body (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  ObVisit *visit = find_visit (user_data, message);
  ObExchange *exchange = visit ? ob_visit_get_attached (visit) : NULL;

  g_return_if_fail (exchange);
  kinds[ob_exchange_get_route (exchange)->kind].take_body (exchange);
}

/* --- Visits --- */

static void
on_ready (ObVisit *visit, gpointer user_data)
{
  ObDoor *door = user_data;
  g_autoptr (GSocketAddress) address = g_object_ref (ob_visit_get_address (visit));
  g_autoptr (GIOStream) stream = ob_visit_open_stream (visit);

  (void) soup_server_accept_iostream (door->server, stream, door->address, address, NULL);
}

static void
on_accepted_at_socket (GSocketConnection *connection, gpointer user_data)
{
  ob_visits_add (((ObDoor *) user_data)->visits, OB_GUARD_SOCKET, connection);
}

static void
on_accepted_at_port (GSocketConnection *connection, gpointer user_data)
{
  ob_visits_add (((ObDoor *) user_data)->visits, OB_GUARD_PORT, connection);
}

/* A token that is no longer good takes with it what it has under way: it was revoked, or ended with its session, or a newer one has
 * its place. */
static void
end_revoked (ObDoor *door)
{
  g_autoptr (GPtrArray) visits = door->visits ? ob_visits_list (door->visits) : NULL;

  for (guint i = 0; visits && i < visits->len; i++)
    {
      ObVisit *visit = visits->pdata[i];

      if (ob_visit_get_attached (visit) && !ob_pages_is_good (door->tools.requests, visit))
        ob_exchange_cut (ob_visit_get_attached (visit));
    }
}

static void
on_apps_changed (ObBroker *broker, gpointer user_data)
{
  end_revoked (user_data);
}

static void
on_session_ended (gpointer user_data)
{
  end_revoked (user_data);
}

/* --- Life --- */

static void
write_note (ObDoor *door)
{
  const char *socket = ob_listener_get_path (door->listener);
  g_autofree char *folder = g_path_get_dirname (socket);
  g_autoptr (GVariant) about = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "socket", g_variant_new_string (socket));
  if (door->url)
    g_variant_builder_add (&builder, "{sv}", "url", g_variant_new_string (door->url));
  about = g_variant_ref_sink (g_variant_builder_end (&builder));
  text = ob_json_write (about);
  door->note = g_build_filename (folder, "rest.json", NULL);
  if (!g_file_set_contents_full (door->note, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_warning ("%s cannot be written: %s", door->note, error->message);
}

/* The name is of this start alone: nothing is of it that an earlier server at that port has left in a browser, such as a service worker,
 * which would see the ticket. Every name below localhost is this device (RFC 6761 section 6.3). */
static char *
dup_dashboard (guint16 port, GError **error)
{
  g_autofree char *code = ob_secret_new_code (error);
  g_autofree char *name = code ? g_ascii_strdown (code, -1) : NULL;

  return name ? g_strdup_printf ("http://outbox-%s.localhost:%u", name, port) : NULL;
}

/* A page of this user comes to this daemon alone: only who has the folder with the socket, and its lock, has a port too. */
static void
open_port (ObDoor *door)
{
  g_autoptr (GError) error = NULL;

  door->port = ob_port_open (on_accepted_at_port, door, &error);
  if (door->port)
    door->dashboard = dup_dashboard (ob_port_get_number (door->port), &error);
  if (door->dashboard)
    door->url = g_strdup_printf ("http://127.0.0.1:%u", ob_port_get_number (door->port));
  else
    {
      g_clear_pointer (&door->port, ob_port_free);
      g_warning ("Web pages cannot reach Outbox: %s", error->message);
    }
}

ObDoor *
ob_door_open (const ObRequestContext *context, ObFeed *feed)
{
  ObDoor *door = g_new0 (ObDoor, 1);
  g_autoptr (GError) error = NULL;

  door->tools = (ObExchangeTools){
    context,       feed, ob_tus_uploads_new (context->broker), ob_heartbeat_new (OB_HEARTBEAT_S), ob_last_text_new (),
    ob_rate_new ()
  };
  door->revoked = g_signal_connect (context->broker, "apps-changed", G_CALLBACK (on_apps_changed), door);
  ob_sessions_watch (context->sessions, on_session_ended, door);
  door->server = soup_server_new ("raw-paths", TRUE, "server-header", NULL, NULL);
  soup_server_add_early_handler (door->server, NULL, on_head, door, NULL);
  soup_server_add_handler (door->server, NULL, on_body, door, NULL);
  door->address = g_unix_socket_address_new ("outbox");
  door->visits = ob_visits_new (on_ready, door, &error);
  if (door->visits)
    door->listener = ob_listener_open (on_accepted_at_socket, door, &error);
  if (door->listener)
    {
      open_port (door);
      write_note (door);
    }
  else
    g_warning ("There is no REST: %s", error->message);

  return door;
}

const char *
ob_door_get_socket (ObDoor *door)
{
  return door->listener ? ob_listener_get_path (door->listener) : NULL;
}

const char *
ob_door_get_url (ObDoor *door)
{
  return door->url;
}

const char *
ob_door_get_dashboard (ObDoor *door)
{
  return door->dashboard;
}

void
ob_door_free (ObDoor *door)
{
  g_signal_handler_disconnect (door->tools.requests->broker, door->revoked);
  ob_sessions_watch (door->tools.requests->sessions, NULL, NULL);
  if (door->note)
    (void) g_unlink (door->note);
  g_clear_pointer (&door->port, ob_port_free);
  g_clear_pointer (&door->listener, ob_listener_free);
  if (door->visits)
    ob_visits_stop (door->visits);
  soup_server_disconnect (door->server);
  g_object_unref (door->server);
  g_clear_pointer (&door->visits, ob_visits_free);
  ob_tus_uploads_free (door->tools.tus);
  ob_heartbeat_free (door->tools.heartbeat);
  ob_last_text_free (door->tools.last_text);
  ob_rate_free (door->tools.rate);
  g_object_unref (door->address);
  g_free (door->note);
  g_free (door->url);
  g_free (door->dashboard);
  g_free (door);
}
