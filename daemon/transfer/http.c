/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends requests and reads answers by libsoup's blocking functions. Worker thread.
 */
#include "transfer/http.h"

#include "base/brake.h"
#include "base/debug.h"
#include "base/text.h"
#include "model/destination.h"
#include "model/origin.h"
#include "transfer/words.h"

#define LENGTH "outbox-length"
#define UPLOAD "outbox-upload"
#define HEADERS "outbox-headers"

/* Set on a message whose answer is handled here, so that libsoup's own handlers are kept from it. */
#define IS_OURS "outbox-is-ours"
/* The cancellable of a message's request, as long as that is under way. */
#define REQUEST "outbox-request"
#define INTERIMS "outbox-interims"
#define SIGN_INS "outbox-sign-ins"

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

/* A 204 and the answer to HEAD have no body (RFC 9112 section 6.3). If they come without a length, libsoup reads until
 * the connection ends. Tell it that there is no body; since it then forgets the length that the server said, keep that
 * first. */
static void
on_got_headers (SoupMessage *message, gpointer user_data)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  g_object_set_data_full (G_OBJECT (message), LENGTH,
                          g_strdup (soup_message_headers_get_one (headers, "Content-Length")), g_free);
  if (soup_message_get_status (message) == SOUP_STATUS_NO_CONTENT
      || soup_message_get_method (message) == SOUP_METHOD_HEAD)
    soup_message_headers_set_encoding (headers, SOUP_ENCODING_NONE);
  keep_from_answering (message);
}

/* Treat every header of the destination as a secret: send them to its own origin alone. */
static void
add_headers (SoupMessage *message, const char *url, const ObJob *job)
{
  const char *name, *value;
  GVariantIter iter;

  if (!ob_origin_is_same (url, job->url))
    return;
  g_variant_iter_init (&iter, job->headers);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    soup_message_headers_replace (soup_message_get_request_headers (message), name, value);
  g_object_set_data_full (G_OBJECT (message), HEADERS, g_variant_ref (job->headers), (GDestroyNotify) g_variant_unref);
}

SoupMessage *
ob_http_message_new (const char *method, const char *url, const ObJob *job)
{
  g_autoptr (SoupMessage) message = ob_destination_is_url (url) ? soup_message_new (method, url) : NULL;

  if (!message)
    return NULL;
  /* Without IDEMPOTENT, libsoup opens a new connection for each PATCH and POST. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
  add_headers (message, url, job);
  if (ob_debug_is_on (OB_DEBUG_TRANSFER))
    g_object_set_data_full (G_OBJECT (message), UPLOAD, g_strdup (job->id), g_free);
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers), NULL);
  g_signal_connect (message, "got-body", G_CALLBACK (on_got_body), NULL);
  g_signal_connect (message, "got-informational", G_CALLBACK (on_interim), NULL);

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

void
ob_answer_free (ObAnswer *answer)
{
  g_clear_object (&answer->message);
  g_clear_error (&answer->error);
  g_free (answer->body);
  g_free (answer);
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
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "The connection to the server was lost");
    case OB_END_SILENT:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, "The server cannot be reached");
    case OB_END_SLOW:
    case OB_END_NONE:
    default:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "The server did not answer in time");
    }
}

/* libsoup says "cancelled" if we ended the exchange ourselves. Either the head of the answer has come, which is the answer; or
 * the server said nothing but interim answers, which is no answer. */
static void
note_own_end (ObAnswer *answer, ObEnd *end)
{
  GObject *message = G_OBJECT (answer->message);

  if (!answer->error || *end != OB_END_NONE)
    return;
  if (g_object_get_data (message, IS_OURS))
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
  gboolean was_dead;
  guint64 wire_bytes;

  ob_deadline_clear (ob_connection_get_deadline (connection));
  ob_brake_wait (stop);
  if (has_body (answer->message) && ob_connection_is_forgetful (connection, answer->message))
    ob_connection_rest (connection);
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

ObAnswer *
ob_http_send (ObConnection *connection, SoupMessage *message, gint64 answer_ms, GCancellable *stop)
{
  ObAnswer *answer = g_new0 (ObAnswer, 1);
  gint64 begin_us = g_get_monotonic_time ();

  answer->message = message;
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

guint
ob_answer_get_status (const ObAnswer *answer)
{
  return answer->error ? 0 : soup_message_get_status (answer->message);
}

const char *
ob_answer_get_header (const ObAnswer *answer, const char *name)
{
  const char *value = NULL, *other_name, *other_value;
  SoupMessageHeadersIter iter;

  soup_message_headers_iter_init (&iter, soup_message_get_response_headers (answer->message));
  while (soup_message_headers_iter_next (&iter, &other_name, &other_value))
    {
      if (g_ascii_strcasecmp (other_name, name) != 0)
        continue;
      if (value && !g_str_equal (value, other_value))
        return NULL;
      value = other_value;
    }

  return value;
}

const char *
ob_answer_get_list (const ObAnswer *answer, const char *name)
{
  return soup_message_headers_get_list (soup_message_get_response_headers (answer->message), name);
}

/* g_ascii_string_to_unsigned() skips a vertical tab; a header with one is not a number. */
static gboolean
read_number (const char *text, guint64 *number)
{
  return text && g_ascii_isdigit (*text) && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, number, NULL);
}

gint64
ob_answer_get_length (const ObAnswer *answer)
{
  guint64 number;

  return !answer->error && read_number (g_object_get_data (G_OBJECT (answer->message), LENGTH), &number)
             ? (gint64) number
             : -1;
}

gboolean
ob_answer_get_number (const ObAnswer *answer, const char *name, guint64 *number)
{
  return read_number (ob_answer_get_header (answer, name), number);
}

static gboolean
has_type (const ObAnswer *answer, const char *type)
{
  const char *value = ob_answer_get_header (answer, "Content-Type");

  return value && g_ascii_strncasecmp (value, type, strlen (type)) == 0;
}

/* Portals and proxies often send a page without saying so in Content-Type. */
static gboolean
looks_like_page (const char *body)
{
  const char *text = body + strspn (body, " \t\r\n");

  return g_ascii_strncasecmp (text, "<!doctype html", 14) == 0 || g_ascii_strncasecmp (text, "<html", 5) == 0;
}

static gboolean
is_page (const ObAnswer *answer)
{
  return has_type (answer, "text/html") || (answer->body && looks_like_page (answer->body));
}

gboolean
ob_answer_is_json (const ObAnswer *answer)
{
  return has_type (answer, "application/json") || has_type (answer, "application/problem+json");
}

/* Mask before anything is cut off: the begin of a secret tells as much. */
char *
ob_answer_dup_words (const ObAnswer *answer)
{
  const char *reason = soup_message_get_reason_phrase (answer->message);
  g_autofree char *url = g_uri_to_string (soup_message_get_uri (answer->message));
  g_auto (GStrv) hidden = ob_words_list_hidden (url, g_object_get_data (G_OBJECT (answer->message), HEADERS));
  g_autofree char *phrase = ob_words_mask (reason ? reason : "", (const char *const *) hidden);
  g_autofree char *body
      = answer->body && !is_page (answer) ? ob_words_mask (answer->body, (const char *const *) hidden) : NULL;

  return ob_words_dup (ob_answer_get_status (answer), phrase, body);
}

void
ob_result_set (ObAttemptResult *result, ObVerdict verdict, OutboxReason reason, const char *code, const char *message)
{
  result->outcome = ob_outcome_new (verdict, reason);
  g_free (result->code);
  g_free (result->message);
  result->code = g_strdup (code);
  result->message = message ? ob_text_dup_clean (message, -1, 0) : NULL;
}

static ObReply
read_reply (const ObAnswer *answer, ObStage stage, gboolean has_protocol, const ObAttemptResult *result)
{
  return (ObReply){
    .stage = stage,
    .status = ob_answer_get_status (answer),
    .error = answer->error,
    .certificate = soup_message_get_tls_peer_certificate_errors (answer->message),
    .has_protocol = has_protocol,
    .is_page = is_page (answer),
    .has_challenge = ob_answer_get_list (answer, "WWW-Authenticate") != NULL,
    .has_credentials = result->has_credentials,
    .is_elsewhere = answer->is_elsewhere,
    .retry_after = ob_answer_get_header (answer, "Retry-After"),
    .date = ob_answer_get_header (answer, "Date"),
  };
}

static char *
dup_error_words (const ObReply *reply)
{
  gboolean is_tls = reply->error->domain == G_TLS_ERROR;
  const char *why = is_tls ? ob_outcome_explain_certificate (reply->certificate) : NULL;

  return why ? g_strdup_printf ("%s: %s", reply->error->message, why) : g_strdup (reply->error->message);
}

gboolean
ob_answer_judge (const ObAnswer *answer, ObStage stage, gboolean has_protocol, ObVerdictFunc verdict,
                 ObAttemptResult *result)
{
  const ObReply reply = read_reply (answer, stage, has_protocol, result);
  g_autofree char *code = NULL;
  g_autofree char *words = NULL;
  ObOutcome outcome;

  if (g_error_matches (answer->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      result->is_cancelled = TRUE;
      return TRUE;
    }
  outcome = ob_outcome_from_reply (&reply, verdict, g_get_real_time () / 1000);
  if (outcome.verdict == OB_VERDICT_UNDECIDED)
    return FALSE;
  if (reply.error)
    code = g_strdup (reply.error->domain == G_TLS_ERROR ? "tls" : "connection");
  else
    code = g_strdup_printf ("http-%u", reply.status);
  words = reply.error ? dup_error_words (&reply) : ob_answer_dup_words (answer);
  ob_result_set (result, outcome.verdict, outcome.reason, code, words);
  result->outcome = outcome;

  return TRUE;
}
