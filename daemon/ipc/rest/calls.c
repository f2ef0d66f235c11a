/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs the requests of routes. Main thread.
 */
#include "ipc/rest/calls.h"

#include "ipc/requests/table.h"
#include "ipc/rest/arguments.h"

/* @results: (nullable). Returns: (transfer full) (nullable): what of them the route tells */
static GVariant *
choose_result (const ObRoute *route, GVariant *results)
{
  if (!route->result || !results)
    return NULL;
  if (*route->result == '\0')
    return g_variant_ref (results);

  return g_variant_lookup_value (results, route->result, NULL);
}

static void
on_done (GVariant *results, const GError *error, gpointer user_data)
{
  g_autoptr (ObExchange) exchange = user_data;
  g_autoptr (GVariant) owned = results ? g_variant_ref_sink (results) : NULL;
  g_autoptr (GVariant) document = choose_result (ob_exchange_get_route (exchange), owned);

  if (error)
    ob_exchange_fail (exchange, error);
  else
    ob_exchange_answer (exchange, 200, document);
}

GVariant *
ob_call_read_arguments (ObExchange *exchange)
{
  SoupMessageBody *body = soup_server_message_get_request_body (ob_exchange_get_message (exchange));
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  g_autoptr (GError) error = NULL;
  GVariant *arguments;
  gsize size_bytes;
  const char *text = g_bytes_get_data (bytes, &size_bytes);

  arguments = ob_arguments_make (ob_exchange_get_route (exchange), ob_exchange_get_parameter (exchange),
                                 ob_exchange_get_query (exchange), text, size_bytes, &error);
  if (!arguments)
    ob_exchange_fail (exchange, error);

  return arguments;
}

void
ob_call_take_body (ObExchange *exchange)
{
  g_autoptr (GVariant) arguments = ob_call_read_arguments (exchange);

  if (arguments)
    ob_exchange_ask (exchange, ob_exchange_get_route (exchange)->request, arguments, NULL, on_done);
}

/* A body that comes with it, which may be a secret, is dropped unread. */
static void
refuse_unknown (ObExchange *exchange)
{
  g_autoptr (GError) error = NULL;

  ob_request_set_unknown (&error, ob_exchange_get_route (exchange)->request);
  ob_exchange_fail (exchange, error);
}

void
ob_call_take_head (ObExchange *exchange)
{
  const ObRoute *route = ob_exchange_get_route (exchange);
  SoupServerMessage *message = ob_exchange_get_message (exchange);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  const goffset length = soup_message_headers_get_content_length (headers);

  if (route->request && !ob_request_is_known (route->request))
    refuse_unknown (exchange);
  else if (length > OB_CALL_MAX_BYTES)
    ob_exchange_refuse (exchange, 413, "The body is too long");
  else if (length > 0 && (!type || g_ascii_strcasecmp (type, "application/json") != 0))
    ob_exchange_refuse (exchange, 415, "The body is of another type than application/json");
  else
    soup_message_body_set_accumulate (soup_server_message_get_request_body (message), TRUE);
}

void
ob_call_take_head_of_page (ObExchange *exchange, const char *refusal, gboolean needs_body)
{
  SoupServerMessage *message = ob_exchange_get_message (exchange);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  if (!ob_exchange_get_reader (exchange))
    ob_exchange_refuse (exchange, 403, refusal);
  else if (needs_body && !soup_message_headers_get_content_type (headers, NULL))
    ob_exchange_refuse (exchange, 415, "The body is of another type than application/json");
  else
    ob_call_take_head (exchange);
}

void
ob_call_tell_health (ObExchange *exchange)
{
  GVariantBuilder health;

  g_variant_builder_init (&health, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&health, "{sv}", "status", g_variant_new_string ("ok"));
  ob_exchange_answer (exchange, 200, g_variant_builder_end (&health));
}
