/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The history as evidence: each entry says all that held the upload then and since when, on which attempt and network it was, and
 * how much the server had.
 */
#include "broker/history.h"
#include "support/rig.h"

/* --- Of an upload that meets a lot --- */

typedef struct
{
  TestRig *rig;
  GString *text;
} Told;

/* A line an entry; times in seconds since the rig began. */
static void
on_row (const ObJournalRow *row, gpointer data)
{
  const Told *told = data;
  g_autoptr (GArray) holds = ob_past_holds_read (row->holds);

  g_string_append_printf (told->text, "%" G_GINT64_FORMAT "s %s%s%s try %u, %" G_GUINT64_FORMAT " bytes, %s:",
                          (row->at_ms - RIG_BEGIN_MS) / RIG_SECOND, row->upload_id ? row->event : row->scope,
                          row->upload_id ? " " : " ", row->upload_id ? row->state : row->event, row->attempts,
                          row->offset_bytes, row->network);
  for (guint i = 0; i < holds->len; i++)
    {
      const ObPastHold *hold = &g_array_index (holds, ObPastHold, i);

      g_string_append_printf (told->text, " %s/%s@%" G_GINT64_FORMAT, outbox_scope_get_name (hold->scope),
                              outbox_reason_get_info (hold->reason)->name,
                              (hold->since_ms - RIG_BEGIN_MS) / RIG_SECOND);
    }
  g_string_append_c (told->text, '\n');
}

static char *
dup_history (TestRig *rig, const char *id)
{
  Told told = { rig, g_string_new (NULL) };

  g_assert_true (ob_broker_read_history (rig->broker, id, on_row, &told, NULL));

  return g_string_free (told.text, FALSE);
}

/* It is begun on Wi-Fi, fails, is paused while the network goes, and arrives by a roaming phone. */
static char *
live_through_a_lot (TestRig *rig)
{
  ObConditions conditions;
  char *id;

  test_conditions_connect (rig->conditions, "home", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, RIG_SECOND);
  id = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, id);
  test_server_report_created (rig->server, id, "https://depot.test/files/1");
  test_server_report_progress (rig->server, id, 400);
  test_rig_end (rig, id, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  test_rig_advance (rig, 5 * RIG_SECOND);
  test_conditions_set_available (rig->conditions, FALSE);
  test_rig_advance (rig, 4 * RIG_SECOND);
  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, id, 0, NULL));
  test_rig_advance (rig, RIG_MINUTE);
  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  g_assert_true (test_rig_command (rig, OB_COMMAND_RESUME, id, 0, NULL));
  test_conditions_connect (rig->conditions, "abroad", OB_LINK_CELLULAR, OB_METERED_YES);
  conditions = *test_conditions_get (rig->conditions);
  conditions.is_roaming = TRUE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_advance (rig, RIG_MINUTE);
  g_assert_true (test_rig_pause_queue (rig, FALSE, NULL));
  test_rig_finish (rig, id);

  return id;
}

static void
test_each_entry_says_all_of_its_moment (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = live_through_a_lot (rig);
  g_autofree char *history = dup_history (rig, id);

  g_assert_cmpstr (history, ==,
                   "1s added saving try 0, 0 bytes, wifi:\n"
                   "1s state queued try 0, 0 bytes, wifi:\n"
                   "1s state uploading try 1, 0 bytes, wifi:\n"
                   "1s created uploading try 1, 0 bytes, wifi:\n"
                   "1s state queued try 1, 400 bytes, wifi: upload/retrying@1\n"
                   "6s lane hold try 1, 400 bytes, none: lane/no-network@6 upload/retrying@1\n"
                   "10s paused queued try 1, 400 bytes, none: upload/user@10 lane/no-network@6 upload/retrying@1\n"
                   "70s queue hold try 1, 400 bytes, none: queue/queue@70 upload/user@10 lane/no-network@6\n"
                   "70s resumed queued try 1, 400 bytes, none: queue/queue@70 lane/no-network@6\n"
                   "130s lane release try 1, 400 bytes, cellular-roaming: queue/queue@70\n"
                   "130s queue release try 1, 400 bytes, cellular-roaming:\n"
                   "130s state uploading try 2, 400 bytes, cellular-roaming:\n"
                   "130s state confirming try 2, 1000 bytes, cellular-roaming:\n"
                   "130s state done try 2, 1000 bytes, cellular-roaming:\n");
}

static void
collect_own (const ObJournalRow *row, gpointer rows)
{
  if (row->upload_id)
    g_string_append_printf (rows, "%" G_GINT64_FORMAT " %s\n", row->sequence, row->holds ? row->holds : "");
}

/* Whatever was pruned before it: an upload's own entry needs no other. */
static void
test_an_entry_needs_no_other (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = live_through_a_lot (rig);
  g_autoptr (GString) before = g_string_new (NULL);
  g_autoptr (GString) after = g_string_new (NULL);

  g_assert_true (ob_broker_read_history (rig->broker, id, collect_own, before, NULL));
  test_rig_run (rig, "DELETE FROM journal WHERE scope IS NOT NULL");
  g_assert_true (ob_broker_read_history (rig->broker, id, collect_own, after, NULL));
  g_assert_nonnull (strstr (before->str, "lane/no-network@"));
  g_assert_cmpstr (after->str, ==, before->str);
}

/* A trouble that comes again and again is one entry; since when it holds is that of the first. */
static void
test_since_when_outlives_repetition (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  gint64 since_ms = 0;

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *holds = NULL;

      (void) test_server_wait_for (rig->server, id);
      test_server_end (rig->server, id, OB_VERDICT_HOLD, OUTBOX_REASON_CERTIFICATE, -1);
      test_rig_wait_for_end (rig, id);
      if (i == 0)
        since_ms = ob_broker_get_now_ms (rig->broker);
      g_assert_cmpint (test_rig_ask (rig,
                                     "SELECT substr(holds, instr(holds, 'certificate@') + 12, 13) FROM journal"
                                     " WHERE scope = 'destination' AND event = 'hold' ORDER BY sequence DESC LIMIT 1"),
                       ==, since_ms);
      test_rig_advance (rig, 20 * RIG_MINUTE);
    }
}

/* Words that no version writes, as in a damaged row, are no holds, and take no other one along. */
static void
test_what_is_no_hold_is_left_out (TestRig *rig, gconstpointer data)
{
  static const struct
  {
    const char *text;
    const char *read; /* as it is written again */
  } rows[] = {
    { NULL, NULL },
    { "", NULL },
    { "lane/no-network@5", "lane/no-network@5" },
    { "upload/retrying@5-20000 lane/no-network@7", "lane/no-network@7 upload/retrying@5-20000" },
    { "lane/no-network@0", "lane/no-network@0" },
    { "lane/no-network", NULL },
    { "lane@5", NULL },
    { "/no-network@5", NULL },
    { "lane/@5", NULL },
    { "street/no-network@5", NULL },
    { "lane/no-network@-5", NULL },
    { "lane/no-network@5-", NULL },
    { "lane/no-network@99999999999999999999", NULL },
    { "lane/rain@5  queue/queue@6 @/ //@@--", "queue/queue@6" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GArray) holds = ob_past_holds_read (rows[i].text);
      g_autofree char *text = ob_past_holds_dup_text (holds);

      g_assert_cmpstr (text, ==, rows[i].read);
    }
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/history/each-entry-says-all-of-its-moment", test_each_entry_says_all_of_its_moment },
    { "/history/an-entry-needs-no-other", test_an_entry_needs_no_other },
    { "/history/since-when-outlives-repetition", test_since_when_outlives_repetition },
    { "/history/what-is-no-hold-is-left-out", test_what_is_no_hold_is_left_out },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
