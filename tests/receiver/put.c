/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PUT /put/NAME: the whole file in one request, as `curl -T` and the protocol http send it; HEAD tells its size. A file that is
 * there is replaced (204), unless If-None-Match says that none may be (412). Main thread.
 */
#include "exchange.h"

#include <string.h>

#define ROUTE "/put"

static void
answer_head (Receiver *receiver, SoupServerMessage *message, const char *path, const Deposit *deposit)
{
  if (deposit == NULL || !deposit->is_finished)
    reply_text (message, SOUP_STATUS_NOT_FOUND, NULL);
  else
    {
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
      soup_message_headers_set_content_length (soup_server_message_get_response_headers (message), deposit->offset);
    }
  receiver_conclude (receiver, message, path, deposit);
}

static gboolean
may_replace (SoupServerMessage *message)
{
  const char *condition
      = soup_message_headers_get_one (soup_server_message_get_request_headers (message), "If-None-Match");

  return g_strcmp0 (condition, "*") != 0;
}

static void
on_headers (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Receiver *receiver = user_data;
  const char *name = g_str_has_prefix (path, ROUTE "/") ? path + strlen (ROUTE "/") : "";
  g_autoptr (GError) error = NULL;
  Deposit *deposit;
  Exchange *exchange;
  gboolean replaces;

  if (receiver_admit (receiver, message, path, NULL))
    return;
  if (g_str_equal (soup_server_message_get_method (message), "HEAD"))
    {
      answer_head (receiver, message, path, shelf_find (receiver->shelf, name));
      return;
    }
  if (!g_str_equal (soup_server_message_get_method (message), "PUT"))
    {
      reply_text (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "only PUT and HEAD\n");
      return;
    }
  if (*name == '\0' || *name == '.' || strchr (name, '/') != NULL)
    {
      reply_text (message, SOUP_STATUS_BAD_REQUEST, "not a good name\n");
      return;
    }
  deposit = shelf_find (receiver->shelf, name);
  if (deposit != NULL)
    {
      exchange_take_over (receiver, deposit);
      deposit = shelf_find (receiver->shelf, name);
    }
  if (deposit != NULL && deposit->is_finished && !may_replace (message))
    {
      reply_text (message, SOUP_STATUS_PRECONDITION_FAILED, "it is there\n");
      return;
    }
  replaces = deposit != NULL && deposit->is_finished;
  if (deposit != NULL)
    shelf_remove (receiver->shelf, deposit);
  deposit = shelf_create (receiver->shelf, name, -1,
                          soup_message_headers_get_one (soup_server_message_get_request_headers (message),
                                                        "Idempotency-Key"),
                          NULL, &error);
  if (deposit == NULL)
    reply_text (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, error->message);
  else
    {
      exchange = exchange_begin (receiver, message, deposit);
      exchange->leaves_nothing = TRUE;
      exchange->replaces = replaces;
    }
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Receiver *receiver = user_data;
  Exchange *exchange = exchange_find (receiver, message);
  Deposit *deposit;

  if (exchange == NULL || !exchange_complete (exchange))
    return;
  deposit = exchange_get_deposit (exchange);
  if (!receiver_finish (receiver, message, deposit))
    return;
  reply_text (message, exchange->replaces ? SOUP_STATUS_NO_CONTENT : SOUP_STATUS_CREATED, NULL);
  receiver_conclude (receiver, message, path, deposit);
}

void
put_add_routes (Receiver *receiver)
{
  soup_server_add_early_handler (receiver->server, ROUTE, on_headers, receiver, NULL);
  soup_server_add_handler (receiver->server, ROUTE, on_request, receiver, NULL);
}
