/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The status board without a broker: what follows from what the others answer, for one upload, for all, and for a group.
 */
#include "broker/status-board.h"

#include "support/clock.h"

#define BEGIN_MS G_GINT64_CONSTANT (1750000000000)

typedef struct
{
  char *folder;
  ObDatabase *database;
  TestClock *clock;
  ObQueue *queue;
  ObDestinationTable *destinations;
  ObStatusBoard *board;
  OutboxReasonSet queue_reasons; /* what the others answer */
  OutboxReason lane_reason;
  guint64 sent_bytes;
  gboolean is_destination_paused;
} Fixture;

static OutboxReasonSet
get_queue_reasons (gpointer user_data)
{
  return ((const Fixture *) user_data)->queue_reasons;
}

static guint
get_lane_holds (const ObLane *lane, ObStored stored, ObHold holds[OB_LANE_HOLDS_MAX], gpointer user_data)
{
  const Fixture *fixture = user_data;

  holds[0] = (ObHold){ OUTBOX_SCOPE_LANE, fixture->lane_reason, 0, 0 };

  return fixture->lane_reason != OUTBOX_REASON_NONE ? 1 : 0;
}

static void
list_lane_holds (const char *app, GArray *list, gpointer user_data)
{
  const Fixture *fixture = user_data;

  if (fixture->lane_reason != OUTBOX_REASON_NONE)
    ob_shared_holds_add (list, &(ObHold){ OUTBOX_SCOPE_LANE, fixture->lane_reason, 0, 0 }, g_strdup ("depot/default"),
                         NULL);
}

static GPtrArray *
list_on_the_way (gpointer user_data)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (ids, g_strdup ("sending"));

  return ids;
}

static guint64
get_sent_bytes (const ObUpload *upload, gpointer user_data)
{
  return ((const Fixture *) user_data)->sent_bytes;
}

static const ObStatusFacts facts
    = { get_queue_reasons, get_lane_holds, list_lane_holds, list_on_the_way, get_sent_bytes };

static void
on_settings_changed (gpointer user_data)
{
}

static void
on_left (const char *name, gpointer user_data)
{
}

static const ObDestinationEvents destination_events = { on_settings_changed, on_left, on_left };

static gboolean
pause_depot (gpointer user_data, GError **error)
{
  Fixture *fixture = user_data;

  return ob_destination_table_pause (fixture->destinations, "depot", fixture->is_destination_paused, error);
}

static void
on_done (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const ObDestinationSettings settings = { .url = "http://depot.example/files/" };
  gboolean was_rebuilt;
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->database = ob_database_open (fixture->folder, BEGIN_MS, &was_rebuilt, &error);
  g_assert_no_error (error);
  fixture->clock = test_clock_new (BEGIN_MS);
  fixture->queue = ob_queue_new (fixture->database, OB_CLOCK (fixture->clock));
  fixture->destinations = ob_destination_table_new (fixture->queue, &destination_events, NULL);
  ob_queue_join (fixture->queue, &ob_destination_table_member, fixture->destinations);
  g_assert_true (ob_queue_load (fixture->queue, &error));
  fixture->board = ob_status_board_new (fixture->queue, fixture->destinations, NULL, &facts, fixture);
  ob_destination_table_set (fixture->destinations, "depot", &settings, on_done, NULL);
  ob_queue_commit (fixture->queue);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  ob_status_board_free (fixture->board);
  ob_queue_free (fixture->queue);
  ob_destination_table_free (fixture->destinations);
  ob_database_free (fixture->database);
  g_object_unref (fixture->clock);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* "state reason reason" */
static char *
describe (const ObStatus *status)
{
  g_autofree char *names = outbox_reasons_to_names (status->reasons);

  return g_strstrip (g_strdup_printf ("%s %s", outbox_state_get_info (status->state)->name, names));
}

static void
test_what_follows (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    const char *destination;
    OutboxReasonSet queue;
    OutboxReason lane;
    gboolean is_destination_paused, is_paused, may_start;
    const char *expected;
  } rows[] = {
    { "depot", 0, OUTBOX_REASON_NONE, FALSE, FALSE, TRUE, "queued" },
    { "depot", 0, OUTBOX_REASON_NONE, FALSE, TRUE, TRUE, "paused user" },
    { "depot", 0, OUTBOX_REASON_WAIT_WIFI, FALSE, FALSE, FALSE, "paused wait-wifi" },
    { "depot", 0, OUTBOX_REASON_NONE, TRUE, FALSE, FALSE, "paused user" },
    { "depot", OUTBOX_REASON_BIT (OUTBOX_REASON_QUEUE), OUTBOX_REASON_NONE, FALSE, FALSE, FALSE, "paused queue" },
    { "nowhere", 0, OUTBOX_REASON_WAIT_WIFI, FALSE, FALSE, FALSE, "paused no-destination" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObUpload) upload = ob_upload_new ();
      g_autofree char *text = NULL;
      ObLane lane;
      ObStatus status;

      upload->stored = OB_STORED_QUEUED;
      upload->destination = g_strdup (rows[i].destination);
      upload->rule = g_strdup ("default");
      lane = ob_lane_of (upload);
      upload->is_paused = rows[i].is_paused;
      fixture->queue_reasons = rows[i].queue;
      fixture->lane_reason = rows[i].lane;
      fixture->is_destination_paused = rows[i].is_destination_paused;
      ob_queue_command (fixture->queue, pause_depot, fixture, on_done, NULL);
      ob_queue_commit (fixture->queue);
      status = ob_status_board_get (fixture->board, upload);
      text = describe (&status);
      g_assert_cmpstr (text, ==, rows[i].expected);
      g_assert_cmpint (ob_status_board_may_start (fixture->board, &lane, OB_STORED_QUEUED), ==, rows[i].may_start);
    }
}

static void
add_uploads (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  (void) ob_database_run (fixture->database,
                          "INSERT INTO uploads (id, app, name, media_type, group_key, destination, rule, state, offset,"
                          "  created_at, size)"
                          " VALUES ('waiting', 'test', 'n', 'image/jpeg', 'case', 'depot', 'default', 1, 0, 5, 100),"
                          "   ('sending', 'test', 'n', 'image/jpeg', 'case', 'depot', 'default', 2, 10, 5, 1000)",
                          &error);
  g_assert_no_error (error);
}

static void
test_all_and_a_group (Fixture *fixture, gconstpointer data)
{
  guint64 uploads[OUTBOX_N_STATES], bytes[OUTBOX_N_STATES];
  g_auto (ObGroupStatus) group = { 0 };
  g_autoptr (GArray) holds = NULL;
  const ObSharedHold *hold;
  ObGroupStatus all;

  add_uploads (fixture);
  fixture->lane_reason = OUTBOX_REASON_WAIT_WIFI;
  fixture->sent_bytes = 500;
  g_assert_true (ob_status_board_summarise (fixture->board, uploads, bytes, NULL));
  g_assert_cmpuint (uploads[OUTBOX_STATE_PAUSED], ==, 1);
  g_assert_cmpuint (bytes[OUTBOX_STATE_UPLOADING], ==, 1000);
  g_assert_true (ob_status_board_count_all (fixture->board, &all, NULL));
  g_assert_cmpint (all.state, ==, OUTBOX_STATE_UPLOADING);
  g_assert_cmpuint (all.reasons[OUTBOX_REASON_WAIT_WIFI], ==, 1);
  g_assert_false (all.needs_user);
  g_assert_true (ob_status_board_get_group (fixture->board, NULL, "case", &group, NULL));
  g_assert_cmpint (group.state, ==, OUTBOX_STATE_UPLOADING);
  g_assert_cmpuint (group.reasons[OUTBOX_REASON_WAIT_WIFI], ==, 1);
  g_assert_cmpuint (group.offset_bytes, ==, 10);
  g_assert_cmpuint (group.sent_bytes, ==, 500);
  holds = ob_status_board_list_holds (fixture->board, NULL);
  g_assert_cmpuint (holds->len, ==, 1);
  hold = &g_array_index (holds, ObSharedHold, 0);
  g_assert_cmpint (hold->hold.reason, ==, OUTBOX_REASON_WAIT_WIFI);
  g_assert_cmpstr (hold->key, ==, "depot/default");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/status-board/what-follows", Fixture, NULL, set_up, test_what_follows, tear_down);
  g_test_add ("/status-board/all-and-a-group", Fixture, NULL, set_up, test_all_and_a_group, tear_down);

  return g_test_run ();
}
