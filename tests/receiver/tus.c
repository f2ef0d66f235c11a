/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tus 1.0.0 route: core protocol, creation, checksum, expiration and termination. What can be decided from the
 * headers is decided before the body comes. Main thread.
 */
#include "exchange.h"

#include <string.h>

#define ROUTE "/files"

static SoupMessageHeaders *
request_headers (SoupServerMessage *message)
{
  return soup_server_message_get_request_headers (message);
}

static SoupMessageHeaders *
response_headers (SoupServerMessage *message)
{
  return soup_server_message_get_response_headers (message);
}

static void
set_number (SoupServerMessage *message, const char *name, gint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);

  soup_message_headers_replace (response_headers (message), name, text);
}

/* A header that must be a whole number, not negative. */
static gboolean
get_number (SoupServerMessage *message, const char *name, gint64 *number)
{
  const char *text = soup_message_headers_get_one (request_headers (message), name);
  guint64 value;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &value, NULL))
    return FALSE;
  *number = (gint64) value;
  return TRUE;
}

/* Where no PATCH comes through, a POST may name it (tus 1.0, X-HTTP-Method-Override). */
static const char *
get_method (SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);
  const char *other = soup_message_headers_get_one (request_headers (message), "X-HTTP-Method-Override");

  return g_str_equal (method, "POST") && other != NULL ? other : method;
}

static Deposit *
find_deposit (Receiver *receiver, const char *path)
{
  return g_str_has_prefix (path, ROUTE "/") ? shelf_find (receiver->shelf, path + strlen (ROUTE "/")) : NULL;
}

static gint64
expires_at_ms (Receiver *receiver, const Deposit *deposit)
{
  return receiver->expires_s > 0 && !deposit->is_finished ? deposit->created_at_ms + (gint64) receiver->expires_s * 1000
                                                          : G_MAXINT64;
}

static gboolean
is_expired (Receiver *receiver, const Deposit *deposit)
{
  return g_get_real_time () / 1000 >= expires_at_ms (receiver, deposit);
}

static void
tell_expiry (Receiver *receiver, SoupServerMessage *message, const Deposit *deposit)
{
  gint64 at_ms = expires_at_ms (receiver, deposit);
  g_autoptr (GDateTime) date = at_ms < G_MAXINT64 ? g_date_time_new_from_unix_utc (at_ms / 1000) : NULL;
  g_autofree char *text = date != NULL ? soup_date_time_to_string (date, SOUP_DATE_HTTP) : NULL;

  if (text != NULL)
    soup_message_headers_replace (response_headers (message), "Upload-Expires", text);
}

static void
answer_options (Receiver *receiver, SoupServerMessage *message)
{
  const Habits *habits = faults_get_habits (receiver->faults);
  SoupMessageHeaders *headers = response_headers (message);

  soup_message_headers_replace (headers, "Tus-Version", "1.0.0");
  soup_message_headers_replace (headers, "Tus-Extension",
                                habits->checksum ? "creation,checksum,expiration,termination"
                                                 : "creation,expiration,termination");
  if (habits->checksum)
    soup_message_headers_replace (headers, "Tus-Checksum-Algorithm", "sha1,sha256");
  if (habits->max_size > 0)
    set_number (message, "Tus-Max-Size", habits->max_size);
  reply_text (message, SOUP_STATUS_NO_CONTENT, NULL);
}

static char *
location_of (Receiver *receiver, const Deposit *deposit)
{
  const char *habit = faults_get_habits (receiver->faults)->location;
  g_autofree char *url = receiver_dup_url (receiver);

  if (g_str_equal (habit, "path"))
    return g_strconcat (ROUTE "/", deposit->id, NULL);
  if (g_str_equal (habit, "bare"))
    return g_strconcat ("./", deposit->id, NULL);
  if (g_str_equal (habit, "host"))
    return g_strconcat (strstr (url, "//"), deposit->id, NULL);
  return g_strconcat (url, deposit->id, NULL);
}

static void
answer_post (Receiver *receiver, SoupServerMessage *message, const char *path)
{
  const Habits *habits = faults_get_habits (receiver->faults);
  g_autoptr (GError) error = NULL;
  g_autofree char *location = NULL;
  JsonObject *facts;
  Deposit *deposit;
  gint64 size;

  if (!get_number (message, "Upload-Length", &size))
    {
      reply_text (message, SOUP_STATUS_BAD_REQUEST, "Upload-Length is missing or no number\n");
      return;
    }
  if (habits->max_size > 0 && size > habits->max_size)
    {
      reply_text (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "larger than Tus-Max-Size\n");
      return;
    }
  deposit = shelf_create (receiver->shelf, NULL, size,
                          soup_message_headers_get_one (request_headers (message), "Idempotency-Key"),
                          soup_message_headers_get_one (request_headers (message), "Upload-Metadata"), &error);
  if (deposit == NULL)
    {
      reply_text (message, SOUP_STATUS_INTERNAL_SERVER_ERROR, error->message);
      return;
    }
  facts = deposit_full_facts (deposit);
  json_object_set_object_member (facts, "headers", header_facts (message));
  ledger_write (receiver->ledger, "create", facts);

  location = location_of (receiver, deposit);
  soup_message_headers_replace (response_headers (message), "Location", location);
  tell_expiry (receiver, message, deposit);
  reply_text (message, SOUP_STATUS_CREATED, NULL);
  if (deposit_is_whole (deposit))
    (void) receiver_finish (receiver, message, deposit);
  receiver_conclude (receiver, message, path, deposit);
}

static void
go_backwards (Receiver *receiver, const char *path, Deposit *deposit)
{
  FaultSubject subject = { "HEAD", path, deposit->id, deposit->key, deposit->outbox_id };
  g_autoptr (Fault) fault = faults_take (receiver->faults, FAULT_STAGE_HEAD, &subject);
  g_autoptr (GError) error = NULL;

  if (fault != NULL && !deposit->is_finished && !deposit_rewind (deposit, fault->bytes, &error))
    g_warning ("%s", error->message);
}

static void
answer_head (Receiver *receiver, SoupServerMessage *message, const char *path, Deposit *deposit)
{
  /* Where there is none, on_headers() has answered. */
  g_assert (deposit != NULL);
  /* Whoever asks for the offset has given up on the request that still holds the upload. */
  exchange_take_over (receiver, deposit);
  go_backwards (receiver, path, deposit);
  set_number (message, "Upload-Offset", deposit->offset);
  set_number (message, "Upload-Length", deposit->size);
  if (deposit->metadata != NULL)
    soup_message_headers_replace (response_headers (message), "Upload-Metadata", deposit->metadata);
  soup_message_headers_replace (response_headers (message), "Cache-Control", "no-store");
  tell_expiry (receiver, message, deposit);
  reply_text (message, SOUP_STATUS_OK, NULL);
  receiver_conclude (receiver, message, path, deposit);
}

static void
answer_delete (Receiver *receiver, SoupServerMessage *message, const char *path, Deposit *deposit)
{
  exchange_take_over (receiver, deposit);
  ledger_write (receiver->ledger, "delete", deposit_facts (deposit));
  reply_text (message, SOUP_STATUS_NO_CONTENT, NULL);
  receiver_conclude (receiver, message, path, deposit);
  shelf_remove (receiver->shelf, deposit);
}

/* From the headers alone: may this body come? */
static void
begin_patch (Receiver *receiver, SoupServerMessage *message, Deposit *deposit)
{
  const char *checksum = soup_message_headers_get_one (request_headers (message), "Upload-Checksum");
  const char *type = soup_message_headers_get_content_type (request_headers (message), NULL);
  Exchange *exchange;
  gint64 offset;

  if (g_strcmp0 (type, "application/offset+octet-stream") != 0)
    reply_text (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "not application/offset+octet-stream\n");
  else if (!get_number (message, "Upload-Offset", &offset))
    reply_text (message, SOUP_STATUS_BAD_REQUEST, "Upload-Offset is missing or no number\n");
  else if (offset != deposit->offset)
    reply_text (message, SOUP_STATUS_CONFLICT, "the offset is another\n");
  else
    {
      exchange = exchange_begin (receiver, message, deposit);
      if (checksum != NULL && faults_get_habits (receiver->faults)->checksum
          && !exchange_expect_checksum (exchange, checksum))
        reply_text (message, SOUP_STATUS_BAD_REQUEST, "Upload-Checksum is none that is known\n");
    }
}

static void
end_patch (Receiver *receiver, SoupServerMessage *message, const char *path)
{
  Exchange *exchange = exchange_find (receiver, message);
  Deposit *deposit;

  if (exchange == NULL || !exchange_complete (exchange))
    return;
  deposit = exchange_get_deposit (exchange);
  if (deposit_is_whole (deposit) && !receiver_finish (receiver, message, deposit))
    return;
  set_number (message, "Upload-Offset", deposit->offset);
  tell_expiry (receiver, message, deposit);
  reply_text (message, SOUP_STATUS_NO_CONTENT, NULL);
  receiver_conclude (receiver, message, path, deposit);
}

/* Headers are here, the body is not. */
static void
on_headers (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Receiver *receiver = user_data;
  Deposit *deposit = find_deposit (receiver, path);
  const char *method = get_method (message);
  const char *version = soup_message_headers_get_one (request_headers (message), "Tus-Resumable");

  soup_message_headers_replace (response_headers (message), "Tus-Resumable", "1.0.0");
  if (receiver_admit (receiver, message, path, deposit) || g_str_equal (method, "OPTIONS"))
    return;
  if (g_strcmp0 (version, "1.0.0") != 0)
    {
      soup_message_headers_replace (response_headers (message), "Tus-Version", "1.0.0");
      reply_text (message, SOUP_STATUS_PRECONDITION_FAILED, "this is tus 1.0.0\n");
      return;
    }
  if (g_str_equal (method, "POST"))
    return;
  if (deposit == NULL)
    reply_text (message, SOUP_STATUS_NOT_FOUND, "no such upload\n");
  else if (is_expired (receiver, deposit))
    reply_text (message, SOUP_STATUS_GONE, "expired\n");
  else if (g_str_equal (method, "PATCH"))
    begin_patch (receiver, message, deposit);
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Receiver *receiver = user_data;
  const char *method = get_method (message);

  if (g_str_equal (method, "OPTIONS"))
    answer_options (receiver, message);
  else if (g_str_equal (method, "POST"))
    answer_post (receiver, message, path);
  else if (g_str_equal (method, "HEAD"))
    answer_head (receiver, message, path, find_deposit (receiver, path));
  else if (g_str_equal (method, "PATCH"))
    end_patch (receiver, message, path);
  else if (g_str_equal (method, "DELETE"))
    answer_delete (receiver, message, path, find_deposit (receiver, path));
  else
    reply_text (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "not a method of tus\n");
}

void
tus_add_routes (Receiver *receiver)
{
  soup_server_add_early_handler (receiver->server, ROUTE, on_headers, receiver, NULL);
  soup_server_add_handler (receiver->server, ROUTE, on_request, receiver, NULL);
}
