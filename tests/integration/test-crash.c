/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SIGKILL at every durable step, in commands, under holds, and again while the last death is being repaired: what was
 * accepted arrives once and byte-exact, nothing is stuck, no answer is forgotten, no offset goes back unexplained.
 */
#include "dbus/error.h"
#include "support/handover.h"

#include "config.h"

#include <glib/gstdio.h>

#define LARGE_BYTES (9 * 1024 * 1024 + 11)
#define SEED 7

/* What a killed attempt had in flight may be sent again; what the server has, it keeps. */
#define MOST_TWICE_BYTES (1024 * 1024)

static const gsize sizes[] = { 20000, LARGE_BYTES, 0, 70000 };

static TestHandover *
handover_new (TestBroker *broker)
{
  TestHandover *handover = test_handover_new (broker);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    (void) test_handover_add (handover, sizes[i], SEED);

  return handover;
}

/* All of it again, and to the end. */
static void
finish (TestHandover *handover, const char *what)
{
  gint64 twice_bytes;

  test_handover_insist (handover);
  test_broker_wait_for_all (handover->broker, "done", 60);
  twice_bytes = test_handover_assert_arrived (handover);
  g_assert_cmpint (twice_bytes, <=, MOST_TWICE_BYTES);
  g_test_message ("%s: all arrived once; %" G_GINT64_FORMAT " bytes were sent twice", what, MAX (twice_bytes, 0));
}

static void
start (TestHandover *handover, const char *crash_at)
{
  test_broker_start (handover->broker, crash_at);
  test_handover_watch (handover);
}

static void
die_at (TestHandover *handover, const char *crash_at)
{
  test_broker_stop (handover->broker);
  start (handover, crash_at);
  test_handover_ask (handover);
  test_broker_wait_for_death (handover->broker, 60);
  test_handover_wait (handover, 60);
}

/* --- The durable steps of an upload --- */

static void
test_a_crash_point (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);

  die_at (handover, data);
  start (handover, NULL);
  finish (handover, data);
}

/* --- A key that is used for other bytes after the death --- */

/* Returns: (transfer full) (nullable): the id; NULL: KeyReused. */
static char *
submit_with_key (TestBroker *broker, const char *path)
{
  g_autoptr (GError) error = NULL;
  char *id = test_broker_submit (broker, path, g_variant_new_parsed ("{'key': <'site-7'>}"), &error);

  if (!id)
    g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);

  return id;
}

/* Whoever is answered may delete the file: so its bytes arrive. */
static void
assert_arrived (TestBroker *broker, const char *id, const char *path)
{
  g_autoptr (GVariant) document = NULL;
  g_autofree char *bytes = NULL;
  g_autofree char *sha256 = NULL;
  const char *arrived;
  gsize size;

  if (!id)
    return;
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) bytes, size);
  document = test_broker_get (broker, id);
  g_assert_true (g_variant_lookup (document, "sha256", "&s", &arrived));
  g_assert_cmpstr (arrived, ==, sha256);
}

static void
test_a_key_for_other_bytes (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *first = test_broker_make_file (broker, "form.json", 20000, 1);
  g_autofree char *other = test_broker_make_file (broker, "form-2.json", 20000, 2);
  g_autofree char *of_other = NULL, *of_first = NULL, *again = NULL;

  test_broker_stop (broker);
  test_broker_start (broker, data);
  g_assert_null (test_broker_submit (broker, first, g_variant_new_parsed ("{'key': <'site-7'>}"), NULL));
  test_broker_wait_for_death (broker, 60);
  test_broker_start (broker, NULL);
  of_other = submit_with_key (broker, other);
  of_first = submit_with_key (broker, first);
  again = submit_with_key (broker, of_first ? first : other);
  g_assert_true ((of_other != NULL) != (of_first != NULL));
  g_assert_cmpstr (again, ==, of_first ? of_first : of_other);
  test_broker_wait_for_all (broker, "done", 60);
  assert_arrived (broker, of_other, other);
  assert_arrived (broker, of_first, first);
}

/* --- Migrations --- */

static void
test_migration_of_a_fresh_database (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);
  g_autofree char *database = g_build_filename (broker->folder, "data", "outbox", "queue.db", NULL);

  test_broker_stop (broker);
  g_assert_cmpint (g_remove (database), ==, 0);
  test_broker_launch (broker, "migration");
  test_broker_wait_for_death (broker, 60);
  start (handover, NULL);
  test_broker_use_receiver (broker);
  finish (handover, "migration of a fresh database");
}

/* The queue is gone, as after a damaged disk, and what is accepted stands in the spool alone. */
static void
test_migration_over_a_full_spool (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);
  g_autofree char *database = g_build_filename (broker->folder, "data", "outbox", "queue.db", NULL);
  g_autoptr (GError) error = NULL;

  outbox_dbus_destinations_call_pause_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_handover_insist (handover);
  test_broker_stop (broker);
  g_assert_cmpint (g_remove (database), ==, 0);
  test_broker_launch (broker, "migration");
  test_broker_wait_for_death (broker, 60);
  start (handover, NULL);
  test_broker_use_receiver (broker);
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  finish (handover, "migration over a full spool");
}

/* --- A death, and the next while it is being repaired --- */

static gboolean
is_dead_or_done (gpointer data)
{
  TestHandover *handover = data;

  return handover->broker->is_dead || test_handover_is_done (handover);
}

/* Starts with a crash point. Returns: whether it died of it before all was done. */
static gboolean
die_again_at (TestHandover *handover, const char *crash_at)
{
  TestBroker *broker = handover->broker;
  gboolean is_late;

  if (test_broker_start_or_die (broker, crash_at, 60))
    {
      test_handover_watch (handover);
      test_handover_ask (handover);
      test_wait_until (is_dead_or_done, handover, 60);
    }
  is_late = !broker->is_dead;
  if (is_late)
    test_broker_kill (broker);
  else
    test_broker_wait_for_death (broker, 60);
  test_handover_wait (handover, 60);

  return !is_late;
}

static void
test_one_death_after_another (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);
  guint n_deaths = 1;

  die_at (handover, data);
  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *before = g_strdup_printf ("commit:%u", i);
      g_autofree char *after = g_strdup_printf ("committed:%u", i);

      n_deaths += die_again_at (handover, before);
      n_deaths += die_again_at (handover, after);
    }
  g_test_message ("%u deaths in a row", n_deaths);
  g_assert_cmpuint (n_deaths, >=, 4);
  start (handover, NULL);
  finish (handover, data);
}

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
  const char *reason = NULL;

  *until_ms = 0;
  outbox_dbus_queue_call_holds_sync (broker->queue, &holds, NULL, &error);
  g_assert_no_error (error);
  if (g_variant_n_children (holds) == 0)
    return NULL;
  hold = g_variant_get_child_value (holds, 0);
  g_assert_true (g_variant_lookup (hold, "reason", "&s", &reason));
  (void) g_variant_lookup (hold, "until", "x", until_ms);

  return g_intern_string (reason);
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
  gint priority;

  if (!outbox_dbus_uploads_call_get_sync (handover->broker->uploads, file->id, &upload, NULL, NULL))
    return command == REMOVE;
  g_assert_true (g_variant_lookup (upload, "reasons", "^as", &reasons));
  g_assert_true (g_variant_lookup (upload, "priority", "i", &priority));

  return command == PAUSE          ? g_strv_contains ((const char *const *) reasons, "user")
         : command == SET_PRIORITY ? priority == 77
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

/* Dies of it, or not at all. */
static void
die_in_a_command (const CommandRow *row, guint nth, CommandCount *count)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);
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
  start (handover, from_orders);
  settle (handover);
  g_assert_true (g_file_set_contents (orders, crash_at, -1, NULL));
  was_answered = give_command (handover, row->command);
  if (was_answered)
    test_broker_kill (broker);
  else
    test_broker_wait_for_death (broker, 60);

  start (handover, NULL);
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
  finish (handover, crash_at);
  count->deaths += !was_answered;
  count->unanswered += is_so && !was_answered;
}

static void
test_a_command (gconstpointer data)
{
  const CommandRow *row = data;
  CommandCount count = { 0 };

  for (guint i = 1; i <= row->n_points; i++)
    die_in_a_command (row, i, &count);
  g_test_message ("%s: %u deaths, %u of them with the command done and not answered", row->name, count.deaths,
                  count.unanswered);
  g_assert_cmpuint (count.deaths, ==, row->n_points);
  g_assert_cmpuint (count.unanswered, ==, g_str_equal (row->point, "commit") ? 0 : row->n_points);
}

/* --- Holds outlive a death --- */

static void
test_a_held_destination_stays_held (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);
  g_autoptr (GError) error = NULL;
  gint64 before_ms, after_ms;

  test_handover_watch (handover);
  stop_halfway (handover, 3600);
  (void) get_hold_reason (broker, &before_ms);
  test_broker_kill (broker);
  start (handover, NULL);
  g_assert_cmpstr (get_hold_reason (broker, &after_ms), ==, "retrying");
  g_assert_cmpint (after_ms, ==, before_ms);
  outbox_dbus_destinations_call_pause_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_broker_kill (broker);
  start (handover, NULL);
  g_assert_cmpstr (get_hold_reason (broker, &after_ms), ==, "user");
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  finish (handover, "a held destination");
}

/* Nobody lifts it: its time comes while no daemon runs, or after the start. */
static void
test_a_held_destination_goes_on_by_itself (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);

  test_handover_watch (handover);
  stop_halfway (handover, 1);
  test_broker_kill (broker);
  start (handover, NULL);
  finish (handover, "a held destination, by itself");
}

/* The server was restored from an old copy while the daemon was dead: the offset follows it, and the journal says why. */
static void
test_an_offset_that_went_back_is_explained (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestHandover) handover = handover_new (broker);
  g_autoptr (GError) error = NULL;

  test_handover_watch (handover);
  stop_halfway (handover, 3600);
  test_broker_kill (broker);
  test_peer_control (broker->peer, "{\"fault\":\"backwards\",\"bytes\":1000000}");
  /* Slow enough that the small offset is told before it has grown again. */
  test_peer_control (broker->peer, "{\"fault\":\"rate\",\"bytes\":5000000}");
  start (handover, NULL);
  outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_handover_insist (handover);
  test_broker_wait_for_all (broker, "done", 60);
  (void) test_handover_assert_arrived (handover);
  g_assert_cmpuint (g_hash_table_size (handover->setbacks), ==, 1);
}

static const char *const points[] = {
  "half-renamed",     "spool-renamed",   "spool-renamed:3", "row-written",     "before-reply",   "before-reply:2",
  "created",          "recorded",        "mid-chunk",       "mid-chunk:100",   "chunk-answered", "chunk-answered:3",
  "last-chunk",       "last-chunk:3",    "confirming",      "receipt-recorded", "half-removed",  "spool-removed",
};

static const char *const points_of_submit[] = {
  "half-renamed", "spool-renamed", "row-written", "before-reply",
};

static const char *const first_points[] = { "spool-renamed", "before-reply", "created", "mid-chunk", "receipt-recorded" };

static const CommandRow commands[] = {
  { "removing", REMOVE, "commit", 1 },
  { "removing-on-the-disk", REMOVE, "committed", 1 },
  { "removing-the-copies", REMOVE, "half-removed", 2 },
  { "pausing", PAUSE, "commit", 1 },
  { "pausing-on-the-disk", PAUSE, "committed", 1 },
  { "setting-a-priority", SET_PRIORITY, "commit", 1 },
  { "setting-a-priority-on-the-disk", SET_PRIORITY, "committed", 1 },
};

static void
add_test (const char *kind, const char *name, gconstpointer data, GTestDataFunc run)
{
  g_autofree char *path = g_strconcat ("/crash/", kind, name, NULL);

  g_test_add_data_func (path, data, run);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  (void) OUTBOX_ERROR;
  if (!OB_CRASH_POINTS)
    {
      g_printerr ("test-crash needs a build with -Dcrash_points=true\n");
      return 1;
    }
  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    add_test ("at-", points[i], points[i], test_a_crash_point);
  for (guint i = 0; i < G_N_ELEMENTS (points_of_submit); i++)
    add_test ("a-key-for-other-bytes-after-", points_of_submit[i], points_of_submit[i], test_a_key_for_other_bytes);
  g_test_add_func ("/crash/at-migration-of-a-fresh-database", test_migration_of_a_fresh_database);
  g_test_add_func ("/crash/at-migration-over-a-full-spool", test_migration_over_a_full_spool);
  for (guint i = 0; i < G_N_ELEMENTS (first_points); i++)
    add_test ("again-and-again-after-", first_points[i], first_points[i], test_one_death_after_another);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    add_test ("while-", commands[i].name, &commands[i], test_a_command);
  g_test_add_func ("/crash/a-held-destination-stays-held", test_a_held_destination_stays_held);
  g_test_add_func ("/crash/a-held-destination-goes-on-by-itself", test_a_held_destination_goes_on_by_itself);
  g_test_add_func ("/crash/an-offset-that-went-back-is-explained", test_an_offset_that_went_back_is_explained);

  return g_test_run ();
}
