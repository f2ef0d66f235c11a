/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A piece is read when the one before it is gone. Main thread.
 */
#include "ipc/rest/content.h"

#include <gio/gunixinputstream.h>

/* Belongs to its exchange, which may end while a piece is read. */
typedef struct
{
  GInputStream *file;
  GCancellable *cancellable;
  SoupServerMessage *message; /* borrowed */
  gulong taken;               /* the handler that hears of bytes that went */
  gsize waiting_bytes;        /* that the client has not taken yet */
} Content;

static void
content_free (gpointer data)
{
  Content *content = data;

  g_signal_handler_disconnect (content->message, content->taken);
  g_cancellable_cancel (content->cancellable);
  g_object_unref (content->cancellable);
  g_object_unref (content->file);
  g_free (content);
}

static void read_piece (ObExchange *exchange, Content *content);

/* @user_data: a reference of the exchange */
static void
on_piece (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ObExchange) exchange = user_data;
  g_autoptr (GBytes) piece = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  Content *content = ob_exchange_get_part (exchange);

  if (!content)
    return;
  if (!piece || g_bytes_get_size (piece) == 0)
    {
      ob_exchange_end (exchange);
      return;
    }
  content->waiting_bytes = g_bytes_get_size (piece);
  ob_exchange_send_bytes (exchange, piece);
}

static void
read_piece (ObExchange *exchange, Content *content)
{
  g_input_stream_read_bytes_async (content->file, OB_CONTENT_PIECE_BYTES, G_PRIORITY_DEFAULT, content->cancellable,
                                   on_piece, ob_exchange_ref (exchange));
}

static void
on_bytes_taken (SoupServerMessage *message, guint size_bytes, gpointer user_data)
{
  ObExchange *exchange = user_data;
  Content *content = ob_exchange_get_part (exchange);

  content->waiting_bytes -= MIN (size_bytes, content->waiting_bytes);
  if (content->waiting_bytes == 0)
    read_piece (exchange, content);
}

/* Returns: a descriptor; -1 on failure. @size_bytes: (out) */
static int
open_copy (ObExchange *exchange, goffset *size_bytes, GError **error)
{
  const ObRequestContext *context = ob_exchange_get_context (exchange);
  g_autoptr (ObUpload) upload
      = ob_request_find_seen (context, ob_exchange_get_caller (exchange), ob_exchange_get_parameter (exchange), error);

  return upload ? ob_broker_open_copy (context->broker, upload, size_bytes, error) : -1;
}

static void
set_head (SoupServerMessage *message, goffset size_bytes)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Content-Disposition", "attachment");
  soup_message_headers_replace (headers, "Content-Security-Policy",
                                "default-src 'none'; frame-ancestors 'none'; sandbox");
  soup_message_headers_set_content_length (headers, size_bytes);
}

void
ob_content_take_body (ObExchange *exchange)
{
  SoupServerMessage *message = ob_exchange_get_message (exchange);
  g_autoptr (GError) error = NULL;
  goffset size_bytes = 0;
  const int fd = open_copy (exchange, &size_bytes, &error);
  Content *content;

  if (fd < 0)
    {
      ob_exchange_fail (exchange, error);
      return;
    }
  content = g_new0 (Content, 1);
  content->file = g_unix_input_stream_new (fd, TRUE);
  content->cancellable = g_cancellable_new ();
  content->message = message;
  content->taken = g_signal_connect (message, "wrote-body-data", G_CALLBACK (on_bytes_taken), exchange);
  ob_exchange_set_part (exchange, content, content_free);
  ob_exchange_begin_stream (exchange, "application/octet-stream");
  set_head (message, size_bytes);
  if (size_bytes == 0 || g_str_equal (soup_server_message_get_method (message), "HEAD"))
    ob_exchange_end (exchange);
  else
    read_piece (exchange, content);
}
