/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The steps for when it is not known what the server has: it is asked before anything is sent anew, finished again or
 * called done. Worker thread.
 */
#include "transfer/tus-run.h"

#include "dbus/mark.h"
#include "model/origin.h"
#include "transfer/confirm.h"
#include "transfer/tus-server.h"
#include "transfer/tus-verdict.h"

#define MOST_RESTARTS 2

ObTusStep
ob_tus_end_by_stranger (ObTusRun *tus)
{
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer",
                 S_ ("Something that is no tus server answered"));

  return STEP_END;
}

ObTusStep
ob_tus_end_elsewhere (ObTusRun *tus, const char *url)
{
  g_autofree char *origin = ob_origin_dup (url);
  g_autofree char *words = NULL;

  if (origin)
    words = g_strdup_printf (
        S_ ("The server keeps uploads at %s, which is not its own address: mend that there, or list it "
            "with --also"),
        origin);
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "location",
                 words ? words : S_ ("The server keeps uploads at what is no http or https address: mend that there"));

  return STEP_END;
}

ObTusStep
ob_tus_end_at_others (ObTusRun *tus)
{
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "location",
                 S_ ("The server gave it an address that is not its alone: its answers may come from a cache"));

  return STEP_END;
}

ObTusStep
ob_tus_end_in_doubt (ObTusRun *tus, const char *code, const char *message)
{
  ob_result_set (tus->result, OB_VERDICT_RETRY, OUTBOX_REASON_NONE, code, message);
  tus->result->outcome.scope = OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION;

  return STEP_END;
}

/* If the destination was changed and its upload URL may not be used any more, the URL is given up, unless there is a
 * receipt. */
static gboolean
may_go_on (const ObTusRun *tus)
{
  return ob_origin_is_allowed (tus->server_url, tus->job->url, (const char *const *) tus->job->also);
}

/* Looks for a receipt. @is_harmless: what comes next makes no second copy, even if the server has the file. Returns: the step
 * @unknown if the server never heard of the upload, or if there is nobody to ask. */
static ObTusStep
ask (ObTusRun *tus, ObTusStep unknown, gboolean is_harmless)
{
  switch (ob_confirm_look (tus->connection, tus->job, tus->result, tus->stop))
    {
    case OB_CONFIRM_NO_WORD:
      return is_harmless ? unknown : STEP_END;
    case OB_CONFIRM_UNKNOWN:
      return unknown;
    case OB_CONFIRM_STORED:
      return STEP_STORED;
    case OB_CONFIRM_END:
    default:
      return STEP_END;
    }
}

gboolean
ob_tus_note_loss (ObTusRun *tus)
{
  tus->limit_bytes = MAX (MIN (tus->chunk_bytes, OB_TUS_CHUNK_FIRST_BYTES) / 4, OB_TUS_CHUNK_MIN_BYTES);
  tus->chunk_bytes = MIN (tus->chunk_bytes, tus->limit_bytes);
  if (++tus->n_lost < OB_TUS_LOSSES_MOST)
    return FALSE;
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_LOSING_BYTES, "losing-bytes",
                 S_ ("The server confirms bytes and then loses them, again and again"));

  return TRUE;
}

/* Forgets the upload URL. Returns: whether that is on the disk; if not, the attempt is over. */
static gboolean
give_up (ObTusRun *tus)
{
  if (tus->checkpoints->created (NULL, tus->user_data) == OB_CREATED_DURABLE)
    return TRUE;
  tus->result->is_cancelled = TRUE;

  return FALSE;
}

/* Returns: whether the last byte never went out, so that no whole file can be there that a second one would stand beside */
static gboolean
is_part (const ObTusRun *tus)
{
  const ObJob *job = tus->job;

  return !job->is_stored && !job->asks_first && !tus->is_end_given
         && MIN (tus->given_bytes, tus->handed_bytes) < job->size_bytes;
}

/* The upload URL is of no use any more. The upload may have been finished and cleared away, so ask before sending twice.
 * @words: (nullable): why it is given up, for the journal, if the upload may still be there. Returns: STEP_CREATE if it
 * was given up. */
static ObTusStep
leave_url (ObTusRun *tus, const char *words)
{
  ObTusStep step = ask (tus, STEP_CREATE, is_part (tus));
  gboolean is_held;

  if (step != STEP_CREATE)
    return step;
  is_held = (tus->offset_bytes > 0 || tus->is_end_given) && ob_tus_note_loss (tus);
  if (!is_held && !tus->is_end_given && ++tus->restarts > MOST_RESTARTS)
    return ob_tus_end_in_doubt (tus, "gone", S_ ("The server loses the upload again and again"));
  if (words)
    tus->checkpoints->noted ("given-up", words, tus->user_data);

  /* Give the URL up even if the destination is held now, or the next attempt would find it gone and hold the destination
   * again, for ever. */
  if (!give_up (tus) || is_held)
    return STEP_END;
  if (!tus->is_end_given)
    return STEP_CREATE;
  /* The server may have finished it and cleared it away, and its confirm URL may not know of that yet. */
  ob_result_set (tus->result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "gone",
                 S_ ("The server no longer had it when its last byte was sent"));

  return STEP_END;
}

/* Ask first if the server once confirmed every byte; if an empty file, which is finished by its creation, got no answer;
 * if the server lost it, which may have been after its end; and if the upload's history was lost with a database. */
ObTusStep
ob_tus_begin (ObTusRun *tus)
{
  const ObJob *job = tus->job;
  ObTusStep next = tus->server_url ? STEP_LOOK : STEP_CREATE;
  gboolean may_be_there = job->asks_first || job->n_lost > 0 || (job->size_bytes == 0 && job->is_again);

  if (tus->server_url && !may_go_on (tus))
    return leave_url (tus, S_ ("its upload URL is at a server that is not listed"));

  return job->is_stored || (!tus->server_url && may_be_there) ? ask (tus, next, next == STEP_LOOK || is_part (tus))
                                                              : next;
}

ObTusStep
ob_tus_gone (ObTusRun *tus, guint64 refused_bytes)
{
  if (refused_bytes > 0)
    {
      tus->handed_bytes -= MIN (refused_bytes, tus->handed_bytes);
      tus->given_bytes = MIN (tus->given_bytes, tus->offset_bytes);
    }

  return leave_url (tus, NULL);
}

ObTusStep
ob_tus_end_not_ours (ObTusRun *tus)
{
  ObTusStep step;

  tus->is_end_given = FALSE; /* what it has there does not come from the last chunk */
  step = leave_url (tus, S_ ("the server has another upload at its upload URL"));
  if (step == STEP_CREATE)
    ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "location",
                   S_ ("The server has another upload at the address that it gave for this one"));

  return step == STEP_CREATE ? STEP_END : step;
}

/* If the upload URL is at another server, that one may be dead while the destination is well: hold up no other upload.
 * After a day, give the URL up as if it were gone. */
ObTusStep
ob_tus_end_silent (ObTusRun *tus)
{
  ObOutcome *outcome = &tus->result->outcome;

  if (ob_origin_is_same (tus->server_url, tus->job->url) || !ob_tus_answers (tus->connection, tus->job, tus->stop))
    {
      tus->result->is_cancelled = ob_stop_is_asked (tus->stop);
      return STEP_END;
    }
  tus->result->is_url_silent = TRUE;
  if (tus->job->leaves_url)
    return leave_url (tus, S_ ("nothing has answered at its upload URL for a day, and the destination does"));
  *outcome = ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);

  return STEP_END;
}

/* Without a confirm URL, a server that was left to finish and says once more that it has every byte is believed: that is
 * the receipt. */
ObTusStep
ob_tus_get_whole_step (const ObTusRun *tus)
{
  return tus->job->is_worked_on && !ob_confirm_can_ask (tus->job) ? STEP_STORED : STEP_FINISH;
}

ObTusStep
ob_tus_end_working (ObTusRun *tus)
{
  if (!tus->job->is_stored && !tus->checkpoints->stored (tus->user_data))
    tus->result->is_cancelled = TRUE;
  ob_result_set (tus->result, OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING, "working",
                 S_ ("The server has every byte and still works on them"));

  return STEP_END;
}

/* Sends an empty chunk at the end, which servers answer as they answer the last one. */
static ObAnswer *
send_nothing (ObTusRun *tus)
{
  SoupMessage *message = ob_tus_patch_new (tus->server_url, tus->job, tus->offset_bytes,
                                           tus->facts.wants_post || tus->tries_post, tus->result);
  ObTransit *transit = ob_connection_get_transit (tus->connection);
  SoupMessageHeaders *headers;
  ObAnswer *answer;

  if (!message)
    return NULL;
  headers = soup_message_get_request_headers (message);
  soup_message_headers_set_content_type (headers, "application/offset+octet-stream", NULL);
  soup_message_headers_set_content_length (headers, 0);

  ob_transit_begin (transit, tus->offset_bytes);
  ob_transit_expect_end (transit, 0, g_get_monotonic_time ());
  answer = ob_http_send (tus->connection, message, OB_ANSWER_FINISH_MS, G_CANCELLABLE (tus->stop));
  ob_transit_end (transit);

  return answer;
}

/* The server may still process the file: do not have it begin a second time before its first answer could have come. */
static gboolean
may_be_at_it (const ObTusRun *tus)
{
  return tus->is_working
         || (ob_confirm_can_ask (tus->job) && tus->job->heard_ms >= 0 && tus->job->heard_ms < OB_ANSWER_FINISH_MS);
}

/* The offset says that the server has every byte, not that it has processed the file: the answer to the last chunk was
 * lost or an error. Ask the confirm URL if there is one. If not, send an empty chunk, which has the server finish if it
 * did not. */
ObTusStep
ob_tus_finish (ObTusRun *tus)
{
  ObTusStep step = ask (tus, STEP_FINISH, TRUE);
  g_autoptr (ObAnswer) answer = NULL;
  guint64 offset_bytes;

  if (step != STEP_FINISH)
    return step;
  if (may_be_at_it (tus))
    return ob_tus_end_working (tus);
  answer = send_nothing (tus);
  if (answer && ob_tus_is_slow_finish (answer))
    return ob_tus_end_working (tus);
  if (answer && ob_tus_is_method_refused (answer) && !tus->facts.wants_post && !tus->tries_post)
    {
      tus->tries_post = TRUE;
      return STEP_LOOK;
    }
  if (!answer || ob_tus_judge (answer, OB_STAGE_SEND, tus->result))
    return STEP_END;

  return ob_answer_get_number (answer, "Upload-Offset", &offset_bytes) && offset_bytes == tus->offset_bytes
             ? STEP_STORED
             : ob_tus_end_by_stranger (tus);
}

void
ob_tus_tell_offset (ObTusRun *tus, guint64 offset_bytes, guint64 wire_bytes)
{
  ob_checked_find (&tus->checked, offset_bytes);
  tus->checkpoints->progress (offset_bytes, wire_bytes, &tus->checked, tus->user_data);
}

/* Something else than the server answers at the upload URL. Where it is none of the network's, which would answer at the destination
 * too, the URL is wrong. */
static gboolean
is_url_strange (const ObTusRun *tus)
{
  return !tus->result->is_cancelled && tus->result->outcome.reason == OUTBOX_REASON_WRONG_ADDRESS
         && g_strcmp0 (tus->server_url, tus->job->resume) == 0 && tus->server_url
         && ob_tus_answers (tus->connection, tus->job, tus->stop);
}

void
ob_tus_note_end (const ObTusRun *tus)
{
  ObReceipt *receipt = &tus->result->receipt;

  receipt->url = g_strdup (tus->server_url);
  /* An empty file has no bytes that could be others. */
  if (tus->checked.bytes == tus->job->size_bytes)
    ob_receipt_raise (receipt, OUTBOX_RUNG_DIGEST);
  else
    tus->result->is_unchecked = tus->facts.has_checksum;
  tus->result->is_url_strange = is_url_strange (tus);
}
