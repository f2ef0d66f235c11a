/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From the counts of the service to what is shown. Pure.
 */
#include "model.h"

static void
read_states (StatusSummary *summary, GVariant *document)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, document);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      guint64 n, n_bytes;
      OutboxState state;

      if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("(tt)")) || !outbox_state_from_name (name, &state))
        continue;
      g_variant_get (value, "(tt)", &n, &n_bytes);
      summary->counts.states[state] = (guint) MIN (n, G_MAXUINT);
      if (state == OUTBOX_STATE_DONE)
        continue;
      summary->n_left += n;
      summary->bytes_left += n_bytes;
    }
}

static void
read_reasons (StatusSummary *summary, GVariant *document)
{
  g_autoptr (GVariant) reasons = g_variant_lookup_value (document, "reasons", G_VARIANT_TYPE ("a{st}"));
  GVariantIter iter;
  const char *name;
  guint64 n;

  if (!reasons)
    return;
  g_variant_iter_init (&iter, reasons);
  while (g_variant_iter_loop (&iter, "{&st}", &name, &n))
    if (outbox_reason_from_name (name) != OUTBOX_REASON_NONE)
      summary->counts.reasons[outbox_reason_from_name (name)] = (guint) MIN (n, G_MAXUINT);
}

/* Of what is on its way together; everything that has ever arrived would be of no help. */
static void
read_arrived (StatusSummary *summary, GVariant *document)
{
  guint64 n_arrived;

  if (g_variant_lookup (document, "arrived", "t", &n_arrived) && summary->n_left + n_arrived > 0)
    summary->counts.states[OUTBOX_STATE_DONE] = (guint) MIN (n_arrived, G_MAXUINT);
}

void
status_summary_read (StatusSummary *summary, GVariant *document)
{
  *summary = (StatusSummary){ 0 };
  if (!g_variant_is_of_type (document, G_VARIANT_TYPE_VARDICT))
    return;
  read_states (summary, document);
  read_reasons (summary, document);
  read_arrived (summary, document);
  (void) g_variant_lookup (document, "until", "x", &summary->counts.until_ms);
  (void) g_variant_lookup (document, "needs_user", "b", &summary->needs_user);
}

/* What comes is added; what goes has arrived, or is nobody's wish any more. */
void
status_batch_update (StatusBatch *batch, const StatusSummary *summary)
{
  if (summary->bytes_left > batch->bytes_left)
    batch->bytes_total = summary->bytes_left - batch->bytes_left + (batch->bytes_left > 0 ? batch->bytes_total : 0);
  batch->bytes_left = summary->bytes_left;
  batch->n_left = summary->n_left;
  batch->n_total = summary->n_left + summary->counts.states[OUTBOX_STATE_DONE];
}

StatusMood
status_find_mood (const StatusSummary *summary, gboolean is_service_there)
{
  const guint *states = summary->counts.states;

  if (!is_service_there)
    return summary->n_left > 0 ? STATUS_OFF : STATUS_QUIET;
  if (summary->needs_user || states[OUTBOX_STATE_FAILED] > 0)
    return STATUS_NEEDS_USER;
  if (summary->n_left == 0)
    return STATUS_QUIET;
  if (states[OUTBOX_STATE_UPLOADING] + states[OUTBOX_STATE_CONFIRMING] + states[OUTBOX_STATE_QUEUED] > 0)
    return STATUS_SENDING;

  return STATUS_WAITING;
}

const char *
status_get_icon (StatusMood mood)
{
  switch (mood)
    {
    case STATUS_NEEDS_USER:
      return "outbox-attention-symbolic";
    case STATUS_WAITING:
      return "outbox-paused-symbolic";
    case STATUS_OFF:
      return "outbox-off-symbolic";
    case STATUS_QUIET:
    case STATUS_SENDING:
    default:
      return "outbox-sending-symbolic";
    }
}

gboolean
status_is_paused (const StatusSummary *summary)
{
  return summary->counts.reasons[OUTBOX_REASON_QUEUE] > 0;
}
