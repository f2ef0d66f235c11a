/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * POST /control sets a fault or a habit, GET /control tells what happened so far. Faults do not act on it, and it is not
 * counted. Main thread.
 */
#include "exchange.h"

#define ROUTE "/control"

static JsonObject *
describe (Receiver *receiver)
{
  JsonObject *object = json_object_new ();
  JsonObject *requests = json_object_new ();
  JsonArray *uploads = json_array_new ();
  g_autoptr (GPtrArray) list = shelf_list (receiver->shelf);
  JsonObject *amendments = json_object_new ();
  GHashTableIter iter;
  gpointer method, count, id, said;

  g_hash_table_iter_init (&iter, receiver->requests);
  while (g_hash_table_iter_next (&iter, &method, &count))
    json_object_set_int_member (requests, method, GPOINTER_TO_UINT (count));
  for (guint i = 0; i < list->len; i++)
    json_array_add_object_element (uploads, deposit_full_facts (g_ptr_array_index (list, i)));
  json_object_set_int_member (object, "connections", receiver->connections);
  json_object_set_object_member (object, "requests", requests);
  json_object_set_int_member (object, "body_bytes", receiver->body_bytes);
  json_object_set_int_member (object, "finished", receiver->finished);
  json_object_set_int_member (object, "duplicate_finishes", receiver->duplicate_finishes);
  json_object_set_object_member (object, "faults", faults_describe (receiver->faults));
  json_object_set_array_member (object, "uploads", uploads);
  g_hash_table_iter_init (&iter, receiver->amendments);
  while (g_hash_table_iter_next (&iter, &id, &said))
    json_object_set_object_member (amendments, id, json_object_ref (said));
  json_object_set_object_member (object, "amendments", amendments);
  return object;
}

gboolean
control_take_order (Receiver *receiver, const char *json, gssize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (!json_parser_load_from_data (parser, json, length, error))
    return FALSE;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "not a JSON object\n");
      return FALSE;
    }
  return faults_add (receiver->faults, json_node_get_object (root), error);
}

static void
take_order (Receiver *receiver, SoupServerMessage *message)
{
  g_autoptr (GBytes) body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (body, &length);

  if (control_take_order (receiver, text, (gssize) length, &error))
    reply_json (message, SOUP_STATUS_OK, faults_describe (receiver->faults));
  else
    reply_text (message, SOUP_STATUS_BAD_REQUEST, error->message);
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Receiver *receiver = user_data;
  const char *method = soup_server_message_get_method (message);

  if (g_str_equal (method, "POST"))
    take_order (receiver, message);
  else if (g_str_equal (method, "GET"))
    reply_json (message, SOUP_STATUS_OK, describe (receiver));
  else
    reply_text (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "GET or POST\n");
}

void
control_add_routes (Receiver *receiver)
{
  soup_server_add_handler (receiver->server, ROUTE, on_request, receiver, NULL);
}
