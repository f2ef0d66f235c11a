/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/rest/tus-head: any headers of tus are refused with one of its statuses, or are what the request says: lengths and offsets in
 * their bounds, a checksum of its algorithm's length, metadata that a GVariant takes, and as it came.
 */
#include "fuzz.h"
#include "ipc/rest/tus-head.h"

/* Empty: the field did not come. Returns: (transfer full) (nullable) */
static char *
take_field (const guint8 **data, gsize *size)
{
  char *text = fuzz_take_text (data, size);

  if (*text != '\0')
    return text;
  g_free (text);

  return NULL;
}

static void
check_options (GVariant *options)
{
  g_autoptr (GVariant) metadata = g_variant_lookup_value (options, "metadata", G_VARIANT_TYPE ("a{ss}"));

  g_assert_nonnull (metadata);
  g_assert_true (g_variant_is_normal_form (options) && !g_variant_is_floating (options));
}

static void
check_taken (const ObTusHead *head, const char *method, const ObTusFields *fields)
{
  g_assert_cmpstr (fields->version, ==, OB_TUS_VERSION);
  g_assert_null (fields->concat);
  g_assert_cmpint (head->length, >=, -1);
  g_assert_cmpint (head->length, <=, OB_TUS_MAX_BYTES);
  g_assert_cmpuint (head->offset, <=, G_MAXINT64);
  g_assert_true (!head->checksum
                 || g_bytes_get_size (head->checksum) == (gsize) g_checksum_type_get_length (head->algorithm));
  g_assert_true ((head->options != NULL) == g_str_equal (method, "POST"));
  if (!head->options)
    return;
  g_assert_true ((head->length < 0) == (fields->defer != NULL));
  g_assert_true (head->metadata == fields->metadata);
  check_options (head->options);
}

static gboolean
is_refusal (guint status)
{
  return status == 400 || status == 412 || status == 413 || status == 415;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const methods[] = { "POST", "PATCH", "HEAD", "DELETE" };
  g_autofree char *length = take_field (&data, &size);
  g_autofree char *defer = take_field (&data, &size);
  g_autofree char *offset = take_field (&data, &size);
  g_autofree char *checksum = take_field (&data, &size);
  g_autofree char *metadata = take_field (&data, &size);
  g_autofree char *concat = take_field (&data, &size);
  g_autofree char *version = take_field (&data, &size);
  const ObTusFields fields = { .version = version ? version : OB_TUS_VERSION,
                               .length = length,
                               .defer = defer,
                               .offset = offset,
                               .checksum = checksum,
                               .metadata = metadata,
                               .concat = concat,
                               .type = size % 2 == 0 ? OB_TUS_BODY_TYPE : NULL,
                               .body_bytes = size };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_auto (ObTusHead) head = ob_tus_head_read (methods[i], &fields);

      g_assert_true ((head.status == 0) == (head.detail == NULL));
      if (head.status == 0)
        check_taken (&head, methods[i], &fields);
      else
        g_assert_true (is_refusal (head.status));
    }

  return 0;
}
