/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * POST to the destination (tus 1.0, creation extension). Worker thread.
 */
#include "transfer/tus-create.h"

/* Any server takes a header with this much metadata. */
#define METADATA_SAFE_BYTES 4096

/* How long facts hold of a server whose OPTIONS tells little. */
#define KNOWN_US (5 * 60 * G_USEC_PER_SEC)

static gboolean
is_long (const char *metadata)
{
  return strlen (metadata) > METADATA_SAFE_BYTES;
}

/* The metadata may be what a server minds: it is too long (431, RFC 6585; nginx says 400), a word in it is not taken
 * (400), or the server reset the connection while the long header was still being sent, so that its answer was lost. */
static gboolean
may_mind_metadata (const ObAnswer *answer, const char *metadata)
{
  guint status = ob_answer_get_status (answer);

  return status == 431 || (answer->error && is_long (metadata))
         || (status == SOUP_STATUS_BAD_REQUEST && !ob_answer_get_list (answer, "Tus-Version"));
}

/* With other metadata it is another request: by the same key a server would answer it as the one before. */
static ObAnswer *
request (ObConnection *connection, const ObJob *job, const char *metadata, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, job->size_bytes);
  g_autofree char *key = job->amended > 0 ? g_strdup_printf ("%s-%u", job->id, job->amended) : g_strdup (job->id);
  SoupMessage *message = ob_tus_message_new ("POST", job->url, job, result);
  SoupMessageHeaders *headers;

  if (!message)
    return NULL;
  headers = soup_message_get_request_headers (message);
  soup_message_headers_replace (headers, "Upload-Length", size);
  soup_message_headers_replace (headers, "Upload-Metadata", metadata);
  soup_message_headers_replace (headers, "Idempotency-Key", key);
  soup_message_headers_set_content_length (headers, 0);

  return ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
}

/* Remember the length, not the upload: shorter metadata of others may be taken. After a 400 for a word in it, nothing is
 * remembered, since that says nothing about others. */
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

/* If the server minds the metadata, create the upload with id, name and type alone; the rest is lost to it. */
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
