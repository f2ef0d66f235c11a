/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a trial: the protocol's questions to the server, and one to the confirm URL, about an upload that nobody has made; and one to
 * the amend URL, whether it takes changes.
 * Worker thread.
 */
#include "transfer/trial.h"

#include "dbus/mark.h"
#include "transfer/amend.h"
#include "transfer/confirm.h"

/* The confirm URL must not know an upload that nobody has made: one that confirms everything would have files called uploaded
 * that are not, and one that refuses everything would fail files that arrived. */
static gboolean
try_confirm (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result, ObStop *stop)
{
  g_autofree char *words = NULL;

  ob_confirm_ask (connection, job, result, stop);
  if (result->is_cancelled)
    return FALSE;
  if (!result->is_done
      && (result->outcome.verdict == OB_VERDICT_NOT_YET || g_strcmp0 (result->code, OB_CODE_NO_WORD) == 0))
    {
      ob_trial_note (notes, OB_TRIAL_CONFIRM, "");
      return TRUE;
    }
  words = result->is_done ? g_strdup (S_ ("The confirm URL confirms an upload that nobody has made"))
                          : g_strdup_printf (S_ ("The confirm URL, asked for an upload that nobody has made: %s"),
                                             result->message ? result->message : "");
  if (result->is_done)
    ob_result_set (result, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, "confirms-all", words);
  else
    {
      g_free (result->message);
      result->message = g_steal_pointer (&words);
    }
  result->is_done = FALSE;

  return FALSE;
}

/* Changes of an upload come after it: an upload would go through all the same. */
static void
try_amend (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObStop *stop)
{
  g_autofree char *fault = NULL;
  gboolean takes = ob_amend_try_out (connection, job, &fault, stop);
  g_autofree char *words
      = fault ? g_strdup_printf (S_ ("The amend URL, asked whether it takes changes: %s"), fault) : NULL;

  if (words || takes)
    ob_trial_note (notes, words ? OB_TRIAL_NO_AMEND : OB_TRIAL_AMEND, words ? words : "");
}

void
ob_trial_run (const ObProtocol *protocol, ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints,
              gpointer user_data, ObAttemptResult *result, ObStop *stop)
{
  g_autoptr (ObTrialNotes) notes = ob_trial_notes_new (checkpoints, user_data);

  /* A connection that an upload left open would say nothing about whether a new one can be made. */
  ob_connection_rest (connection);
  if (!protocol->try_out (connection, job, notes, result, stop)
      || (ob_confirm_can_ask (job) && !try_confirm (connection, job, notes, result, stop)))
    return;
  if (job->amend_url)
    try_amend (connection, job, notes, stop);
  result->is_done = TRUE;
}
