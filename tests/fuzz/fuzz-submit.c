/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit's options, as GVariant text: they are refused with words, or make an upload of which every text is clean, and every
 * pair of whose metadata is in the header of tus.
 */
#include "fuzz.h"

#include "base/text.h"
#include "broker/submission.h"
#include "ipc/submit-options.h"
#include "transfer/tus-server.h"

#define NOW_MS G_GINT64_CONSTANT (1800000000000)

static void
check_metadata (const ObUpload *upload)
{
  const ObJob job = { .id = upload->id,
                      .name = upload->name,
                      .media_type = upload->media_type,
                      .group = upload->group,
                      .metadata = upload->metadata };
  g_autofree char *header = ob_tus_encode_metadata (&job, FALSE);
  g_auto (GStrv) pairs = g_strsplit (header, ",", -1);

  g_assert_cmpuint (g_strv_length (pairs), ==, g_variant_n_children (upload->metadata) + 3 + (upload->group != NULL));
  g_assert_cmpuint (g_variant_n_children (upload->metadata), <=, 64);
  for (const char *c = header; *c; c++)
    g_assert_true (g_ascii_isprint (*c));
}

static void
check_upload (const ObUpload *upload)
{
  g_assert_true (*upload->name && ob_text_is_clean (upload->name));
  g_assert_null (strchr (upload->name, '/'));
  g_assert_true (*upload->media_type && ob_text_is_clean (upload->media_type));
  g_assert_true (!upload->key || ob_text_is_clean (upload->key));
  g_assert_true (!upload->group || ob_text_is_clean (upload->group));
  g_assert_true (!upload->group_title || ob_text_is_clean (upload->group_title));
  g_assert_cmpint (upload->not_before_ms, >=, 0);
  /* Whatever it is added to. */
  g_assert_cmpint (upload->not_before_ms, <, G_MAXINT64 / 2);
  check_metadata (upload);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GVariant) options = fuzz_parse_document (data, size);
  g_autoptr (GVariant) metadata = NULL;
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  ObSubmission submission = { .app = "app" };

  if (!options)
    return 0;
  if (!ob_submit_options_read (options, &submission, &metadata, &error)
      || !ob_submission_check (&submission, NOW_MS, &error))
    {
      g_assert_true (*error->message && ob_text_is_clean (error->message));
      return 0;
    }
  upload = ob_submission_make_upload (&submission, "depot", -1, NOW_MS);
  if (!upload->media_type)
    upload->media_type = g_strdup ("image/jpeg"); /* as a look at the file would */
  check_upload (upload);

  return 0;
}
