/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A run of tus: discover, create or look, send, and look again after every doubt. What the server says in Upload-Offset
 * counts, not what was written to the socket. Worker thread.
 */
#include "transfer/tus.h"

#include "base/debug.h"
#include "dbus/mark.h"
#include "model/destination.h"
#include "model/origin.h"
#include "transfer/body.h"
#include "transfer/copy.h"
#include "transfer/digests.h"
#include "transfer/tus-create.h"
#include "transfer/tus-run.h"
#include "transfer/tus-server.h"
#include "transfer/tus-trial.h"
#include "transfer/tus-verdict.h"
#include "transfer/url.h"

#include <unistd.h>

#define MOST_LOSSES 4
#define MOST_RESENDS 3
#define AGREE_MS 250
#define LOCKED_MS 500
#define MOST_LOCKED 20

static ObTusStep
create (ObTusRun *tus)
{
  g_autoptr (ObAnswer) answer = NULL;
  g_autofree char *url = NULL;
  g_autofree char *home = NULL;
  const char *location;
  ObCreated became;
  gboolean is_short;

  if (tus->facts.max_bytes > 0 && tus->job->size_bytes > tus->facts.max_bytes)
    {
      ob_result_set (tus->result, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE, "too-large",
                     S_ ("The file is too large for the server"));
      return STEP_END;
    }
  answer = ob_tus_create (tus->connection, tus->job, &tus->facts, &is_short, tus->result, tus->stop);
  if (!answer)
    return STEP_END;
  if (ob_tus_judge (answer, OB_STAGE_CREATE, tus->result))
    {
      /* Taken as the destination's trouble, one upload with long metadata would hold up all others. */
      if (tus->result->outcome.verdict == OB_VERDICT_RETRY && ob_tus_is_long (answer, tus->job, is_short))
        tus->result->outcome.verdict = OB_VERDICT_RETRY_UPLOAD;
      return STEP_END;
    }
  /* The status is 201; @uploadx/core says 200 for an empty file, since that is complete. */
  location = ob_answer_get_header (answer, "Location");
  if ((ob_answer_get_status (answer) != SOUP_STATUS_CREATED && ob_answer_get_status (answer) != SOUP_STATUS_OK)
      || !location || !ob_answer_get_header (answer, "Tus-Resumable"))
    return ob_tus_end_by_stranger (tus);

  url = ob_url_resolve (tus->job->url, location);
  if (!url || !ob_origin_is_allowed (url, tus->job->url, (const char *const *) tus->job->also))
    return ob_tus_end_elsewhere (tus, url);
  home = ob_url_resolve (tus->job->url, "");
  became = g_strcmp0 (url, home) == 0 ? OB_CREATED_TAKEN : tus->checkpoints->created (url, tus->user_data);
  if (became == OB_CREATED_TAKEN)
    return ob_tus_end_at_others (tus);
  if (became != OB_CREATED_DURABLE)
    {
      tus->result->is_cancelled = TRUE;
      return STEP_END;
    }
  g_free (tus->server_url);
  tus->server_url = g_steal_pointer (&url);
  if (is_short)
    tus->checkpoints->noted ("metadata", S_ ("the server takes no more of it than id, name and type"), tus->user_data);
  tus->offset_bytes = tus->given_bytes = 0;
  tus->checked = (ObChecked){ 0 };

  return tus->job->size_bytes == 0 ? STEP_STORED : STEP_SEND;
}

/* Believes the offset that the server tells. Returns: the next step: @whole if the server has every byte. */
static ObTusStep
believe (ObTusRun *tus, guint64 offset_bytes, ObTusStep whole)
{
  gboolean has_moved = offset_bytes > tus->offset_bytes;
  gboolean is_loss = offset_bytes < tus->offset_bytes;

  tus->offset_bytes = offset_bytes;
  /* Bytes that the server had lost and has again are no progress. */
  if (offset_bytes > tus->furthest_bytes)
    {
      tus->furthest_bytes = offset_bytes;
      tus->result->has_moved = TRUE;
      tus->n_lost = 0;
    }
  if (has_moved)
    tus->losses = tus->resends = tus->locked = 0;
  tus->is_end_given = tus->is_end_given && offset_bytes == tus->job->size_bytes;
  if (is_loss && ob_tus_note_loss (tus))
    return STEP_END;

  return offset_bytes == tus->job->size_bytes ? whole : STEP_SEND;
}

/* A dead connection of ours may keep the upload locked for some seconds. Look twice a second, so that it goes on as soon
 * as it is free. A server that keeps it longer, or says when to come again, gets the back-off. So does one that tells
 * the offset and then takes nothing: only a growing offset ends a lock. */
static ObTusStep
wait_for_lock (ObTusRun *tus)
{
  const ObOutcome *outcome = &tus->result->outcome;

  if (outcome->verdict != OB_VERDICT_RETRY_UPLOAD || outcome->retry_after_ms >= 0 || ++tus->locked > MOST_LOCKED)
    return STEP_END;
  ob_debug (OB_DEBUG_TRANSFER, tus->job->id, "the server holds it locked: look %u of %d", tus->locked, MOST_LOCKED);
  ob_stop_rest (G_CANCELLABLE (tus->stop), LOCKED_MS);

  return STEP_LOOK;
}

/* A server with checksums drops what it has of a chunk that was cut, and some answer a look before they have done so.
 * Sending from that offset would leave a hole: believe an offset inside of such a chunk only when two looks, a moment
 * apart, agree. */
static gboolean
is_agreed (ObTusRun *tus, guint64 offset_bytes)
{
  if (!tus->facts.has_checksum || offset_bytes <= tus->offset_bytes || offset_bytes == tus->seen_bytes)
    return TRUE;
  tus->seen_bytes = offset_bytes;
  ob_stop_rest (G_CANCELLABLE (tus->stop), AGREE_MS);

  return FALSE;
}

/* A server that was restored from a backup, or one of two behind a balancer, may have another upload at this URL: of
 * another size, or with bytes that this device never sent there. An offset beyond the end is never ours. */
static gboolean
is_of_another (const ObTusRun *tus, const ObAnswer *answer, guint64 offset_bytes)
{
  guint64 size_bytes;

  if (ob_answer_get_number (answer, "Upload-Length", &size_bytes) && size_bytes != tus->job->size_bytes)
    return TRUE;

  return offset_bytes > tus->given_bytes && offset_bytes <= tus->job->size_bytes;
}

static ObTusStep
look (ObTusRun *tus)
{
  g_autoptr (ObAnswer) answer = ob_tus_ask_offset (tus->connection, tus->server_url, tus->job, tus->result, tus->stop);
  guint64 offset_bytes;

  if (!answer)
    return STEP_END;
  tus->result->is_url_heard |= !answer->error;
  if (ob_tus_judge (answer, OB_STAGE_LOOK, tus->result))
    {
      if (tus->result->is_cancelled || answer->error)
        return tus->result->outcome.is_silent ? ob_tus_end_silent (tus) : STEP_END;
      if (tus->result->outcome.verdict == OB_VERDICT_RETRY_UPLOAD && (tus->is_working || tus->job->is_worked_on))
        return ob_tus_end_working (tus);
      return tus->result->outcome.verdict == OB_VERDICT_GONE ? ob_tus_gone (tus, 0) : wait_for_lock (tus);
    }
  if (!ob_answer_get_number (answer, "Upload-Offset", &offset_bytes))
    return ob_tus_end_by_stranger (tus);
  if (is_of_another (tus, answer, offset_bytes))
    return ob_answer_get_header (answer, "Tus-Resumable") ? ob_tus_end_not_ours (tus) : ob_tus_end_by_stranger (tus);
  if (offset_bytes > MIN (tus->given_bytes, tus->job->size_bytes))
    return ob_tus_end_by_stranger (tus);
  if (!is_agreed (tus, offset_bytes))
    return STEP_LOOK;

  ob_debug (OB_DEBUG_TRANSFER, tus->job->id, "the server has %" G_GUINT64_FORMAT " bytes", offset_bytes);
  ob_tus_tell_offset (tus, offset_bytes, 0);

  return believe (tus, offset_bytes, ob_tus_get_whole_step (tus));
}

/* Nothing of the chunk arrived: try smaller ones until they stick, then give the server a rest. */
static ObTusStep
lose (ObTusRun *tus, guint64 chunk_bytes)
{
  tus->seen_bytes = tus->offset_bytes;
  if (++tus->losses >= MOST_LOSSES && chunk_bytes <= OB_TUS_CHUNK_MIN_BYTES)
    return ob_tus_end_in_doubt (tus, "no-progress", S_ ("Nothing of what was sent arrived"));
  if (tus->losses >= 2)
    ob_tus_shrink_chunks (tus, chunk_bytes);

  return STEP_LOOK;
}

/* The step after a chunk that got no success. */
static ObTusStep
after_refusal (ObTusRun *tus, const ObAnswer *answer, guint64 chunk_bytes)
{
  ObAttemptResult *result = tus->result;
  gboolean is_last = tus->offset_bytes + chunk_bytes == tus->job->size_bytes;

  /* A proxy limits a request, not the file: smaller chunks pass. */
  if (ob_answer_get_status (answer) == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE && chunk_bytes > OB_TUS_CHUNK_MIN_BYTES)
    {
      ob_tus_shrink_chunks (tus, chunk_bytes);
      return STEP_LOOK;
    }
  /* If nothing can be reached, a look at the offset would not be answered either. */
  if (result->is_cancelled || result->outcome.verdict == OB_VERDICT_FAIL)
    return STEP_END;
  if (answer->end == OB_END_SILENT)
    return ob_tus_end_silent (tus);
  tus->is_working = is_last && ob_tus_is_slow_finish (answer);
  tus->is_end_given = is_last && (answer->error || ob_answer_get_status (answer) >= SOUP_STATUS_INTERNAL_SERVER_ERROR);
  if (tus->is_working)
    return STEP_LOOK;
  if (ob_tus_is_method_refused (answer) && !tus->facts.wants_post && !tus->tries_post)
    {
      tus->tries_post = TRUE;
      return STEP_LOOK;
    }
  if (answer->error || result->outcome.verdict == OB_VERDICT_LOOK)
    return lose (tus, chunk_bytes);
  if (result->outcome.verdict == OB_VERDICT_GONE)
    return ob_tus_gone (tus, chunk_bytes);
  if (result->outcome.verdict == OB_VERDICT_RESEND && ++tus->resends <= MOST_RESENDS)
    return STEP_LOOK;

  return wait_for_lock (tus);
}

/* The step after a chunk whose answer tells the offset. It tells no more than was sent. */
static ObTusStep
after_offset (ObTusRun *tus, guint64 offset_bytes, guint64 chunk_bytes, gint64 elapsed_us)
{
  if (offset_bytes <= tus->offset_bytes)
    {
      (void) believe (tus, offset_bytes, STEP_STORED);
      return lose (tus, chunk_bytes);
    }
  if (tus->tries_post && !tus->facts.wants_post)
    {
      tus->facts.wants_post = TRUE;
      tus->checkpoints->noted ("method", S_ ("something in between refuses PATCH: sent by POST"), tus->user_data);
    }
  ob_tus_note_rate (tus, offset_bytes - tus->offset_bytes, elapsed_us);

  return believe (tus, offset_bytes, STEP_STORED);
}

/* Ends the chunk's count of bytes on the way, and reports the offset, before anything else is asked: once the main
 * thread has heard the offset, it must not be told older numbers. */
static ObTusStep
after_patch (ObTusRun *tus, ObBody *body, const ObAnswer *answer, guint64 chunk_bytes, gint64 elapsed_us)
{
  int fault_errno;
  const char *fault = ob_body_get_fault (body, &fault_errno);
  gboolean is_refused = !fault && ob_tus_judge (answer, OB_STAGE_SEND, tus->result);
  guint64 told_bytes = tus->offset_bytes;
  gboolean is_told = !fault && !is_refused && ob_answer_get_number (answer, "Upload-Offset", &told_bytes)
                     && ob_answer_get_header (answer, "Tus-Resumable");
  gboolean is_believed = is_told && told_bytes <= tus->offset_bytes + chunk_bytes;

  ob_transit_end (ob_connection_get_transit (tus->connection));
  ob_tus_tell_offset (tus, is_believed ? told_bytes : tus->offset_bytes, answer->wire_bytes);
  if (fault)
    {
      ob_copy_set_fault (tus->result, fault_errno, fault);
      return STEP_END;
    }
  if (is_refused)
    return after_refusal (tus, answer, chunk_bytes);
  if (!is_told)
    return ob_tus_end_by_stranger (tus);

  /* An offset beyond what was sent is not believed: look again. */
  return is_believed ? after_offset (tus, told_bytes, chunk_bytes, elapsed_us) : lose (tus, chunk_bytes);
}

static ObTusStep
send_chunk (ObTusRun *tus)
{
  guint64 chunk_bytes = MIN (tus->chunk_bytes, tus->job->size_bytes - tus->offset_bytes);
  g_autoptr (GInputStream) body = ob_body_new (tus->fd, tus->offset_bytes, chunk_bytes, tus->job->pace,
                                               ob_connection_get_deadline (tus->connection));
  gboolean is_last = tus->offset_bytes + chunk_bytes == tus->job->size_bytes;
  SoupMessage *message = ob_tus_patch_new (tus->server_url, tus->job, tus->offset_bytes,
                                           tus->facts.wants_post || tus->tries_post, tus->result);
  g_autoptr (ObAnswer) answer = NULL;
  int fault_errno;
  gint64 begin_us;

  if (!message)
    return STEP_END;
  if (!ob_tus_begin_chunk (tus, chunk_bytes))
    {
      g_object_unref (message);
      return STEP_END;
    }
  soup_message_set_request_body (message, "application/offset+octet-stream", body, (gssize) chunk_bytes);
  fault_errno = tus->facts.has_checksum ? ob_tus_add_checksum (message, tus->fd, tus->offset_bytes, chunk_bytes) : 0;
  if (fault_errno != 0)
    {
      g_autofree char *words = ob_copy_dup_words (fault_errno);

      g_object_unref (message);
      ob_copy_set_fault (tus->result, fault_errno, words);
      return STEP_END;
    }
  ob_body_set_transit (OB_BODY (body), ob_connection_get_transit (tus->connection));
  if (is_last)
    ob_transit_expect_end (ob_connection_get_transit (tus->connection), chunk_bytes, g_get_monotonic_time ());
  if (tus->digests)
    ob_body_set_digests (OB_BODY (body), tus->digests, tus->job->size_bytes);
  tus->given_bytes = MAX (tus->given_bytes, tus->offset_bytes + chunk_bytes);
  tus->handed_bytes += chunk_bytes;
  ob_debug (OB_DEBUG_TRANSFER, tus->job->id,
            "sends a chunk of %" G_GUINT64_FORMAT " bytes from %" G_GUINT64_FORMAT ", chosen for %" G_GUINT64_FORMAT
            " bytes a second",
            chunk_bytes, tus->offset_bytes, tus->facts.rate_bytes_per_s);
  begin_us = g_get_monotonic_time ();
  answer = ob_http_send (tus->connection, message, is_last ? OB_ANSWER_FINISH_MS : OB_ANSWER_SEND_MS,
                         G_CANCELLABLE (tus->stop));

  return after_patch (tus, OB_BODY (body), answer, chunk_bytes, g_get_monotonic_time () - begin_us);
}

static gboolean
open_copy (ObTusRun *tus)
{
  tus->fd = ob_digests_open_copy (tus->job, ob_connection_get_deadline (tus->connection), tus->stop, &tus->digests,
                                  tus->result);

  return tus->fd >= 0;
}

static gboolean
discover (ObTusRun *tus)
{
  if (!ob_tus_discover (tus->connection, tus->job, &tus->facts, tus->result, tus->stop))
    return FALSE;
  ob_tus_choose_first_chunk (tus);

  return TRUE;
}

static ObTusStep
take_step (ObTusRun *tus, ObTusStep step)
{
  /* To ask about an upload takes no copy; open it once bytes have to be sent. */
  if ((step == STEP_CREATE || step == STEP_SEND) && tus->fd < 0 && !open_copy (tus))
    return STEP_END;
  switch (step)
    {
    case STEP_CREATE:
      return create (tus);
    case STEP_LOOK:
      return look (tus);
    case STEP_FINISH:
      return ob_tus_finish (tus);
    case STEP_SEND:
      return send_chunk (tus);
    case STEP_STORED:
    case STEP_END:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
run_steps (ObTusRun *tus, ObTusStep step)
{
  while (step != STEP_STORED && step != STEP_END)
    {
      /* Forget the verdict of the last step: how it goes on decides now. */
      tus->result->outcome = ob_outcome_new (OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
      if (ob_stop_is_asked (tus->stop))
        {
          tus->result->is_cancelled = TRUE;
          return FALSE;
        }
      step = take_step (tus, step);
    }

  return step == STEP_STORED;
}

static gboolean
run (ObTusRun *tus)
{
  ObTusStep step;

  if (!tus->job->is_stored && !open_copy (tus))
    return FALSE;
  step = ob_tus_begin (tus);
  if (step != STEP_STORED && step != STEP_END && !discover (tus))
    return FALSE;

  return run_steps (tus, step);
}

static gboolean
send_file (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
           ObAttemptResult *result, ObStop *stop)
{
  ObTusRun tus = { connection,
                   job,
                   checkpoints,
                   user_data,
                   result,
                   stop,
                   .fd = -1,
                   .server_url = g_strdup (job->resume),
                   .offset_bytes = job->offset_bytes,
                   .checked = job->checked,
                   .given_bytes = G_MAXUINT64,
                   .handed_bytes = job->wire_bytes,
                   .furthest_bytes = job->furthest_bytes,
                   .n_lost = job->n_lost };
  gboolean is_stored = run (&tus);

  ob_tus_note_end (&tus);
  if (tus.fd >= 0)
    (void) close (tus.fd);
  g_clear_pointer (&tus.digests, g_bytes_unref);
  g_free (tus.server_url);

  return is_stored;
}

static void
terminate (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  SoupMessage *message = ob_tus_message_new ("DELETE", job->resume ? job->resume : "", job, result);
  g_autoptr (ObAnswer) answer = NULL;

  if (!message)
    return;
  answer = ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
  result->is_done = !ob_tus_judge (answer, OB_STAGE_LOOK, result) || result->outcome.verdict == OB_VERDICT_GONE;
}

static const char *
check_url (const char *url)
{
  return ob_destination_is_url (url) ? NULL : S_ ("it must be an http or https URL");
}

const ObProtocol ob_tus_protocol = {
  .name = "tus",
  .check_url = check_url,
  .is_resume = ob_destination_is_url,
  .moves_with_origin = TRUE,
  .tells_metadata = TRUE,
  .send = send_file,
  .terminate = terminate,
  .check = ob_check_tus,
  .try_out = ob_tus_try_out,
  .verdict = ob_tus_verdict,
};
