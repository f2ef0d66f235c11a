/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where it is in doubt what a server has: nothing is sent anew, finished again or called done before it was asked. Worker
 * thread.
 */
#include "transfer/tus-run.h"

#include "model/origin.h"
#include "transfer/confirm.h"
#include "transfer/tus-server.h"
#include "transfer/tus-verdict.h"

#define MOST_RESTARTS 2

ObTusStep
ob_tus_end_by_stranger (ObTusRun *tus)
{
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer",
                 "Something that is no tus server answered");

  return STEP_END;
}

ObTusStep
ob_tus_end_elsewhere (ObTusRun *tus, const char *url)
{
  g_autofree char *origin = ob_origin_dup (url);
  g_autofree char *words = NULL;

  if (origin)
    words
        = g_strdup_printf ("The server keeps uploads at %s, which is not its own address: mend that there, or list it "
                           "with --also",
                           origin);
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "location",
                 words ? words : "The server keeps uploads at what is no http or https address: mend that there");

  return STEP_END;
}

ObTusStep
ob_tus_end_at_others (ObTusRun *tus)
{
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "location",
                 "The server gave it an address that is not its alone: its answers may come from a cache");

  return STEP_END;
}

ObTusStep
ob_tus_end_in_doubt (ObTusRun *tus, const char *code, const char *message)
{
  ob_result_set (tus->result, OB_VERDICT_RETRY, OUTBOX_REASON_NONE, code, message);
  tus->result->outcome.scope = OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION;

  return STEP_END;
}

/* An upload URL of before that leads where nothing may go is given up, once nobody has a receipt for it. */
static gboolean
may_go_on (const ObTusRun *tus)
{
  return ob_origin_is_allowed (tus->server_url, tus->job->url, (const char *const *) tus->job->also);
}

/* Looks for a receipt. Returns: the step @unknown where the server never heard of it, or where nobody can be asked. */
static ObTusStep
ask (ObTusRun *tus, ObTusStep unknown)
{
  switch (ob_confirm_look (tus->connection, tus->job, tus->result, tus->stop))
    {
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
                 "The server confirms bytes and then loses them, again and again");

  return TRUE;
}

/* Returns: whether the upload URL is forgotten, durably; else the attempt is over. */
static gboolean
give_up (ObTusRun *tus)
{
  if (tus->checkpoints->created (NULL, tus->user_data) == OB_CREATED_DURABLE)
    return TRUE;
  tus->result->is_cancelled = TRUE;

  return FALSE;
}

/* The upload URL is of no use any more. It may have been finished and cleared away: ask before anything is sent twice.
 * @words: (nullable): why, for the journal, where it may still be there. Returns: STEP_CREATE where it is given up for another. */
static ObTusStep
leave_url (ObTusRun *tus, const char *words)
{
  ObTusStep step = ask (tus, STEP_CREATE);
  gboolean is_held;

  if (step != STEP_CREATE)
    return step;
  is_held = tus->offset_bytes > 0 && ob_tus_note_loss (tus);
  if (!is_held && ++tus->restarts > MOST_RESTARTS)
    return ob_tus_end_in_doubt (tus, "gone", "The server loses the upload again and again");
  if (words)
    tus->checkpoints->noted ("given-up", words, tus->user_data);

  /* Also when it is held: the next try would meet what is gone again, and hold it for that, for ever. */
  return give_up (tus) && !is_held ? STEP_CREATE : STEP_END;
}

/* What is said to be stored is asked about first. So is an empty file, which is finished by its creation, after a lost
 * answer; and a file whose history was lost with a database. */
ObTusStep
ob_tus_begin (ObTusRun *tus)
{
  const ObJob *job = tus->job;
  ObTusStep next = tus->server_url ? STEP_LOOK : STEP_CREATE;
  gboolean may_be_there = job->asks_first || (job->size_bytes == 0 && job->is_again);

  if (tus->server_url && !may_go_on (tus))
    return leave_url (tus, "its upload URL is at a server that is not listed");

  return job->is_stored || (!tus->server_url && may_be_there) ? ask (tus, next) : next;
}

ObTusStep
ob_tus_gone (ObTusRun *tus)
{
  return leave_url (tus, NULL);
}

ObTusStep
ob_tus_end_not_ours (ObTusRun *tus)
{
  ObTusStep step = leave_url (tus, "the server has another upload at its upload URL");

  if (step == STEP_CREATE)
    ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "location",
                   "The server has another upload at the address that it gave for this one");

  return step == STEP_CREATE ? STEP_END : step;
}

/* An upload URL on another server may be dead while the destination is well: that is this upload's own trouble, and holds up no
 * other. After a day it is given up, as one that is gone. */
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
    return leave_url (tus, "nothing has answered at its upload URL for a day, and the destination does");
  *outcome = ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);

  return STEP_END;
}

/* Where nobody can be asked whether it was finished, and the server was heard to work on it, its own word for every byte,
 * said anew, is the receipt. */
ObTusStep
ob_tus_get_whole_step (const ObTusRun *tus)
{
  return tus->job->is_worked_on && !tus->job->confirm_url ? STEP_STORED : STEP_FINISH;
}

ObTusStep
ob_tus_end_working (ObTusRun *tus)
{
  if (!tus->job->is_stored && !tus->checkpoints->stored (tus->user_data))
    tus->result->is_cancelled = TRUE;
  ob_result_set (tus->result, OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING, "working",
                 "The server has every byte and still works on them");

  return STEP_END;
}

/* An empty chunk at the end, which servers answer as they would the last one. */
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

/* The server may be at it: it is not asked to begin a second time before its first answer could have come. */
static gboolean
may_be_at_it (const ObTusRun *tus)
{
  return tus->is_working
         || (tus->job->confirm_url && tus->job->heard_ms >= 0 && tus->job->heard_ms < OB_ANSWER_FINISH_MS);
}

/* The offset says that every byte is stored, not that the server has done with them what it does when it has them all: its
 * answer to the last chunk was lost, or an error. With a confirm URL that can be asked; else an empty chunk is sent, which
 * makes up for an end that never was. */
ObTusStep
ob_tus_finish (ObTusRun *tus)
{
  ObTusStep step = ask (tus, STEP_FINISH);
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
