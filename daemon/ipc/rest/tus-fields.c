/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between libsoup and tus-head.h. Main thread.
 */
#include "ipc/rest/tus-fields.h"

ObTusHead
ob_tus_read_head (const char *method, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const ObTusFields fields = { .version = soup_message_headers_get_one (headers, "Tus-Resumable"),
                               .length = soup_message_headers_get_one (headers, "Upload-Length"),
                               .defer = soup_message_headers_get_one (headers, "Upload-Defer-Length"),
                               .offset = soup_message_headers_get_one (headers, "Upload-Offset"),
                               .checksum = soup_message_headers_get_one (headers, "Upload-Checksum"),
                               .metadata = soup_message_headers_get_one (headers, "Upload-Metadata"),
                               .concat = soup_message_headers_get_one (headers, "Upload-Concat"),
                               .type = soup_message_headers_get_content_type (headers, NULL),
                               .body_bytes = (guint64) soup_message_headers_get_content_length (headers) };

  return ob_tus_head_read (method, &fields);
}

void
ob_tus_set_number (SoupServerMessage *message, const char *field, guint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  soup_message_headers_replace (soup_server_message_get_response_headers (message), field, text);
}

void
ob_tus_set_expiry (SoupServerMessage *message, gint64 expires_ms)
{
  g_autoptr (GDateTime) at = expires_ms > 0 ? g_date_time_new_from_unix_utc (expires_ms / 1000) : NULL;
  g_autofree char *text = at ? soup_date_time_to_string (at, SOUP_DATE_HTTP) : NULL;

  if (text)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Upload-Expires", text);
}

void
ob_tus_answer_options (ObExchange *exchange)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (ob_exchange_get_message (exchange));

  soup_message_headers_replace (headers, "Tus-Version", OB_TUS_VERSION);
  soup_message_headers_replace (headers, "Tus-Extension", OB_TUS_EXTENSIONS);
  soup_message_headers_replace (headers, "Tus-Checksum-Algorithm", OB_TUS_ALGORITHMS);
  ob_tus_set_number (ob_exchange_get_message (exchange), "Tus-Max-Size", OB_TUS_MAX_BYTES);
  ob_exchange_answer (exchange, 204, NULL);
}
