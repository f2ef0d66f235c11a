/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/tus and transfer/http: metadata of any text is one header line that decodes to it; a number in a header is a
 * number; what a server says becomes one line of text.
 */
#include "fuzz.h"
#include "transfer/tus-server.h"

/* Pairs as a server reads them: key, space, base64. */
static guint
check_metadata (const char *text, const ObJob *job)
{
  g_auto (GStrv) pairs = g_strsplit (text, ",", -1);
  guint n_pairs = g_strv_length (pairs);

  for (const char *c = text; *c; c++)
    g_assert_true (g_ascii_isprint (*c));
  for (guint i = 0; i < n_pairs; i++)
    {
      g_auto (GStrv) words = g_strsplit (pairs[i], " ", -1);
      g_autofree char *value = NULL;
      gsize length;

      g_assert_cmpuint (g_strv_length (words), ==, 2);
      value = (char *) g_base64_decode (words[1], &length);
      if (i == 0)
        {
          g_assert_cmpstr (words[0], ==, "filename");
          g_assert_cmpmem (value, length, job->name, strlen (job->name));
        }
      else
        g_assert_cmpstr (words[0], !=, "filename");
    }

  return n_pairs;
}

static void
encode (const guint8 *data, gsize size)
{
  ObJob job = { .id = (char *) "018fd1a0-0000-7000-8000-000000000001", .media_type = (char *) "image/jpeg" };
  GVariantBuilder builder;

  job.name = fuzz_take_text (&data, &size);
  job.group = size > 0 && *data & 1 ? fuzz_take_text (&data, &size) : NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  while (size > 0)
    {
      g_autofree char *key = fuzz_take_text (&data, &size);
      g_autofree char *value = fuzz_take_text (&data, &size);

      if (g_utf8_validate (key, -1, NULL) && g_utf8_validate (value, -1, NULL))
        g_variant_builder_add (&builder, "{ss}", key, value);
    }
  job.metadata = g_variant_ref_sink (g_variant_builder_end (&builder));
  {
    g_autofree char *text = ob_tus_encode_metadata (&job, size % 2 == 0);

    g_assert_cmpuint (check_metadata (text, &job), >=, 3);
  }
  g_variant_unref (job.metadata);
  g_free (job.name);
  g_free (job.group);
}

static void
read_answer (const guint8 *data, gsize size)
{
  ObAnswer answer = { .message = soup_message_new ("HEAD", "http://h/") };
  SoupMessageHeaders *headers = soup_message_get_response_headers (answer.message);
  g_autofree char *value = fuzz_take_text (&data, &size);
  g_autofree char *words = NULL;
  guint64 number;

  /* libsoup ends a header there. */
  value[strcspn (value, "\r\n")] = '\0';
  soup_message_headers_append (headers, "Upload-Offset", value);
  if (ob_answer_get_number (&answer, "Upload-Offset", &number))
    {
      const char *read = ob_answer_get_header (&answer, "Upload-Offset");

      g_assert_cmpuint (number, <=, G_MAXINT64);
      g_assert_cmpuint (strspn (read, "0123456789"), ==, strlen (read));
    }
  answer.body = g_strndup ((const char *) data, size);
  answer.body_bytes = size;
  words = ob_answer_dup_words (&answer);
  g_assert_true (g_utf8_validate (words, -1, NULL));
  g_assert_null (strpbrk (words, "\r\n"));
  g_free (answer.body);
  g_object_unref (answer.message);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  encode (data, size);
  read_answer (data, size);

  return 0;
}
