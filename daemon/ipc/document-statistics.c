/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What monitoring is told: numbers by state and reason, and no name of a file, group or network. Main thread.
 */
#include "ipc/document.h"

/* Adds what is not zero, by the reasons' names. */
static void
add_reasons (GVariantBuilder *builder, const char *key, const guint64 uploads[OUTBOX_N_REASONS],
             const guint64 bytes[OUTBOX_N_REASONS])
{
  GVariantBuilder reasons;

  g_variant_builder_init (&reasons, G_VARIANT_TYPE ("a{s(tt)}"));
  for (guint i = 0; i < OUTBOX_N_REASONS; i++)
    if (uploads[i] > 0)
      g_variant_builder_add (&reasons, "{s(tt)}", i == OUTBOX_REASON_NONE ? "" : outbox_reason_get_info (i)->name,
                             uploads[i], bytes[i]);
  g_variant_builder_add (builder, "{sv}", key, g_variant_builder_end (&reasons));
}

static void
add_states (GVariantBuilder *builder, const ObStatistics *statistics)
{
  GVariantBuilder states;

  g_variant_builder_init (&states, G_VARIANT_TYPE ("a{s(tt)}"));
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    g_variant_builder_add (&states, "{s(tt)}", outbox_state_get_info (i)->name, statistics->uploads[i],
                           statistics->bytes[i]);
  g_variant_builder_add (builder, "{sv}", "states", g_variant_builder_end (&states));
}

GVariant *
ob_document_statistics (ObBroker *broker, GError **error)
{
  guint64 lost_uploads, lost_bytes, unclaimed_files, unclaimed_bytes;
  ObStatistics statistics;
  g_autoptr (ObUpload) oldest = ob_broker_find_oldest (broker);
  GVariantBuilder builder;

  if (!ob_broker_count (broker, &statistics, error)
      || !ob_broker_count_lost (broker, &lost_uploads, &lost_bytes, error))
    return NULL;
  ob_broker_count_unclaimed (broker, &unclaimed_files, &unclaimed_bytes);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_states (&builder, &statistics);
  add_reasons (&builder, "waiting", statistics.waiting_uploads, statistics.waiting_bytes);
  add_reasons (&builder, "failed", statistics.failed_uploads, statistics.failed_bytes);
  g_variant_builder_add (&builder, "{sv}", "lost", g_variant_new ("(tt)", lost_uploads, lost_bytes));
  g_variant_builder_add (&builder, "{sv}", "unclaimed", g_variant_new ("(tt)", unclaimed_files, unclaimed_bytes));
  if (oldest)
    g_variant_builder_add (&builder, "{sv}", "oldest_at", g_variant_new_int64 (oldest->created_at_ms));
  g_variant_builder_add (&builder, "{sv}", "needs_user",
                         g_variant_new_boolean (statistics.needs_person || unclaimed_files > 0));
  g_variant_builder_add (&builder, "{sv}", "now", g_variant_new_int64 (ob_broker_get_now_ms (broker)));

  return g_variant_builder_end (&builder);
}
