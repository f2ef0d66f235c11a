/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * HEAD, and where that is not enough, GET of the last bytes: bytes come in order, so these are there only if all are. Worker
 * thread.
 */
#include "transfer/put-look.h"

#include "base/debug.h"
#include "transfer/digest-field.h"

#include <string.h>
#include <unistd.h>

#define TAIL_BYTES ((gsize) 16 * 1024)
G_STATIC_ASSERT (TAIL_BYTES <= OB_ANSWER_MAX_BYTES);

/* Send a name and password from the destination's URL with the first request (RFC 7617): after a challenge the body
 * could not be sent a second time. */
SoupMessage *
ob_put_message_new (const ObPutPlace *place, const char *method)
{
  SoupMessage *message = ob_http_message_new (method, place->url, place->job);
  SoupMessageHeaders *headers = message ? soup_message_get_request_headers (message) : NULL;
  GUri *uri = message ? soup_message_get_uri (message) : NULL;
  g_autofree char *plain = NULL;
  g_autofree char *packed = NULL;
  g_autofree char *value = NULL;

  if (!uri || !g_uri_get_user (uri) || soup_message_headers_get_one (headers, "Authorization"))
    return message;
  plain = g_strdup_printf ("%s:%s", g_uri_get_user (uri), g_uri_get_password (uri) ? g_uri_get_password (uri) : "");
  packed = g_base64_encode ((const guchar *) plain, strlen (plain));
  value = g_strconcat ("Basic ", packed, NULL);
  soup_message_headers_replace (headers, "Authorization", value);

  return message;
}

/* Ask for no compression, so that lengths are those of the stored bytes; and past caches, which may know what was there before the
 * PUT (RFC 9111 section 5.2.1.4). @tail_bytes: 0: for all */
static ObAnswer *
ask (const ObPutPlace *place, const char *method, gsize tail_bytes)
{
  SoupMessage *message = ob_put_message_new (place, method);
  gint64 size = (gint64) place->job->size_bytes;
  SoupMessageHeaders *headers;

  if (!message)
    return NULL;
  headers = soup_message_get_request_headers (message);
  soup_message_headers_replace (headers, "Accept-Encoding", "identity");
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_message_headers_replace (headers, "Want-Repr-Digest", OB_DIGEST_WANTED);
  if (tail_bytes > 0)
    soup_message_headers_set_range (headers, size - (gint64) tail_bytes, size - 1);

  return ob_http_send (place->connection, message, OB_ANSWER_MS, G_CANCELLABLE (place->stop));
}

/* Returns: whether the answer is about a file as it is stored, neither compressed on the way nor a page in its place. */
static gboolean
is_plain (const ObPutPlace *place, const ObAnswer *answer)
{
  const char *encoding = ob_answer_get_list (answer, "Content-Encoding");

  return (!encoding || g_ascii_strcasecmp (encoding, "identity") == 0)
         && !ob_put_is_page_instead (ob_answer_get_header (answer, "Content-Type"), place->job->media_type);
}

static ObPutSight
find (const ObPutPlace *place, const ObAnswer *answer)
{
  gboolean is_there = ob_answer_get_status (answer) == SOUP_STATUS_OK;
  g_autofree char *digest = NULL;
  ObFound found;

  if (is_there && !is_plain (place, answer))
    return (ObPutSight){ OB_FOUND_UNCLEAR, FALSE };
  found = ob_put_find (ob_answer_get_status (answer), ob_answer_get_length (answer), place->job->size_bytes);
  digest = is_there ? ob_digest_read_field (ob_answer_get_list (answer, "Repr-Digest")) : NULL;
  if (!digest || !place->job->sha256)
    return (ObPutSight){ found, FALSE };

  /* Right bytes and another size cannot both be true. */
  if (g_ascii_strcasecmp (digest, place->job->sha256) != 0)
    return (ObPutSight){ OB_FOUND_OTHER, TRUE };

  return found == OB_FOUND_OTHER ? (ObPutSight){ found, FALSE } : (ObPutSight){ OB_FOUND_WHOLE, TRUE };
}

static gboolean
read_tail (int fd, guint64 size_bytes, char *tail, gsize tail_bytes)
{
  gsize done = 0;

  while (done < tail_bytes)
    {
      gssize got = pread (fd, tail + done, tail_bytes - done, (off_t) (size_bytes - tail_bytes + done));

      if (got <= 0)
        return FALSE;
      done += (gsize) got;
    }

  return TRUE;
}

static ObFound
compare (const ObPutPlace *place, int fd)
{
  guint64 size_bytes = place->job->size_bytes;
  gsize tail_bytes = (gsize) MIN (size_bytes, TAIL_BYTES);
  g_autofree char *tail = g_malloc (MAX (tail_bytes, 1));
  g_autoptr (ObAnswer) answer = NULL;
  ObPutTail found;

  if (!read_tail (fd, size_bytes, tail, tail_bytes))
    return OB_FOUND_UNCLEAR;
  answer = ask (place, "GET", tail_bytes);
  if (!answer || answer->error || !is_plain (place, answer))
    return OB_FOUND_UNCLEAR;
  found = (ObPutTail){ .status = ob_answer_get_status (answer),
                       .range = ob_answer_get_header (answer, "Content-Range"),
                       .length_bytes = ob_answer_get_length (answer),
                       .body = answer->body,
                       .body_bytes = answer->body_bytes,
                       .own = tail,
                       .own_bytes = tail_bytes,
                       .size_bytes = size_bytes };

  return ob_put_compare (&found);
}

ObAnswer *
ob_put_look (const ObPutPlace *place, int fd, gboolean trusts_size, ObPutSight *sight)
{
  ObAnswer *answer = ask (place, "HEAD", 0);
  ObFound compared;

  *sight = answer ? find (place, answer) : (ObPutSight){ OB_FOUND_UNCLEAR, FALSE };
  if (!answer || fd < 0 || sight->is_told_by_digest || (sight->found == OB_FOUND_WHOLE && trusts_size)
      || !ob_put_may_know_bytes (ob_answer_get_status (answer)) || ob_stop_is_asked (place->stop))
    return answer;
  compared = compare (place, fd);
  ob_debug (OB_DEBUG_TRANSFER, place->job->id, "compares the end of what is there: %s",
            compared == OB_FOUND_WHOLE   ? "the same"
            : compared == OB_FOUND_OTHER ? "other bytes"
                                         : "not told");
  if (compared != OB_FOUND_UNCLEAR)
    sight->found = compared;

  return answer;
}

void
ob_put_note_digest (const ObPutSight *sight, const ObJob *job, ObAttemptResult *result)
{
  if (!sight->is_told_by_digest || sight->found != OB_FOUND_WHOLE)
    return;
  ob_receipt_raise (&result->receipt, OUTBOX_RUNG_DIGEST);
  g_free (result->receipt.digest);
  result->receipt.digest = g_strdup (job->sha256);
}
