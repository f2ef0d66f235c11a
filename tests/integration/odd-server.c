/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A thread a connection; the lock guards the file and the counts.
 */
#include "odd-server.h"

#include <stdio.h>
#include <string.h>

#define N_INTERIM 1000
#define GO_ON "HTTP/1.1 100 Continue\r\n\r\n"

typedef struct
{
  char *method; /* with the rest of the line */
  gint64 length;
  gboolean expects;
  gboolean is_conditional;
  gboolean is_past_caches;
  guint64 first, last; /* of the Range; G_MAXUINT64: there is none */
} Request;

/* Returns: FALSE: there are no more requests. */
static gboolean
read_head (GDataInputStream *stream, Request *request)
{
  char *line;

  *request = (Request){ .method = g_data_input_stream_read_line (stream, NULL, NULL, NULL), .first = G_MAXUINT64 };
  if (!request->method)
    return FALSE;
  while ((line = g_data_input_stream_read_line (stream, NULL, NULL, NULL)) && *line)
    {
      if (g_ascii_strncasecmp (line, "Content-Length:", 15) == 0)
        request->length = g_ascii_strtoll (line + 15, NULL, 10);
      if (g_ascii_strncasecmp (line, "Range:", 6) == 0)
        g_assert_cmpint (sscanf (line + 6, " bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, &request->first,
                                 &request->last),
                         ==, 2);
      request->is_past_caches |= g_ascii_strcasecmp (line, "Cache-Control: no-cache") == 0;
      request->is_conditional |= g_ascii_strncasecmp (line, "If-", 3) == 0;
      request->expects |= g_ascii_strncasecmp (line, "Expect:", 7) == 0;
      g_free (line);
    }
  g_free (line);

  return TRUE;
}

static void
store (OddServer *server, const guint8 *bytes, gsize size_bytes)
{
  g_mutex_lock (&server->lock);
  g_clear_pointer (&server->file, g_byte_array_unref);
  server->file = g_byte_array_append (g_byte_array_new (), bytes, (guint) size_bytes);
  g_mutex_unlock (&server->lock);
}

/* Returns: whether the connection stays. */
static gboolean
answer_put (OddServer *server, GInputStream *in, const Request *request, GString *answer)
{
  g_autofree guint8 *bytes = g_malloc0 ((gsize) request->length);
  gboolean cuts, is_cut;
  gsize wanted, got;

  g_mutex_lock (&server->lock);
  cuts = server->habits.allots && server->n_puts == 0;
  server->n_expecting += request->expects;
  server->n_empty += request->length == 0;
  server->n_puts++;
  is_cut = server->n_puts == server->habits.cut_put;
  server->hides_file = is_cut && server->habits.is_slow;
  g_mutex_unlock (&server->lock);
  wanted = (gsize) request->length / (cuts ? 2 : 1);
  if (!g_input_stream_read_all (in, bytes, wanted, &got, NULL, NULL) || got < wanted)
    return FALSE;
  store (server, bytes, (gsize) request->length);
  g_string_append (answer, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");

  return !cuts && !is_cut;
}

/* Before the body, if that waits for an answer. */
static gboolean
refuse (OddServer *server, GInputStream *in, const Request *request, GString *answer)
{
  g_mutex_lock (&server->lock);
  server->n_puts++;
  g_mutex_unlock (&server->lock);
  g_string_append_printf (answer, "HTTP/1.1 %u Refused\r\nContent-Length: 0\r\n\r\n", server->habits.condition_status);

  return request->expects || g_input_stream_skip (in, (gsize) request->length, NULL, NULL) == request->length;
}

/* With the lock held, and a file. */
static void
answer_get (OddServer *server, const Request *request, GString *answer)
{
  const GByteArray *file = server->file;

  if (server->habits.get == ODD_GET_REFUSED)
    g_string_append (answer, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  else if (server->habits.get == ODD_GET_ALL || request->first >= file->len)
    {
      g_string_append_printf (answer, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", file->len);
      g_string_append_len (answer, (const char *) file->data, file->len);
    }
  else
    {
      guint64 last = MIN (request->last, file->len - 1);

      g_string_append_printf (answer,
                              "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %" G_GUINT64_FORMAT
                              "-%" G_GUINT64_FORMAT "/%u\r\nContent-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
                              request->first, last, file->len, last - request->first + 1);
      g_string_append_len (answer, (const char *) file->data + request->first, (gssize) (last - request->first + 1));
    }
}

static void
answer_question (OddServer *server, const Request *request, GString *answer)
{
  g_mutex_lock (&server->lock);
  if (!server->file || server->hides_file || (server->habits.caches && !request->is_past_caches))
    g_string_append (answer, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  else if (g_str_has_prefix (request->method, "GET "))
    answer_get (server, request, answer);
  else if (server->habits.head)
    g_string_append_printf (answer, "%s\r\n", server->habits.head);
  else
    g_string_append_printf (answer, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", server->file->len);
  server->hides_file = FALSE;
  g_mutex_unlock (&server->lock);
}

static void
talk (GSocketConnection *connection, gpointer user_data)
{
  OddServer *server = user_data;
  g_autoptr (GDataInputStream) in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gboolean is_open = TRUE;

  g_data_input_stream_set_newline_type (in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  while (is_open)
    {
      g_autoptr (GString) answer = g_string_new (NULL);
      Request request;
      gboolean is_refused;

      if (!read_head (in, &request))
        break;
      for (guint i = 0; server->habits.floods && i < N_INTERIM; i++)
        g_string_append (answer, "HTTP/1.1 102 Processing\r\n\r\n");
      is_refused = server->habits.condition_status > 0 && request.is_conditional;
      if (request.expects && !server->habits.is_deaf && !is_refused)
        (void) g_output_stream_write_all (out, GO_ON, strlen (GO_ON), NULL, NULL, NULL);
      if (is_refused)
        is_open = refuse (server, G_INPUT_STREAM (in), &request, answer);
      else if (g_str_has_prefix (request.method, "PUT "))
        is_open = answer_put (server, G_INPUT_STREAM (in), &request, answer);
      else
        answer_question (server, &request, answer);
      is_open = is_open && g_output_stream_write_all (out, answer->str, answer->len, NULL, NULL, NULL);
      g_free (request.method);
    }
}

OddServer *
odd_server_start (const OddHabits *habits)
{
  OddServer *server = g_new0 (OddServer, 1);

  server->habits = *habits;
  g_mutex_init (&server->lock);
  server->server = test_threaded_server_new (talk, server);
  server->port = test_threaded_server_listen (server->server);

  return server;
}

void
odd_server_free (OddServer *server)
{
  test_threaded_server_free (server->server);
  g_clear_pointer (&server->file, g_byte_array_unref);
  g_mutex_clear (&server->lock);
  g_free (server);
}
