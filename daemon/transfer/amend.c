/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One PATCH with all that is said of the upload, and its answer. The same request may come twice, and an older one after a newer: the
 * server tells them apart by their version. Worker thread.
 */
#include "transfer/amend.h"

#include "base/json.h"
#include "dbus/mark.h"
#include "model/origin.h"
#include "transfer/confirm.h"
#include "transfer/http.h"

static GBytes *
make_body (const ObJob *job)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_string_member (object, "outbox_id", job->id);
  json_object_set_int_member (object, "version", job->amended);
  json_object_set_string_member (object, "name", job->name);
  json_object_set_member (object, "metadata", json_gvariant_serialize (job->metadata));
  json_node_take_object (node, object);
  text = ob_json_write_node (node);

  return g_bytes_new (text, strlen (text));
}

static SoupMessage *
request_new (const char *url, const ObJob *job)
{
  SoupMessage *message = ob_http_message_new ("PATCH", url, job);
  g_autofree char *key = g_strdup_printf ("%s-%u", job->id, job->amended);
  g_autoptr (GBytes) body = NULL;
  SoupMessageHeaders *headers;

  if (!message)
    return NULL;
  body = make_body (job);
  headers = soup_message_get_request_headers (message);
  soup_message_headers_replace (headers, "Accept", "application/json");
  soup_message_headers_replace (headers, "Idempotency-Key", key);
  soup_message_set_request_body_from_bytes (message, "application/json", body);

  return message;
}

/* Returns: whether an answer is about this upload: one of a proxy or a router is not */
static gboolean
names_it (JsonObject *object, const ObJob *job)
{
  const char *id = ob_json_get_text (object, "outbox_id");

  return id && g_ascii_strcasecmp (id, job->id) == 0;
}

gboolean
ob_amend_is_taken (const char *body, gsize body_bytes, const ObJob *job)
{
  g_autoptr (JsonNode) root = ob_answer_parse_json (body, body_bytes);
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  gint64 version;

  return object && names_it (object, job)
         && ob_json_read_number (object, "version", job->amended, G_MAXINT64, &version);
}

static gboolean
is_own_not_found (const ObAnswer *answer, const ObJob *job)
{
  g_autoptr (JsonNode) root = answer->body && ob_answer_get_status (answer) == SOUP_STATUS_NOT_FOUND
                                  ? ob_answer_parse_json (answer->body, answer->body_bytes)
                                  : NULL;

  return root && JSON_NODE_HOLDS_OBJECT (root) && names_it (json_node_get_object (root), job);
}

/* An answer is judged as one of the confirm URL: it, too, is a question about a file that has arrived, and what stands in its way must
 * not hold up the bytes of others. */
static void
read_answer (const ObAnswer *answer, const ObJob *job, ObAttemptResult *result)
{
  if (is_own_not_found (answer, job))
    {
      g_autofree char *words = ob_answer_dup_words (answer);

      ob_result_set (result, OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED, "http-404", words);
    }
  else if (ob_answer_judge (answer, OB_STAGE_CONFIRM, ob_answer_is_json (answer), NULL, result))
    return;
  else if (ob_answer_get_status (answer) == SOUP_STATUS_OK && answer->body && !ob_answer_is_cut (answer)
           && ob_amend_is_taken (answer->body, answer->body_bytes, job))
    result->is_done = TRUE;
  else
    ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-answer",
                   S_ ("The amend URL did not answer that it has taken the change"));
  result->outcome.retry_after_ms = ob_answer_get_retry_after_ms (answer);
}

void
ob_amend_send (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *url = ob_confirm_fill_url (job->amend_url, job->id, job->group, job->sha256);
  SoupMessage *message = request_new (url, job);
  g_autoptr (ObAnswer) answer = NULL;

  if (!message)
    {
      ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "bad-url", S_ ("The amend URL is no URL"));
      return;
    }
  answer = ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
  answer->is_elsewhere = !ob_origin_is_same (url, job->url);
  read_answer (answer, job, result);
}

/* Returns: (transfer full) (nullable): why a change would not be taken */
static char *
find_fault (const ObAnswer *answer, const ObJob *job)
{
  g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
  const char *allow = answer->error ? NULL : ob_answer_get_list (answer, "Allow");
  const guint status = ob_answer_get_status (answer);

  if (allow)
    return soup_header_contains (allow, "PATCH") ? NULL : g_strdup_printf (S_ ("it takes %s, and no PATCH"), allow);
  if (!answer->error
      && (status == SOUP_STATUS_METHOD_NOT_ALLOWED || status == SOUP_STATUS_NOT_IMPLEMENTED
          || is_own_not_found (answer, job)))
    return NULL;

  return ob_answer_judge (answer, OB_STAGE_CONFIRM, ob_answer_is_json (answer), NULL, result)
             ? g_strdup (result->message ? result->message : S_ ("it did not answer in time"))
             : NULL;
}

gboolean
ob_amend_try_out (ObConnection *connection, const ObJob *job, char **fault, ObStop *stop)
{
  g_autofree char *url = ob_confirm_fill_url (job->amend_url, job->id, job->group, job->sha256);
  SoupMessage *message = ob_http_message_new ("OPTIONS", url, job);
  g_autoptr (ObAnswer) answer = NULL;

  *fault = NULL;
  if (!message)
    {
      *fault = g_strdup (S_ ("it is no URL"));
      return FALSE;
    }
  answer = ob_http_send (connection, message, OB_ANSWER_OPTIONS_MS, G_CANCELLABLE (stop));
  answer->is_elsewhere = !ob_origin_is_same (url, job->url);
  *fault = find_fault (answer, job);

  return !*fault && (ob_answer_get_list (answer, "Allow") || is_own_not_found (answer, job));
}
