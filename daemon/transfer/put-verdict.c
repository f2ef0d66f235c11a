/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Verdicts of PUT and HEAD. Pure, any thread.
 */
#include "transfer/put-verdict.h"

#include "dbus/mark.h"

#include <string.h>

static gboolean
judge_put (const ObReply *reply, ObOutcome *outcome)
{
  switch (reply->status)
    {
    case 403:
      /* An expired token is told by 403 as well as by 401; a page comes from a portal or a proxy. */
      if (!reply->has_credentials || reply->is_page)
        return FALSE;
      *outcome = ob_outcome_new (OB_VERDICT_FORBIDDEN, OUTBOX_REASON_SIGN_IN);
      outcome->scope = OUTBOX_SCOPE_DESTINATION;
      return TRUE;
    case 412:
      /* The file is there, or something else is. */
      *outcome = ob_outcome_new (OB_VERDICT_LOOK, OUTBOX_REASON_NONE);
      return TRUE;
    case 413:
      /* No proxy's limit can be met by smaller pieces, since the file is one PUT. */
      *outcome = ob_outcome_new (OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE);
      return TRUE;
    case 414:
    case 415:
    case 422:
      /* The name, the group, the type or the content of this one upload is what the server does not take. A page comes from
       * whatever else answers there. */
      if (reply->is_page && reply->status != 414)
        return FALSE;
      *outcome = ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
judge_head (const ObReply *reply, ObOutcome *outcome)
{
  switch (reply->status)
    {
    case 404:
    case 410:
      *outcome = ob_outcome_new (OB_VERDICT_GONE, OUTBOX_REASON_NONE);
      return TRUE;
    case 405:
    case 501:
      /* The server does not allow HEAD: the PUT will tell. */
      *outcome = ob_outcome_new (OB_VERDICT_LOOK, OUTBOX_REASON_NONE);
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
ob_put_verdict (const ObReply *reply, ObOutcome *outcome)
{
  if (reply->stage != OB_STAGE_SEND && reply->stage != OB_STAGE_LOOK)
    return FALSE;
  /* Some servers answer a good PUT with a page, and the file itself may be one. */
  if (reply->status / 100 == 2)
    {
      *outcome = ob_outcome_new (OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
      return TRUE;
    }

  return reply->stage == OB_STAGE_SEND ? judge_put (reply, outcome) : judge_head (reply, outcome);
}

gboolean
ob_put_is_page_instead (const char *found_type, const char *own_type)
{
  static const char *const kinds[] = { "image/", "video/", "audio/", "application/pdf", "application/zip" };
  gboolean is_page = found_type && g_ascii_strncasecmp (found_type, "text/html", strlen ("text/html")) == 0;

  for (guint i = 0; is_page && own_type && i < G_N_ELEMENTS (kinds); i++)
    if (g_ascii_strncasecmp (own_type, kinds[i], strlen (kinds[i])) == 0)
      return TRUE;

  return FALSE;
}

ObFound
ob_put_find (guint status, gint64 length_bytes, guint64 size_bytes)
{
  switch (status)
    {
    case 200:
      if (length_bytes < 0)
        return OB_FOUND_UNCLEAR;
      return (guint64) length_bytes == size_bytes ? OB_FOUND_WHOLE : OB_FOUND_OTHER;
    case 404:
    case 410:
      return OB_FOUND_NOTHING;
    case 403:
    case 405:
    case 501:
      return OB_FOUND_REFUSED;
    default:
      return OB_FOUND_UNCLEAR;
    }
}

gboolean
ob_put_may_know_bytes (guint status)
{
  return status / 100 == 2 || status == 400 || status == 405 || status == 500 || status == 501;
}

static gboolean
read_number (const char **text, guint64 *number)
{
  char *end;

  if (!g_ascii_isdigit (**text))
    return FALSE;
  *number = g_ascii_strtoull (*text, &end, 10);
  *text = end;

  return TRUE;
}

/* @first: G_MAXUINT64 if the range is "*", or its begin is too large to be true. @total: the same if it is not known. */
static gboolean
read_range (const char *text, guint64 *first, guint64 *total)
{
  guint64 last;

  *first = *total = G_MAXUINT64;
  if (!text || g_ascii_strncasecmp (text, "bytes ", 6) != 0)
    return FALSE;
  text += 6;
  if (*text == '*')
    text++;
  else if (!read_number (&text, first) || *text++ != '-' || !read_number (&text, &last))
    return FALSE;
  if (*text++ != '/')
    return FALSE;

  return g_str_equal (text, "*") || (read_number (&text, total) && *text == '\0');
}

static ObFound
compare_part (const ObPutTail *tail)
{
  guint64 first, total;

  if (!read_range (tail->range, &first, &total) || total == G_MAXUINT64)
    return OB_FOUND_UNCLEAR;
  if (total != tail->size_bytes)
    return OB_FOUND_OTHER;
  if (tail->status != 206 || first != tail->size_bytes - tail->own_bytes || tail->body_bytes != tail->own_bytes)
    return OB_FOUND_UNCLEAR;

  return memcmp (tail->body, tail->own, tail->own_bytes) == 0 ? OB_FOUND_WHOLE : OB_FOUND_OTHER;
}

/* The body is the whole of what is there, or its begin. */
static ObFound
compare_all (const ObPutTail *tail)
{
  gboolean is_all_known = tail->own_bytes == tail->size_bytes;

  if (tail->length_bytes >= 0 && (guint64) tail->length_bytes != tail->size_bytes)
    return OB_FOUND_OTHER;
  if (is_all_known && tail->body_bytes == tail->own_bytes)
    return memcmp (tail->body, tail->own, tail->own_bytes) == 0 ? OB_FOUND_WHOLE : OB_FOUND_OTHER;

  return tail->length_bytes >= 0 && !is_all_known ? OB_FOUND_WHOLE : OB_FOUND_UNCLEAR;
}

ObFound
ob_put_compare (const ObPutTail *tail)
{
  switch (tail->status)
    {
    case 200:
      return compare_all (tail);
    case 206:
    case 416:
      return compare_part (tail);
    default:
      return OB_FOUND_UNCLEAR;
    }
}

ObPutWord
ob_put_believe (guint status, ObFound found)
{
  if (found == OB_FOUND_WHOLE)
    return OB_PUT_STORED;
  if (found == OB_FOUND_REFUSED && (status == 201 || status == 204))
    return OB_PUT_STORED;
  if (found == OB_FOUND_NOTHING && status == 201)
    return OB_PUT_STORED;
  if (found == OB_FOUND_NOTHING && status == 202)
    return OB_PUT_ACCEPTED;

  return OB_PUT_DOUBTED;
}

const char *
ob_put_explain_doubt (ObFound found, guint status)
{
  if (found == OB_FOUND_OTHER)
    return S_ ("The server says that it has stored it, and has something else at its URL");
  if (found == OB_FOUND_UNCLEAR && status == 200)
    return S_ ("The server does not tell how large the file at its URL is");

  return S_ ("Something answered that does not have the file at its URL");
}
