/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A run of tus: discover, create or look, send, look again after every doubt. The server's Upload-Offset is believed,
 * whatever was written to the socket. Worker thread.
 */
#include "transfer/tus.h"

#include "transfer/body.h"
#include "transfer/confirm.h"
#include "transfer/tus-create.h"
#include "transfer/tus-server.h"
#include "transfer/url.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS_A_CHUNK 8
#define MOST_LOSSES 4
#define MOST_RESENDS 3
#define MOST_RESTARTS 2
#define SETTLE_MS 250
#define LOCKED_MS 500
#define MOST_LOCKED 20

typedef enum
{
  STEP_CREATE,
  STEP_LOOK,
  STEP_SEND,
  STEP_FINISH,
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
  int fd;
  char *server_url; /* owned */
  guint64 offset_bytes;
  guint64 chunk_bytes;
  guint64 limit_bytes; /* of a chunk: the server's, or what sticks behind a buffering proxy */
  guint losses;        /* chunks in a row of which nothing arrived */
  guint resends;       /* of one damaged chunk */
  guint restarts;      /* times that the upload URL was gone */
  guint locked;        /* answers in a row that it is locked */
  guint64 seen_bytes;  /* offset at the last look, not believed yet */
  ObServerFacts facts;
} Tus;

guint64
ob_tus_next_chunk_bytes (guint64 sent_bytes, gint64 elapsed_us, guint64 limit_bytes)
{
  double rate = (double) sent_bytes / (double) MAX (elapsed_us, 1000) * G_USEC_PER_SEC;
  guint64 wanted = (guint64) MIN (rate * SECONDS_A_CHUNK, (double) OB_TUS_CHUNK_MAX_BYTES);

  return MIN (MAX (wanted, 256 * 1024), limit_bytes);
}

static Step
end (Tus *tus, ObVerdict verdict, const char *code, const char *message)
{
  ob_result_set (tus->result, verdict, OUTBOX_REASON_NONE, code, message);

  return STEP_END;
}

/* The protocol's own headers are missing: whoever answered, it was no tus server. */
static Step
end_by_stranger (Tus *tus)
{
  ob_result_set (tus->result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer",
                 "Something that is no tus server answered");

  return STEP_END;
}

static Step
create (Tus *tus)
{
  g_autoptr (ObAnswer) answer = NULL;
  const char *location;
  gboolean is_short;

  if (tus->facts.max_bytes > 0 && tus->job->size_bytes > tus->facts.max_bytes)
    {
      ob_result_set (tus->result, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE, "too-large",
                     "The file is larger than the server takes");
      return STEP_END;
    }
  answer = ob_tus_create (tus->connection, tus->job, &tus->facts, &is_short, tus->result, tus->stop);
  if (!answer)
    return STEP_END;
  if (ob_tus_judge (answer, OB_STAGE_CREATE, tus->result))
    {
      /* Taken for trouble of the destination, that one upload would hold up all others. */
      if (tus->result->outcome.verdict == OB_VERDICT_RETRY && ob_tus_is_long (answer, tus->job, is_short))
        tus->result->outcome.verdict = OB_VERDICT_RETRY_UPLOAD;
      return STEP_END;
    }
  /* It is 201, but @uploadx/core says 200 where the file is empty and so complete. */
  location = ob_answer_get_header (answer, "Location");
  if ((ob_answer_get_status (answer) != SOUP_STATUS_CREATED && ob_answer_get_status (answer) != SOUP_STATUS_OK)
      || !location || !ob_answer_get_header (answer, "Tus-Resumable"))
    return end_by_stranger (tus);

  g_free (tus->server_url);
  tus->server_url = ob_url_resolve (tus->job->url, location);
  if (!tus->server_url)
    return end_by_stranger (tus);
  if (!tus->checkpoints->created (tus->server_url, tus->user_data))
    {
      tus->result->is_cancelled = TRUE;
      return STEP_END;
    }
  if (is_short)
    tus->checkpoints->noted ("metadata", "the server takes no more of it than id, name and type", tus->user_data);
  tus->offset_bytes = 0;

  return tus->job->size_bytes == 0 ? STEP_STORED : STEP_SEND;
}

/* Looks for a receipt. Returns: whether the server has none, so that it may be sent. */
static gboolean
has_no_receipt (Tus *tus)
{
  ObAttemptResult *result = tus->result;

  if (!tus->job->confirm_url)
    return TRUE;
  ob_confirm_ask (tus->connection, tus->job, result, tus->stop);

  return !result->is_done && !result->is_cancelled && result->outcome.verdict == OB_VERDICT_NOT_YET;
}

/* An empty file is finished by its creation: after a lost answer, ask before it is created twice. The same for a file
 * whose history was lost with a database. */
static Step
begin (Tus *tus)
{
  if (tus->server_url)
    return STEP_LOOK;
  if ((tus->job->asks_first || (tus->job->size_bytes == 0 && tus->job->is_again)) && !has_no_receipt (tus))
    return STEP_END;

  return STEP_CREATE;
}

/* The upload URL is no more. It may have been finished and cleared away: ask before anything is sent twice. */
static Step
gone (Tus *tus)
{
  ObAttemptResult *result = tus->result;

  if (!has_no_receipt (tus))
    return STEP_END;
  if (++tus->restarts > MOST_RESTARTS)
    return end (tus, OB_VERDICT_RETRY_UPLOAD, "gone", "The server loses the upload again and again");
  if (!tus->checkpoints->created (NULL, tus->user_data))
    {
      result->is_cancelled = TRUE;
      return STEP_END;
    }

  return STEP_CREATE;
}

/* Takes what the server says it has. Returns: what is next where that is everything, @whole, or less. */
static Step
believe (Tus *tus, guint64 offset_bytes, guint64 sent_bytes, Step whole)
{
  gboolean has_moved = offset_bytes > tus->offset_bytes;

  tus->checkpoints->progress (offset_bytes, sent_bytes, tus->user_data);
  tus->offset_bytes = offset_bytes;
  tus->result->has_moved |= has_moved;
  if (has_moved)
    tus->losses = tus->resends = 0;

  return offset_bytes == tus->job->size_bytes ? whole : STEP_SEND;
}

/* A dead connection of ours may hold the upload for some seconds yet. Asked twice a second it goes on as soon as it is let
 * go; a server that holds it longer, or says when to come again, gets the back-off. */
static Step
wait_for_lock (Tus *tus)
{
  const ObOutcome *outcome = &tus->result->outcome;

  if (outcome->verdict != OB_VERDICT_RETRY_UPLOAD || outcome->retry_after_ms >= 0 || ++tus->locked > MOST_LOCKED)
    return STEP_END;
  ob_stop_rest (G_CANCELLABLE (tus->stop), LOCKED_MS);

  return STEP_LOOK;
}

/* A server that checks sums takes back what it has of a chunk that was cut, and some answer a look before they have. What
 * is sent from there would leave a hole: an offset inside such a chunk counts when two looks, a moment apart, agree. */
static gboolean
is_settled (Tus *tus, guint64 offset_bytes)
{
  if (!tus->facts.has_checksum || offset_bytes <= tus->offset_bytes || offset_bytes == tus->seen_bytes)
    return TRUE;
  tus->seen_bytes = offset_bytes;
  ob_stop_rest (G_CANCELLABLE (tus->stop), SETTLE_MS);

  return FALSE;
}

static Step
look (Tus *tus)
{
  SoupMessage *message = ob_tus_message_new ("HEAD", tus->server_url, tus->job, tus->result);
  g_autoptr (ObAnswer) answer = NULL;
  guint64 offset_bytes, size_bytes;

  if (!message)
    return STEP_END;
  answer = ob_http_send (tus->connection, message, OB_ANSWER_MS, G_CANCELLABLE (tus->stop));
  if (ob_tus_judge (answer, OB_STAGE_LOOK, tus->result))
    {
      if (tus->result->is_cancelled || answer->error)
        return STEP_END;
      return tus->result->outcome.verdict == OB_VERDICT_GONE ? gone (tus) : wait_for_lock (tus);
    }
  tus->locked = 0;
  if (!ob_answer_get_number (answer, "Upload-Offset", &offset_bytes) || offset_bytes > tus->job->size_bytes
      || (ob_answer_get_number (answer, "Upload-Length", &size_bytes) && size_bytes != tus->job->size_bytes))
    return end_by_stranger (tus);
  if (!is_settled (tus, offset_bytes))
    return STEP_LOOK;

  return believe (tus, offset_bytes, 0, STEP_FINISH);
}

/* More than this does not get through; the next upload to that server need not find it out again. */
static void
shrink (Tus *tus, guint64 chunk_bytes)
{
  tus->limit_bytes = MAX (chunk_bytes / 4, OB_TUS_CHUNK_MIN_BYTES);
  tus->chunk_bytes = MIN (tus->chunk_bytes, tus->limit_bytes);
  tus->facts.chunk_bytes = tus->limit_bytes;
  ob_facts_put (ob_connection_get_facts (tus->connection), tus->job->url, &tus->facts);
}

/* Nothing of what was sent arrived: smaller chunks, until they stick; then give the server a rest. */
static Step
lose (Tus *tus, guint64 chunk_bytes)
{
  tus->seen_bytes = tus->offset_bytes;
  if (++tus->losses >= MOST_LOSSES && chunk_bytes <= OB_TUS_CHUNK_MIN_BYTES)
    return end (tus, OB_VERDICT_RETRY_UPLOAD, "no-progress", "Nothing of what was sent arrived");
  if (tus->losses >= 2)
    shrink (tus, chunk_bytes);

  return STEP_LOOK;
}

/* For the next chunk; and for the next attempt, which may be a worker's that knows nothing of this one. */
static void
note_rate (Tus *tus, guint64 sent_bytes, gint64 elapsed_us)
{
  tus->chunk_bytes = ob_tus_next_chunk_bytes (sent_bytes, elapsed_us, tus->limit_bytes);
  tus->facts.rate_bytes_per_s = sent_bytes * G_USEC_PER_SEC / (guint64) MAX (elapsed_us, 1000);
  ob_facts_put (ob_connection_get_facts (tus->connection), tus->job->url, &tus->facts);
}

/* What the answer to a chunk means for the next step. */
static Step
after_patch (Tus *tus, const ObAnswer *answer, guint64 chunk_bytes, gint64 elapsed_us)
{
  ObAttemptResult *result = tus->result;
  guint64 offset_bytes;

  if (ob_tus_judge (answer, OB_STAGE_SEND, result))
    {
      tus->checkpoints->progress (tus->offset_bytes, answer->sent_bytes, tus->user_data);
      /* A proxy's limit is for one request, not for the file. */
      if (ob_answer_get_status (answer) == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE && chunk_bytes > OB_TUS_CHUNK_MIN_BYTES)
        {
          shrink (tus, chunk_bytes);
          return STEP_LOOK;
        }
      /* Where nothing can be reached, a look at the offset would not be answered either. */
      if (result->is_cancelled || result->outcome.verdict == OB_VERDICT_FAIL || answer->end == OB_END_SILENT)
        return STEP_END;
      if (answer->error || result->outcome.verdict == OB_VERDICT_LOOK)
        return lose (tus, chunk_bytes);
      if (result->outcome.verdict == OB_VERDICT_GONE)
        return gone (tus);
      if (result->outcome.verdict == OB_VERDICT_RESEND && ++tus->resends <= MOST_RESENDS)
        return STEP_LOOK;
      return wait_for_lock (tus);
    }
  if (!ob_answer_get_number (answer, "Upload-Offset", &offset_bytes) || !ob_answer_get_header (answer, "Tus-Resumable"))
    return end_by_stranger (tus);
  if (offset_bytes > tus->offset_bytes + chunk_bytes)
    return lose (tus, chunk_bytes); /* it says more than was sent: ask again */
  if (offset_bytes <= tus->offset_bytes)
    {
      (void) believe (tus, offset_bytes, answer->sent_bytes, STEP_STORED);
      return lose (tus, chunk_bytes);
    }
  note_rate (tus, offset_bytes - tus->offset_bytes, elapsed_us);

  return believe (tus, offset_bytes, answer->sent_bytes, STEP_STORED);
}

static Step
send_chunk (Tus *tus)
{
  guint64 chunk_bytes = MIN (tus->chunk_bytes, tus->job->size_bytes - tus->offset_bytes);
  g_autofree char *offset = g_strdup_printf ("%" G_GUINT64_FORMAT, tus->offset_bytes);
  g_autoptr (GInputStream) body = ob_body_new (tus->fd, tus->offset_bytes, chunk_bytes, tus->job->pace,
                                               ob_connection_get_deadline (tus->connection));
  SoupMessage *message = ob_tus_message_new ("PATCH", tus->server_url, tus->job, tus->result);
  g_autoptr (ObAnswer) answer = NULL;
  gint64 begin_us;

  if (!message)
    return STEP_END;
  soup_message_headers_replace (soup_message_get_request_headers (message), "Upload-Offset", offset);
  soup_message_set_request_body (message, "application/offset+octet-stream", body, (gssize) chunk_bytes);
  if (tus->facts.has_checksum && !ob_tus_add_checksum (message, tus->fd, tus->offset_bytes, chunk_bytes))
    {
      g_object_unref (message);
      ob_result_set (tus->result, OB_VERDICT_FAIL, OUTBOX_REASON_FILE_CHANGED, "file-changed",
                     "The saved copy cannot be read");
      return STEP_END;
    }
  begin_us = g_get_monotonic_time ();
  answer = ob_http_send (tus->connection, message, OB_ANSWER_FINISH_MS, G_CANCELLABLE (tus->stop));

  return after_patch (tus, answer, chunk_bytes, g_get_monotonic_time () - begin_us);
}

/* The offset says that every byte is stored, not that the server has done with them what it does when it has them all: its
 * answer to the last chunk was lost, or an error. With a confirm URL that can be asked; else an empty chunk is sent, which
 * servers answer as they would the last one, and which makes up for an end that never was. */
static Step
finish (Tus *tus)
{
  g_autofree char *offset = g_strdup_printf ("%" G_GUINT64_FORMAT, tus->offset_bytes);
  g_autoptr (ObAnswer) answer = NULL;
  SoupMessage *message;
  guint64 offset_bytes;

  if (!has_no_receipt (tus))
    return STEP_END;
  if (tus->job->confirm_url && !tus->result->is_unknown)
    return STEP_STORED;
  message = ob_tus_message_new ("PATCH", tus->server_url, tus->job, tus->result);
  if (!message)
    return STEP_END;
  soup_message_headers_replace (soup_message_get_request_headers (message), "Upload-Offset", offset);
  soup_message_headers_set_content_type (soup_message_get_request_headers (message), "application/offset+octet-stream",
                                         NULL);
  soup_message_headers_set_content_length (soup_message_get_request_headers (message), 0);
  answer = ob_http_send (tus->connection, message, OB_ANSWER_FINISH_MS, G_CANCELLABLE (tus->stop));
  if (ob_tus_judge (answer, OB_STAGE_SEND, tus->result))
    return STEP_END;

  return ob_answer_get_number (answer, "Upload-Offset", &offset_bytes) && offset_bytes == tus->offset_bytes
             ? STEP_STORED
             : end_by_stranger (tus);
}

static gboolean
open_copy (Tus *tus)
{
  struct stat info;

  tus->fd = open (tus->job->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (tus->fd < 0)
    ob_result_set (tus->result, OB_VERDICT_FAIL, OUTBOX_REASON_FILE_MISSING, "file-missing", g_strerror (errno));
  else if (fstat (tus->fd, &info) != 0 || (guint64) info.st_size != tus->job->size_bytes)
    ob_result_set (tus->result, OB_VERDICT_FAIL, OUTBOX_REASON_FILE_CHANGED, "file-changed",
                   "The saved copy has another size");
  else
    return TRUE;

  return FALSE;
}

/* The network may be another one than where the rate was found: it is believed for a part of what it would carry. */
static guint64
first_chunk_bytes (const Tus *tus)
{
  guint64 rate_bytes_per_s = tus->job->pace ? ob_pace_get_rate (tus->job->pace) : 0;
  guint64 known_bytes
      = ob_tus_next_chunk_bytes (tus->facts.rate_bytes_per_s, G_USEC_PER_SEC, OB_TUS_CHUNK_FIRST_MOST_BYTES);
  guint64 first_bytes = MIN (MAX (known_bytes, OB_TUS_CHUNK_FIRST_BYTES), tus->limit_bytes);

  return rate_bytes_per_s > 0 ? ob_tus_next_chunk_bytes (rate_bytes_per_s, G_USEC_PER_SEC, first_bytes) : first_bytes;
}

static gboolean
discover (Tus *tus)
{
  if (!ob_tus_discover (tus->connection, tus->job, &tus->facts, tus->result, tus->stop))
    return FALSE;
  tus->limit_bytes = tus->facts.chunk_bytes > 0 ? tus->facts.chunk_bytes : OB_TUS_CHUNK_MAX_BYTES;
  tus->chunk_bytes = first_chunk_bytes (tus);

  return TRUE;
}

static gboolean
run_steps (Tus *tus)
{
  Step step = begin (tus);

  while (step != STEP_STORED && step != STEP_END)
    {
      /* After a turn that may have been judged: what counts is how it goes on. */
      tus->result->outcome = ob_outcome_new (OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
      if (ob_stop_is_asked (tus->stop))
        {
          tus->result->is_cancelled = TRUE;
          return FALSE;
        }
      if (step == STEP_CREATE)
        step = create (tus);
      else if (step == STEP_LOOK)
        step = look (tus);
      else if (step == STEP_FINISH)
        step = finish (tus);
      else
        step = send_chunk (tus);
    }

  return step == STEP_STORED;
}

gboolean
ob_tus_send (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
             ObAttemptResult *result, ObStop *stop)
{
  Tus tus = { connection,
              job,
              checkpoints,
              user_data,
              result,
              stop,
              .fd = -1,
              .server_url = g_strdup (job->server_url),
              .offset_bytes = job->offset_bytes };
  gboolean is_stored = open_copy (&tus) && discover (&tus) && run_steps (&tus);

  if (is_stored)
    result->receipt.url = g_strdup (tus.server_url);
  if (tus.fd >= 0)
    (void) close (tus.fd);
  g_free (tus.server_url);

  return is_stored;
}

void
ob_tus_terminate (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  SoupMessage *message = ob_tus_message_new ("DELETE", job->server_url ? job->server_url : "", job, result);
  g_autoptr (ObAnswer) answer = NULL;

  if (!message)
    return;
  answer = ob_http_send (connection, message, OB_ANSWER_MS, G_CANCELLABLE (stop));
  result->is_done = !ob_tus_judge (answer, OB_STAGE_LOOK, result) || result->outcome.verdict == OB_VERDICT_GONE;
}
