/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random days of the broker, by the seed that the test prints (give it back by --seed): whatever apps, people, servers, the network, the clock and the disk do, its promises
 * hold after every step, and in the end everything that was accepted and not removed has arrived.
 */
#include "support/rig.h"

#include "dbus/error.h"

#define N_STEPS 150

typedef struct
{
  GRand *random;
  GHashTable *accepted; /* ids that were answered, and not removed since */
  gboolean is_disk_full;
  guint n_done;
} Day;

static gint32
roll (Day *day, gint32 begin, gint32 end)
{
  return g_rand_int_range (day->random, begin, end);
}

static char *
pick (Day *day, GHashTable *ids)
{
  guint n = g_hash_table_size (ids), i = 0;
  guint wanted = n > 0 ? (guint) roll (day, 0, (gint32) n) : 0;
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, ids);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (i++ == wanted)
      return g_strdup (id);

  return NULL;
}

/* An attempt that runs, or NULL. */
static char *
pick_active (TestRig *rig, Day *day)
{
  g_autoptr (GPtrArray) actives = test_rig_list_active (rig);

  if (actives->len == 0)
    return NULL;

  return g_strdup (((const ObActive *) actives->pdata[roll (day, 0, (gint32) actives->len)])->id);
}

static void
set_disk_full (TestRig *rig, Day *day, gboolean is_full)
{
  g_autofree char *sql
      = g_strdup_printf ("PRAGMA max_page_count = %" G_GINT64_FORMAT,
                         is_full ? test_rig_ask (rig, "PRAGMA page_count") : G_GINT64_CONSTANT (1000000));

  g_assert_true (ob_database_run (rig->database, sql, NULL));
  /* A turn that has failed already fails until it ends. */
  test_rig_settle (rig);
  day->is_disk_full = is_full;
}

static void
check_error (const Day *day, const GError *error)
{
  if (!error || g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE))
    return;
  if (!day->is_disk_full)
    g_error ("There is room, and yet: %s", error->message);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
}

static void
submit (TestRig *rig, Day *day)
{
  const ObSubmission submission
      = { .app = "test",
          .destination = roll (day, 0, 2) == 0 ? "depot" : "yard",
          .priority = roll (day, -3, 4),
          .not_before_ms = roll (day, 0, 8) == 0 ? ob_broker_get_now_ms (rig->broker) + RIG_HOUR : 0 };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  check_error (day, error);
  if (id)
    g_hash_table_add (day->accepted, id);
}

static void
command (TestRig *rig, Day *day)
{
  static const ObCommand commands[] = { OB_COMMAND_PAUSE, OB_COMMAND_RESUME, OB_COMMAND_RETRY,
                                        OB_COMMAND_RETRY, OB_COMMAND_REMOVE, OB_COMMAND_SET_PRIORITY };
  ObCommand what = commands[roll (day, 0, G_N_ELEMENTS (commands))];
  g_autofree char *id = pick (day, day->accepted);
  g_autoptr (GError) error = NULL;

  if (!id)
    return;
  if (test_rig_command (rig, what, id, roll (day, -5, 6), &error) && what == OB_COMMAND_REMOVE)
    (void) g_hash_table_remove (day->accepted, id);
  check_error (day, error);
}

/* Waits for an attempt. Returns: FALSE where it ended meanwhile, since it was cancelled or could not be recorded. */
static gboolean
meet (TestRig *rig, const char *id)
{
  const ObActive *active;

  while ((active = test_rig_find_active (rig, id)))
    {
      if (!ob_stop_is_asked (active->stop) && test_server_has (rig->server, id))
        return TRUE;
      g_main_context_iteration (NULL, TRUE);
    }

  return FALSE;
}

/* The whole file is there, or a part of it. */
static void
progress (TestRig *rig, Day *day, const char *id)
{
  const ObJob *job = test_server_wait_for (rig->server, id);
  g_autofree char *url = g_strconcat ("http://depot.example/files/", id, NULL);

  if (job->is_termination)
    return;
  if (!job->resume && !job->is_stored)
    test_server_report_created (rig->server, id, url);
  test_rig_settle (rig);
  if (!meet (rig, id))
    return;
  if (roll (day, 0, 2) == 0)
    test_server_report_progress (rig->server, id, (guint64) roll (day, 0, 1000));
  else
    test_server_report_stored (rig->server, id);
  test_rig_settle (rig);
}

static void
end_one (TestRig *rig, Day *day)
{
  static const struct
  {
    ObVerdict verdict;
    OutboxReason reason;
  } ends[] = { { OB_VERDICT_RETRY, 0 },
               { OB_VERDICT_RETRY, 0 },
               { OB_VERDICT_RETRY_UPLOAD, 0 },
               { OB_VERDICT_NOT_YET, 0 },
               { OB_VERDICT_SIGN_IN, 0 },
               { OB_VERDICT_FULL, 0 },
               { OB_VERDICT_FORBIDDEN, 0 },
               { OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS },
               { OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED },
               { OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED } };
  g_autofree char *id = pick_active (rig, day);
  guint which = (guint) roll (day, 0, 2 * G_N_ELEMENTS (ends));

  if (!id || !meet (rig, id))
    return;
  if (roll (day, 0, 2) == 0)
    progress (rig, day, id);
  if (!meet (rig, id))
    return;
  if (which < G_N_ELEMENTS (ends))
    test_rig_end (rig, id, ends[which].verdict, ends[which].reason);
  else
    test_rig_finish (rig, id);
}

/* It is about what is decided, not about the disk: nothing is flushed. */
static void
skip_flushes (TestRig *rig)
{
  g_assert_true (ob_database_run (rig->database, "PRAGMA synchronous = OFF", NULL));
}

static void
step (TestRig *rig, Day *day)
{
  g_autoptr (GError) error = NULL;

  switch (roll (day, 0, 16))
    {
    case 0:
    case 1:
    case 2:
      submit (rig, day);
      break;
    case 3:
    case 4:
    case 5:
      command (rig, day);
      break;
    case 6:
      (void) test_rig_pause_queue (rig, roll (day, 0, 3) == 0, &error);
      break;
    case 7:
      (void) test_rig_pause_destination (rig, "depot", roll (day, 0, 3) == 0, &error);
      break;
    case 8:
      test_conditions_set_available (rig->conditions, roll (day, 0, 3) != 0);
      test_rig_settle (rig);
      break;
    case 9:
      test_rig_advance (rig, roll (day, 0, (gint32) RIG_HOUR));
      break;
    case 10:
      if (roll (day, 0, 4) == 0)
        {
          if (day->is_disk_full)
            set_disk_full (rig, day, FALSE);
          test_rig_stop (rig);
          test_rig_start (rig);
          skip_flushes (rig);
        }
      break;
    case 11:
      if (roll (day, 0, 4) == 0)
        set_disk_full (rig, day, !day->is_disk_full);
      break;
    default:
      end_one (rig, day);
      break;
    }
  check_error (day, error);
}

#define COUNTED "SELECT destination, rule, sent_on, state, hold, uploads, bytes FROM counters WHERE uploads <> 0"
#define ROWS "SELECT destination, rule, sent_on, state, hold, count(*), sum(size) FROM uploads GROUP BY 1, 2, 3, 4, 5"

/* What holds at every moment. */
static void
check (TestRig *rig, const Day *day)
{
  gint64 n_rows = test_rig_ask (rig, "SELECT count(*) FROM uploads");
  guint n_depot = 0, n_yard = 0;
  g_autoptr (GPtrArray) actives = NULL;
  GHashTableIter iter;
  gpointer key;

  /* Until the disk can be written a row may stand there as saving: of a file that was refused, or of one that was accepted
   * while its row said so. */
  if (ob_storage_next_ms (rig->broker->members->storage) == 0)
    g_assert_cmpint (n_rows, ==, g_hash_table_size (day->accepted));
  g_assert_cmpint (n_rows, >=, g_hash_table_size (day->accepted));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE state <> 0"), <=,
                   g_hash_table_size (day->accepted));
  g_hash_table_iter_init (&iter, day->accepted);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_autoptr (ObUpload) upload = ob_broker_get (rig->broker, key, NULL);
      ObStatus status;

      g_assert_nonnull (upload);
      status = ob_broker_get_status (rig->broker, upload);
      /* The copy stays until there is a receipt; nothing waits or fails without a reason. */
      if (upload->stored != OB_STORED_DONE)
        g_assert_true (ob_spool_has (rig->spool, key));
      if (status.state == OUTBOX_STATE_PAUSED || status.state == OUTBOX_STATE_RETRYING
          || status.state == OUTBOX_STATE_FAILED)
        g_assert_cmpuint (status.reasons, !=, 0);
      if (status.state == OUTBOX_STATE_RETRYING)
        g_assert_cmpint (status.until_ms, >, 0);
      /* What is told as running runs, unless the disk keeps that from being written. */
      if (upload->stored == OB_STORED_UPLOADING && ob_storage_next_ms (rig->broker->members->storage) == 0)
        g_assert_true (test_rig_is_active (rig, key));
    }
  actives = test_rig_list_active (rig);
  for (guint i = 0; i < actives->len; i++)
    {
      const ObActive *active = actives->pdata[i];

      n_depot += g_str_equal (active->lane.destination, "depot");
      n_yard += g_str_equal (active->lane.destination, "yard");
    }
  g_assert_cmpuint (n_depot, <=, 3); /* two attempts and a termination */
  g_assert_cmpuint (n_yard, <=, 3);
  g_assert_cmpuint (n_depot + n_yard, <=, 4);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM (" COUNTED " EXCEPT " ROWS ")"), ==, 0);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM (" ROWS " EXCEPT " COUNTED ")"), ==, 0);
}

/* Rows of what has arrived leave the list much later. */
static gboolean
is_waiting (TestRig *rig)
{
  gint64 alarm_ms = test_clock_get_alarm_ms (rig->clock);

  return alarm_ms > 0 && alarm_ms < ob_broker_get_now_ms (rig->broker) + 10 * RIG_DAY;
}

/* Everything mends, and a person taps what has failed: then all of it arrives. */
static void
finish_day (TestRig *rig, Day *day)
{
  GHashTableIter iter;
  gpointer id;

  set_disk_full (rig, day, FALSE);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, 2 * RIG_HOUR);
  g_assert_true (test_rig_pause_queue (rig, FALSE, NULL));
  g_assert_true (test_rig_pause_destination (rig, "depot", FALSE, NULL));
  g_assert_true (test_rig_pause_destination (rig, "yard", FALSE, NULL));
  g_hash_table_iter_init (&iter, day->accepted);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      g_assert_true (test_rig_command (rig, OB_COMMAND_RESUME, id, 0, NULL));
      (void) test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL);
    }
  for (guint i = 0; test_rig_count_active (rig) > 0 || is_waiting (rig); i++)
    {
      g_autofree char *active = test_rig_count_active (rig) > 0 ? pick_active (rig, day) : NULL;

      g_assert_cmpuint (i, <, 1000);
      if (active && meet (rig, active))
        test_rig_finish (rig, active);
      /* What a server is to let go of may wait for its next try. */
      test_rig_advance (rig, active ? RIG_SECOND : 20 * RIG_MINUTE);
    }
  g_hash_table_iter_init (&iter, day->accepted);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      test_rig_assert_status (rig, id, "done");
      g_assert_false (ob_spool_has (rig->spool, id));
      day->n_done++;
    }
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups WHERE kind = 'termination'"), ==, 0);
  g_assert_false (is_waiting (rig));
}

static void
test_random_days (TestRig *rig, gconstpointer data)
{
  Day day = { g_rand_new_with_seed (GPOINTER_TO_UINT (data)),
              g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL), FALSE, 0 };

  skip_flushes (rig);
  g_test_message ("day %u", GPOINTER_TO_UINT (data));
  for (guint i = 0; i < N_STEPS; i++)
    {
      step (rig, &day);
      /* SQLite has taken a turn back as soon as the disk was full, and members hear of it when the turn ends, a moment later. */
      if (day.is_disk_full)
        test_rig_settle (rig);
      check (rig, &day);
    }
  finish_day (rig, &day);
  g_test_message ("%u uploads arrived", day.n_done);
  g_hash_table_unref (day.accepted);
  g_rand_free (day.random);
}

int
main (int argc, char *argv[])
{
  const char *wanted = g_getenv ("OUTBOX_DAYS");
  guint n_days = wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 8;
  guint32 seed;

  g_test_init (&argc, &argv, NULL);
  /* A database that cannot be written is warned of. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  seed = (guint32) g_test_rand_int ();
  for (guint32 i = 0; i < n_days; i++)
    {
      g_autofree char *name = g_strdup_printf ("/broker/random-day-%u", i + 1);

      g_test_add (name, TestRig, GUINT_TO_POINTER (seed + i), test_rig_set_up, test_random_days, test_rig_tear_down);
    }

  return g_test_run ();
}
