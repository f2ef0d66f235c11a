/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * broker/record: a record from a damaged disk gives a whole upload or an error, and an upload that was read is written and
 * read again without a loss.
 */
#include "base/identity.h"
#include "broker/record.h"
#include "fuzz.h"

#include "base/text.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload = ob_record_read ((const char *) data, size, &error);
  g_autoptr (ObUpload) again = NULL;
  g_autoptr (GVariant) prepared = NULL;
  g_autofree char *text = NULL;

  g_assert_true ((upload != NULL) == !error);
  if (!upload)
    return 0;
  g_assert_true (ob_id_is_valid (upload->id));
  g_assert_true (ob_text_is_clean (upload->name) && ob_text_is_clean (upload->app)
                 && ob_text_is_clean (upload->destination));
  g_assert_true (upload->app && upload->name && upload->media_type && upload->sha256 && upload->destination);
  prepared = ob_record_prepare (upload);
  text
      = ob_record_write (prepared, &(ObRecordFacts){ upload->media_type, 0, upload->size_bytes, upload->sha256, NULL });
  again = ob_record_read (text, strlen (text), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->id, ==, upload->id);
  g_assert_cmpstr (again->key, ==, upload->key);
  g_assert_cmpstr (again->name, ==, upload->name);
  g_assert_cmpstr (again->group_title, ==, upload->group_title);
  g_assert_cmpuint (again->size_bytes, ==, upload->size_bytes);
  g_assert_cmpint (again->priority, ==, upload->priority);
  g_assert_cmpint (again->not_before_ms, ==, upload->not_before_ms);
  g_assert_true (g_variant_is_of_type (upload->metadata, G_VARIANT_TYPE ("a{ss}")));
  g_assert_cmpvariant (again->metadata, upload->metadata);

  return 0;
}
