/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the confirm URL and reads its answer. Worker thread.
 */
#include "transfer/confirm.h"

#include "base/json.h"
#include "base/text.h"
#include "model/origin.h"
#include "transfer/http.h"

/* A longer name of a record at the server is cut. */
#define RECORD_MAX_CHARS 1000

static void
append_escaped (GString *url, const char *value)
{
  g_string_append_uri_escaped (url, value ? value : "", NULL, FALSE);
}

char *
ob_confirm_fill_url (const char *template, const char *id, const char *group, const char *sha256)
{
  const struct
  {
    const char *name;
    const char *value;
  } parts[] = { { "{id}", id }, { "{group}", group }, { "{sha256}", sha256 } };
  GString *url = g_string_new (NULL);

  while (*template)
    {
      guint i;

      for (i = 0; i < G_N_ELEMENTS (parts) && !g_str_has_prefix (template, parts[i].name); i++)
        ;
      if (i == G_N_ELEMENTS (parts))
        {
          g_string_append_c (url, *template ++);
          continue;
        }
      append_escaped (url, parts[i].value);
      template += strlen (parts[i].name);
    }

  return g_string_free (url, FALSE);
}

static char *
dup_clean (const char *text)
{
  return text ? ob_text_dup_clean (text, -1, RECORD_MAX_CHARS) : NULL;
}

/* The server need not tell a digest. If it tells something that is not a digest, the answer is not the confirmation that
 * was agreed on. Returns: FALSE only then. @digest: (out) (nullable): borrowed */
static gboolean
read_digest (JsonObject *object, const char **digest)
{
  JsonNode *node = json_object_get_member (object, "sha256");

  *digest = node ? ob_json_get_text (object, "sha256") : NULL;
  if (!node || json_node_is_null (node))
    return TRUE;

  return *digest && ob_text_is_sha256 (*digest);
}

/* A cache that looks at a part of the URL alone may answer for another upload. */
static gboolean
is_of_another (JsonObject *object, const ObJob *job)
{
  const char *id = ob_json_get_text (object, "outbox_id");

  return id && g_strcmp0 (id, job->id) != 0;
}

/* What is attached must be the whole; what is only stored may still be copied from where it was received. */
static gboolean
has_other_bytes (JsonObject *object, const char *digest, const ObJob *job)
{
  gint64 size_bytes = 0;

  if (digest && job->sha256 && g_ascii_strcasecmp (digest, job->sha256) != 0)
    return TRUE;

  return ob_json_is_true (object, "attached")
         && ob_json_read_number (object, "size", G_MININT64, G_MAXINT64, &size_bytes)
         && (guint64) size_bytes != job->size_bytes;
}

/* A record's name in another encoding, or a byte order mark (RFC 8259 section 8.1), must not void the whole
 * confirmation. */
static JsonNode *
parse (const char *body, gsize body_bytes)
{
  g_autofree char *text = g_utf8_make_valid (body, (gssize) body_bytes);
  const char *start = g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text;

  return ob_json_parse (start, strlen (start), NULL);
}

void
ob_confirm_read (const char *body, gsize body_bytes, const ObJob *job, ObAttemptResult *result)
{
  g_autoptr (JsonNode) root = parse (body, body_bytes);
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  gboolean is_stored = object && ob_json_is_true (object, "stored");
  const char *digest = NULL;

  /* Anything but the agreed JSON, such as a portal's page, says nothing about the upload. As long as the server has not
   * stored the whole, its digest is missing or that of a part, and is not looked at. */
  if (!object || !json_object_has_member (object, "stored") || is_of_another (object, job)
      || (is_stored && !read_digest (object, &digest)))
    ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-answer",
                   "The confirm URL answered something else than a confirmation");
  else if (is_stored && has_other_bytes (object, digest, job))
    ob_result_set (result, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, OB_CODE_DIGEST_MISMATCH,
                   "The server has other bytes than this device sent");
  else if (!is_stored || !ob_json_is_true (object, "attached"))
    {
      result->is_unknown = !is_stored;
      ob_result_set (result, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE, "not-yet", "Not attached to its record yet");
    }
  else
    {
      result->is_done = TRUE;
      result->receipt.record = dup_clean (ob_json_get_text (object, "record"));
      result->receipt.digest = dup_clean (digest);
      result->receipt.confirmed_by = g_strdup ("confirm-url");
    }
}

gboolean
ob_confirm_can_ask (const ObJob *job)
{
  return job->confirm_url != NULL;
}

void
ob_confirm_ask (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *url = ob_confirm_fill_url (job->confirm_url, job->id, job->group, job->sha256);
  SoupMessage *message = ob_http_message_new ("GET", url, job);
  g_autoptr (ObAnswer) answer = NULL;

  if (!message)
    {
      ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-url", "The confirm URL is no URL");
      return;
    }
  soup_message_headers_replace (soup_message_get_request_headers (message), "Accept", "application/json");
  soup_message_headers_replace (soup_message_get_request_headers (message), "Cache-Control", "no-cache");
  answer = ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
  answer->is_elsewhere = !ob_origin_is_same (url, job->url);
  result->is_unknown = ob_answer_get_status (answer) == SOUP_STATUS_NOT_FOUND;
  if (ob_answer_judge (answer, OB_STAGE_CONFIRM, ob_answer_is_json (answer), NULL, result))
    return;
  if (ob_answer_get_status (answer) == SOUP_STATUS_OK)
    ob_confirm_read (answer->body, answer->body_bytes, job, result);
  else
    ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-answer",
                   "The confirm URL answered something else than a confirmation");
}

ObConfirmLook
ob_confirm_look (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  if (!ob_confirm_can_ask (job))
    return OB_CONFIRM_UNKNOWN;
  ob_confirm_ask (connection, job, result, stop);
  if (result->is_done || result->is_cancelled || result->outcome.verdict != OB_VERDICT_NOT_YET)
    return OB_CONFIRM_END;

  return result->is_unknown ? OB_CONFIRM_UNKNOWN : OB_CONFIRM_STORED;
}
