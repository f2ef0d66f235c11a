/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SIGKILL in the middle of commands and under holds: a command is done or not done, a hold stays, no offset goes back
 * unexplained.
 */
#include "config.h"
#include "dbus/error.h"
#include "death.h"
#include "support/document.h"

/* --- In the middle of a command --- */

/* Half of the large file is at the server, which then asks for a long rest: the destination is held. */
static void
hold_the_destination (TestHandover *handover, guint rest_s)
{
  g_autofree char *fault
      = g_strdup_printf ("{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":429,\"skip\":1,\"retry_after\":%u,"
                         "\"id\":\"%s\"}",
                         rest_s, ((TestFile *) handover->files->pdata[1])->id);

  test_peer_control (handover->broker->peer, fault);
}

static const char *
get_hold_reason (TestBroker *broker, gint64 *until_ms)
{
  g_autoptr (GVariant) holds = NULL;
  g_autoptr (GVariant) hold = NULL;
  g_autoptr (GError) error = NULL;

  *until_ms = 0;
  outbox_dbus_queue_call_holds_sync (broker->queue, &holds, NULL, &error);
  g_assert_no_error (error);
  if (g_variant_n_children (holds) == 0)
    return NULL;
  hold = g_variant_get_child_value (holds, 0);
  (void) g_variant_lookup (hold, "until", "x", until_ms);

  return g_intern_string (test_document_get_text (hold, "reason"));
}

static gboolean
is_retrying (gpointer data)
{
  gint64 until_ms;

  return g_strcmp0 (get_hold_reason (data, &until_ms), "retrying") == 0;
}

/* Accepted, partly sent, and held: one that goes through meanwhile would lift the hold, so the large file goes alone. */
static void
stop_halfway (TestHandover *handover, guint rest_s)
{
  TestBroker *broker = handover->broker;
  const TestFile *const *files = (const TestFile *const *) handover->files->pdata;
  const char *others[4] = { NULL };
  g_autoptr (GError) error = NULL;

  outbox_dbus_destinations_call_pause_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_handover_insist (handover);
  others[0] = files[0]->id;
  others[1] = files[2]->id;
  others[2] = files[3]->id;
  outbox_dbus_uploads_call_pause_sync (broker->uploads, others, NULL, &error);
  g_assert_no_error (error);
  hold_the_destination (handover, rest_s);
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_wait_until (is_retrying, broker, 60);
  outbox_dbus_uploads_call_resume_sync (broker->uploads, others, NULL, &error);
  g_assert_no_error (error);
}

typedef enum
{
  REMOVE,
  PAUSE,
  SET_PRIORITY,
} Command;

typedef struct
{
  const char *name;
  Command command;
  const char *point;
  guint n_points;
} CommandRow;

static gboolean
give_command (TestHandover *handover, Command command)
{
  OutboxDBusUploads *uploads = handover->broker->uploads;
  const TestFile *first = handover->files->pdata[0];
  const TestFile *second = handover->files->pdata[1];
  const char *ids[] = { first->id, second->id, NULL };

  if (command == REMOVE)
    return outbox_dbus_uploads_call_remove_sync (uploads, ids, NULL, NULL);
  if (command == PAUSE)
    return outbox_dbus_uploads_call_pause_sync (uploads, ids, NULL, NULL);

  return outbox_dbus_uploads_call_set_priority_sync (uploads, ids, 77, NULL, NULL);
}

static gboolean
has_effect (TestHandover *handover, Command command, const TestFile *file)
{
  g_autoptr (GVariant) upload = NULL;
  g_auto (GStrv) reasons = NULL;

  if (!outbox_dbus_uploads_call_get_sync (handover->broker->uploads, file->id, &upload, NULL, NULL))
    return command == REMOVE;
  g_assert_true (g_variant_lookup (upload, "reasons", "^as", &reasons));

  return command == PAUSE          ? g_strv_contains ((const char *const *) reasons, "user")
         : command == SET_PRIORITY ? test_document_get_number (upload, 'i', "priority") == 77
                                   : FALSE;
}

/* When this is answered, whatever the start had to commit is committed. */
static void
settle (TestHandover *handover)
{
  const char *ids[] = { ((TestFile *) handover->files->pdata[3])->id, NULL };
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_set_priority_sync (handover->broker->uploads, ids, 1, NULL, &error);
  g_assert_no_error (error);
}

typedef struct
{
  guint deaths;
  guint unanswered; /* what was commanded is so, and nobody was told */
} CommandCount;

/* Dies of it, or not at all. Returns: whether it was done */
static gboolean
die_in_a_command (const CommandRow *row, guint nth, CommandCount *count)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);
  g_autofree char *crash_at = g_strdup_printf ("%s:%u", row->point, nth);
  g_autofree char *orders = g_build_filename (broker->folder, "orders", NULL);
  g_autofree char *from_orders = g_strconcat ("@", orders, NULL);
  TestFile *first = handover->files->pdata[0];
  TestFile *second = handover->files->pdata[1];
  g_autoptr (GError) error = NULL;
  gboolean was_answered, is_so;
  const char *ids[] = { NULL, NULL, NULL };

  test_handover_watch (handover);
  stop_halfway (handover, 3600);
  test_broker_stop (broker);
  death_start (handover, from_orders);
  settle (handover);
  g_assert_true (g_file_set_contents (orders, crash_at, -1, NULL));
  was_answered = give_command (handover, row->command);
  if (was_answered)
    test_broker_kill (broker);
  else
    test_broker_wait_for_death (broker, 60);

  death_start (handover, NULL);
  is_so = has_effect (handover, row->command, first);
  /* All of it or nothing, and what was answered is so. */
  g_assert_cmpint (has_effect (handover, row->command, second), ==, is_so);
  g_assert_true (is_so || !was_answered);
  ids[0] = first->id;
  ids[1] = second->id;
  first->is_removed = second->is_removed = is_so && row->command == REMOVE;
  if (is_so && row->command == PAUSE)
    outbox_dbus_uploads_call_resume_sync (broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  death_finish (handover, crash_at);
  count->deaths += !was_answered;
  count->unanswered += is_so && !was_answered;

  return is_so;
}

static void
test_a_command (gconstpointer data)
{
  const CommandRow *row = data;
  gboolean is_before = g_str_equal (row->point, "commit");
  CommandCount count = { 0 };

  for (guint i = 1; i <= row->n_points; i++)
    /* A quarter of a second after a start its network is believed, which is a commit of its own: another death. */
    for (guint n_tries = 1; !die_in_a_command (row, i, &count) && !is_before && n_tries < 5; n_tries++)
      count.deaths--;
  g_test_message ("%s: %u deaths, %u of them with the command done and not answered", row->name, count.deaths,
                  count.unanswered);
  g_assert_cmpuint (count.deaths, ==, row->n_points);
  g_assert_cmpuint (count.unanswered, ==, is_before ? 0 : row->n_points);
}

/* --- Holds outlive a death --- */

static void
test_a_held_destination_stays_held (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);
  g_autoptr (GError) error = NULL;
  gint64 before_ms, after_ms;

  test_handover_watch (handover);
  stop_halfway (handover, 3600);
  (void) get_hold_reason (broker, &before_ms);
  test_broker_kill (broker);
  death_start (handover, NULL);
  g_assert_cmpstr (get_hold_reason (broker, &after_ms), ==, "retrying");
  g_assert_cmpint (after_ms, ==, before_ms);
  outbox_dbus_destinations_call_pause_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_broker_kill (broker);
  death_start (handover, NULL);
  g_assert_cmpstr (get_hold_reason (broker, &after_ms), ==, "user");
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  death_finish (handover, "a held destination");
}

/* Nobody lifts it: its time comes while no daemon runs, or after the start. */
static void
test_a_held_destination_goes_on_by_itself (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);

  test_handover_watch (handover);
  stop_halfway (handover, 1);
  test_broker_kill (broker);
  death_start (handover, NULL);
  death_finish (handover, "a held destination, by itself");
}

/* The server was restored from an old copy while the daemon was dead: the offset follows it, and the journal says why. */
static void
test_an_offset_that_went_back_is_explained (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = death_handover_new (broker);
  g_autoptr (GError) error = NULL;

  test_handover_watch (handover);
  stop_halfway (handover, 3600);
  test_broker_kill (broker);
  test_peer_control (broker->peer, "{\"fault\":\"backwards\",\"bytes\":1000000}");
  /* Slow enough that the small offset is told before it has grown again. */
  test_peer_control (broker->peer, "{\"fault\":\"rate\",\"bytes\":5000000}");
  death_start (handover, NULL);
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_handover_insist (handover);
  test_broker_wait_for_all (broker, "done", 60);
  (void) test_handover_assert_arrived (handover);
  g_assert_cmpuint (g_hash_table_size (handover->setbacks), ==, 1);
}

static const CommandRow commands[] = {
  { "removing", REMOVE, "commit", 1 },
  { "removing-on-the-disk", REMOVE, "committed", 1 },
  { "removing-the-copies", REMOVE, "half-removed", 2 },
  { "pausing", PAUSE, "commit", 1 },
  { "pausing-on-the-disk", PAUSE, "committed", 1 },
  { "setting-a-priority", SET_PRIORITY, "commit", 1 },
  { "setting-a-priority-on-the-disk", SET_PRIORITY, "committed", 1 },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  (void) OUTBOX_ERROR;
  if (!OB_CRASH_POINTS)
    {
      g_printerr ("test-crash-commands needs a build with -Dcrash_points=true\n");
      return 1;
    }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *path = g_strconcat ("/crash/while-", commands[i].name, NULL);

      g_test_add_data_func (path, &commands[i], test_a_command);
    }
  g_test_add_func ("/crash/a-held-destination-stays-held", test_a_held_destination_stays_held);
  g_test_add_func ("/crash/a-held-destination-goes-on-by-itself", test_a_held_destination_goes_on_by_itself);
  g_test_add_func ("/crash/an-offset-that-went-back-is-explained", test_an_offset_that_went_back_is_explained);

  return g_test_run ();
}
