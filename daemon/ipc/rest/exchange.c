/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds a message of libsoup until it has its answer. Main thread.
 */
#include "ipc/rest/exchange.h"

#include "ipc/requests/table.h"
#include "ipc/rest/reply.h"

struct _ObExchange
{
  const ObExchangeTools *tools; /* borrowed */
  ObVisit *visit;               /* borrowed; NULL: it is over */
  SoupServerMessage *message;
  const ObRoute *route;
  char *parameter;
  gboolean is_paused;
  gboolean is_answered;
  gboolean is_stream;
  gpointer part; /* of the kind that the route is */
  GDestroyNotify free_part;
};

static void
clear (gpointer data)
{
  ObExchange *exchange = data;

  g_object_unref (exchange->message);
  g_free (exchange->parameter);
}

ObExchange *
ob_exchange_ref (ObExchange *exchange)
{
  return g_rc_box_acquire (exchange);
}

void
ob_exchange_unref (ObExchange *exchange)
{
  g_rc_box_release_full (exchange, clear);
}

static void
on_visit_over (gpointer data)
{
  ObExchange *exchange = data;

  exchange->visit = NULL;
  ob_exchange_set_part (exchange, NULL, NULL);
  ob_exchange_unref (exchange);
}

ObExchange *
ob_exchange_begin (const ObExchangeTools *tools, ObVisit *visit, SoupServerMessage *message, ObRouted *routed)
{
  ObExchange *exchange = g_rc_box_new0 (ObExchange);

  exchange->tools = tools;
  exchange->visit = visit;
  exchange->message = g_object_ref (message);
  exchange->route = routed->route;
  exchange->parameter = g_steal_pointer (&routed->parameter);
  ob_visit_attach (visit, exchange, on_visit_over);

  return exchange;
}

/* --- Answers --- */

gboolean
ob_exchange_is_over (const ObExchange *exchange)
{
  return !exchange->visit || exchange->is_answered;
}

void
ob_exchange_pause (ObExchange *exchange)
{
  if (exchange->is_paused || ob_exchange_is_over (exchange))
    return;
  exchange->is_paused = TRUE;
  soup_server_message_pause (exchange->message);
}

void
ob_exchange_go_on (ObExchange *exchange)
{
  if (!exchange->is_paused || !exchange->visit)
    return;
  exchange->is_paused = FALSE;
  soup_server_message_unpause (exchange->message);
}

/* Each is answered once, and only while somebody listens. Returns: whether this is the answer */
static gboolean
take_answer (ObExchange *exchange)
{
  if (ob_exchange_is_over (exchange))
    return FALSE;
  exchange->is_answered = TRUE;

  return TRUE;
}

void
ob_exchange_answer (ObExchange *exchange, guint status, GVariant *document)
{
  g_autoptr (GVariant) owned = document ? g_variant_ref_sink (document) : NULL;

  if (!take_answer (exchange))
    return;
  ob_reply_document (exchange->message, ob_exchange_get_reader (exchange), status, owned);
  ob_exchange_go_on (exchange);
}

void
ob_exchange_answer_file (ObExchange *exchange, const char *media_type, GBytes *file)
{
  if (!take_answer (exchange))
    return;
  ob_reply_file (exchange->message, ob_exchange_get_reader (exchange), media_type, file);
  ob_exchange_go_on (exchange);
}

/* Nobody at this door is told where the device's files lie: a page may be behind it. */
void
ob_exchange_fail (ObExchange *exchange, const GError *error)
{
  g_autofree char *words
      = ob_configuration_dup_without_folders (exchange->tools->requests->configuration, error->message);
  const GError shown = { error->domain, error->code, words };

  if (!take_answer (exchange))
    return;
  ob_reply_error (exchange->message, ob_exchange_get_reader (exchange), &shown);
  ob_exchange_go_on (exchange);
}

void
ob_exchange_refuse (ObExchange *exchange, guint status, const char *detail)
{
  if (!take_answer (exchange))
    return;
  ob_reply_refusal (exchange->message, ob_exchange_get_reader (exchange), status, detail);
  ob_exchange_go_on (exchange);
}

void
ob_exchange_refuse_with (ObExchange *exchange, guint status, OutboxError code, const char *detail, GVariant *more)
{
  g_autoptr (GVariant) owned = more ? g_variant_ref_sink (more) : NULL;

  if (!take_answer (exchange))
    return;
  ob_reply_problem (exchange->message, ob_exchange_get_reader (exchange), status, code, detail, owned);
  ob_exchange_go_on (exchange);
}

void
ob_exchange_begin_stream (ObExchange *exchange, const char *media_type)
{
  if (!take_answer (exchange))
    return;
  exchange->is_stream = TRUE;
  ob_reply_stream (exchange->message, ob_exchange_get_reader (exchange), media_type);
}

void
ob_exchange_send (ObExchange *exchange, char *text)
{
  SoupMessageBody *body = soup_server_message_get_response_body (exchange->message);

  if (!exchange->visit)
    {
      g_free (text);
      return;
    }
  soup_message_body_append (body, SOUP_MEMORY_TAKE, text, strlen (text));
  soup_server_message_unpause (exchange->message);
}

void
ob_exchange_send_bytes (ObExchange *exchange, GBytes *bytes)
{
  if (!exchange->visit)
    return;
  soup_message_body_append_bytes (soup_server_message_get_response_body (exchange->message), bytes);
  soup_server_message_unpause (exchange->message);
}

void
ob_exchange_end (ObExchange *exchange)
{
  if (!exchange->visit)
    return;
  soup_message_body_complete (soup_server_message_get_response_body (exchange->message));
  soup_server_message_unpause (exchange->message);
}

gboolean
ob_exchange_check_stream (ObExchange *exchange, GError **error)
{
  if (ob_visit_begin_stream (exchange->visit))
    return TRUE;
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY,
                       "This token has as many event streams as it may; tabs of a page share one");

  return FALSE;
}

void
ob_exchange_cut (ObExchange *exchange)
{
  if (!exchange->visit)
    return;
  ob_visit_stop_listening (exchange->visit);
  ob_exchange_set_part (exchange, NULL, NULL);
  if (exchange->is_stream)
    ob_exchange_end (exchange);
  else
    ob_exchange_refuse (exchange, 401, "This page was revoked");
}

/* --- What it is about --- */

const ObRequestContext *
ob_exchange_get_context (const ObExchange *exchange)
{
  return exchange->tools->requests;
}

ObFeed *
ob_exchange_get_feed (const ObExchange *exchange)
{
  return exchange->tools->feed;
}

ObTusUploads *
ob_exchange_get_tus (const ObExchange *exchange)
{
  return exchange->tools->tus;
}

ObHeartbeat *
ob_exchange_get_heartbeat (const ObExchange *exchange)
{
  return exchange->tools->heartbeat;
}

ObLastText *
ob_exchange_get_last_text (const ObExchange *exchange)
{
  return exchange->tools->last_text;
}

ObRate *
ob_exchange_get_rate (const ObExchange *exchange)
{
  return exchange->tools->rate;
}

const ObCaller *
ob_exchange_get_caller (const ObExchange *exchange)
{
  return ob_visit_get_caller (exchange->visit);
}

const char *
ob_exchange_get_reader (const ObExchange *exchange)
{
  return ob_visit_get_reader (exchange->visit);
}

const char *
ob_exchange_get_digest (const ObExchange *exchange)
{
  return ob_visit_get_digest (exchange->visit);
}

const char *
ob_exchange_get_parameter (const ObExchange *exchange)
{
  return exchange->parameter;
}

const char *
ob_exchange_get_query (const ObExchange *exchange)
{
  return g_uri_get_query (soup_server_message_get_uri (exchange->message));
}

const ObRoute *
ob_exchange_get_route (const ObExchange *exchange)
{
  return exchange->route;
}

void
ob_exchange_set_route (ObExchange *exchange, const char *method, const char *path)
{
  g_auto (ObRouted) routed = ob_router_find (method, path);

  g_return_if_fail (routed.route);
  exchange->route = routed.route;
}

SoupServerMessage *
ob_exchange_get_message (const ObExchange *exchange)
{
  return exchange->message;
}

void
ob_exchange_set_part (ObExchange *exchange, gpointer part, GDestroyNotify free_part)
{
  gpointer before = exchange->part;
  GDestroyNotify free_before = exchange->free_part;

  exchange->part = part;
  exchange->free_part = free_part;
  if (before)
    free_before (before);
}

gpointer
ob_exchange_get_part (const ObExchange *exchange)
{
  return exchange->part;
}

/* --- Requests --- */

/* A request that waits for its caller's turn. */
typedef struct
{
  ObExchange *exchange;
  const char *name; /* static */
  ObCaller *caller; /* the visit may be over by then */
  GVariant *arguments;
  ObExchangeTakeFile take_file; /* NULL: it is about no file */
  ObRequestDone done;
} Asking;

static void
drop (gpointer data)
{
  Asking *asking = data;

  ob_exchange_unref (asking->exchange);
  ob_caller_free (asking->caller);
  g_variant_unref (asking->arguments);
  g_free (asking);
}

static void
serve (gpointer data)
{
  Asking *asking = data;
  ObExchange *exchange = asking->exchange;

  if (!asking->take_file || !ob_exchange_is_over (exchange))
    ob_request_run (asking->name, &(ObRequest){ .context = exchange->tools->requests,
                                                .caller = asking->caller,
                                                .arguments = asking->arguments,
                                                .take_file = asking->take_file,
                                                .done = asking->done,
                                                .user_data = ob_exchange_ref (exchange) });
  drop (asking);
}

/* No name on the bus is like this one: turns are taken by apps here, since each request comes by a connection of its own. */
static char *
dup_turn_name (const ObCaller *caller)
{
  return g_strconcat ("rest ", caller->app, NULL);
}

void
ob_exchange_ask (ObExchange *exchange, const char *name, GVariant *arguments, ObExchangeTakeFile take_file,
                 ObRequestDone done)
{
  static const ObLineCall kind = { serve, drop };
  const ObCaller *caller = ob_exchange_get_caller (exchange);
  g_autofree char *turn = dup_turn_name (caller);
  Asking *asking = g_new (Asking, 1);

  *asking = (Asking){ ob_exchange_ref (exchange),     name,      ob_caller_copy (caller),
                      g_variant_ref_sink (arguments), take_file, done };
  ob_exchange_pause (exchange);
  ob_line_add (exchange->tools->requests->line, turn, &kind, asking);
}

void
ob_exchange_run (ObExchange *exchange, const ObRequest *request)
{
  ObRequest whole = *request;

  whole.context = exchange->tools->requests;
  whole.caller = ob_exchange_get_caller (exchange);
  whole.user_data = ob_exchange_ref (exchange);
  ob_exchange_pause (exchange);
  ob_request_run (exchange->route->request, &whole);
}
