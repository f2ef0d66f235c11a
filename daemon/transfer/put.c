/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A run of plain HTTP: if the file may be at the server already, ask; send; ask whether it arrived. The URL has the
 * upload's id, so whatever is there belongs to this upload and may be replaced. Worker thread.
 */
#include "transfer/put.h"

#include "base/debug.h"
#include "dbus/mark.h"
#include "transfer/body.h"
#include "transfer/confirm.h"
#include "transfer/copy.h"
#include "transfer/digests.h"
#include "transfer/put-folders.h"
#include "transfer/put-look.h"
#include "transfer/put-trial.h"
#include "transfer/put-url.h"
#include "transfer/put-verdict.h"

#include <unistd.h>

#define KNOWN_US (5 * 60 * G_USEC_PER_SEC)
#define MOST_SENDS 3
/* Sending this much again at once is cheaper than a back-off. */
#define CHEAP_BYTES (1024 * 1024)

typedef enum
{
  STEP_LOOK,
  STEP_SEND,
  STEP_STORED,
  STEP_END,
} Step;

typedef struct
{
  ObConnection *connection;
  const ObJob *job;
  const ObCheckpoints *checkpoints;
  gpointer user_data;
  ObAttemptResult *result;
  ObStop *stop;
  int fd;                   /* of the copy; -1: not open yet */
  GBytes *digests;          /* of its blocks; owned, or NULL */
  char *url;                /* of the file at the server; owned */
  char *etag;               /* of what is there instead of the file; owned, or NULL */
  gboolean replaces;        /* something is there that is not the whole file */
  gboolean is_etag_refused; /* the server refuses the ETag that it gave itself */
  gboolean is_unanswered;   /* all of a large file went out, and the answer was lost */
  gboolean has_folders;     /* those of its URL were made in this attempt */
  gboolean has_claims;      /* the queue still records that the server has something of it */
  guint n_sends;
  guint64 wire_bytes; /* went out, and is not reported yet */
  ObServerFacts facts;
} Run;

static Step
end (Run *run, ObVerdict verdict, OutboxReason reason, const char *code, const char *words)
{
  ob_result_set (run->result, verdict, reason, code, words);

  return STEP_END;
}

static Step
end_bad_url (Run *run)
{
  return end (run, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-url",
              S_ ("The destination's address makes no http or https URL: set it again"));
}

static void
report (Run *run, guint64 offset_bytes)
{
  run->checkpoints->progress (offset_bytes, run->wire_bytes, NULL, run->user_data);
  run->wire_bytes = 0;
}

static void
remember (Run *run)
{
  run->facts.until_us = g_get_monotonic_time () + KNOWN_US;
  ob_facts_put (ob_connection_get_facts (run->connection), run->job->url, &run->facts);
}

static Step
end_stored (Run *run, const ObPutSight *sight)
{
  ob_put_note_digest (sight, run->job, run->result);
  /* An earlier trouble is over. */
  g_clear_pointer (&run->result->code, g_free);
  g_clear_pointer (&run->result->message, g_free);
  run->result->has_moved = TRUE;
  report (run, run->job->size_bytes);
  remember (run);

  return STEP_STORED;
}

/* --- What is there --- */

static ObPutPlace
get_place (const Run *run)
{
  return (ObPutPlace){ run->connection, run->job, run->url, run->stop };
}

/* Only a strong ETag says which bytes are meant (RFC 9110 section 8.8.3.2). */
static void
note_other (Run *run, const ObAnswer *answer)
{
  const char *etag = ob_answer_get_header (answer, "ETag");

  run->replaces = TRUE;
  run->etag = etag && *etag == '"' && !run->is_etag_refused ? g_strdup (etag) : NULL;
}

static Step
look (Run *run)
{
  const ObPutPlace place = get_place (run);
  ObPutSight sight;
  g_autoptr (ObAnswer) answer = ob_put_look (&place, run->fd, FALSE, &sight);

  g_clear_pointer (&run->etag, g_free);
  if (!answer)
    return end_bad_url (run);
  switch (sight.found)
    {
    case OB_FOUND_WHOLE:
      return end_stored (run, &sight);
    case OB_FOUND_OTHER:
      note_other (run, answer);
      return STEP_SEND;
    case OB_FOUND_NOTHING:
      /* The server may be at work on it. */
      if (run->is_unanswered)
        return end (run, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "unanswered",
                    S_ ("The server got the whole file and did not answer, and has nothing at its URL yet"));
      return STEP_SEND;
    case OB_FOUND_REFUSED:
      return STEP_SEND;
    case OB_FOUND_UNCLEAR:
    default:
      return ob_answer_judge (answer, OB_STAGE_LOOK, FALSE, ob_put_verdict, run->result) ? STEP_END : STEP_SEND;
    }
}

/* The server claims success. Believe it only if HEAD agrees. It took the credentials a moment ago: where they are not good enough
 * for HEAD, they are for writing alone. */
static Step
verify (Run *run, guint status)
{
  const ObPutPlace place = get_place (run);
  ObPutSight sight;
  g_autoptr (ObAnswer) answer = ob_put_look (&place, run->fd, TRUE, &sight);
  ObPutWord word;

  if (answer && ob_answer_get_status (answer) == SOUP_STATUS_UNAUTHORIZED)
    sight.found = OB_FOUND_REFUSED;
  word = ob_put_believe (status, sight.found);
  if (word == OB_PUT_STORED)
    return end_stored (run, &sight);
  report (run, 0);
  if (sight.found == OB_FOUND_OTHER && sight.is_told_by_digest)
    return end (run, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, OB_CODE_DIGEST_MISMATCH,
                S_ ("The server has other bytes than this device sent"));
  if (word == OB_PUT_ACCEPTED)
    return end (run, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "accepted",
                S_ ("The server has accepted it, and has no file at its URL yet"));
  if (answer && sight.found == OB_FOUND_UNCLEAR
      && ob_answer_judge (answer, OB_STAGE_LOOK, FALSE, ob_put_verdict, run->result))
    return STEP_END;

  return end (run, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer",
              ob_put_explain_doubt (sight.found, answer ? ob_answer_get_status (answer) : 0));
}

/* --- Sending --- */

/* Once a small file is refused while it is sent, the answer may be lost with the connection: ask first the next time. */
static gboolean
must_expect (const Run *run)
{
  return run->job->size_bytes > 0 && !run->facts.ignores_expect
         && (run->job->size_bytes >= OB_PUT_EXPECT_BYTES || run->job->is_again || run->facts.until_us == 0);
}

static gboolean
is_ascii_line (const char *text)
{
  for (; *text; text++)
    if (!g_ascii_isprint (*text))
      return FALSE;

  return TRUE;
}

static gboolean
is_conditional (const Run *run)
{
  return !run->facts.takes_no_condition && (!run->replaces || run->etag);
}

static SoupMessage *
put_new (const Run *run, GInputStream *body, gboolean expects)
{
  const char *type = run->job->media_type;
  const ObPutPlace place = get_place (run);
  SoupMessage *message = ob_put_message_new (&place, "PUT");
  SoupMessageHeaders *headers;

  if (!message)
    return NULL;
  headers = soup_message_get_request_headers (message);
  soup_message_headers_replace (headers, "Idempotency-Key", run->job->id);
  if (is_conditional (run) && run->replaces)
    soup_message_headers_replace (headers, "If-Match", run->etag);
  else if (is_conditional (run))
    soup_message_headers_replace (headers, "If-None-Match", "*");
  if (expects)
    ob_http_expect (message, run->connection, OB_ANSWER_FINISH_MS);
  soup_message_set_request_body (message, type && *type && is_ascii_line (type) ? type : "application/octet-stream",
                                 body, (gssize) run->job->size_bytes);

  return message;
}

static GInputStream *
body_new (const Run *run)
{
  ObTransit *transit = ob_connection_get_transit (run->connection);
  GInputStream *body
      = ob_body_new (run->fd, 0, run->job->size_bytes, run->job->pace, ob_connection_get_deadline (run->connection));

  ob_body_set_transit (OB_BODY (body), transit);
  ob_transit_expect_end (transit, run->job->size_bytes, g_get_monotonic_time ());
  if (run->digests)
    ob_body_set_digests (OB_BODY (body), run->digests, run->job->size_bytes);

  return body;
}

/* The server refused the question (417), or was silent while no byte of the body was sent. */
static gboolean
is_expect_ignored (const ObAnswer *answer)
{
  return ob_answer_get_status (answer) == SOUP_STATUS_EXPECTATION_FAILED
         || (answer->error && answer->end == OB_END_SLOW);
}

/* Some servers do not know conditions, and refuse the request instead of ignoring them. Nothing is lost without: the URL is this
 * upload's own. */
static gboolean
may_be_of_condition (const Run *run, guint status)
{
  return is_conditional (run) && (status == 400 || status == 409 || status == 501);
}

/* Say so where nobody could make it. Nginx says 500 where a folder is missing. Returns: whether to send again */
static gboolean
make_folders (Run *run, guint status)
{
  const ObPutPlace place = get_place (run);
  gboolean may_be_missing = status == SOUP_STATUS_NOT_FOUND || status == SOUP_STATUS_CONFLICT
                            || status == SOUP_STATUS_INTERNAL_SERVER_ERROR;
  g_autofree char *words = NULL;

  if (!may_be_missing)
    return FALSE;
  if (!run->has_folders && run->n_sends < MOST_SENDS)
    {
      run->has_folders = TRUE;
      if (ob_put_make_folders (&place))
        return TRUE;
    }
  if (status != SOUP_STATUS_INTERNAL_SERVER_ERROR)
    {
      words = g_strdup_printf (S_ ("%s: the folder of its URL may have to be made there first"), run->result->message);
      g_free (run->result->message);
      run->result->message = g_steal_pointer (&words);
    }

  return FALSE;
}

static Step
after_refusal (Run *run, const ObAnswer *answer)
{
  ObAttemptResult *result = run->result;
  gboolean is_cheap = answer->end == OB_END_LOST || answer->wire_bytes < CHEAP_BYTES;
  guint status = ob_answer_get_status (answer);

  if (result->is_cancelled || answer->end == OB_END_SILENT)
    return STEP_END;
  if (result->outcome.verdict == OB_VERDICT_LOOK)
    {
      run->replaces = TRUE;
      run->is_etag_refused = run->etag != NULL;
    }
  if (may_be_of_condition (run, status))
    {
      run->facts.takes_no_condition = TRUE;
      remember (run);
      if (is_cheap && run->n_sends < MOST_SENDS)
        return STEP_SEND;
    }
  if ((result->outcome.verdict == OB_VERDICT_LOOK || (answer->error && is_cheap)) && run->n_sends < MOST_SENDS)
    return STEP_LOOK;
  if (result->outcome.verdict == OB_VERDICT_LOOK)
    result->outcome = ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  if (make_folders (run, status))
    return STEP_SEND;

  return STEP_END;
}

static Step
after_put (Run *run, const ObAnswer *answer, guint64 taken_bytes, gboolean expects)
{
  if (expects && taken_bytes == 0)
    {
      /* The server waits for a body on this connection that will never come. */
      ob_connection_rest (run->connection);
      if (is_expect_ignored (answer))
        {
          run->facts.ignores_expect = TRUE;
          remember (run);
          return STEP_SEND;
        }
    }
  run->is_unanswered = answer->end == OB_END_LOST && taken_bytes == run->job->size_bytes && taken_bytes >= CHEAP_BYTES;
  if (ob_answer_judge (answer, OB_STAGE_SEND, FALSE, ob_put_verdict, run->result))
    {
      report (run, 0);
      return after_refusal (run, answer);
    }
  if (taken_bytes == run->job->size_bytes)
    return verify (run, ob_answer_get_status (answer));
  report (run, 0);

  return end (run, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer",
              S_ ("Something says that it has stored the file, before it was sent"));
}

/* Nothing is at the server of what an earlier attempt or another protocol had there. Returns: whether that is stored. */
static gboolean
drop_claims (Run *run)
{
  if (run->has_claims && run->checkpoints->created (NULL, run->user_data) != OB_CREATED_DURABLE)
    {
      run->result->is_cancelled = TRUE;
      return FALSE;
    }
  run->has_claims = FALSE;

  return TRUE;
}

static gboolean
open_copy (Run *run)
{
  if (run->fd < 0)
    run->fd = ob_digests_open_copy (run->job, ob_connection_get_deadline (run->connection), run->stop, &run->digests,
                                    run->result);

  return run->fd >= 0;
}

static Step
send_whole (Run *run)
{
  g_autoptr (GInputStream) body = NULL;
  g_autoptr (ObAnswer) answer = NULL;
  gboolean expects = must_expect (run);
  SoupMessage *message;
  const char *fault;
  int fault_errno;

  if (!open_copy (run) || !drop_claims (run))
    return STEP_END;
  body = body_new (run);
  message = put_new (run, body, expects);
  if (!message)
    return end_bad_url (run);
  run->n_sends++;
  ob_debug (OB_DEBUG_TRANSFER, run->job->id, "sends the whole of it, time %u%s", run->n_sends,
            expects ? ", and asks first whether the server will take it" : "");
  answer = ob_http_send (run->connection, message, expects ? OB_PUT_EXPECT_MS : OB_ANSWER_FINISH_MS,
                         G_CANCELLABLE (run->stop));
  run->wire_bytes += answer->wire_bytes;
  fault = ob_body_get_fault (OB_BODY (body), &fault_errno);
  if (fault)
    {
      report (run, 0);
      ob_copy_set_fault (run->result, fault_errno, fault);
      return STEP_END;
    }

  return after_put (run, answer, ob_body_get_taken_bytes (OB_BODY (body)), expects);
}

/* --- The whole --- */

/* If an earlier answer was lost, ask before sending. "Other bytes" from the confirm URL means that a person has seen the
 * failure and retried: send the file anew. */
static Step
begin (Run *run)
{
  const ObJob *job = run->job;

  if (!job->is_stored && !open_copy (run))
    return STEP_END;
  if (!job->is_stored && !job->is_again && !job->asks_first)
    return STEP_SEND;
  switch (ob_confirm_look (run->connection, job, run->result, run->stop))
    {
    case OB_CONFIRM_STORED:
      return STEP_STORED;
    case OB_CONFIRM_NO_WORD: /* the file's own URL says whether it is there, and a PUT to it makes no second one */
    case OB_CONFIRM_UNKNOWN:
      return STEP_LOOK;
    case OB_CONFIRM_END:
    default:
      run->replaces = !job->is_stored && g_strcmp0 (run->result->code, OB_CODE_DIGEST_MISMATCH) == 0;
      return run->replaces ? STEP_SEND : STEP_END;
    }
}

static gboolean
run_steps (Run *run)
{
  Step step = begin (run);

  while (step == STEP_LOOK || step == STEP_SEND)
    {
      run->result->outcome = ob_outcome_new (OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
      if (ob_stop_is_asked (run->stop))
        {
          run->result->is_cancelled = TRUE;
          return FALSE;
        }
      step = step == STEP_LOOK ? look (run) : send_whole (run);
    }

  return step == STEP_STORED;
}

/* A PUT has no place for the metadata, but for name and group, which can be part of its URL. */
static void
note_metadata (Run *run)
{
  if (run->n_sends > 0 && g_variant_n_children (run->job->metadata) > 0)
    run->checkpoints->noted ("metadata", S_ ("http takes no more of it than name, group and type"), run->user_data);
}

static gboolean
send_file (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
           ObAttemptResult *result, ObStop *stop)
{
  Run run = { connection,
              job,
              checkpoints,
              user_data,
              result,
              stop,
              .fd = -1,
              .url = ob_put_url_fill (job->url, job->id, job->name, job->group),
              .has_claims = job->is_stored || job->resume || job->offset_bytes > 0,
              .facts = ob_facts_get (ob_connection_get_facts (connection), job->url) };
  gboolean is_stored = run_steps (&run);

  result->receipt.url = g_strdup (run.url);
  if (is_stored)
    note_metadata (&run);
  if (run.fd >= 0)
    (void) close (run.fd);
  g_clear_pointer (&run.digests, g_bytes_unref);
  g_free (run.url);
  g_free (run.etag);

  return is_stored;
}

static gboolean
is_resume (const char *resume)
{
  return FALSE;
}

const ObProtocol ob_put_protocol = {
  .name = "http",
  .check_url = ob_put_url_check,
  .is_resume = is_resume,
  .send = send_file,
  .check = ob_check_put,
  .try_out = ob_put_try_out,
  .verdict = ob_put_verdict,
};
