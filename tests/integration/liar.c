/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A thread a connection; the lock guards what the server has.
 */
#include "liar.h"

#include <stdio.h>
#include <string.h>

typedef struct
{
  char *method;
  char *path;
  GByteArray *body;
  gint64 length;
  gint64 offset;      /* Upload-Offset */
  gint64 upload_size; /* Upload-Length */
  gboolean expects;
  gboolean may_be_kept; /* Prefer: wait */
} Request;

static void
request_clear (Request *request)
{
  g_free (request->method);
  g_free (request->path);
  g_clear_pointer (&request->body, g_byte_array_unref);
}

static void
read_header (Request *request, const char *line)
{
  const char *value = strchr (line, ':');
  const struct
  {
    const char *name;
    gint64 *number;
  } numbers[] = { { "Content-Length:", &request->length },
                  { "Upload-Offset:", &request->offset },
                  { "Upload-Length:", &request->upload_size } };

  for (guint i = 0; value && i < G_N_ELEMENTS (numbers); i++)
    if (g_ascii_strncasecmp (line, numbers[i].name, strlen (numbers[i].name)) == 0)
      *numbers[i].number = g_ascii_strtoll (value + 1, NULL, 10);
  request->expects |= g_ascii_strncasecmp (line, "Expect:", 7) == 0;
  request->may_be_kept |= g_ascii_strcasecmp (line, "Prefer: wait=10") == 0;
}

/* Returns: FALSE: there are no more requests. */
static gboolean
read_head (GDataInputStream *stream, Request *request)
{
  g_autofree char *first = g_data_input_stream_read_line (stream, NULL, NULL, NULL);
  g_auto (GStrv) words = first ? g_strsplit (first, " ", 3) : NULL;
  char *line;

  *request = (Request){ .offset = -1 };
  if (!words || g_strv_length (words) < 3)
    return FALSE;
  request->method = g_strdup (words[0]);
  request->path = g_strdup (words[1]);
  while ((line = g_data_input_stream_read_line (stream, NULL, NULL, NULL)) && *line)
    {
      read_header (request, line);
      g_free (line);
    }
  g_free (line);

  return TRUE;
}

/* --- The truth --- */

static void
say (GString *answer, const char *status, const char *headers, const char *body)
{
  g_string_append_printf (answer, "HTTP/1.1 %s\r\n%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", status, headers,
                          strlen (body), body);
}

#define TUS "Tus-Resumable: 1.0.0\r\n"

static void
post (Liar *liar, const Request *request, GString *answer)
{
  g_autofree char *headers = g_strdup_printf (TUS "Location: /files/%u\r\n", liar->uploads->len);

  g_ptr_array_add (liar->uploads, g_byte_array_new ());
  say (answer, "201 Created", headers, "");
}

static GByteArray *
find (Liar *liar, const char *path)
{
  const char *number = g_str_has_prefix (path, "/files/") ? path + strlen ("/files/") : "";
  guint64 index;

  return g_ascii_string_to_unsigned (number, 10, 0, liar->uploads->len, &index, NULL) && index < liar->uploads->len
             ? liar->uploads->pdata[index]
             : NULL;
}

static void
patch (Liar *liar, const Request *request, GString *answer)
{
  GByteArray *upload = find (liar, request->path);
  g_autofree char *headers = NULL;

  if (!upload || request->offset != upload->len)
    {
      say (answer, upload ? "409 Conflict" : "404 Not Found", TUS, "");
      return;
    }
  g_byte_array_append (upload, request->body->data, request->body->len);
  liar->n_whole += request->body->len > 0 && upload->len == liar->size_bytes;
  headers = g_strdup_printf (TUS "Upload-Offset: %u\r\n", upload->len);
  say (answer, "204 No Content", headers, "");
}

static void
head (Liar *liar, const Request *request, GString *answer)
{
  const GByteArray *upload = find (liar, request->path);

  if (upload)
    g_string_append_printf (answer,
                            "HTTP/1.1 200 OK\r\n" TUS "Upload-Offset: %u\r\nUpload-Length: %" G_GSIZE_FORMAT
                            "\r\nContent-Length: 0\r\n\r\n",
                            upload->len, liar->size_bytes);
  else if (liar->file && g_str_has_prefix (request->path, "/put/"))
    g_string_append_printf (answer, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", liar->file->len);
  else
    say (answer, "404 Not Found", g_str_has_prefix (request->path, "/put/") ? "" : TUS, "");
}

static void
put (Liar *liar, const Request *request, GString *answer)
{
  liar->n_whole += !liar->file && request->body->len == liar->size_bytes;
  g_clear_pointer (&liar->file, g_byte_array_unref);
  liar->file = g_byte_array_ref (request->body);
  say (answer, "201 Created", "", "");
}

static void
ask (Liar *liar, GString *answer)
{
  g_autofree char *body
      = liar->n_whole > 0
            ? g_strdup_printf ("{\"stored\":true,\"attached\":true,\"sha256\":\"%s\",\"record\":\"r\"}", liar->sha256)
            : g_strdup ("{\"stored\":false}");

  say (answer, "200 OK", "Content-Type: application/json\r\n", body);
}

static void
amend (Liar *liar, GString *answer)
{
  g_autofree char *body = g_strdup_printf ("{\"outbox_id\":\"%s\",\"version\":2}", liar->id);

  say (answer, "200 OK", "Content-Type: application/json\r\n", body);
}

static void
clear_away (Liar *liar)
{
  for (guint i = 0; i < liar->uploads->len; i++)
    g_clear_pointer ((GByteArray **) &liar->uploads->pdata[i], g_byte_array_unref);
  g_clear_pointer (&liar->file, g_byte_array_unref);
}

static void
do_as_asked (Liar *liar, const char *kind, const Request *request, GString *answer)
{
  if (g_str_equal (kind, "ASK"))
    ask (liar, answer);
  else if (g_str_equal (kind, "AMEND"))
    amend (liar, answer);
  else if (g_str_equal (kind, "POST"))
    post (liar, request, answer);
  else if (g_str_equal (kind, "PATCH"))
    patch (liar, request, answer);
  else if (g_str_equal (kind, "HEAD"))
    head (liar, request, answer);
  else if (g_str_equal (kind, "PUT"))
    put (liar, request, answer);
  else if (g_str_equal (kind, "OPTIONS"))
    say (answer, "204 No Content", TUS "Tus-Version: 1.0.0\r\n", "");
  else
    say (answer, "404 Not Found", "", "");
}

/* --- Lies --- */

static char *
dup_repr (const char *sha256)
{
  guint8 bytes[32];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (sha256[2 * i]) << 4 | g_ascii_xdigit_value (sha256[2 * i + 1]));

  return g_base64_encode (bytes, sizeof bytes);
}

static void
fill_in (Liar *liar, GString *text)
{
  g_autofree char *big_id = g_ascii_strup (liar->id, -1);
  g_autofree char *big_sha256 = g_ascii_strup (liar->sha256, -1);
  g_autofree char *repr = dup_repr (liar->sha256);
  g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, liar->size_bytes);
  g_autofree char *host = g_strdup_printf ("127.0.0.1:%u", liar->port);
  g_autofree char *blanks = g_strnfill (200 * 1024, ' ');

  g_string_replace (text, "$ID", liar->id, 0);
  g_string_replace (text, "$BIGID", big_id, 0);
  g_string_replace (text, "$SHA", liar->sha256, 0);
  g_string_replace (text, "$BIGSHA", big_sha256, 0);
  g_string_replace (text, "$REPR", repr, 0);
  g_string_replace (text, "$SIZE", size, 0);
  g_string_replace (text, "$HOST", host, 0);
  g_string_replace (text, "$BLANKS", blanks, 0);
}

/* A scripted Content-Length is said instead of the true one. */
static void
lie (Liar *liar, const char *says, GString *answer)
{
  g_autoptr (GString) text = g_string_new (says);
  char *body;

  fill_in (liar, text);
  body = strstr (text->str, "||");
  if (body)
    *body = '\0';
  body = body ? body + 2 : text->str + strlen (text->str);
  g_string_assign (answer, "HTTP/1.1 ");
  for (const char *c = text->str; *c; c++)
    g_string_append (answer, *c == '|' ? "\r\n" : (char[]){ *c, '\0' });
  if (!strstr (text->str, "Content-Length"))
    g_string_append_printf (answer, "\r\nContent-Length: %" G_GSIZE_FORMAT, strlen (body));
  g_string_append_printf (answer, "\r\n\r\n%s", body);
}

static const LiarLine *
find_line (const Liar *liar, const char *kind, guint number)
{
  for (const LiarLine *line = liar->script; line->when && line < liar->script + LIAR_MOST_LINES; line++)
    if (g_str_equal (line->when, kind) && number >= line->first && (line->last == 0 || number <= line->last))
      return line;

  return NULL;
}

/* Returns: whether the connection stays. */
static gboolean
answer_request (Liar *liar, const Request *request, GString *answer)
{
  const char *kind = g_str_has_prefix (request->path, "/confirm") ? "ASK"
                     : g_str_has_prefix (request->path, "/amend") ? "AMEND"
                                                                  : request->method;
  const LiarLine *line;
  guint number;

  g_mutex_lock (&liar->lock);
  liar->n_kept += request->may_be_kept;
  number = GPOINTER_TO_UINT (g_hash_table_lookup (liar->requests, kind)) + 1;
  g_hash_table_insert (liar->requests, g_strdup (kind), GUINT_TO_POINTER (number));
  line = find_line (liar, kind, number);
  if (!line || line->act != LIAR_IDLES)
    do_as_asked (liar, kind, request, answer);
  if (line && line->act == LIAR_LOSES)
    {
      clear_away (liar);
      g_string_truncate (answer, 0);
      do_as_asked (liar, kind, request, answer);
    }
  if (line && line->says)
    lie (liar, line->says, answer);
  g_mutex_unlock (&liar->lock);

  return !line || (line->act != LIAR_CUTS && !(line->says && strstr (line->says, "Connection: close")));
}

static gboolean
read_body (GInputStream *in, GOutputStream *out, Request *request)
{
  static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
  gsize got = 0;

  request->body = g_byte_array_new ();
  g_byte_array_set_size (request->body, (guint) request->length);
  if (request->expects)
    (void) g_output_stream_write_all (out, go_on, strlen (go_on), NULL, NULL, NULL);

  return request->length == 0
         || (g_input_stream_read_all (in, request->body->data, (gsize) request->length, &got, NULL, NULL)
             && got == (gsize) request->length);
}

static void
talk (GSocketConnection *connection, gpointer user_data)
{
  Liar *liar = user_data;
  g_autoptr (GDataInputStream) in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gboolean is_open = TRUE;

  g_data_input_stream_set_newline_type (in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  while (is_open)
    {
      g_autoptr (GString) answer = g_string_new (NULL);
      Request request;

      if (!read_head (in, &request))
        break;
      is_open = read_body (G_INPUT_STREAM (in), out, &request) && answer_request (liar, &request, answer);
      if (is_open || strstr (answer->str, "Connection: close"))
        is_open = g_output_stream_write_all (out, answer->str, answer->len, NULL, NULL, NULL) && is_open;
      request_clear (&request);
    }
}

static void
free_bytes (gpointer bytes)
{
  if (bytes)
    g_byte_array_unref (bytes);
}

Liar *
liar_start (const LiarLine *script, const char *id, const char *sha256, gsize size_bytes)
{
  Liar *liar = g_new0 (Liar, 1);

  liar->script = script;
  liar->id = id;
  liar->sha256 = sha256;
  liar->size_bytes = size_bytes;
  liar->requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  liar->uploads = g_ptr_array_new_with_free_func (free_bytes);
  g_mutex_init (&liar->lock);
  liar->server = test_threaded_server_new (talk, liar);
  liar->port = test_threaded_server_listen (liar->server);

  return liar;
}

guint
liar_count (Liar *liar, const char *kind)
{
  guint number;

  g_mutex_lock (&liar->lock);
  number = GPOINTER_TO_UINT (g_hash_table_lookup (liar->requests, kind));
  g_mutex_unlock (&liar->lock);

  return number;
}

void
liar_free (Liar *liar)
{
  test_threaded_server_free (liar->server);
  g_hash_table_unref (liar->requests);
  g_ptr_array_unref (liar->uploads);
  g_clear_pointer (&liar->file, g_byte_array_unref);
  g_mutex_clear (&liar->lock);
  g_free (liar);
}
