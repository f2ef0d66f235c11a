/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trial of a tus server: OPTIONS, and HEAD of an upload that nobody has made. Worker thread.
 */
#include "transfer/tus-trial.h"

#include "dbus/mark.h"
#include "transfer/tus-server.h"

static ObAnswer *
ask (ObConnection *connection, const char *method, const char *url, const ObJob *job, ObTrialNotes *notes,
     ObAttemptResult *result, ObStop *stop)
{
  SoupMessage *message = ob_tus_message_new (method, url, job, result);

  return message ? ob_trial_send (notes, connection, message, stop) : NULL;
}

char *
ob_tus_dup_unmade_url (const char *url, const char *id)
{
  gsize path_bytes = strcspn (url, "?#");
  gboolean has_slash = path_bytes > 0 && url[path_bytes - 1] == '/';

  return g_strdup_printf ("%.*s%s%s%s", (int) path_bytes, url, has_slash ? "" : "/", id, url + path_bytes);
}

/* Many servers answer OPTIONS without a sign-in, as browsers need it, so ask for an upload too. Returns: whether the
 * answer to that is the server's own. */
static gboolean
look (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *url = ob_tus_dup_unmade_url (job->url, job->id);
  g_autoptr (ObAnswer) answer = ask (connection, "HEAD", url, job, notes, result, stop);

  if (!answer || !ob_tus_judge (answer, OB_STAGE_LOOK, result))
    return FALSE;

  return result->outcome.verdict == OB_VERDICT_GONE;
}

static void
take_over (ObAttemptResult *result, const ObAttemptResult *from)
{
  ob_result_set (result, from->outcome.verdict, from->outcome.reason, from->code, from->message);
  result->outcome = from->outcome;
  result->is_cancelled = from->is_cancelled;
}

static void
note_protocol (ObTrialNotes *notes, const ObAnswer *answer)
{
  const char *extensions = ob_answer_get_list (answer, "Tus-Extension");
  g_auto (GStrv) list = g_strsplit (extensions ? extensions : "", ",", 20);
  g_autofree char *all = g_strjoinv (", ", list);
  g_autofree char *words = g_strdup_printf ("tus 1.0.0%s%s", *all ? ": " : "", all);
  g_autofree char *size = NULL;
  guint64 max_bytes;

  ob_trial_note (notes, OB_TRIAL_PROTOCOL, words);
  if (!ob_answer_get_number (answer, "Tus-Max-Size", &max_bytes) || max_bytes == 0)
    return;
  size = g_strdup_printf ("%" G_GUINT64_FORMAT, max_bytes);
  ob_trial_note (notes, OB_TRIAL_MAX_SIZE, size);
}

static gboolean
is_method_refused (const ObAnswer *answer)
{
  guint status = ob_answer_get_status (answer);

  return status == SOUP_STATUS_METHOD_NOT_ALLOWED || status == SOUP_STATUS_NOT_IMPLEMENTED;
}

/* An upload does without OPTIONS, and a proxy may refuse OPTIONS alone: then the second question decides. */
gboolean
ob_tus_try_out (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autoptr (ObAttemptResult) looked = ob_attempt_result_new ();
  g_autoptr (ObAnswer) answer = ask (connection, "OPTIONS", job->url, job, notes, result, stop);
  gboolean is_own, is_refused, is_known;

  if (!answer)
    return FALSE;
  if (!answer->error && ob_tus_is_of_other_version (answer, result))
    return FALSE;
  is_refused = ob_tus_judge (answer, OB_STAGE_CREATE, result);
  if (answer->error && answer->end != OB_END_SLOW)
    return FALSE;
  is_own = ob_answer_get_list (answer, "Tus-Version") || (is_refused && ob_answer_get_header (answer, "Tus-Resumable"));
  if (is_refused && is_own && !is_method_refused (answer))
    return FALSE;
  looked->has_credentials = result->has_credentials;
  is_known = look (connection, job, notes, looked, stop);
  if (ob_trial_is_about_all (looked))
    take_over (result, looked);
  else if (is_known || (is_own && !is_refused))
    {
      note_protocol (notes, answer);
      return TRUE;
    }
  else if (!is_refused)
    ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "wrong-address",
                   S_ ("Something that is no tus server answered"));

  return FALSE;
}
