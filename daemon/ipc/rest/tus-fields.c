/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between libsoup and tus-head.h. Main thread.
 */
#include "ipc/rest/tus-fields.h"

ObTusHead
ob_tus_read_head (SoupServerMessage *message)
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

  return ob_tus_head_read (soup_server_message_get_method (message), &fields);
}

void
ob_tus_answer_options (ObExchange *exchange)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (ob_exchange_get_message (exchange));
  g_autofree char *most = g_strdup_printf ("%" G_GINT64_FORMAT, OB_TUS_MAX_BYTES);

  soup_message_headers_replace (headers, "Tus-Resumable", OB_TUS_VERSION);
  soup_message_headers_replace (headers, "Tus-Version", OB_TUS_VERSION);
  soup_message_headers_replace (headers, "Tus-Extension", OB_TUS_EXTENSIONS);
  soup_message_headers_replace (headers, "Tus-Checksum-Algorithm", OB_TUS_ALGORITHMS);
  soup_message_headers_replace (headers, "Tus-Max-Size", most);
  ob_exchange_answer (exchange, 204, NULL);
}
