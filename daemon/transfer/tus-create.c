/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * POST to the destination (tus 1.0, creation extension). Worker thread.
 */
#include "transfer/tus-create.h"

/* Of metadata: any server takes that much in a head. */
#define METADATA_SAFE_BYTES 4096

/* What is known of a server that says little of itself by OPTIONS. */
#define KNOWN_US (5 * 60 * G_USEC_PER_SEC)

static gboolean
is_long (const char *metadata)
{
  return strlen (metadata) > METADATA_SAFE_BYTES;
}

/* What an app says of its file may be too much for a server (431, RFC 6585), something in it may be (400; so nginx says that
 * a head is too large), or the connection was reset before the answer to a long head could be read. */
static gboolean
may_mind_metadata (const ObAnswer *answer, const char *metadata)
{
  guint status = ob_answer_get_status (answer);

  return status == 431 || (answer->error && is_long (metadata))
         || (status == SOUP_STATUS_BAD_REQUEST && !ob_answer_get_header (answer, "Tus-Version"));
}

static ObAnswer *
request (ObConnection *connection, const ObJob *job, const char *metadata, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, job->size_bytes);
  SoupMessage *message = ob_tus_message_new ("POST", job->url, job, result);
  SoupMessageHeaders *headers;

  if (!message)
    return NULL;
  headers = soup_message_get_request_headers (message);
  soup_message_headers_replace (headers, "Upload-Length", size);
  soup_message_headers_replace (headers, "Upload-Metadata", metadata);
  soup_message_headers_replace (headers, "Idempotency-Key", job->id);
  soup_message_headers_set_content_length (headers, 0);

  return ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
}

/* By its length: what a server minded in one upload's metadata is not left out of another's that is shorter, and where a 400
 * is about a word of it and not about its length it tells nothing of others. */
static void
remember (ObConnection *connection, const ObJob *job, const ObAnswer *refusal, const char *metadata,
          ObServerFacts *facts)
{
  if (ob_answer_get_status (refusal) == SOUP_STATUS_BAD_REQUEST && !is_long (metadata))
    return;
  facts->refused_metadata_bytes = strlen (metadata);
  facts->until_us = MAX (facts->until_us, g_get_monotonic_time () + KNOWN_US);
  ob_facts_put (ob_connection_get_facts (connection), job->url, facts);
}

static gboolean
is_created (const ObAnswer *answer)
{
  guint status = ob_answer_get_status (answer);

  return status == SOUP_STATUS_CREATED || status == SOUP_STATUS_OK;
}

/* A server that minds the metadata gets only what tells the file from others; the confirm URL has the rest. */
ObAnswer *
ob_tus_create (ObConnection *connection, const ObJob *job, ObServerFacts *facts, gboolean *is_short,
               ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *metadata = ob_tus_encode_metadata (job, FALSE);
  g_autofree char *in_short = ob_tus_encode_metadata (job, TRUE);
  g_autoptr (ObAnswer) answer = NULL;
  g_autoptr (ObAnswer) second = NULL;

  *is_short = facts->refused_metadata_bytes > 0 && strlen (metadata) >= facts->refused_metadata_bytes
              && !g_str_equal (metadata, in_short);
  answer = request (connection, job, *is_short ? in_short : metadata, result, stop);
  if (!answer || *is_short || g_str_equal (metadata, in_short) || g_cancellable_is_cancelled (G_CANCELLABLE (stop))
      || !may_mind_metadata (answer, metadata))
    return g_steal_pointer (&answer);
  second = request (connection, job, in_short, result, stop);
  if (!second || !is_created (second))
    return g_steal_pointer (&answer);
  *is_short = TRUE;
  remember (connection, job, answer, metadata, facts);

  return g_steal_pointer (&second);
}

gboolean
ob_tus_is_long (const ObAnswer *answer, const ObJob *job, gboolean is_short)
{
  g_autofree char *metadata = answer->error ? ob_tus_encode_metadata (job, is_short) : NULL;

  return metadata && is_long (metadata);
}
