/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What was heard to be stored, and is not confirmed: no answer of before makes it done, and nothing is sent or finished twice
 * that the server still has.
 */
#include "attempt.h"

/* What the receiver says, after the server was heard to have every byte, and the attempts and upload URLs that it takes. */
typedef struct
{
  const char *name;
  const char *json;     /* NULL: nothing amiss */
  gboolean has_confirm; /* a confirm URL can be asked */
  gboolean is_worked_on;
  gboolean is_done; /* at the end of one attempt */
  guint n_created;
  gint64 n_patches; /* asked of the server in that attempt */
} LookRow;

static const LookRow look_rows[] = {
  { "/look/whole-and-nobody-to-ask-is-finished-again", NULL, FALSE, FALSE, TRUE, 1, 1 },
  { "/look/whole-and-worked-on-is-its-word", NULL, FALSE, TRUE, TRUE, 1, 0 },
  { "/look/gone-and-nobody-to-ask-is-sent-again", "{\"fault\":\"expire\",\"count\":1}", FALSE, FALSE, TRUE, 2, 1 },
  { "/look/refused-again-stays-refused", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":422}", FALSE, FALSE,
    FALSE, 1, 1 },
  { "/look/no-answer-is-no-receipt", "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":503}", FALSE, FALSE, FALSE,
    1, 0 },
  { "/look/the-confirm-url-is-asked-alone", NULL, TRUE, FALSE, TRUE, 1, 0 },
  { "/look/not-yet-is-waited-for", "{\"fault\":\"confirm\",\"mode\":\"attaching\"}", TRUE, FALSE, FALSE, 1, 0 },
  { "/look/a-page-is-no-receipt", "{\"fault\":\"confirm\",\"mode\":\"html\"}", TRUE, FALSE, FALSE, 1, 0 },
};

static void
test_a_look_at_what_was_stored (Attempt *fixture, gconstpointer data)
{
  const LookRow *row = data;
  g_autoptr (ObAttemptResult) result = NULL;
  JsonObject *requests;
  g_autoptr (JsonNode) before = NULL;
  g_autoptr (JsonNode) after = NULL;
  gint64 n_patches;

  attempt_write_file (fixture, 1000);
  if (!row->has_confirm)
    g_clear_pointer (&fixture->job->confirm_url, g_free);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  before = test_peer_describe (fixture->peer);
  requests = json_object_get_object_member (json_node_get_object (before), "requests");
  n_patches = json_object_get_int_member (requests, "PATCH");
  if (row->json)
    test_peer_control (fixture->peer, row->json);
  fixture->n_stored = 1;
  fixture->job->is_worked_on = row->is_worked_on;
  result = attempt_run (fixture);
  after = test_peer_describe (fixture->peer);
  requests = json_object_get_object_member (json_node_get_object (after), "requests");
  g_assert_cmpint (result->is_done, ==, row->is_done);
  g_assert_cmpuint (fixture->n_created, ==, row->n_created);
  g_assert_cmpint (json_object_get_int_member (requests, "PATCH") - n_patches, ==, row->n_patches);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (look_rows); i++)
    g_test_add (look_rows[i].name, Attempt, &look_rows[i], attempt_set_up, test_a_look_at_what_was_stored,
                attempt_tear_down);

  return g_test_run ();
}
