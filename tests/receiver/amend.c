/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PATCH /amend?id=: {"outbox_id", "version", "name", "metadata"}: what is said of a file now. The newest version is kept; 200 tells which
 * one that is, also to a request that comes twice or late. 404 with the id: there is no such file. Main thread.
 */
#include "exchange.h"

#define ROUTE "/amend"

static void
answer_it (SoupServerMessage *message, guint status, const char *id, gint64 version)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "outbox_id", id);
  if (version > 0)
    json_object_set_int_member (object, "version", version);
  reply_json (message, status, object);
}

/* Returns: (transfer full) (nullable): the object that the body is */
static JsonObject *
read_body (SoupServerMessage *message)
{
  g_autoptr (GBytes) body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length;
  const char *text = g_bytes_get_data (body, &length);
  JsonNode *root = NULL;

  if (json_parser_load_from_data (parser, text, (gssize) length, NULL))
    root = json_parser_get_root (parser);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_dup_object (root) : NULL;
}

static void
take_it (Receiver *receiver, SoupServerMessage *message, const char *id, JsonObject *said)
{
  JsonObject *had = g_hash_table_lookup (receiver->amendments, id);
  gint64 version = json_object_get_int_member_with_default (said, "version", 0);
  gint64 had_version = had != NULL ? json_object_get_int_member_with_default (had, "version", 0) : 0;

  if (version > had_version)
    g_hash_table_replace (receiver->amendments, g_strdup (id), json_object_ref (said));
  answer_it (message, SOUP_STATUS_OK, id, MAX (version, had_version));
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Receiver *receiver = user_data;
  const char *id = query != NULL ? g_hash_table_lookup (query, "id") : NULL;
  g_autoptr (JsonObject) said = read_body (message);
  const Deposit *deposit = id != NULL ? shelf_find_key (receiver->shelf, id, NULL) : NULL;
  JsonObject *facts;

  if (receiver_admit (receiver, message, path, deposit))
    return;
  if (!g_str_equal (soup_server_message_get_method (message), "PATCH"))
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow", "PATCH");
      reply_text (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "only PATCH\n");
    }
  else if (id == NULL || said == NULL
           || g_strcmp0 (json_object_get_string_member_with_default (said, "outbox_id", NULL), id) != 0)
    reply_text (message, SOUP_STATUS_BAD_REQUEST, "not an amendment of that file\n");
  else if (deposit == NULL || !deposit->is_finished)
    answer_it (message, SOUP_STATUS_NOT_FOUND, id, 0);
  else
    take_it (receiver, message, id, said);
  facts = header_facts (message);
  json_object_set_string_member (facts, "key", id != NULL ? id : "");
  json_object_set_int_member (facts, "status", soup_server_message_get_status (message));
  if (said != NULL)
    json_object_set_object_member (facts, "said", g_steal_pointer (&said));
  ledger_write (receiver->ledger, "amend", facts);
  receiver_conclude (receiver, message, path, deposit);
}

void
amend_add_routes (Receiver *receiver)
{
  soup_server_add_handler (receiver->server, ROUTE, on_request, receiver, NULL);
}
