/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/outcome: every status at every stage, with any Retry-After, is judged, and never asks for a wait of the past.
 */
#include "fuzz.h"
#include "transfer/outcome.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *retry_after = NULL;
  guint status = size > 1 ? 100 + (data[1] * 256u + data[0]) % 900 : 503;
  ObStage stage = size > 2 ? data[2] % OB_N_STAGES : OB_STAGE_SEND;
  ObOutcome outcome;

  retry_after = size > 3 ? g_strndup ((const char *) data + 3, size - 3) : NULL;
  outcome = ob_outcome_from_status (stage, status, retry_after, G_GINT64_CONSTANT (1800000000000));
  g_assert_cmpint (outcome.retry_after_ms, >=, -1);
  g_assert_true (status < 300 || outcome.verdict != OB_VERDICT_UNDECIDED);
  g_assert_true ((outcome.verdict == OB_VERDICT_FAIL) == (outcome.reason != OUTBOX_REASON_NONE));
  g_assert_cmpint (ob_outcome_parse_retry_after (retry_after, 0), >=, -1);

  return 0;
}
