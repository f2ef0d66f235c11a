/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Versions, metadata and OPTIONS. Worker thread.
 */
#include "transfer/tus-server.h"

#include "base/text.h"
#include "dbus/mark.h"
#include "transfer/copy.h"
#include "transfer/tus-verdict.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <unistd.h>

#define VERSION "1.0.0"
#define KNOWN_US (5 * 60 * G_USEC_PER_SEC)

SoupMessage *
ob_tus_message_new (const char *method, const char *url, const ObJob *job, ObAttemptResult *result)
{
  SoupMessage *message = ob_http_message_new (method, url, job);

  if (message)
    soup_message_headers_replace (soup_message_get_request_headers (message), "Tus-Resumable", VERSION);
  else
    ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-url",
                   S_ ("The destination's address is no http or https URL: set it again"));

  return message;
}

SoupMessage *
ob_tus_patch_new (const char *url, const ObJob *job, guint64 offset_bytes, gboolean is_post, ObAttemptResult *result)
{
  g_autofree char *offset = g_strdup_printf ("%" G_GUINT64_FORMAT, offset_bytes);
  SoupMessage *message = ob_tus_message_new (is_post ? "POST" : "PATCH", url, job, result);
  SoupMessageHeaders *headers = message ? soup_message_get_request_headers (message) : NULL;

  if (!message)
    return NULL;
  soup_message_headers_replace (headers, "Upload-Offset", offset);
  if (is_post)
    soup_message_headers_replace (headers, "X-HTTP-Method-Override", "PATCH");

  return message;
}

gboolean
ob_tus_is_method_refused (const ObAnswer *answer)
{
  guint status = ob_answer_get_status (answer);

  return (status == SOUP_STATUS_METHOD_NOT_ALLOWED || status == SOUP_STATUS_NOT_IMPLEMENTED
          || status == SOUP_STATUS_FORBIDDEN || status == SOUP_STATUS_BAD_REQUEST)
         && !ob_answer_get_header (answer, "Tus-Resumable") && !ob_answer_get_list (answer, "WWW-Authenticate");
}

static ObAnswer *
ask_by (const char *method, ObConnection *connection, const char *url, const ObJob *job, ObAttemptResult *result,
        ObStop *stop)
{
  SoupMessage *message = ob_tus_message_new (method, url, job, result);
  SoupMessageHeaders *headers = message ? soup_message_get_request_headers (message) : NULL;

  if (!message)
    return NULL;
  if (!g_str_equal (method, "HEAD"))
    {
      soup_message_headers_replace (headers, "X-HTTP-Method-Override", "HEAD");
      soup_message_headers_set_content_length (headers, 0);
    }

  return ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
}

ObAnswer *
ob_tus_ask_offset (ObConnection *connection, const char *url, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  g_autoptr (ObAnswer) answer = ask_by ("HEAD", connection, url, job, result, stop);
  g_autoptr (ObAnswer) second = NULL;

  if (!answer || !ob_tus_is_method_refused (answer) || g_cancellable_is_cancelled (G_CANCELLABLE (stop)))
    return g_steal_pointer (&answer);
  second = ask_by ("POST", connection, url, job, result, stop);

  return second && ob_answer_get_header (second, "Tus-Resumable") ? g_steal_pointer (&second)
                                                                  : g_steal_pointer (&answer);
}

gboolean
ob_tus_is_slow_finish (const ObAnswer *answer)
{
  guint status = ob_answer_get_status (answer);

  /* 524 is a proxy that waited too long for its server. */
  return status == SOUP_STATUS_GATEWAY_TIMEOUT || status == 524 || status == SOUP_STATUS_REQUEST_TIMEOUT
         || (answer->error && answer->end == OB_END_SLOW);
}

gboolean
ob_tus_is_of_other_version (const ObAnswer *answer, ObAttemptResult *result)
{
  const char *versions = ob_answer_get_list (answer, "Tus-Version");
  g_autofree char *words = NULL;

  if (!versions || soup_header_contains (versions, VERSION))
    return FALSE;
  words = g_strdup_printf (S_ ("The server speaks version %.40s of tus, and not %s"), versions, VERSION);
  ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "wrong-version", words);

  return TRUE;
}

gboolean
ob_tus_judge (const ObAnswer *answer, ObStage stage, ObAttemptResult *result)
{
  guint status = ob_answer_get_status (answer);

  /* tus says 412; some servers say 400. */
  if ((status == SOUP_STATUS_PRECONDITION_FAILED || status == SOUP_STATUS_BAD_REQUEST)
      && ob_tus_is_of_other_version (answer, result))
    return TRUE;

  return ob_answer_judge (answer, stage, ob_answer_get_header (answer, "Tus-Resumable") != NULL, ob_tus_verdict,
                          result);
}

static void
append_pair (GString *text, const char *key, const char *value)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *) value, strlen (value));

  g_string_append_printf (text, "%s%s %s", text->len > 0 ? "," : "", key, encoded);
}

/* A key is printable ASCII without space and comma (tus 1.0, Upload-Metadata). */
static gboolean
is_key (const char *key)
{
  for (const char *c = key; *c; c++)
    if (!g_ascii_isgraph (*c) || *c == ',')
      return FALSE;

  return *key && !g_str_equal (key, "filename") && !g_str_equal (key, "filetype") && !g_str_equal (key, "outbox_id")
         && !g_str_equal (key, "outbox_group") && !g_str_equal (key, "outbox_modified_at");
}

char *
ob_tus_encode_metadata (const ObJob *job, gboolean is_short)
{
  GString *text = g_string_new (NULL);
  g_autofree char *modified_at = job->modified_at_ms > 0 ? ob_text_dup_time (job->modified_at_ms) : NULL;
  const char *key, *value;
  GVariantIter iter;

  append_pair (text, "filename", job->name);
  append_pair (text, "filetype", job->media_type);
  append_pair (text, "outbox_id", job->id);
  if (is_short)
    return g_string_free (text, FALSE);
  if (job->group)
    append_pair (text, "outbox_group", job->group);
  if (modified_at)
    append_pair (text, "outbox_modified_at", modified_at);
  g_variant_iter_init (&iter, job->metadata);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    if (is_key (key))
      append_pair (text, key, value);

  return g_string_free (text, FALSE);
}

/* Returns: 0, or a fault as in transfer/copy.h */
static int
hash_part (gnutls_hash_hd_t hash, int fd, guint64 offset_bytes, guint64 size_bytes)
{
  g_autofree char *buffer = g_malloc (256 * 1024);
  guint64 done = 0;

  while (done < size_bytes)
    {
      gssize got = pread (fd, buffer, MIN (256 * 1024, size_bytes - done), (off_t) (offset_bytes + done));

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return got < 0 ? errno : OB_COPY_RESIZED;
      gnutls_hash (hash, buffer, (gsize) got);
      done += (guint64) got;
    }

  return 0;
}

/* SHA-1, since every tus server with the extension has it. It guards against damage, not against people. */
int
ob_tus_add_checksum (SoupMessage *message, int fd, guint64 offset_bytes, guint64 chunk_bytes)
{
  g_autofree char *encoded = NULL;
  g_autofree char *value = NULL;
  guint8 digest[20];
  gnutls_hash_hd_t hash;
  int fault_errno;

  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA1) != 0)
    return ENOMEM;
  fault_errno = hash_part (hash, fd, offset_bytes, chunk_bytes);
  gnutls_hash_deinit (hash, digest);
  encoded = g_base64_encode (digest, sizeof digest);
  value = g_strconcat ("sha1 ", encoded, NULL);
  soup_message_headers_replace (soup_message_get_request_headers (message), "Upload-Checksum", value);

  return fault_errno;
}

static void
read_facts (const ObAnswer *answer, ObServerFacts *facts)
{
  const char *extensions = ob_answer_get_list (answer, "Tus-Extension");
  const char *algorithms = ob_answer_get_list (answer, "Tus-Checksum-Algorithm");

  facts->has_checksum = extensions && soup_header_contains (extensions, "checksum") && algorithms
                        && soup_header_contains (algorithms, "sha1");
  if (!ob_answer_get_number (answer, "Tus-Max-Size", &facts->max_bytes))
    facts->max_bytes = 0;
}

gboolean
ob_tus_discover (ObConnection *connection, const ObJob *job, ObServerFacts *facts, ObAttemptResult *result,
                 ObStop *stop)
{
  g_autoptr (ObAnswer) answer = NULL;
  SoupMessage *message;

  *facts = ob_facts_get (ob_connection_get_facts (connection), job->url);
  /* Ask again before a file fails by a limit: somebody may have raised it, and tapped Retry. */
  if (facts->until_us > 0 && (facts->max_bytes == 0 || job->size_bytes <= facts->max_bytes))
    return TRUE;
  facts->max_bytes = 0;
  message = ob_tus_message_new ("OPTIONS", job->url, job, result);
  if (!message)
    return FALSE;
  answer = ob_http_send (connection, message, OB_ANSWER_OPTIONS_MS, G_CANCELLABLE (stop));
  if (answer->error && answer->end != OB_END_SLOW)
    {
      (void) ob_answer_judge (answer, OB_STAGE_CREATE, FALSE, ob_tus_verdict, result);
      /* The request was about the server, not about an upload. */
      result->outcome.scope = OUTBOX_SCOPE_DESTINATION;
      return FALSE;
    }
  if (!answer->error && ob_tus_is_of_other_version (answer, result))
    return FALSE;
  /* An answer without a version may come from a portal: ask again next time. */
  if (answer->error || ob_answer_get_list (answer, "Tus-Version"))
    facts->until_us = g_get_monotonic_time () + KNOWN_US;
  if (!answer->error)
    read_facts (answer, facts);
  ob_facts_put (ob_connection_get_facts (connection), job->url, facts);

  return TRUE;
}

gboolean
ob_tus_answers (ObConnection *connection, const ObJob *job, ObStop *stop)
{
  SoupMessage *message = ob_http_message_new ("OPTIONS", job->url, job);
  g_autoptr (ObAnswer) answer
      = message ? ob_http_send (connection, message, OB_ANSWER_OPTIONS_MS, G_CANCELLABLE (stop)) : NULL;

  return answer && !answer->error
         && (ob_answer_get_header (answer, "Tus-Resumable") || ob_answer_get_list (answer, "Tus-Version"));
}
