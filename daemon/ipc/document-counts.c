/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents that count: the queue as a whole, and groups. Main thread, reads only.
 */
#include "ipc/document.h"

#include "base/members.h"

static void
add_number (GVariantBuilder *builder, const char *name, guint64 number)
{
  g_variant_builder_add (builder, "{sv}", name, g_variant_new_uint64 (number));
}

static void
add_pair (GVariantBuilder *builder, const char *name, guint64 uploads, guint64 bytes)
{
  g_variant_builder_add (builder, "{sv}", name, g_variant_new ("(tt)", uploads, bytes));
}

/* Adds how many wait first for which reason; zeros are left out. */
static void
add_reasons (GVariantBuilder *builder, const ObGroupStatus *group)
{
  GVariantBuilder reasons;

  g_variant_builder_init (&reasons, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (group->reasons[i] > 0)
      g_variant_builder_add (&reasons, "{st}", outbox_reason_get_info (i)->name, group->reasons[i]);
  g_variant_builder_add (builder, "{sv}", "reasons", g_variant_builder_end (&reasons));
}

GVariant *
ob_document_summary (ObBroker *broker, GError **error)
{
  guint64 all_uploads = 0, all_bytes = 0, lost_uploads, lost_bytes, unclaimed_files, unclaimed_bytes;
  guint64 asked, missed;
  ObGroupStatus all;
  GVariantBuilder builder;

  if (!ob_broker_count_all (broker, &all, error) || !ob_broker_count_lost (broker, &lost_uploads, &lost_bytes, error)
      || !ob_broker_count_untold (broker, &asked, &missed, error))
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      all_uploads += all.uploads[i];
      all_bytes += all.bytes[i];
      add_pair (&builder, outbox_state_get_info (i)->name, all.uploads[i], all.bytes[i]);
    }
  add_pair (&builder, "all", all_uploads, all_bytes);
  add_pair (&builder, "lost", lost_uploads, lost_bytes);
  add_pair (&builder, "amendments", asked, missed);
  ob_broker_count_unclaimed (broker, &unclaimed_files, &unclaimed_bytes);
  add_pair (&builder, "unclaimed", unclaimed_files, unclaimed_bytes);
  add_number (&builder, "arrived", ob_broker_count_arrived (broker));
  add_reasons (&builder, &all);
  ob_members_add_time (&builder, "until", all.until_ms);
  g_variant_builder_add (&builder, "{sv}", "needs_user", g_variant_new_boolean (all.needs_user));

  return g_variant_builder_end (&builder);
}

/* Adds the counts by state and by reason; zeros are left out. */
static void
add_counts (GVariantBuilder *builder, const ObGroupStatus *group)
{
  guint64 n_all = 0, all_bytes = 0;
  GVariantBuilder states;

  g_variant_builder_init (&states, G_VARIANT_TYPE ("a{st}"));
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      n_all += group->uploads[i];
      all_bytes += group->bytes[i];
      if (group->uploads[i] > 0)
        g_variant_builder_add (&states, "{st}", outbox_state_get_info (i)->name, group->uploads[i]);
    }
  add_number (builder, "uploads", n_all);
  add_number (builder, "bytes", all_bytes);
  g_variant_builder_add (builder, "{sv}", "states", g_variant_builder_end (&states));
  add_reasons (builder, group);
}

GVariant *
ob_document_group (const ObGroupStatus *group)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&builder, "key", group->group->key);
  ob_members_add_text (&builder, "app", *group->group->app ? group->group->app : NULL);
  ob_members_add_text (&builder, "title", group->group->title);
  ob_members_add_text (&builder, "state", outbox_state_get_info (group->state)->name);
  add_counts (&builder, group);
  add_number (&builder, "done", group->uploads[OUTBOX_STATE_DONE]);
  add_number (&builder, "done_bytes", group->bytes[OUTBOX_STATE_DONE]);
  add_number (&builder, "offset", group->offset_bytes);
  add_number (&builder, "sent_bytes", group->sent_bytes);
  ob_members_add_time (&builder, "until", group->until_ms);
  ob_members_add_time (&builder, "updated_at", group->group->updated_at_ms);
  if (group->has_form)
    ob_members_add_text (&builder, "form_state", outbox_state_get_info (group->form_state)->name);
  g_variant_builder_add (&builder, "{sv}", "has_form", g_variant_new_boolean (group->has_form));
  g_variant_builder_add (&builder, "{sv}", "paused", g_variant_new_boolean (group->group->is_paused));
  g_variant_builder_add (&builder, "{sv}", "needs_user", g_variant_new_boolean (group->needs_user));

  return g_variant_builder_end (&builder);
}
