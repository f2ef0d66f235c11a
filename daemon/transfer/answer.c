/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads answers: what they say, and what that means for an attempt. Worker thread.
 */
#include "transfer/answer.h"

#include "base/text.h"
#include "dbus/mark.h"
#include "model/origin.h"
#include "transfer/client-certificate.h"
#include "transfer/words.h"

#define LOCATION_MAX_CHARS 300

void
ob_answer_free (ObAnswer *answer)
{
  g_clear_object (&answer->message);
  g_clear_error (&answer->error);
  g_free (answer->body);
  g_free (answer);
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

  return !answer->error && read_number (g_object_get_data (G_OBJECT (answer->message), OB_ANSWER_LENGTH), &number)
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

gboolean
ob_answer_is_cut (const ObAnswer *answer)
{
  gint64 length_bytes = ob_answer_get_length (answer);

  return length_bytes >= 0 && (gint64) answer->body_bytes < length_bytes
         && !ob_answer_get_list (answer, "Content-Encoding");
}

JsonNode *
ob_answer_parse_json (const char *body, gsize body_bytes)
{
  g_autofree char *text = g_utf8_make_valid (body, (gssize) body_bytes);
  const char *start = g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text;

  return ob_json_parse (start, strlen (start), NULL);
}

/* RFC 6585 section 6. libsoup calls it an unknown error. */
#define STATUS_OF_PORTAL 511

/* Mask before anything is cut off: the begin of a secret tells as much. */
char *
ob_answer_dup_words (const ObAnswer *answer)
{
  const char *reason = ob_answer_get_status (answer) == STATUS_OF_PORTAL
                           ? "Network Authentication Required"
                           : soup_message_get_reason_phrase (answer->message);
  g_autofree char *url = g_uri_to_string (soup_message_get_uri (answer->message));
  GObject *message = G_OBJECT (answer->message);
  g_auto (GStrv) hidden = ob_words_list_hidden (url, g_object_get_data (message, OB_ANSWER_HEADERS),
                                                g_object_get_data (message, OB_ANSWER_CREDENTIAL));
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

/* --- The certificate of this device --- */

static gboolean
is_certificate_shown (const ObAnswer *answer)
{
  const ObCredential *credential = g_object_get_data (G_OBJECT (answer->message), OB_ANSWER_CREDENTIAL);

  return credential && ob_credential_get_certificate (credential);
}

/* An answer to HEAD has no text. That 400 with a page is what nginx answers by itself, and its server would say more. */
static gboolean
is_certificate_refused (const ObAnswer *answer)
{
  guint status = ob_answer_get_status (answer);

  return ob_client_certificate_is_refused (status, answer->body, answer->error)
         || (status == SOUP_STATUS_BAD_REQUEST && soup_message_get_method (answer->message) == SOUP_METHOD_HEAD
             && is_page (answer) && is_certificate_shown (answer));
}

/* @code: (inout), as is @words: the server's */
static void
explain_certificate (const ObAnswer *answer, char **code, char **words)
{
  gboolean is_shown = is_certificate_shown (answer);
  char *explained
      = g_strdup_printf (is_shown ? S_ ("The server does not take this device's certificate: %s")
                                  : S_ ("The server wants a certificate of this device, and it has none for it: %s"),
                         *words);

  g_free (*code);
  g_free (*words);
  *code = g_strdup ("client-certificate");
  *words = explained;
}

/* --- What it means --- */

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
    .is_of_certificate = is_certificate_refused (answer),
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

/* A redirect is not followed. Where it leads may be what the destination's URL should be. */
static char *
dup_status_words (const ObAnswer *answer)
{
  g_autofree char *words = ob_answer_dup_words (answer);
  const char *location = ob_answer_get_status (answer) / 100 == 3 ? ob_answer_get_header (answer, "Location") : NULL;
  g_autofree char *shown = ob_origin_dup_shown (location);
  g_autofree char *clean = shown ? ob_text_dup_clean (shown, -1, LOCATION_MAX_CHARS) : NULL;

  return clean ? g_strdup_printf (S_ ("%s: it sends on to %s"), words, clean) : g_steal_pointer (&words);
}

gint64
ob_answer_get_retry_after_ms (const ObAnswer *answer)
{
  return ob_outcome_parse_retry_after (ob_answer_get_header (answer, "Retry-After"),
                                       ob_answer_get_header (answer, "Date"), g_get_real_time () / 1000);
}

gboolean
ob_result_take_trouble (ObAttemptResult *result, const ObCredential *credential)
{
  const char *code, *message;
  OutboxReason reason;
  ObVerdict verdict;

  code = ob_credential_get_trouble (credential, &verdict, &reason, &message);
  if (!code)
    return FALSE;
  ob_result_set (result, verdict, reason, code, message);
  result->outcome.scope = OUTBOX_SCOPE_DESTINATION;
  result->outcome.retry_after_ms = ob_credential_get_retry_after (credential);

  return TRUE;
}

/* The request was not sent, since there is nothing to show any more. */
static gboolean
take_trouble (const ObAnswer *answer, ObAttemptResult *result)
{
  const ObCredential *credential = g_object_get_data (G_OBJECT (answer->message), OB_ANSWER_CREDENTIAL);

  return credential && ob_result_take_trouble (result, credential);
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
  if (take_trouble (answer, result))
    return TRUE;
  outcome = ob_outcome_from_reply (&reply, verdict, g_get_real_time () / 1000);
  if (outcome.verdict == OB_VERDICT_UNDECIDED)
    return FALSE;
  if (reply.error)
    code = g_strdup (reply.error->domain == G_TLS_ERROR ? "tls" : "connection");
  else
    code = g_strdup_printf ("http-%u", reply.status);
  words = reply.error ? dup_error_words (&reply) : dup_status_words (answer);
  if (reply.is_of_certificate)
    explain_certificate (answer, &code, &words);
  ob_result_set (result, outcome.verdict, outcome.reason, code, words);
  result->outcome = outcome;

  return TRUE;
}
