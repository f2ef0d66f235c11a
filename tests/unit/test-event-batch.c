/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes that make one event: of each upload the last word.
 */
#include "ipc/rest/batch.h"

static GVariant *
make_upload (const char *id, const char *state)
{
  return g_variant_ref_sink (g_variant_new_parsed ("{'id': <%s>, 'state': <%s>}", id, state));
}

static void
add (ObBatch *batch, const char *id, const char *state)
{
  g_autoptr (GVariant) upload = make_upload (id, state);

  ob_batch_add_upload (batch, upload);
}

static void
assert_batch (const ObBatch *batch, const char *expected)
{
  g_autoptr (GVariant) document = g_variant_ref_sink (ob_batch_make_document (batch));
  g_autofree char *text = g_variant_print (document, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_the_last_word (void)
{
  g_autoptr (ObBatch) batch = ob_batch_new ();
  g_autoptr (ObBatch) later = ob_batch_new ();
  g_autoptr (GVariant) holds = g_variant_ref_sink (g_variant_new_parsed ("[{'scope': <'queue'>}]"));
  gsize bytes;

  g_assert_true (ob_batch_is_empty (batch));
  add (batch, "a", "queued");
  add (batch, "b", "queued");
  bytes = ob_batch_get_bytes (batch);
  add (batch, "a", "paused");
  g_assert_cmpuint (ob_batch_get_bytes (batch), ==, bytes);
  add (later, "c", "queued");
  ob_batch_add_removed (later, "b");
  ob_batch_set_holds (later, holds);
  ob_batch_merge (batch, later);
  g_assert_true (ob_batch_is_empty (later));
  g_assert_cmpuint (ob_batch_get_bytes (later), ==, 0);
  assert_batch (batch, "{'uploads': <[{'id': <'a'>, 'state': <'paused'>}, {'id': <'c'>, 'state': <'queued'>}]>, "
                       "'removed': <['b']>, 'holds': <[{'scope': <'queue'>}]>}");
  ob_batch_clear (batch);
  g_assert_true (ob_batch_is_empty (batch));
  g_assert_cmpuint (ob_batch_get_bytes (batch), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch/the-last-word", test_the_last_word);

  return g_test_run ();
}
