/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells servers what was changed of uploads that they have: always the newest of it, until it is taken or refused, for a week at most.
 * Main thread.
 */
#include "broker/run-follow-up-kinds.h"

#include "base/crash.h"
#include "broker/record.h"
#include "broker/run-job.h"
#include "dbus/mark.h"
#include "policy/health.h"
#include "policy/retry.h"
#include "store/journal.h"

/* --- What is wanted --- */

gboolean
ob_runs_start_update (ObRuns *self, const ObUpload *upload, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  const ObFollowUp amendment
      = { .kind = OB_FOLLOW_UP_AMENDMENT, .id = upload->id, .asked_at_ms = now_ms, .retry_at_ms = now_ms };

  return !ob_update_is_asked (&upload->update) || upload->stored != OB_STORED_DONE
         || ob_follow_ups_save (self->database, &amendment, error);
}

ObJob *
ob_runs_make_amendment_job (ObRuns *self, const ObFollowUp *amendment, const ObUpload *upload,
                            const ObDestination *destination)
{
  ObJob *job = ob_run_job_new_of (upload, destination);

  job->amend_url = g_strdup (destination->amend_url);
  job->amended = upload->amended;
  job->is_amendment = TRUE;

  return job;
}

/* --- What comes of it --- */

/* The row says it; the record of a copy that stays follows, for a queue that is lost. */
static void
on_concluded (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObRuns *self = pending->owner;
  g_autoptr (ObUpload) upload = error ? NULL : ob_uploads_get (self->database, pending->id, NULL);

  if (error)
    return;
  ob_crash_point ("amendment-recorded");
  if (upload && upload->has_local_copy)
    ob_record_amend (self->spool, upload);
}

static gboolean
conclude (ObRuns *self, ObUpload *upload, const char *result, const char *message, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  g_autofree char *words = message ? g_strdup_printf ("%s: %s", result, message)
                                   : g_strdup_printf ("%s: version %u", result, upload->amended);

  ob_update_set (&upload->update, result, message, now_ms);
  upload->updated_at_ms = now_ms;
  upload->sequence = ob_journal_append (self->database, now_ms, upload, "amendment", upload->stored, OUTBOX_REASON_NONE,
                                        words, error);
  ob_queue_after (self->queue, on_concluded, ob_pending_new (self, upload->id));
  ob_queue_touch (self->queue, upload->id, FALSE);

  return upload->sequence > 0 && ob_uploads_update (self->database, upload, error)
         && ob_follow_ups_delete (self->database, OB_FOLLOW_UP_AMENDMENT, upload->id, error);
}

/* It is not known whether the server has it. Giving up counts only time in which it was tried. */
static gboolean
wait (ObRuns *self, ObFollowUp *amendment, ObUpload *upload, const char *message, gint64 retry_after_ms, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  amendment->asked_at_ms = amendment->failures == 0
                               ? now_ms
                               : amendment->asked_at_ms + ob_retry_get_idle_ms (upload->update.at_ms, now_ms);
  amendment->failures++;
  if (ob_retry_must_give_up (amendment->asked_at_ms, now_ms, amendment->failures, OB_RETRY_GIVE_UP_MS))
    return conclude (self, upload, OB_UPDATE_GAVE_UP, message ? message : S_ ("there was no answer"), error);
  amendment->retry_at_ms = now_ms + ob_retry_delay_ms (amendment->failures, retry_after_ms, g_random_double ());
  ob_update_set (&upload->update, OB_UPDATE_ASKED, message, now_ms);
  ob_queue_touch (self->queue, upload->id, FALSE);

  return ob_follow_ups_save (self->database, amendment, error) && ob_uploads_update (self->database, upload, error);
}

/* A person has to sign in; then it goes on at once. */
static gboolean
hold (ObRuns *self, ObFollowUp *amendment, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  if (!destination)
    return wait (self, amendment, upload, result->message, -1, error);
  ob_health_block (&destination->health, OUTBOX_REASON_SIGN_IN, result->message, now_ms);
  ob_update_set (&upload->update, OB_UPDATE_ASKED, result->message, now_ms);
  amendment->retry_at_ms = now_ms;
  ob_queue_touch (self->queue, upload->id, FALSE);

  return ob_destination_table_save (self->destinations, destination, result->message, error)
         && ob_follow_ups_save (self->database, amendment, error) && ob_uploads_update (self->database, upload, error);
}

/* What was told is not the newest any more: that is told now. */
static gboolean
go_on (ObRuns *self, ObFollowUp *amendment, GError **error)
{
  amendment->failures = 0;
  amendment->asked_at_ms = amendment->retry_at_ms = ob_queue_get_now_ms (self->queue);

  return ob_follow_ups_save (self->database, amendment, error);
}

gboolean
ob_runs_end_amendment (ObRuns *self, ObFollowUp *amendment, ObUpload *upload, const ObAttemptResult *result,
                       GError **error)
{
  const ObActive *active = ob_actives_find (self->active, amendment->id);
  const gboolean is_newest = active && active->amended == upload->amended;

  ob_crash_point ("amendment-answered");
  if (result->is_done)
    ob_credentials_note_taken (self->credentials, upload->destination);
  if ((result->is_done || result->outcome.verdict == OB_VERDICT_FAIL) && !is_newest)
    return go_on (self, amendment, error);
  if (result->is_done)
    return conclude (self, upload, OB_UPDATE_TAKEN, NULL, error);
  /* With another token it is told once more, and without haste. */
  if (result->refused && ob_credentials_renew (self->credentials, upload->destination, result->refused))
    return wait (self, amendment, upload, result->message, -1, error);
  switch (result->outcome.verdict)
    {
    case OB_VERDICT_SIGN_IN:
      return hold (self, amendment, upload, result, error);
    case OB_VERDICT_FAIL:
    case OB_VERDICT_FORBIDDEN:
      return conclude (self, upload, OB_UPDATE_REFUSED, result->message, error);
    case OB_VERDICT_RETRY:
    case OB_VERDICT_RETRY_UPLOAD:
    case OB_VERDICT_HOLD:
    case OB_VERDICT_LOOK:
    case OB_VERDICT_RESEND:
    case OB_VERDICT_GONE:
    case OB_VERDICT_FULL:
    case OB_VERDICT_NOT_YET:
    case OB_VERDICT_WORKING:
    case OB_VERDICT_UNDECIDED:
    default:
      return wait (self, amendment, upload, result->message, result->outcome.retry_after_ms, error);
    }
}

/* --- Without anybody to tell --- */

typedef struct
{
  ObRuns *runs;
  const char *id;
} Missing;

/* The destination, or its amend URL, may come back. */
static gboolean
write_missing (gpointer user_data, GError **error)
{
  const Missing *missing = user_data;
  ObRuns *self = missing->runs;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, missing->id, error);
  g_autoptr (ObFollowUp) amendment = ob_follow_ups_get (self->database, OB_FOLLOW_UP_AMENDMENT, missing->id);
  g_autofree char *words = NULL;

  if (!upload)
    return FALSE;
  words = g_strdup_printf (ob_destination_table_find (self->destinations, upload->destination)
                               ? S_ ("The destination %s names no amend URL any more")
                               : S_ ("There is no destination %s any more"),
                           upload->destination);

  return !amendment || wait (self, amendment, upload, words, -1, error);
}

gboolean
ob_runs_lacks_amend_url (ObRuns *self, const ObUpload *upload, const ObDestination *destination)
{
  const Missing missing = { self, upload->id };

  if (destination && destination->amend_url)
    return FALSE;
  (void) ob_queue_do (self->queue, OB_TURN_LATER, write_missing, (gpointer) &missing, NULL);

  return TRUE;
}
