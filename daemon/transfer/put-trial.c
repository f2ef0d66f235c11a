/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trial of plain HTTP. Only a PUT could tell for sure whether one is taken; this finds at least what stands in its way.
 * Worker thread.
 */
#include "transfer/put-trial.h"

#include "dbus/mark.h"
#include "transfer/put-url.h"
#include "transfer/put-verdict.h"

/* An ordinary name with an ending that no server forbids. */
#define TRIAL_NAME "outbox-trial.jpg"

gboolean
ob_put_is_left_out (const char *allow)
{
  return allow && !soup_header_contains (allow, "PUT");
}

static ObAnswer *
ask (ObConnection *connection, const char *method, const char *url, const ObJob *job, ObTrialNotes *notes, ObStop *stop)
{
  SoupMessage *message = ob_http_message_new (method, url, job);

  return message ? ob_trial_send (notes, connection, message, stop) : NULL;
}

/* A server that claims to have a file that nobody has made would confirm anything. */
static gboolean
knows_nothing (const ObAnswer *answer, ObAttemptResult *result)
{
  ObFound found = ob_put_find (ob_answer_get_status (answer), ob_answer_get_length (answer), 0);

  if (found == OB_FOUND_NOTHING || ob_answer_get_status (answer) == SOUP_STATUS_METHOD_NOT_ALLOWED
      || ob_answer_get_status (answer) == SOUP_STATUS_NOT_IMPLEMENTED)
    return TRUE;
  if (!ob_answer_judge (answer, OB_STAGE_LOOK, FALSE, ob_put_verdict, result))
    ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "wrong-address",
                   S_ ("Something answers there that has a file which nobody has made"));

  return FALSE;
}

gboolean
ob_put_try_out (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *url = ob_put_url_fill (job->url, job->id, TRIAL_NAME, NULL);
  g_autoptr (ObAnswer) found = ask (connection, "HEAD", url, job, notes, stop);
  g_autoptr (ObAnswer) options = NULL;

  if (!found)
    {
      ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-url",
                     S_ ("The destination's address makes no http or https URL: set it again"));
      return FALSE;
    }
  if (!knows_nothing (found, result))
    return FALSE;
  options = ask (connection, "OPTIONS", url, job, notes, stop);
  if (!options->error && ob_put_is_left_out (ob_answer_get_list (options, "Allow")))
    {
      ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "wrong-address",
                     S_ ("The server takes no PUT at that address"));
      return FALSE;
    }
  ob_trial_note (notes, OB_TRIAL_PROTOCOL, ob_answer_get_list (options, "DAV") ? "http: WebDAV" : "http");

  return TRUE;
}
