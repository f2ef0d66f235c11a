/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * liboutbox: a document, as GVariant text, may have anything for any of its keys: every getter answers, and every label is
 * text.
 */
#include "fuzz.h"
#include <outbox.h>

static void
read_upload (GVariant *document)
{
  g_autoptr (OutboxUpload) upload = outbox_upload_new_for_document (document);
  g_autofree char *error = outbox_upload_dup_error (upload);

  g_assert_nonnull (outbox_upload_get_id (upload));
  g_assert_nonnull (outbox_upload_get_name (upload));
  (void) outbox_upload_get_group (upload);
  (void) outbox_upload_get_needs_user (upload);
  (void) outbox_upload_get_saved (upload);
  (void) outbox_upload_get_sent (upload);
  g_assert_true (outbox_upload_get_state (upload) < OUTBOX_N_STATES
                 || outbox_upload_get_state (upload) == OUTBOX_STATE_UNKNOWN);
  g_assert_true (outbox_upload_get_reason (upload) < OUTBOX_N_REASONS
                 || outbox_upload_get_reason (upload) == OUTBOX_REASON_UNKNOWN);
  for (OutboxLabelLength length = OUTBOX_LABEL_TERMINAL; length <= OUTBOX_LABEL_WEB; length++)
    {
      g_autofree char *label = outbox_upload_dup_label_at (upload, length);

      g_assert_true (*label && g_utf8_validate (label, -1, NULL));
    }
}

static void
read_group (GVariant *document)
{
  g_autoptr (OutboxGroup) group = outbox_group_new_for_document (document);
  g_autofree char *label = outbox_group_dup_label (group);
  OutboxState state;

  g_assert_nonnull (outbox_group_get_key (group));
  g_assert_nonnull (outbox_group_get_title (group));
  g_assert_true (g_utf8_validate (label, -1, NULL));
  (void) outbox_group_get_uploads (group);
  (void) outbox_group_get_size (group);
  (void) outbox_group_get_offset (group);
  (void) outbox_group_get_sent (group);
  (void) outbox_group_get_needs_user (group);
  (void) outbox_group_get_is_paused (group);
  g_assert_true (!outbox_group_get_form_state (group, &state) || state < OUTBOX_N_STATES);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GVariant) document = fuzz_parse_document (data, size);

  if (!document)
    return 0;
  read_upload (document);
  read_group (document);

  return 0;
}
