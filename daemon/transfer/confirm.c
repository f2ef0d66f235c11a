/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the confirm URL and reads its answer. Worker thread.
 */
#include "transfer/confirm.h"

#include "base/json.h"
#include "base/text.h"
#include "dbus/mark.h"
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

/* A cache that looks at a part of the URL alone may answer for another upload. Digits of a UUID in capitals are the same
 * (RFC 9562 section 4). */
static gboolean
is_of_another (JsonObject *object, const ObJob *job)
{
  JsonNode *node = json_object_get_member (object, "outbox_id");
  const char *id = node ? ob_json_get_text (object, "outbox_id") : NULL;

  return node && !json_node_is_null (node) && (!id || g_ascii_strcasecmp (id, job->id) != 0);
}

/* Some servers write numbers as text. Returns: whether the answer tells a size, and it is another than the file's */
static gboolean
has_other_size (JsonObject *object, const ObJob *job)
{
  const char *text = ob_json_get_text (object, "size");
  gint64 size_bytes = 0;
  guint64 number;

  if (text)
    return text[strspn (text, "0123456789")] == '\0'
           && (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL) || number != job->size_bytes);

  return ob_json_read_number (object, "size", G_MININT64, G_MAXINT64, &size_bytes)
         && (guint64) size_bytes != job->size_bytes;
}

/* What is attached must be the whole. */
static gboolean
has_other_bytes (JsonObject *object, const char *digest, const ObJob *job)
{
  if (digest && job->sha256 && g_ascii_strcasecmp (digest, job->sha256) != 0)
    return TRUE;

  return ob_json_is_true (object, "attached") && has_other_size (object, job);
}

/* What is only stored may still be copied from where it was received: a part of it proves nothing. */
static OutboxRung
find_rung (JsonObject *object, const char *digest, const ObJob *job)
{
  if (!ob_json_is_true (object, "stored"))
    return OUTBOX_RUNG_NONE;
  if (ob_json_is_true (object, "attached"))
    return OUTBOX_RUNG_ATTACHED;
  if (has_other_size (object, job))
    return OUTBOX_RUNG_NONE;

  return digest && job->sha256 ? OUTBOX_RUNG_DIGEST : OUTBOX_RUNG_STORED;
}

static const char *
explain_rung (OutboxRung rung)
{
  switch (rung)
    {
    case OUTBOX_RUNG_NONE:
      return S_ ("The server does not have all of it yet");
    case OUTBOX_RUNG_STORED:
      return S_ ("Stored, and neither checked nor attached to its record yet");
    case OUTBOX_RUNG_DIGEST:
    case OUTBOX_RUNG_ATTACHED:
    default:
      return S_ ("Not attached to its record yet");
    }
}

/* It is done once the receipt reaches what the destination promises. The server's own word for the bytes, as by checksums while
 * they were sent, counts beside that of the confirm URL. */
static void
apply_rung (JsonObject *object, const char *digest, const ObJob *job, ObAttemptResult *result)
{
  OutboxRung rung = find_rung (object, digest, job);

  if (rung != OUTBOX_RUNG_NONE)
    rung = MAX (rung, result->receipt.rung);
  result->is_unknown = !ob_json_is_true (object, "stored");
  if (rung < MAX (job->promise, OUTBOX_RUNG_STORED))
    {
      ob_result_set (result, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE, "not-yet", explain_rung (rung));
      return;
    }
  result->is_done = TRUE;
  result->receipt.rung = rung;
  result->receipt.record = dup_clean (ob_json_get_text (object, "record"));
  result->receipt.digest = dup_clean (digest);
  result->receipt.confirmed_by = g_strdup ("confirm-url");
}

void
ob_confirm_read (const char *body, gsize body_bytes, const ObJob *job, ObAttemptResult *result)
{
  g_autoptr (JsonNode) root = ob_answer_parse_json (body, body_bytes);
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  gboolean is_stored = object && ob_json_is_true (object, "stored");
  const char *digest = NULL;

  /* Anything but the agreed JSON, such as a portal's page, says nothing about the upload. As long as the server has not
   * stored the whole, its digest is missing or that of a part, and is not looked at. */
  if (!object || !json_object_has_member (object, "stored") || is_of_another (object, job)
      || (is_stored && !read_digest (object, &digest)))
    ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-answer",
                   S_ ("The confirm URL answered something else than a confirmation"));
  else if (is_stored && has_other_bytes (object, digest, job))
    ob_result_set (result, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, OB_CODE_DIGEST_MISMATCH,
                   S_ ("The server has other bytes than this device sent"));
  else
    apply_rung (object, digest, job, result);
}

gboolean
ob_confirm_can_ask (const ObJob *job)
{
  return job->confirm_url != NULL;
}

/* Any server may say 404 for a URL that it does not know, and any proxy while its server restarts. Only the agreed JSON says
 * that the upload was never heard of. */
static gboolean
denies (const ObAnswer *answer, const ObJob *job)
{
  g_autoptr (JsonNode) root = answer->body ? ob_answer_parse_json (answer->body, answer->body_bytes) : NULL;
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonNode *stored = object ? json_object_get_member (object, "stored") : NULL;

  return stored && json_node_get_value_type (stored) == G_TYPE_BOOLEAN && !json_node_get_boolean (stored)
         && !is_of_another (object, job);
}

/* What a cache knew before says nothing of now (RFC 9111 section 5.1): neither that a file has arrived nor that it has not. */
static gboolean
is_old (const ObAnswer *answer)
{
  guint64 age_s;

  return ob_answer_get_number (answer, "Age", &age_s) ? age_s > 0 : ob_answer_get_list (answer, "Age") != NULL;
}

/* Asks the server to keep the question for a while until it has an answer (RFC 7240 section 4.3), once nothing else is left to
 * do for the upload: an attempt that has just sent the file would keep its place from others that have files to send. */
static SoupMessage *
question_new (const char *url, const ObJob *job)
{
  SoupMessage *message = ob_http_message_new ("GET", url, job);
  SoupMessageHeaders *headers;

  if (!message)
    return NULL;
  headers = soup_message_get_request_headers (message);
  soup_message_headers_replace (headers, "Accept", "application/json");
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  if (job->is_stored)
    soup_message_headers_replace (headers, "Prefer", "wait=" G_STRINGIFY (OB_CONFIRM_WAIT_S));

  return message;
}

gboolean
ob_confirm_is_kept (const char *applied, gint64 kept_us)
{
  g_auto (GStrv) parts = g_strsplit (applied ? applied : "", ",", -1);
  gboolean is_wait = FALSE;

  for (guint i = 0; parts[i]; i++)
    {
      char *name = g_strstrip (parts[i]);

      name[strcspn (name, "=; \t")] = '\0';
      is_wait |= g_ascii_strcasecmp (name, "wait") == 0;
    }

  return is_wait && kept_us >= OB_CONFIRM_WAIT_S * G_USEC_PER_SEC / 2;
}

static void
read_answer (const ObAnswer *answer, const ObJob *job, ObAttemptResult *result)
{
  guint status = ob_answer_get_status (answer);

  if (!answer->error && is_old (answer))
    ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "stale",
                   S_ ("The confirm URL gave an old answer, out of a cache"));
  else if (status == SOUP_STATUS_NOT_FOUND && denies (answer, job))
    {
      result->is_unknown = TRUE;
      ob_result_set (result, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE, "not-yet", explain_rung (OUTBOX_RUNG_NONE));
    }
  else if (ob_answer_judge (answer, OB_STAGE_CONFIRM, ob_answer_is_json (answer), NULL, result))
    {
      if (status == SOUP_STATUS_NOT_FOUND)
        ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, OB_CODE_NO_WORD,
                       S_ ("The confirm URL answered 404 and did not say whether the server has the file"));
      else
        return;
    }
  else if (status == SOUP_STATUS_OK && !ob_answer_is_cut (answer))
    ob_confirm_read (answer->body, answer->body_bytes, job, result);
  else
    ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-answer",
                   S_ ("The confirm URL answered something else than a confirmation"));
  result->outcome.retry_after_ms = ob_answer_get_retry_after_ms (answer);
}

void
ob_confirm_ask (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *url = ob_confirm_fill_url (job->confirm_url, job->id, job->group, job->sha256);
  SoupMessage *message = question_new (url, job);
  gint64 asked_us = g_get_monotonic_time ();
  g_autoptr (ObAnswer) answer = NULL;

  result->is_unknown = FALSE;
  if (!message)
    {
      ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-url", "The confirm URL is no URL");
      return;
    }
  answer = ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
  answer->is_elsewhere = !ob_origin_is_same (url, job->url);
  read_answer (answer, job, result);
  result->is_waited_for
      = !answer->error
        && ob_confirm_is_kept (ob_answer_get_list (answer, "Preference-Applied"), g_get_monotonic_time () - asked_us);
}

ObConfirmLook
ob_confirm_look (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  if (!ob_confirm_can_ask (job))
    return OB_CONFIRM_UNKNOWN;
  ob_confirm_ask (connection, job, result, stop);
  if (!result->is_done && !result->is_cancelled && g_strcmp0 (result->code, OB_CODE_NO_WORD) == 0)
    return job->sends_anew ? OB_CONFIRM_UNKNOWN : OB_CONFIRM_NO_WORD;
  if (result->is_done || result->is_cancelled || result->outcome.verdict != OB_VERDICT_NOT_YET)
    return OB_CONFIRM_END;

  return result->is_unknown ? OB_CONFIRM_UNKNOWN : OB_CONFIRM_STORED;
}
