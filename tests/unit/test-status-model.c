/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-status, from what the service says to what is shown. Any program could own the service's name: what is of another type, or of a
 * newer service, counts as if it were not there.
 */
#include "status/model.h"

static const struct
{
  const char *document;
  guint64 n_left, bytes_left;
  StatusMood mood;
  gboolean is_paused;
} rows[] = {
  { "{}", 0, 0, STATUS_QUIET, FALSE },
  { "{'done': <(uint64 3, uint64 9)>}", 0, 0, STATUS_QUIET, FALSE },
  { "{'uploading': <(uint64 2, uint64 7)>, 'done': <(uint64 3, uint64 9)>}", 2, 7, STATUS_SENDING, FALSE },
  { "{'queued': <(uint64 1, uint64 7)>}", 1, 7, STATUS_SENDING, FALSE },
  { "{'confirming': <(uint64 1, uint64 7)>}", 1, 7, STATUS_SENDING, FALSE },
  { "{'retrying': <(uint64 1, uint64 7)>}", 1, 7, STATUS_WAITING, FALSE },
  { "{'paused': <(uint64 1, uint64 7)>, 'reasons': <{'queue': uint64 1}>}", 1, 7, STATUS_WAITING, TRUE },
  { "{'paused': <(uint64 1, uint64 7)>, 'needs_user': <true>}", 1, 7, STATUS_NEEDS_USER, FALSE },
  { "{'failed': <(uint64 1, uint64 7)>, 'uploading': <(uint64 1, uint64 1)>}", 2, 8, STATUS_NEEDS_USER, FALSE },
  /* of a newer one, and of nobody's */
  { "{'flying': <(uint64 1, uint64 7)>}", 0, 0, STATUS_QUIET, FALSE },
  { "{'all': <(uint64 1, uint64 7)>, 'lost': <(uint64 1, uint64 7)>}", 0, 0, STATUS_QUIET, FALSE },
  { "{'queued': <'two'>, 'needs_user': <'yes'>, 'reasons': <{'queue': 'many'}>, 'until': <'soon'>}", 0, 0, STATUS_QUIET,
    FALSE },
  { "{'queued': <(uint64 1, uint64 7)>, 'reasons': <{'moon': uint64 1}>}", 1, 7, STATUS_SENDING, FALSE },
  { "{'queued': <(uint64 18446744073709551615, uint64 1)>}", G_MAXUINT64, 1, STATUS_SENDING, FALSE },
};

static StatusSummary
read_text (const char *text)
{
  g_autoptr (GVariant) document = g_variant_ref_sink (g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL));
  StatusSummary summary;

  g_test_message ("%s", text);
  status_summary_read (&summary, document);

  return summary;
}

static void
test_summaries (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const StatusSummary summary = read_text (rows[i].document);

      g_assert_cmpuint (summary.n_left, ==, rows[i].n_left);
      g_assert_cmpuint (summary.bytes_left, ==, rows[i].bytes_left);
      g_assert_cmpint (status_find_mood (&summary, TRUE), ==, rows[i].mood);
      g_assert_cmpint (status_find_mood (&summary, FALSE), ==, rows[i].n_left > 0 ? STATUS_OFF : STATUS_QUIET);
      g_assert_cmpint (status_is_paused (&summary), ==, rows[i].is_paused);
    }
}

/* "6 of 22" is of what is on its way together. */
static void
test_what_has_arrived (void)
{
  static const struct
  {
    const char *document;
    guint n_done;
  } cases[] = {
    { "{'uploading': <(uint64 2, uint64 7)>, 'done': <(uint64 300, uint64 9)>, 'arrived': <uint64 1>}", 1 },
    { "{'uploading': <(uint64 2, uint64 7)>, 'done': <(uint64 300, uint64 9)>, 'arrived': <uint64 0>}", 0 },
    { "{'done': <(uint64 300, uint64 9)>, 'arrived': <uint64 3>}", 3 },
    /* after a start: nothing is on its way */
    { "{'done': <(uint64 300, uint64 9)>, 'arrived': <uint64 0>}", 300 },
    /* of an older service, and of nobody's */
    { "{'uploading': <(uint64 2, uint64 7)>, 'done': <(uint64 300, uint64 9)>}", 300 },
    { "{'uploading': <(uint64 2, uint64 7)>, 'done': <(uint64 300, uint64 9)>, 'arrived': <'all'>}", 300 },
    { "{'uploading': <(uint64 2, uint64 7)>, 'arrived': <uint64 18446744073709551615>}", G_MAXUINT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const StatusSummary summary = read_text (cases[i].document);

      g_assert_cmpuint (summary.counts.states[OUTBOX_STATE_DONE], ==, cases[i].n_done);
    }
}

static void
test_no_dictionary (void)
{
  g_autoptr (GVariant) document = g_variant_ref_sink (g_variant_new_string ("hello"));
  StatusSummary summary = { .n_left = 7 };

  status_summary_read (&summary, document);
  g_assert_cmpuint (summary.n_left, ==, 0);
}

/* The bytes of a batch are from the first file to the last; what is handed over meanwhile is of it. It keeps them to its end. */
static void
test_batches (void)
{
  static const struct
  {
    guint64 n_left;
    guint n_arrived;
    guint64 n_bytes;
  } steps[]
      = { { 0, 0, 0 }, { 3, 0, 3 }, { 2, 1, 3 }, { 4, 1, 5 }, { 1, 4, 5 }, { 0, 5, 5 }, { 2, 0, 2 }, { 2, 0, 2 } };
  StatusBatch batch = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      const StatusSummary summary = { .n_left = steps[i].n_left,
                                      .bytes_left = steps[i].n_left * 10,
                                      .counts.states[OUTBOX_STATE_DONE] = steps[i].n_arrived };

      status_batch_update (&batch, &summary);
      g_assert_cmpuint (batch.n_left, ==, steps[i].n_left);
      g_assert_cmpuint (batch.n_total, ==, steps[i].n_left + steps[i].n_arrived);
      g_assert_cmpuint (batch.bytes_total, ==, steps[i].n_bytes * 10);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/status-model/summaries", test_summaries);
  g_test_add_func ("/status-model/what-has-arrived", test_what_has_arrived);
  g_test_add_func ("/status-model/no-dictionary", test_no_dictionary);
  g_test_add_func ("/status-model/batches", test_batches);

  return g_test_run ();
}
