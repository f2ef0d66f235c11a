/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How large the chunks are, by what gets through and how fast, and what is told of one before it goes. Worker thread.
 */
#include "transfer/tus.h"

#include "base/debug.h"
#include "transfer/confirm.h"
#include "transfer/tus-run.h"

#define SECONDS_A_CHUNK 8

guint64
ob_tus_next_chunk_bytes (guint64 moved_bytes, gint64 elapsed_us, guint64 limit_bytes)
{
  double rate = (double) moved_bytes / (double) MAX (elapsed_us, 1000) * G_USEC_PER_SEC;
  guint64 wanted = (guint64) MIN (rate * SECONDS_A_CHUNK, (double) OB_TUS_CHUNK_MAX_BYTES);

  return MIN (MAX (wanted, 256 * 1024), limit_bytes);
}

void
ob_tus_shrink_chunks (ObTusRun *tus, guint64 chunk_bytes)
{
  tus->limit_bytes = MAX (chunk_bytes / 4, OB_TUS_CHUNK_MIN_BYTES);
  tus->chunk_bytes = MIN (tus->chunk_bytes, tus->limit_bytes);
  tus->facts.chunk_bytes = tus->limit_bytes;
  ob_debug (OB_DEBUG_TRANSFER, tus->job->id,
            "%" G_GUINT64_FORMAT " bytes do not get through: chunks of at most %" G_GUINT64_FORMAT, chunk_bytes,
            tus->limit_bytes);
  ob_facts_put (ob_connection_get_facts (tus->connection), tus->job->url, &tus->facts);
}

void
ob_tus_note_rate (ObTusRun *tus, guint64 moved_bytes, gint64 elapsed_us)
{
  tus->chunk_bytes = ob_tus_next_chunk_bytes (moved_bytes, elapsed_us, tus->limit_bytes);
  tus->facts.rate_bytes_per_s = moved_bytes * G_USEC_PER_SEC / (guint64) MAX (elapsed_us, 1000);
  ob_facts_put (ob_connection_get_facts (tus->connection), tus->job->url, &tus->facts);
}

/* The rate may be from another network, so the first chunk is only a part of what it promises. */
static guint64
first_chunk_bytes (const ObTusRun *tus)
{
  guint64 rate_bytes_per_s = tus->job->pace ? ob_pace_get_rate (tus->job->pace) : 0;
  guint64 known_bytes
      = ob_tus_next_chunk_bytes (tus->facts.rate_bytes_per_s, G_USEC_PER_SEC, OB_TUS_CHUNK_FIRST_MOST_BYTES);
  guint64 first_bytes = MIN (MAX (known_bytes, OB_TUS_CHUNK_FIRST_BYTES), tus->limit_bytes);

  return rate_bytes_per_s > 0 ? ob_tus_next_chunk_bytes (rate_bytes_per_s, G_USEC_PER_SEC, first_bytes) : first_bytes;
}

void
ob_tus_choose_first_chunk (ObTusRun *tus)
{
  tus->limit_bytes = tus->facts.chunk_bytes > 0 ? tus->facts.chunk_bytes : OB_TUS_CHUNK_MAX_BYTES;
  tus->chunk_bytes = first_chunk_bytes (tus);
}

/* If the digest of the whole is to be the receipt and nobody can be asked for it, the end of a chunk has to be on the disk before
 * it goes: after a kill, an offset there is a chunk that came with its checksum. An end of before that no longer counts is
 * taken back as well. */
static gboolean
must_tell_begin (const ObTusRun *tus, guint64 had_begun_bytes)
{
  gboolean is_needed = tus->job->promise == OUTBOX_RUNG_DIGEST && !ob_confirm_can_ask (tus->job);

  return tus->checked.begun_bytes != had_begun_bytes && (is_needed || had_begun_bytes > 0);
}

gboolean
ob_tus_begin_chunk (ObTusRun *tus, guint64 chunk_bytes)
{
  guint64 had_begun_bytes = tus->checked.begun_bytes;

  ob_checked_begin (&tus->checked, tus->offset_bytes, tus->facts.has_checksum ? tus->offset_bytes + chunk_bytes : 0);
  if (!must_tell_begin (tus, had_begun_bytes) || tus->checkpoints->begins (&tus->checked, tus->user_data))
    return TRUE;
  tus->result->is_cancelled = TRUE;

  return FALSE;
}
