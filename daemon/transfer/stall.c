/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules of stalls. Pure.
 */
#include "transfer/stall.h"

void
ob_stall_begin (ObStall *stall, gint64 answer_ms, gint64 now_us)
{
  *stall = (ObStall){ .answer_ms = answer_ms, .moved_us = now_us };
}

void
ob_stall_note_reached (ObStall *stall)
{
  stall->is_reached = TRUE;
}

static void
note_flow (ObStall *stall, const ObFlow *flow, gint64 now_us)
{
  if (stall->is_connected && flow->acked_bytes == stall->acked_bytes)
    return;
  stall->is_connected = TRUE;
  stall->acked_bytes = flow->acked_bytes;
  stall->moved_us = now_us;
  stall->is_reached = FALSE;
}

static ObStallDecision
judge_doubt (const ObStall *stall, gboolean is_orphan, gint64 quiet_ms)
{
  if (quiet_ms < OB_STALL_SILENT_MS && !is_orphan)
    return OB_STALL_WAIT;
  if (stall->is_reached)
    return OB_STALL_LOST;

  return quiet_ms < OB_STALL_SILENT_MS + OB_STALL_RACE_MS ? OB_STALL_RACE : OB_STALL_SILENT;
}

gboolean
ob_stall_is_still (const ObStall *stall, const ObFlow *flow, gint64 now_us)
{
  gboolean has_work = !flow || flow->unsent_bytes > 0 || flow->unacked > 0;

  return has_work && now_us - stall->moved_us >= OB_STALL_STILL_MS * 1000;
}

static gboolean
is_crawling (ObStall *stall, const ObFlow *flow, gint64 now_us)
{
  gboolean has_work = flow->unsent_bytes > 0 || flow->unacked > 0;

  if (has_work && stall->crawl_us > 0 && flow->acked_bytes - stall->crawl_acked_bytes < OB_STALL_CRAWL_BYTES)
    return now_us - stall->crawl_us >= OB_STALL_CRAWL_MS * G_GINT64_CONSTANT (1000);
  stall->crawl_us = has_work ? MAX (now_us, 1) : 0;
  stall->crawl_acked_bytes = flow->acked_bytes;

  return FALSE;
}

ObStallDecision
ob_stall_judge (ObStall *stall, const ObFlow *flow, gint64 now_us)
{
  gint64 quiet_ms;

  if (flow)
    note_flow (stall, flow, now_us);
  quiet_ms = (now_us - stall->moved_us) / 1000;
  if (!flow)
    return quiet_ms < OB_STALL_CONNECT_MS ? OB_STALL_WAIT : OB_STALL_SILENT;
  if (is_crawling (stall, flow, now_us))
    return OB_STALL_SLOW;
  if (flow->is_orphan)
    return judge_doubt (stall, TRUE, quiet_ms);
  if (flow->unacked == 0 && flow->unsent_bytes == 0)
    return quiet_ms < stall->answer_ms ? OB_STALL_WAIT : OB_STALL_SLOW;
  /* A closed window means that the peer is there and busy, as long as it answers the kernel's probes. If it has closed
   * its side, only its kernel still answers. */
  if (flow->unacked == 0 && flow->probes <= 1)
    return quiet_ms < (flow->is_ended ? OB_STALL_SILENT_MS : OB_STALL_CLOSED_MS) ? OB_STALL_WAIT : OB_STALL_LOST;

  return judge_doubt (stall, FALSE, quiet_ms);
}
