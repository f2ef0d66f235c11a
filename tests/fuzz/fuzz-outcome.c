/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/outcome: every status at every stage, with any Retry-After, is judged, and never asks for a wait of the past.
 */
#include "fuzz.h"
#include "transfer/protocols.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *retry_after = NULL;
  const guint8 dress = size > 2 ? data[2] / OB_N_STAGES : 0;
  ObReply reply = { .stage = size > 2 ? data[2] % OB_N_STAGES : OB_STAGE_SEND,
                    .status = size > 1 ? 100 + (data[1] * 256u + data[0]) % 900 : 503,
                    .has_protocol = dress & 1,
                    .is_page = (dress & 2) != 0,
                    .has_challenge = (dress & 4) != 0,
                    .has_credentials = (dress & 8) != 0,
                    .is_elsewhere = (dress & 32) != 0 };
  ObOutcome outcome;

  reply.retry_after = retry_after = size > 3 ? g_strndup ((const char *) data + 3, size - 3) : NULL;
  reply.date = dress & 16 ? retry_after : NULL;
  for (const ObProtocol *const *protocol = ob_protocol_list (); *protocol; protocol++)
    {
      outcome = ob_outcome_from_reply (&reply, (*protocol)->verdict, G_GINT64_CONSTANT (1800000000000));
      g_assert_cmpint (outcome.retry_after_ms, >=, -1);
      g_assert_true (reply.status < 300 || outcome.verdict != OB_VERDICT_UNDECIDED);
      g_assert_true (outcome.verdict != OB_VERDICT_FAIL || outcome.reason != OUTBOX_REASON_NONE);
    }
  g_assert_cmpint (ob_outcome_parse_retry_after (retry_after, NULL, 0), >=, -1);

  return 0;
}
