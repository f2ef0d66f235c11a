/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes the page's URL, and listens for the browser that comes back from it. Main thread.
 */
#include "transfer/oauth-browser.h"

#include "base/language.h"
#include "base/secret.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "dbus/sentence.h"
#include "transfer/oauth.h"

#include <gio/gio.h>
#include <string.h>

#define HEAD_MOST_BYTES (16 * 1024)
#define HEAD_MOST_S 10
#define MOST_VISITS 8
#define WORDS_MAX_CHARS 300

struct _ObOauthBrowser
{
  GSocketService *service;
  GHashTable *visits; /* of Visit */
  char *url;
  char *redirect_url;
  char *state;
  char *verifier;
  ObOauthBrowserBack back; /* NULL: the browser was here */
  gpointer user_data;
  guint source; /* tells of it from the main loop */
  char *code;
  char *error;
};

/* A connection whose request comes in. */
typedef struct
{
  ObOauthBrowser *browser; /* NULL: it is gone */
  GSocketConnection *connection;
  GCancellable *stop;
  GString *head;
  char *reply;
  guint source; /* when it has taken too long */
} Visit;

/* --- What comes back --- */

/* Returns: (transfer full) (nullable): the value; %NULL: it is missing, there twice, or no text */
static char *
dup_parameter (const char *query, const char *name)
{
  g_auto (GStrv) pairs = g_strsplit (query, "&", -1);
  const char *found = NULL;
  gsize length = strlen (name);

  for (guint i = 0; pairs[i]; i++)
    if (strncmp (pairs[i], name, length) == 0 && pairs[i][length] == '=')
      {
        if (found)
          return NULL;
        found = pairs[i] + length + 1;
      }

  return found ? g_uri_unescape_string (found, NULL) : NULL;
}

/* Returns: (transfer full) (nullable): the query of a GET of / */
static char *
dup_query (const char *head, gsize head_bytes)
{
  static const char begin[] = "GET /?";
  const char *end = memchr (head, ' ', head_bytes);
  const char *query = head + strlen (begin);

  if (head_bytes <= strlen (begin) || memcmp (head, begin, strlen (begin)) != 0 || !end)
    return NULL;
  end = memchr (query, ' ', head_bytes - strlen (begin));
  if (!end || memchr (query, '\r', (gsize) (end - query)) || memchr (query, '\0', (gsize) (end - query)))
    return NULL;

  return g_strndup (query, (gsize) (end - query));
}

/* @description: (nullable) */
static char *
dup_words (const char *error, const char *description)
{
  g_autofree char *plain = g_strdup (description ? description : error);

  g_strdelimit (plain, "+", ' ');

  return ob_text_dup_clean (plain, -1, WORDS_MAX_CHARS);
}

ObOauthBack
ob_oauth_browser_read (const char *head, gsize head_bytes, const char *state, char **text)
{
  g_autofree char *query = dup_query (head, head_bytes);
  g_autofree char *given = query ? dup_parameter (query, "state") : NULL;
  g_autofree char *code = NULL, *error = NULL, *description = NULL;

  *text = NULL;
  if (!ob_secret_is_same (given, state))
    return OB_OAUTH_BACK_FOREIGN;
  code = dup_parameter (query, "code");
  error = dup_parameter (query, "error");
  description = dup_parameter (query, "error_description");
  if (error && !code)
    {
      *text = dup_words (error, description);
      return OB_OAUTH_BACK_ERROR;
    }
  if (error || !code || !ob_oauth_is_token (code))
    return OB_OAUTH_BACK_FOREIGN;
  *text = g_steal_pointer (&code);

  return OB_OAUTH_BACK_CODE;
}

/* --- A visit --- */

static void
visit_free (gpointer data)
{
  Visit *visit = data;

  g_clear_handle_id (&visit->source, g_source_remove);
  g_object_unref (visit->connection);
  g_object_unref (visit->stop);
  (void) g_string_free (visit->head, TRUE);
  g_free (visit->reply);
  g_free (visit);
}

/* Its operation under way has ended. */
static void
visit_end (Visit *visit)
{
  if (visit->browser)
    (void) g_hash_table_remove (visit->browser->visits, visit);
  (void) g_io_stream_close (G_IO_STREAM (visit->connection), NULL, NULL);
  visit_free (visit);
}

static void
on_written (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  (void) g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, NULL);
  visit_end (user_data);
}

static void
reply (Visit *visit, const char *status, const char *words)
{
  g_auto (ObLanguage) language = ob_language_speak ();
  g_autofree char *said = outbox_sentence_translate (words);
  GOutputStream *stream = g_io_stream_get_output_stream (G_IO_STREAM (visit->connection));

  visit->reply = g_strdup_printf ("HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n"
                                  "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
                                  "Content-Security-Policy: default-src 'none'\r\n"
                                  "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n%s\n",
                                  status, strlen (said) + 1, said);
  g_output_stream_write_all_async (stream, visit->reply, strlen (visit->reply), G_PRIORITY_DEFAULT, visit->stop,
                                   on_written, visit);
}

static gboolean
on_back (gpointer user_data)
{
  ObOauthBrowser *self = user_data;
  ObOauthBrowserBack back = self->back;
  g_autofree char *error = g_steal_pointer (&self->error);
  char *code = g_steal_pointer (&self->code);

  self->source = 0;
  self->back = NULL;
  /* The receiver may free the browser. */
  back (code, error, self->user_data);
  ob_secret_free (code);

  return G_SOURCE_REMOVE;
}

static void
take (Visit *visit)
{
  ObOauthBrowser *self = visit->browser;
  g_autofree char *text = NULL;
  ObOauthBack what = OB_OAUTH_BACK_FOREIGN;

  if (self && self->back && self->source == 0)
    what = ob_oauth_browser_read (visit->head->str, visit->head->len, self->state, &text);
  if (what == OB_OAUTH_BACK_FOREIGN)
    {
      reply (visit, "400 Bad Request", S_ ("This is not the sign-in that Outbox waits for."));
      return;
    }
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  if (what == OB_OAUTH_BACK_CODE)
    self->code = g_steal_pointer (&text);
  else
    self->error = g_steal_pointer (&text);
  self->source = g_idle_add (on_back, self);
  reply (visit, "200 OK",
         what == OB_OAUTH_BACK_CODE ? S_ ("Outbox has what it needs. You can close this page.")
                                    : S_ ("The sign-in was refused. You can close this page."));
}

static void read_more (Visit *visit);

static void
on_read (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Visit *visit = user_data;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, NULL);
  gsize size = bytes ? g_bytes_get_size (bytes) : 0;

  if (size == 0 || visit->head->len + size > HEAD_MOST_BYTES)
    {
      visit_end (visit);
      return;
    }
  g_string_append_len (visit->head, g_bytes_get_data (bytes, NULL), (gssize) size);
  if (g_strstr_len (visit->head->str, (gssize) visit->head->len, "\r\n\r\n"))
    take (visit);
  else
    read_more (visit);
}

static void
read_more (Visit *visit)
{
  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (G_IO_STREAM (visit->connection)), 4096,
                                   G_PRIORITY_DEFAULT, visit->stop, on_read, visit);
}

static gboolean
on_late (gpointer user_data)
{
  Visit *visit = user_data;

  visit->source = 0;
  g_cancellable_cancel (visit->stop);

  return G_SOURCE_REMOVE;
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  ObOauthBrowser *self = user_data;
  Visit *visit;

  if (g_hash_table_size (self->visits) >= MOST_VISITS)
    {
      (void) g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
      return TRUE;
    }
  visit = g_new0 (Visit, 1);
  visit->browser = self;
  visit->connection = g_object_ref (connection);
  visit->stop = g_cancellable_new ();
  visit->head = g_string_new (NULL);
  visit->source = g_timeout_add_seconds (HEAD_MOST_S, on_late, visit);
  (void) g_hash_table_add (self->visits, visit);
  read_more (visit);

  return TRUE;
}

/* --- The page --- */

/* Returns: (transfer full): the SHA-256 of the verifier (RFC 7636 section 4.2) */
static char *
dup_challenge (const char *verifier)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[OB_SHA256_BYTES];
  gsize size = sizeof digest;
  char *text;

  g_checksum_update (checksum, (const guchar *) verifier, -1);
  g_checksum_get_digest (checksum, digest, &size);
  text = g_base64_encode (digest, size);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';

  return text;
}

static void
add (GString *url, const char *name, const char *value)
{
  g_string_append_printf (url, "%c%s=", strchr (url->str, '?') ? '&' : '?', name);
  g_string_append_uri_escaped (url, value, NULL, FALSE);
}

static char *
write_url (const ObOauthBrowser *self, const char *authorize_url, const ObOauthClient *client)
{
  g_autofree char *challenge = dup_challenge (self->verifier);
  GString *url = g_string_new (authorize_url);

  add (url, "response_type", "code");
  add (url, "client_id", client->client_id);
  add (url, "redirect_uri", self->redirect_url);
  if (client->scope)
    add (url, "scope", client->scope);
  add (url, "state", self->state);
  add (url, "code_challenge", challenge);
  add (url, "code_challenge_method", "S256");

  return g_string_free (url, FALSE);
}

/* Returns: the port; 0: there is none */
static guint16
listen_here (ObOauthBrowser *self, GError **error)
{
  g_autoptr (GInetAddress) here = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (here, 0);
  g_autoptr (GSocketAddress) got = NULL;
  g_autoptr (GError) fault = NULL;

  if (g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), wanted, G_SOCKET_TYPE_STREAM,
                                     G_SOCKET_PROTOCOL_TCP, NULL, &got, &fault))
    return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, S_ ("No port for the browser to come back to: %s"),
               fault->message);

  return 0;
}

ObOauthBrowser *
ob_oauth_browser_new (const char *authorize_url, const ObOauthClient *client, ObOauthBrowserBack back,
                      gpointer user_data, GError **error)
{
  g_autoptr (ObOauthBrowser) self = g_new0 (ObOauthBrowser, 1);
  guint16 port;

  self->back = back;
  self->user_data = user_data;
  self->visits = g_hash_table_new (NULL, NULL);
  self->service = g_socket_service_new ();
  self->state = ob_secret_new (error);
  self->verifier = self->state ? ob_secret_new (error) : NULL;
  port = self->verifier ? listen_here (self, error) : 0;
  if (port == 0)
    return NULL;
  self->redirect_url = g_strdup_printf ("http://127.0.0.1:%u/", port);
  self->url = write_url (self, authorize_url, client);
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);

  return g_steal_pointer (&self);
}

/* Visits whose operation is under way end by themselves. */
void
ob_oauth_browser_free (ObOauthBrowser *self)
{
  GHashTableIter iter;
  gpointer visit;

  g_hash_table_iter_init (&iter, self->visits);
  while (g_hash_table_iter_next (&iter, &visit, NULL))
    {
      ((Visit *) visit)->browser = NULL;
      if (!((Visit *) visit)->reply)
        g_cancellable_cancel (((Visit *) visit)->stop);
    }
  g_hash_table_unref (self->visits);
  g_clear_handle_id (&self->source, g_source_remove);
  (void) g_signal_handlers_disconnect_by_data (self->service, self);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  ob_secret_free (self->state);
  ob_secret_free (self->verifier);
  ob_secret_free (self->code);
  g_free (self->error);
  g_free (self->url);
  g_free (self->redirect_url);
  g_free (self);
}

const char *
ob_oauth_browser_get_url (const ObOauthBrowser *self)
{
  return self->url;
}

const char *
ob_oauth_browser_get_verifier (const ObOauthBrowser *self)
{
  return self->verifier;
}

const char *
ob_oauth_browser_get_redirect_url (const ObOauthBrowser *self)
{
  return self->redirect_url;
}
