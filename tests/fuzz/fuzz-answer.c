/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/http, transfer/url: an answer's head of any bytes is a decision; its reason phrase and its body are one line of
 * clean text; its Location is a URL that libsoup takes, or none.
 */
#include "fuzz.h"

#include "base/text.h"
#include "transfer/protocols.h"
#include "transfer/url.h"
#include "transfer/words.h"

static void
check_words (guint status, const char *reason, const char *body)
{
  g_autofree char *words = ob_words_dup (status, reason, body);

  g_assert_true (ob_text_is_clean (words));
  g_assert_cmpuint (strlen (words), >, 0);
  g_assert_cmpint (g_utf8_strlen (words, -1), <, 400);
}

static void
check_location (const char *location)
{
  static const char *const bases[] = { "http://a.test/files/", "https://a.test:8443/files/?x" };

  for (guint i = 0; location && i < G_N_ELEMENTS (bases); i++)
    {
      g_autofree char *url = ob_url_resolve (bases[i], location);
      g_autoptr (SoupMessage) message = url ? soup_message_new ("HEAD", url) : NULL;

      g_assert_true (!url || message);
      g_assert_true (!url || i == 0 || g_str_has_prefix (url, "https:"));
    }
}

static void
check_outcome (SoupMessageHeaders *headers, guint status)
{
  ObReply reply = { .status = status,
                    .has_protocol = soup_message_headers_get_one (headers, "Tus-Resumable") != NULL,
                    .has_challenge = soup_message_headers_get_one (headers, "WWW-Authenticate") != NULL,
                    .retry_after = soup_message_headers_get_one (headers, "Retry-After"),
                    .date = soup_message_headers_get_one (headers, "Date") };

  for (ObStage stage = 0; stage < OB_N_STAGES; stage++)
    {
      ObOutcome outcome;

      reply.stage = stage;
      for (const ObProtocol *const *protocol = ob_protocol_list (); *protocol; protocol++)
        {
          outcome = ob_outcome_from_reply (&reply, (*protocol)->verdict, G_GINT64_CONSTANT (1800000000000));
          g_assert_cmpint (outcome.verdict, <, OB_N_VERDICTS);
          g_assert_cmpint (outcome.retry_after_ms, >=, -1);
        }
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_dup_text (data, size);
  g_autofree char *reason = NULL;
  char *body = strstr (text, "\r\n\r\n");
  SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  SoupHTTPVersion version;
  guint status = 0;

  /* As libsoup reads it: up to the empty line. */
  if (soup_headers_parse_response (text, (int) (body ? body - text + 2 : (gssize) strlen (text)), headers, &version,
                                   &status, &reason))
    {
      check_words (status, reason, body ? body + 4 : NULL);
      check_location (soup_message_headers_get_one (headers, "Location"));
      check_outcome (headers, status);
    }
  check_words (403, text, NULL);
  check_words (403, NULL, text);
  check_location (text);
  soup_message_headers_unref (headers);

  return 0;
}
