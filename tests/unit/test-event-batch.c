/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes that make one event: of each upload the last word.
 */
#include "ipc/rest/batch.h"
#include "ipc/rest/last-text.h"

static void
add (ObBatch *batch, const char *id, const char *state)
{
  g_autofree char *json = g_strdup_printf ("{\"id\":\"%s\",\"state\":\"%s\"}", id, state);
  GRefString *text = g_ref_string_new (json);

  ob_batch_add_upload (batch, id, text);
  g_ref_string_release (text);
}

static void
assert_batch (const ObBatch *batch, const char *expected)
{
  g_autofree char *text = ob_batch_write (batch);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_the_last_word (void)
{
  g_autoptr (ObBatch) batch = ob_batch_new ();
  g_autoptr (ObBatch) later = ob_batch_new ();
  GRefString *holds = g_ref_string_new ("[{\"scope\":\"queue\"}]");
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
  g_ref_string_release (holds);
  ob_batch_merge (batch, later);
  g_assert_true (ob_batch_is_empty (later));
  g_assert_cmpuint (ob_batch_get_bytes (later), ==, 0);
  assert_batch (batch, "{\"uploads\":[{\"id\":\"a\",\"state\":\"paused\"},{\"id\":\"c\",\"state\":\"queued\"}],"
                       "\"removed\":[\"b\"],\"holds\":[{\"scope\":\"queue\"}]}");
  ob_batch_clear (batch);
  g_assert_true (ob_batch_is_empty (batch));
  g_assert_cmpuint (ob_batch_get_bytes (batch), ==, 0);
}

/* A text that outlives what comes after it, and a document that changes in the same place. */
static void
test_texts_are_shared (void)
{
  g_autoptr (ObLastText) last = ob_last_text_new ();
  g_autoptr (GVariant) body = g_variant_ref_sink (g_variant_new_parsed ("({'id': <'a'>},)"));
  GRefString *first = ob_last_text_write (last, body);
  GRefString *again = ob_last_text_write (last, body);

  g_assert_true (first == again);
  g_ref_string_release (again);
  g_clear_pointer (&body, g_variant_unref);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *expected = g_strdup_printf ("[%u]", i);
      GRefString *text;

      body = g_variant_ref_sink (g_variant_new_parsed ("([%u],)", i));
      text = ob_last_text_write (last, body);
      g_clear_pointer (&body, g_variant_unref);
      g_assert_cmpstr (text, ==, expected);
      g_ref_string_release (text);
    }
  g_assert_cmpstr (first, ==, "{\"id\":\"a\"}");
  g_ref_string_release (first);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch/the-last-word", test_the_last_word);
  g_test_add_func ("/batch/texts-are-shared", test_texts_are_shared);

  return g_test_run ();
}
