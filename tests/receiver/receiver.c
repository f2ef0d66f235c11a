/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The receiver's server: listening, counting, the faults that answer in place of the work, and the ledger's view of a
 * finished upload. Main thread.
 */
#include "exchange.h"

#include <string.h>

void
reply_text (SoupServerMessage *message, guint status, const char *text)
{
  soup_server_message_set_status (message, status, NULL);
  if (status == SOUP_STATUS_NO_CONTENT || text == NULL)
    return;
  soup_server_message_set_response (message, "text/plain; charset=utf-8", SOUP_MEMORY_COPY, text, strlen (text));
}

void
reply_json (SoupServerMessage *message, guint status, JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, FALSE);
  gsize length = strlen (text);

  json_object_unref (object);
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_TAKE, g_steal_pointer (&text), length);
}

static void
set_string (JsonObject *object, const char *name, const char *value)
{
  if (value != NULL)
    json_object_set_string_member (object, name, value);
}

JsonObject *
deposit_facts (const Deposit *deposit)
{
  JsonObject *facts = json_object_new ();

  json_object_set_string_member (facts, "id", deposit->id);
  set_string (facts, "key", deposit->key);
  set_string (facts, "outbox_id", deposit->outbox_id);
  json_object_set_int_member (facts, "size", deposit->size);
  json_object_set_int_member (facts, "offset", deposit->offset);
  return facts;
}

JsonObject *
deposit_full_facts (const Deposit *deposit)
{
  JsonObject *facts = deposit_facts (deposit);
  JsonObject *metadata = json_object_new ();
  g_autoptr (GHashTable) table = deposit_decode_metadata (deposit);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &name, &value))
    json_object_set_string_member (metadata, name, value);
  json_object_set_object_member (facts, "metadata", metadata);
  json_object_set_boolean_member (facts, "finished", deposit->is_finished);
  json_object_set_int_member (facts, "received", deposit->received);
  set_string (facts, "sha256", deposit->sha256);
  return facts;
}

JsonObject *
header_facts (SoupServerMessage *message)
{
  JsonObject *facts = json_object_new ();
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter, soup_server_message_get_request_headers (message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    json_object_set_string_member (facts, name, value);
  return facts;
}

/* SoupServer has no signal for a new connection; its first request marks its socket. */
static void
count_connection (Receiver *receiver, SoupServerMessage *message)
{
  static const char mark[] = "outbox-receiver-counted";
  GSocket *socket = soup_server_message_get_socket (message);
  JsonObject *facts;

  if (socket == NULL || g_object_get_data (G_OBJECT (socket), mark) != NULL)
    return;
  g_object_set_data (G_OBJECT (socket), mark, receiver);
  receiver->connections++;
  facts = json_object_new ();
  json_object_set_int_member (facts, "number", receiver->connections);
  ledger_write (receiver->ledger, "connection-open", facts);
}

static void
count_request (Receiver *receiver, SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (receiver->requests, method));

  g_hash_table_replace (receiver->requests, g_strdup (method), GUINT_TO_POINTER (count + 1));
}

static FaultSubject
subject_of (SoupServerMessage *message, const char *path, const Deposit *deposit)
{
  const char *key = soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Idempotency-Key");

  return (FaultSubject){
    .method = soup_server_message_get_method (message),
    .path = path,
    .id = deposit != NULL ? deposit->id : NULL,
    .key = deposit != NULL && deposit->key != NULL ? deposit->key : key,
    .outbox_id = deposit != NULL ? deposit->outbox_id : NULL,
  };
}

static void
note_fault (Receiver *receiver, const Fault *fault, const FaultSubject *subject)
{
  JsonObject *facts = json_object_new ();

  json_object_set_string_member (facts, "fault", fault->name);
  json_object_set_string_member (facts, "method", subject->method);
  json_object_set_string_member (facts, "path", subject->path);
  ledger_write (receiver->ledger, "fault", facts);
}

static void
answer_early (SoupServerMessage *message, const Fault *fault)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer name, value;

  g_string_append_printf (text, "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %zu\r\n",
                          fault->status, soup_status_get_phrase (fault->status), fault->content_type,
                          strlen (fault->body));
  g_hash_table_iter_init (&iter, fault->headers);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (value)
      g_string_append_printf (text, "%s: %s\r\n", (char *) name, (char *) value);
  g_string_append_printf (text, "\r\n%s", fault->body);
  connection_send_raw (message, text->str, NULL, 0);
}

static void
answer_status (SoupServerMessage *message, const Fault *fault)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  GHashTableIter iter;
  gpointer name, value;

  if (fault->is_early)
    {
      answer_early (message, fault);
      return;
    }
  g_hash_table_iter_init (&iter, fault->headers);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (value)
      soup_message_headers_replace (headers, name, value);
    else
      soup_message_headers_remove (headers, name);
  soup_server_message_set_status (message, fault->status, NULL);
  soup_server_message_set_response (message, fault->content_type, SOUP_MEMORY_COPY, fault->body, strlen (fault->body));
}

static void
answer_fault (SoupServerMessage *message, const Fault *fault)
{
  switch (fault->kind)
    {
    case FAULT_GARBAGE:
      connection_send_raw (message, fault->body, fault->mode, fault->delay_ms);
      break;
    case FAULT_ENDLESS_HEADERS:
      connection_send_raw (message, "HTTP/1.1 204 No Content\r\n", "X-More: there is always another one\r\n",
                           fault->delay_ms);
      break;
    case FAULT_RESET:
      connection_reset (message);
      break;
    default:
      answer_status (message, fault);
    }
}

static gboolean
has_required_header (const Habits *habits, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  return habits->header_name == NULL
         || g_strcmp0 (soup_message_headers_get_one (headers, habits->header_name), habits->header_value) == 0;
}

/* libsoup takes a 204 for a body that ends with the connection, and closes it, whatever was set before its headers went
 * out. */
static void
on_wrote_headers (SoupServerMessage *message, gpointer user_data)
{
  if (soup_server_message_get_status (message) == SOUP_STATUS_NO_CONTENT)
    soup_message_headers_set_encoding (soup_server_message_get_response_headers (message), SOUP_ENCODING_NONE);
}

gboolean
receiver_admit (Receiver *receiver, SoupServerMessage *message, const char *path, const Deposit *deposit)
{
  FaultSubject subject = subject_of (message, path, deposit);
  g_autoptr (Fault) fault = NULL;

  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (on_wrote_headers), NULL);
  count_connection (receiver, message);
  count_request (receiver, message);

  fault = faults_take (receiver->faults, FAULT_STAGE_REQUEST, &subject);
  if (fault != NULL)
    {
      note_fault (receiver, fault, &subject);
      answer_fault (message, fault);
      return TRUE;
    }
  if (!has_required_header (faults_get_habits (receiver->faults), message))
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "WWW-Authenticate", "Bearer");
      reply_text (message, SOUP_STATUS_UNAUTHORIZED, "sign in\n");
      return TRUE;
    }
  return FALSE;
}

static gboolean
on_delay_over (gpointer user_data)
{
  soup_server_message_unpause (user_data);
  return G_SOURCE_REMOVE;
}

void
receiver_conclude (Receiver *receiver, SoupServerMessage *message, const char *path, const Deposit *deposit)
{
  FaultSubject subject = subject_of (message, path, deposit);
  g_autoptr (Fault) fault = faults_take (receiver->faults, FAULT_STAGE_REPLY, &subject);
  g_autofree char *offset = NULL;

  if (fault == NULL)
    return;
  note_fault (receiver, fault, &subject);
  switch (fault->kind)
    {
    case FAULT_LOST_ANSWER:
      connection_reset (message);
      break;
    case FAULT_DELAY:
      soup_server_message_pause (message);
      g_timeout_add_full (G_PRIORITY_DEFAULT, fault->delay_ms, on_delay_over, g_object_ref (message), g_object_unref);
      break;
    case FAULT_WRONG_OFFSET:
      offset = g_strdup_printf ("%" G_GINT64_FORMAT, fault->bytes);
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Upload-Offset", offset);
      break;
    default:
      break;
    }
}

static void
note_finish (Receiver *receiver, const Deposit *deposit)
{
  const Deposit *twin = shelf_find_key (receiver->shelf, deposit->key, deposit);
  JsonObject *facts = deposit_full_facts (deposit);

  if (twin == NULL || !twin->is_finished)
    twin = shelf_find_key (receiver->shelf, deposit->outbox_id, deposit);
  if (twin != NULL && twin->is_finished)
    {
      receiver->duplicate_finishes++;
      json_object_set_string_member (facts, "first", twin->id);
      ledger_write (receiver->ledger, "duplicate-finish", facts);
      return;
    }
  receiver->finished++;
  ledger_write (receiver->ledger, "finish", facts);
}

gboolean
receiver_finish (Receiver *receiver, SoupServerMessage *message, Deposit *deposit)
{
  g_autoptr (GError) error = NULL;

  if (deposit->is_finished)
    return TRUE;
  if (!deposit_finish (deposit, &error))
    {
      if (message != NULL)
        reply_text (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, error->message);
      return FALSE;
    }
  note_finish (receiver, deposit);
  return TRUE;
}

/* Killed between the last byte and the finish: the bytes are all here, so the upload is finished now. */
static void
finish_what_was_left (Receiver *receiver)
{
  g_autoptr (GPtrArray) list = shelf_list (receiver->shelf);

  for (guint i = 0; i < list->len; i++)
    if (deposit_is_whole (g_ptr_array_index (list, i)))
      receiver_finish (receiver, NULL, g_ptr_array_index (list, i));
}

static gboolean
take_orders (Receiver *receiver, char **orders, GError **error)
{
  for (; orders != NULL && *orders != NULL; orders++)
    if (!control_take_order (receiver, *orders, -1, error))
      return FALSE;
  return TRUE;
}

static gboolean
listen_somewhere (Receiver *receiver, const ReceiverOptions *options, GError **error)
{
  g_autoptr (GInetAddress) address = options->any_address ? g_inet_address_new_any (G_SOCKET_FAMILY_IPV4)
                                                          : g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) socket_address = g_inet_socket_address_new (address, options->port);
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (options->certificate_path != NULL)
    {
      certificate = g_tls_certificate_new_from_files (options->certificate_path, options->key_path, error);
      if (certificate == NULL)
        return FALSE;
      soup_server_set_tls_certificate (receiver->server, certificate);
    }
  return soup_server_listen (receiver->server, socket_address, certificate != NULL ? SOUP_SERVER_LISTEN_HTTPS : 0,
                             error);
}

Receiver *
receiver_new (const ReceiverOptions *options, GError **error)
{
  g_autoptr (Receiver) receiver = g_new0 (Receiver, 1);

  receiver->expires_s = options->expires_s;
  receiver->faults = faults_new ();
  receiver->requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  receiver->amendments = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) json_object_unref);
  receiver->exchanges = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) exchange_free);
  receiver->server = soup_server_new ("server-header", "outbox-receiver ", NULL);
  receiver->ledger = ledger_open (options->ledger_path, error);
  if (receiver->ledger == NULL)
    return NULL;
  receiver->shelf = shelf_open (options->folder, !options->no_digest, error);
  if (receiver->shelf == NULL)
    return NULL;
  if (!take_orders (receiver, options->orders, error))
    return NULL;
  finish_what_was_left (receiver);

  tus_add_routes (receiver);
  put_add_routes (receiver);
  confirm_add_routes (receiver);
  amend_add_routes (receiver);
  control_add_routes (receiver);
  return listen_somewhere (receiver, options, error) ? g_steal_pointer (&receiver) : NULL;
}

char *
receiver_dup_url (Receiver *receiver)
{
  g_autoslist (GUri) uris = soup_server_get_uris (receiver->server);
  g_autofree char *base = g_uri_to_string (uris->data);

  return g_strconcat (base, "files/", NULL);
}

void
receiver_free (Receiver *receiver)
{
  g_clear_pointer (&receiver->exchanges, g_hash_table_unref);
  g_clear_pointer (&receiver->amendments, g_hash_table_unref);
  soup_server_disconnect (receiver->server);
  g_clear_object (&receiver->server);
  g_clear_pointer (&receiver->shelf, shelf_free);
  g_clear_pointer (&receiver->ledger, ledger_close);
  g_clear_pointer (&receiver->faults, faults_free);
  g_clear_pointer (&receiver->requests, g_hash_table_unref);
  g_free (receiver);
}
