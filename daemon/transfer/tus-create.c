/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * POST to the destination (tus 1.0, creation extension). Worker thread.
 */
#include "transfer/tus-create.h"

/* Of metadata: any server takes that much in a head. */
#define METADATA_SAFE_BYTES 4096

gboolean
ob_tus_is_long (const ObAnswer *answer, const char *metadata)
{
  return answer->error && strlen (metadata) > METADATA_SAFE_BYTES;
}

/* What an app says of its file may be too much for a server (431, RFC 6585), something in it may be (400; so nginx says that
 * a head is too large), or the connection was reset before the answer to a long head could be read. */
static gboolean
may_mind_metadata (const ObAnswer *answer, const ObJob *job, const char *metadata)
{
  guint status = ob_answer_get_status (answer);

  if (g_variant_n_children (job->metadata) == 0)
    return FALSE;

  return status == 431 || ob_tus_is_long (answer, metadata)
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

/* A server that minds the metadata gets only what tells the file from others; the confirm URL has the rest. */
ObAnswer *
ob_tus_create (ObConnection *connection, const ObJob *job, const char *metadata, ObServerFacts *facts,
               ObAttemptResult *result, ObStop *stop)
{
  ObAnswer *answer = request (connection, job, metadata, result, stop);
  g_autofree char *in_short = NULL;
  g_autoptr (ObAnswer) second = NULL;
  guint status;

  if (!answer || facts->wants_short_metadata || g_cancellable_is_cancelled (G_CANCELLABLE (stop))
      || !may_mind_metadata (answer, job, metadata))
    return answer;
  in_short = ob_tus_encode_metadata (job, TRUE);
  second = request (connection, job, in_short, result, stop);
  status = second ? ob_answer_get_status (second) : 0;
  if (status != SOUP_STATUS_CREATED && status != SOUP_STATUS_OK)
    return answer;
  ob_answer_free (answer);
  facts->wants_short_metadata = TRUE;
  ob_facts_put (ob_connection_get_facts (connection), job->url, facts);

  return g_steal_pointer (&second);
}
