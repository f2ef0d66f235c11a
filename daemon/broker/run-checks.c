/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks servers again whether they have what they confirmed, as a person wants it or before a copy goes, and again
 * after an error. What is found to be gone is told, and sent again only when a person taps retry.
 * Main thread.
 */
#include "broker/run-follow-up-kinds.h"

#include "base/text.h"
#include "broker/run-job.h"
#include "dbus/mark.h"
#include "policy/retry.h"
#include "store/journal.h"
#include "transfer/check.h"

/* After so many questions without an answer a person is told that there is none. */
#define FAILURES_MOST 8

/* A proxy may say "not found" while the server behind it restarts: ask once more. */
#define DOUBT_MS 15000

ObJob *
ob_runs_make_check_job (ObRuns *self, const ObFollowUp *check, const ObUpload *upload, const ObDestination *destination)
{
  ObJob *job = ob_run_job_new_of (upload, destination);

  job->path = ob_spool_get_path (self->spool, upload->id);
  job->keeps_copy = upload->has_local_copy;
  /* Nothing is attached while its form is on the way, perhaps for a second time: that is no loss. */
  job->had.rung
      = ob_runs_awaits_form (self, upload) ? MIN (upload->receipt.rung, OUTBOX_RUNG_DIGEST) : upload->receipt.rung;
  job->had.confirmed_by = g_strdup (upload->receipt.confirmed_by);
  job->is_doubted = check->is_doubted;
  job->resume = g_strdup (upload->receipt.url ? upload->receipt.url : upload->server_url);
  job->is_check = TRUE;

  return job;
}

gboolean
ob_runs_awaits_check (ObRuns *self, const char *id)
{
  g_autoptr (ObFollowUp) check = ob_follow_ups_get (self->database, OB_FOLLOW_UP_CHECK, id);

  return check != NULL;
}

gboolean
ob_runs_want_check (ObRuns *self, ObUpload *upload, gboolean frees, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  const ObFollowUp check
      = { .kind = OB_FOLLOW_UP_CHECK, .id = upload->id, .asked_at_ms = now_ms, .retry_at_ms = now_ms, .frees = frees };

  ob_verification_set (&upload->verified, "asked", NULL, OUTBOX_RUNG_NONE, now_ms);

  return ob_follow_ups_save (self->database, &check, error) && ob_uploads_update (self->database, upload, error);
}

/* --- Answers --- */

static const char *
name_answer (ObCheck check, gboolean is_enough)
{
  switch (check)
    {
    case OB_CHECK_THERE:
      return is_enough ? "confirmed" : "less";
    case OB_CHECK_GONE:
      return "gone";
    case OB_CHECK_OTHER:
      return "changed";
    case OB_CHECK_NONE:
    case OB_CHECK_UNTOLD:
    default:
      return "unknown";
    }
}

static const char *
choose_rung (OutboxRung rung)
{
  switch (rung)
    {
    case OUTBOX_RUNG_ATTACHED:
      return S_ ("attached to its record");
    case OUTBOX_RUNG_DIGEST:
      return S_ ("its digest matches");
    case OUTBOX_RUNG_STORED:
    case OUTBOX_RUNG_NONE:
    case OUTBOX_RUNG_UNKNOWN:
    default:
      return S_ ("the server has stored it");
    }
}

/* The row of the log. */
static const char *
choose_sentence (ObCheck check, gboolean is_enough)
{
  switch (check)
    {
    case OB_CHECK_THERE:
      return is_enough ? S_ ("confirmed: %s") : S_ ("less: %s");
    case OB_CHECK_GONE:
      return S_ ("gone: %s");
    case OB_CHECK_OTHER:
      return S_ ("changed: %s");
    case OB_CHECK_NONE:
    case OB_CHECK_UNTOLD:
    default:
      return S_ ("unknown: %s");
    }
}

static void
on_freed (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObRuns *self = pending->owner;

  if (!error)
    g_ptr_array_add (self->freed, g_strdup (pending->id));
}

static gboolean
conclude (ObRuns *self, ObUpload *upload, const ObFollowUp *check, const ObAttemptResult *result, GError **error)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  OutboxRung promise = destination ? ob_destination_get_promise (destination) : OUTBOX_RUNG_ATTACHED;
  const char *answer = name_answer (result->check, result->receipt.rung >= promise);
  gboolean is_there = result->check == OB_CHECK_THERE;
  g_autofree char *words = ob_text_dup_filled (choose_sentence (result->check, result->receipt.rung >= promise),
                                               is_there          ? choose_rung (result->receipt.rung)
                                               : result->message ? result->message
                                                                 : S_ ("there was no answer"),
                                               NULL);
  OutboxReason loss = ob_check_find_loss (&upload->receipt, result, check->is_doubted);
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  ob_verification_set (&upload->verified, answer, is_there ? NULL : result->message, result->receipt.rung, now_ms);
  upload->updated_at_ms = now_ms;
  upload->sequence = ob_journal_append (self->database, now_ms, upload, "verified", upload->stored, OUTBOX_REASON_NONE,
                                        words, error);
  if (upload->sequence == 0 || !ob_follow_ups_delete (self->database, check->kind, upload->id, error))
    return FALSE;
  if (check->frees && g_str_equal (answer, "confirmed"))
    ob_queue_after (self->queue, on_freed, ob_pending_new (self, upload->id));
  ob_queue_touch (self->queue, upload->id, FALSE);
  if (loss == OUTBOX_REASON_NONE || (loss == OUTBOX_REASON_NOT_ATTACHED && ob_runs_awaits_form (self, upload)))
    return ob_uploads_update (self->database, upload, error);
  upload->done_at_ms = 0;
  ob_last_error_set (&upload->last_error, result->code, result->message, now_ms);

  return ob_journal_move (self->database, upload, OB_STORED_FAILED, loss, result->message, now_ms, error);
}

gboolean
ob_runs_end_check (ObRuns *self, ObFollowUp *check, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  gboolean is_doubtful = result->check == OB_CHECK_GONE && g_strcmp0 (upload->receipt.confirmed_by, "confirm-url") != 0;

  if (is_doubtful && !check->is_doubted)
    {
      check->is_doubted = TRUE;
      check->retry_at_ms = now_ms + DOUBT_MS;
      return ob_follow_ups_save (self->database, check, error);
    }
  if (result->check != OB_CHECK_NONE || ++check->failures >= FAILURES_MOST)
    return conclude (self, upload, check, result, error);
  check->retry_at_ms = now_ms + ob_retry_delay_ms (check->failures, result->outcome.retry_after_ms, g_random_double ());

  return ob_follow_ups_save (self->database, check, error);
}
