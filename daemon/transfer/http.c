/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends requests and reads answers by libsoup's blocking functions. Worker thread.
 */
#include "transfer/http.h"

#include "base/brake.h"
#include "base/debug.h"
#include "dbus/mark.h"
#include "model/destination.h"
#include "model/origin.h"

#define UPLOAD "outbox-upload"

/* Set on a message whose answer is handled here, so that libsoup's own handlers are kept from it. */
#define IS_OURS "outbox-is-ours"
/* The cancellable of a message's request, as long as that is under way. */
#define REQUEST "outbox-request"
#define INTERIMS "outbox-interims"
#define SIGN_INS "outbox-sign-ins"
#define WAS_CUT "outbox-was-cut"
/* Set on a message that must not be sent, since the attempt was told to end. */
#define HAS_TO_END "outbox-has-to-end"

/* A server that works for long may say so with an interim answer now and then; one that says nothing else is not waited
 * for. */
#define MOST_INTERIMS 1000

static gboolean
has_body (SoupMessage *message)
{
  return soup_message_headers_get_content_type (soup_message_get_request_headers (message), NULL) != NULL;
}

/* libsoup sends a name and password that are not taken twenty times, and its error does not say so. NTLM takes two rounds. */
#define MOST_SIGN_INS 3

/* libsoup 3.2 answers 401, 407 and 421 itself: it reads the whole of the answer into memory, however long, and then sends
 * the request again. A body cannot be sent again, and the server would wait for it; a name and password are known only
 * where the URL has them, or the proxy's has. Let it do so where that can help and where the answer is short. */
static gboolean
may_answer_itself (SoupMessage *message, guint status)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  guint sign_ins = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (message), SIGN_INS)) + 1;

  g_object_set_data (G_OBJECT (message), SIGN_INS, GUINT_TO_POINTER (sign_ins));
  if (sign_ins > MOST_SIGN_INS || has_body (message)
      || (status == SOUP_STATUS_UNAUTHORIZED && !g_uri_get_user (soup_message_get_uri (message))))
    return FALSE;

  return soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
         && (guint64) soup_message_headers_get_content_length (headers) <= OB_ANSWER_MAX_BYTES;
}

/* Nothing keeps libsoup from answering a 421 but the end of the request. */
static void
keep_from_answering (SoupMessage *message)
{
  guint status = soup_message_get_status (message);
  GCancellable *request = g_object_get_data (G_OBJECT (message), REQUEST);

  if ((status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_PROXY_UNAUTHORIZED)
      && !may_answer_itself (message, status))
    soup_message_disable_feature (message, SOUP_TYPE_AUTH_MANAGER);
  else if (status == SOUP_STATUS_MISDIRECTED_REQUEST && request)
    g_cancellable_cancel (request);
  else
    return;
  g_object_set_data (G_OBJECT (message), IS_OURS, message);
}

/* Connected before libsoup's own handlers, one of which sends the request again. */
static void
on_got_body (SoupMessage *message, gpointer user_data)
{
  if (g_object_get_data (G_OBJECT (message), IS_OURS))
    g_signal_stop_emission_by_name (message, "got-body");
}

static void
on_interim (SoupMessage *message, gpointer user_data)
{
  guint interims = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (message), INTERIMS)) + 1;
  GCancellable *request = g_object_get_data (G_OBJECT (message), REQUEST);

  g_object_set_data (G_OBJECT (message), INTERIMS, GUINT_TO_POINTER (interims));
  if (interims > MOST_INTERIMS && request)
    g_cancellable_cancel (request);
}

/* libsoup 3.2 sends a PUT again by itself where a kept connection ends without an answer. The body was read by then, so that the
 * second one is empty, and would replace the file that the first may have made. */
static void
on_restarted (SoupMessage *message, gpointer user_data)
{
  GCancellable *request = g_object_get_data (G_OBJECT (message), REQUEST);

  if (!has_body (message) || !request)
    return;
  g_object_set_data (G_OBJECT (message), WAS_CUT, message);
  g_cancellable_cancel (request);
}

/* A 204 and the answer to HEAD have no body (RFC 9112 section 6.3). If they come without a length, libsoup reads until
 * the connection ends. Tell it that there is no body; since it then forgets the length that the server said, keep that
 * first. */
static void
on_got_headers (SoupMessage *message, gpointer user_data)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  g_object_set_data_full (G_OBJECT (message), OB_ANSWER_LENGTH,
                          g_strdup (soup_message_headers_get_one (headers, "Content-Length")), g_free);
  if (soup_message_get_status (message) == SOUP_STATUS_NO_CONTENT
      || soup_message_get_method (message) == SOUP_METHOD_HEAD)
    soup_message_headers_set_encoding (headers, SOUP_ENCODING_NONE);
  keep_from_answering (message);
}

/* A credential comes after the headers that are set, and replaces one of the same name. */
static void
add_credential (SoupMessage *message, ObCredential *credential)
{
  const char *name, *value;

  for (guint i = 0; (name = ob_credential_get_header (credential, i, &value)); i++)
    soup_message_headers_replace (soup_message_get_request_headers (message), name, value);
  g_object_set_data_full (G_OBJECT (message), OB_ANSWER_CREDENTIAL, ob_credential_ref (credential),
                          (GDestroyNotify) ob_credential_unref);
}

/* Treat every header of the destination as a secret: send them to its own origin alone. */
static void
add_headers (SoupMessage *message, const char *url, const ObJob *job)
{
  ObCredential *credential;
  const char *name, *value;
  GVariantIter iter;

  if (!ob_origin_is_same (url, job->url))
    return;
  g_variant_iter_init (&iter, job->headers);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    soup_message_headers_replace (soup_message_get_request_headers (message), name, value);
  g_object_set_data_full (G_OBJECT (message), OB_ANSWER_HEADERS, g_variant_ref (job->headers),
                          (GDestroyNotify) g_variant_unref);
  credential = job->badge ? ob_badge_show (job->badge) : NULL;
  if (credential)
    add_credential (message, credential);
  else if (job->badge)
    g_object_set_data (G_OBJECT (message), HAS_TO_END, message);
}

/* By these the server's log tells of the same upload and attempt as the history here: proxies and servers log X-Request-ID by
 * themselves, and keep 36 characters of it or more, which an id fills. The second is for logs that are set up for it. */
static void
add_ids (SoupMessage *message, const ObJob *job)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autofree char *attempt = g_strdup_printf ("%u", job->attempt);

  if (job->is_trial || !job->id)
    return;
  soup_message_headers_replace (headers, "X-Request-ID", job->id);
  if (job->attempt > 0)
    soup_message_headers_replace (headers, "Outbox-Attempt", attempt);
}

SoupMessage *
ob_http_message_new (const char *method, const char *url, const ObJob *job)
{
  g_autoptr (SoupMessage) message = ob_destination_is_url (url) ? soup_message_new (method, url) : NULL;

  if (!message)
    return NULL;
  /* Without IDEMPOTENT, libsoup opens a new connection for each PATCH and POST. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
  add_ids (message, job);
  add_headers (message, url, job);
  if (ob_debug_is_on (OB_DEBUG_TRANSFER))
    g_object_set_data_full (G_OBJECT (message), UPLOAD, g_strdup (job->id), g_free);
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers), NULL);
  g_signal_connect (message, "got-body", G_CALLBACK (on_got_body), NULL);
  g_signal_connect (message, "got-informational", G_CALLBACK (on_interim), NULL);
  g_signal_connect (message, "restarted", G_CALLBACK (on_restarted), NULL);

  return g_steal_pointer (&message);
}

#define CONTINUED "outbox-continued"

typedef struct
{
  ObConnection *connection;
  gint64 answer_ms;
} Expectation;

/* The server has said "100 Continue" and reads the body now: from here the answer may take longer. */
static void
on_informational (SoupMessage *message, gpointer user_data)
{
  const Expectation *expectation = user_data;

  if (soup_message_get_status (message) != SOUP_STATUS_CONTINUE)
    return;
  g_object_set_data (G_OBJECT (message), CONTINUED, message);
  ob_connection_set_answer_ms (expectation->connection, expectation->answer_ms);
}

static void
free_expectation (gpointer expectation, GClosure *closure)
{
  g_free (expectation);
}

void
ob_http_expect (SoupMessage *message, ObConnection *connection, gint64 answer_ms)
{
  Expectation *expectation = g_new0 (Expectation, 1);

  expectation->connection = connection;
  expectation->answer_ms = answer_ms;
  soup_message_headers_set_expectations (soup_message_get_request_headers (message), SOUP_EXPECTATION_CONTINUE);
  /* libsoup 3.2's authentication would read an early 401 to its end, and then wait for another answer that never comes. */
  soup_message_disable_feature (message, SOUP_TYPE_AUTH_MANAGER);
  g_signal_connect_data (message, "got-informational", G_CALLBACK (on_informational), expectation, free_expectation, 0);
}

/* Returns: whether the server answered before it asked for the body. */
static gboolean
is_early (SoupMessage *message)
{
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  return (soup_message_headers_get_expectations (headers) & SOUP_EXPECTATION_CONTINUE)
         && !g_object_get_data (G_OBJECT (message), CONTINUED);
}

/* Reads up to the limit, and what comes in time; a longer answer is cut, and its connection closed. After an early answer
 * libsoup 3.2 waits for another one when the stream is closed, unless it is cancelled. */
static void
read_body (ObConnection *connection, ObAnswer *answer, GInputStream *stream, GCancellable *cancellable)
{
  gint64 end_us = g_get_monotonic_time () + OB_ANSWER_MS * G_GINT64_CONSTANT (1000);
  gssize got = 1;

  answer->body = g_malloc (OB_ANSWER_MAX_BYTES + 1);
  while (got > 0 && answer->body_bytes < OB_ANSWER_MAX_BYTES && g_get_monotonic_time () < end_us)
    {
      ob_connection_set_answer_ms (connection, OB_ANSWER_BODY_MS);
      got = g_input_stream_read (stream, answer->body + answer->body_bytes, OB_ANSWER_MAX_BYTES - answer->body_bytes,
                                 cancellable, NULL);
      answer->body_bytes += (gsize) MAX (got, 0);
    }
  answer->body[answer->body_bytes] = '\0';
  if (is_early (answer->message))
    g_cancellable_cancel (cancellable);
  (void) g_input_stream_close (stream, cancellable, NULL);
}

/* For a request that we ended ourselves, says why; libsoup says "cancelled". */
static GError *
error_of_end (ObEnd end)
{
  switch (end)
    {
    case OB_END_STOPPED:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Stopped");
    case OB_END_LOST:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED,
                                  S_ ("The connection to the server was lost"));
    case OB_END_SILENT:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, S_ ("The server cannot be reached"));
    case OB_END_SLOW:
    case OB_END_NONE:
    default:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, S_ ("The server did not answer in time"));
    }
}

/* libsoup says "cancelled" if we ended the exchange ourselves. Either the connection ended first; or the head of the answer has
 * come, which is the answer; or the server said nothing but interim answers, which is no answer. */
static void
note_own_end (ObAnswer *answer, ObEnd *end)
{
  GObject *message = G_OBJECT (answer->message);

  if (!answer->error || *end != OB_END_NONE)
    return;
  if (g_object_get_data (message, WAS_CUT))
    *end = OB_END_LOST;
  else if (g_object_get_data (message, IS_OURS))
    g_clear_error (&answer->error);
  else if (GPOINTER_TO_UINT (g_object_get_data (message, INTERIMS)) > MOST_INTERIMS)
    *end = OB_END_SLOW;
}

/* Returns: whether sending it twice does no harm: at worst it leaves an announced upload without a byte. An empty upload
 * is finished by its announcement alone. */
static gboolean
is_repeatable (SoupMessage *message)
{
  const char *size = soup_message_headers_get_one (soup_message_get_request_headers (message), "Upload-Length");

  return !has_body (message) && g_strcmp0 (size, "0") != 0;
}

/* Returns: whether to try again, since the connection was dead before the request was written. */
static gboolean
send_once (ObConnection *connection, ObAnswer *answer, gint64 answer_ms, GCancellable *stop)
{
  g_autoptr (GInputStream) stream = NULL;
  GCancellable *request;
  const ObCredential *credential = g_object_get_data (G_OBJECT (answer->message), OB_ANSWER_CREDENTIAL);
  gboolean was_dead;
  guint64 wire_bytes;

  ob_deadline_clear (ob_connection_get_deadline (connection));
  ob_brake_wait (stop);
  if (has_body (answer->message) && ob_connection_is_forgetful (connection, answer->message))
    ob_connection_rest (connection);
  ob_connection_show (connection, answer->message, credential ? ob_credential_get_certificate (credential) : NULL);
  request = ob_connection_begin (connection, answer->message, answer_ms, stop);
  g_object_set_data (G_OBJECT (answer->message), REQUEST, request);
  stream = soup_session_send (ob_connection_get_session (connection), answer->message, request, &answer->error);
  g_object_set_data (G_OBJECT (answer->message), REQUEST, NULL);
  if (stream)
    read_body (connection, answer, stream, request);
  answer->end = ob_connection_end (connection, answer->message, &wire_bytes);
  note_own_end (answer, &answer->end);
  answer->wire_bytes += wire_bytes;
  was_dead = answer->error
             && (answer->end == OB_END_LOST
                 || (answer->end == OB_END_NONE && ob_connection_note_answer (connection, answer->message, FALSE)));
  if (!answer->error)
    (void) ob_connection_note_answer (connection, answer->message, TRUE);
  if (answer->error && answer->end != OB_END_NONE)
    {
      g_error_free (answer->error);
      answer->error = error_of_end (answer->end);
    }

  return was_dead;
}

static void
debug_answer (const ObAnswer *answer, gint64 begin_us)
{
  static const char *const ends[] = { [OB_END_NONE] = "no answer",
                                      [OB_END_STOPPED] = "stopped",
                                      [OB_END_LOST] = "the connection was lost",
                                      [OB_END_SILENT] = "nothing can be reached",
                                      [OB_END_SLOW] = "no answer in time" };
  g_autofree char *url = g_uri_to_string (soup_message_get_uri (answer->message));
  g_autofree char *shown = ob_origin_dup_shown (url);
  g_autofree char *status = g_strdup_printf ("status %u", ob_answer_get_status (answer));

  ob_debug_write (OB_DEBUG_TRANSFER, g_object_get_data (G_OBJECT (answer->message), UPLOAD),
                  "%s %s: %s after %" G_GINT64_FORMAT " ms, %" G_GUINT64_FORMAT " bytes went out",
                  soup_message_get_method (answer->message), shown, answer->error ? ends[answer->end] : status,
                  (g_get_monotonic_time () - begin_us) / 1000, answer->wire_bytes);
}

/* Returns: whether the request may go out: if there is no credential for it any more, it must not go without */
static gboolean
may_send (ObAnswer *answer)
{
  const ObCredential *credential = g_object_get_data (G_OBJECT (answer->message), OB_ANSWER_CREDENTIAL);
  const char *words;
  OutboxReason reason;
  ObVerdict verdict;

  if (g_object_get_data (G_OBJECT (answer->message), HAS_TO_END))
    answer->error = error_of_end (OB_END_STOPPED);
  else if (credential && ob_credential_get_trouble (credential, &verdict, &reason, &words))
    answer->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, words);

  return !answer->error;
}

ObAnswer *
ob_http_send (ObConnection *connection, SoupMessage *message, gint64 answer_ms, GCancellable *stop)
{
  ObAnswer *answer = g_new0 (ObAnswer, 1);
  gint64 begin_us = g_get_monotonic_time ();

  answer->message = message;
  if (!may_send (answer))
    return answer;
  if (send_once (connection, answer, answer_ms, stop) && is_repeatable (message))
    {
      g_clear_error (&answer->error);
      ob_connection_rest (connection);
      (void) send_once (connection, answer, answer_ms, stop);
    }
  if (ob_debug_is_on (OB_DEBUG_TRANSFER))
    debug_answer (answer, begin_us);

  return answer;
}
