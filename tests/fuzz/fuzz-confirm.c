/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/confirm: no answer but an agreement counts as a receipt, and whatever is filled into a URL stays inside its place.
 */
#include "fuzz.h"
#include "transfer/confirm.h"

static const char sha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void
fill (const guint8 *data, gsize size)
{
  g_autofree char *id = fuzz_take_text (&data, &size);
  g_autofree char *group = fuzz_take_text (&data, &size);
  g_autofree char *url = ob_confirm_fill_url ("http://h/c?id={id}&g={group}&s={sha256}", id, group, sha256);

  g_assert_true (g_str_has_prefix (url, "http://h/c?id="));
  g_assert_true (g_str_has_suffix (url, sha256));
  for (const char *c = url; *c; c++)
    g_assert_true (g_ascii_isgraph (*c));
  /* Two are ours; a value brings none. */
  g_assert_true (strchr (url, '&') && strrchr (url, '&') - strstr (url, "&s=") == 0);
  g_assert_null (strchr (url, '#'));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const ObJob job = { .id = (char *) "018fd1a0-0000-7000-8000-000000000001",
                      .sha256 = (char *) sha256,
                      .size_bytes = 3,
                      .promise = size % 2 ? OUTBOX_RUNG_ATTACHED : OUTBOX_RUNG_DIGEST };
  g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();

  ob_confirm_read ((const char *) data, size, &job, result);
  if (result->is_done)
    {
      g_assert_nonnull (g_strstr_len ((const char *) data, (gssize) size, "true"));
      g_assert_cmpuint (result->receipt.rung, >=, job.promise);
      g_assert_cmpstr (result->receipt.confirmed_by, ==, "confirm-url");
      g_assert_true (!result->receipt.digest || g_ascii_strcasecmp (result->receipt.digest, sha256) == 0);
    }
  else
    {
      g_assert_nonnull (result->code);
      g_assert_nonnull (result->message);
      g_assert_cmpint (result->outcome.verdict, !=, OB_VERDICT_UNDECIDED);
    }
  fill (data, size);

  return 0;
}
