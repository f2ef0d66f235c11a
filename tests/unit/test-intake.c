/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Intake alone, with a queue and a spool on a real disk and no broker: who is answered when, and what it asks of others.
 */
#include "broker/intake.h"
#include "dbus/error.h"
#include "store/destinations.h"
#include "store/journal.h"
#include "store/uploads.h"
#include "support/clock.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Large ones wait a turn between the look at them, which brings the row, and the copy. */
#define SLOW_BYTES (33 * 1024 * 1024)

typedef struct
{
  char *folder;
  TestClock *clock;
  ObDatabase *database;
  ObSpool *spool;
  ObQueue *queue;
  ObDestinationTable *destinations;
  ObIngest *ingest;
  ObRecordings *recordings;
  ObIntake *intake;
  guint n_ended;    /* files that were no longer on their way */
  guint n_answers;  /* of them all */
  guint n_rows;     /* asked for */
  gboolean is_full; /* no row is admitted */
} Fixture;

/* --- What intake asks --- */

static void
set_lane (ObUpload *upload, gpointer user_data)
{
  g_free (upload->rule);
  upload->rule = g_strdup ("any");
}

static gboolean
add_row (ObUpload *upload, const char *event, const char *why, gint64 at_ms, GError **error, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_rows++;
  if (fixture->is_full)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "%s has enough uploads", upload->app);
      return FALSE;
    }
  set_lane (upload, fixture);
  upload->sequence
      = ob_journal_append (fixture->database, at_ms, upload, event, upload->stored, upload->reason, why, error);

  return upload->sequence > 0 && ob_uploads_insert (fixture->database, upload, error);
}

static gboolean
forget (const ObUpload *upload, const char *why, GError **error, gpointer user_data)
{
  return ob_uploads_delete (((Fixture *) user_data)->database, upload->id, error);
}

static void
troubled (gpointer user_data)
{
}

static void
ended (gpointer user_data)
{
  ((Fixture *) user_data)->n_ended++;
}

static const ObIntakeHost host = { add_row, set_lane, forget, troubled, ended };
static const ObRecordingsHost recordings_host = { add_row, set_lane, forget, troubled };

static void
ignore (gpointer user_data)
{
}

static void
ignore_name (const char *name, gpointer user_data)
{
}

static const ObDestinationEvents destination_events = { ignore, ignore_name, ignore_name };

static void
add_destination (ObDatabase *database)
{
  g_autoptr (ObDestination) depot = ob_destination_new ("depot");
  g_autoptr (GError) error = NULL;

  g_free (depot->url);
  depot->url = g_strdup ("http://server.invalid/files/");
  depot->is_default = TRUE;
  (void) ob_destinations_save (database, depot, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->clock = test_clock_new (G_GINT64_CONSTANT (1750000000) * 1000);
  fixture->database = ob_database_open (fixture->folder, 1, &was_rebuilt, &error);
  g_assert_no_error (error);
  add_destination (fixture->database);
  fixture->spool = ob_spool_open (fixture->folder, &error);
  g_assert_no_error (error);
  fixture->queue = ob_queue_new (fixture->database, OB_CLOCK (fixture->clock));
  fixture->destinations = ob_destination_table_new (fixture->queue, &destination_events, fixture);
  ob_queue_join (fixture->queue, &ob_destination_table_member, fixture->destinations);
  fixture->ingest = ob_ingest_new (fixture->spool);
  fixture->recordings = ob_recordings_new (fixture->queue, fixture->spool, fixture->ingest, &recordings_host, fixture);
  fixture->intake = ob_intake_new (fixture->queue, fixture->spool, fixture->ingest, fixture->destinations,
                                   fixture->recordings, &host, fixture);
  (void) ob_queue_load (fixture->queue, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  ob_intake_stop (fixture->intake);
  ob_intake_end (fixture->intake);
  g_assert_true (ob_intake_is_idle (fixture->intake));
  ob_ingest_free (fixture->ingest);
  ob_queue_free (fixture->queue);
  ob_intake_free (fixture->intake);
  ob_recordings_free (fixture->recordings);
  ob_destination_table_free (fixture->destinations);
  ob_spool_free (fixture->spool);
  ob_database_free (fixture->database);
  g_object_unref (fixture->clock);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* --- Hand-overs --- */

typedef struct
{
  Fixture *fixture;
  guint place; /* in the order of the answers, from 1; 0: it has none yet */
  gboolean was_safe;
  char *id;
  GError *error;
} Answer;

static void
answer_clear (Answer *answer)
{
  g_free (answer->id);
  g_clear_error (&answer->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  Answer *answer = user_data;
  Fixture *fixture = answer->fixture;

  g_assert_cmpuint (answer->place, ==, 0);
  answer->place = ++fixture->n_answers;
  answer->id = g_strdup (id);
  answer->error = error ? g_error_copy (error) : NULL;
  answer->was_safe = id && ob_spool_has (fixture->spool, id) && ob_uploads_has (fixture->database, id);
}

static gboolean
is_answered (gpointer data)
{
  return ((Answer *) data)->place > 0;
}

static void
submit (Fixture *fixture, const char *key, gsize size_bytes, Answer *answer)
{
  const ObSubmission submission = { .app = "test", .name = "file", .key = key };
  int fd = open (fixture->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  g_assert_cmpint (ftruncate (fd, (off_t) size_bytes), ==, 0);
  answer->fixture = fixture;
  ob_intake_submit (fixture->intake, &submission, fd, on_submitted, answer);
}

static void
test_a_file_is_safe_when_it_is_answered_for (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) answer = { 0 };

  submit (fixture, NULL, 1000, &answer);
  g_assert_false (ob_intake_is_idle (fixture->intake));
  test_wait_until (is_answered, &answer, 10);
  g_assert_no_error (answer.error);
  g_assert_true (answer.was_safe);
  ob_queue_commit (fixture->queue);
  g_assert_true (ob_intake_is_idle (fixture->intake));
  g_assert_cmpint (ob_intake_get_bytes (fixture->intake, answer.id), ==, -1);
  g_assert_cmpuint (fixture->n_rows, ==, 1);
  g_assert_cmpuint (fixture->n_ended, ==, 1);
}

/* Two programs of an app that have not heard of each other. */
static void
test_a_key_is_one_upload (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) first = { 0 };
  g_auto (Answer) second = { 0 };

  submit (fixture, "site-7", 1000, &first);
  submit (fixture, "site-7", 1000, &second);
  g_assert_true (ob_intake_has_key (fixture->intake, "test", "site-7"));
  g_assert_false (ob_intake_has_key (fixture->intake, "other", "site-7"));
  test_wait_until (is_answered, &second, 10);
  g_assert_no_error (first.error);
  g_assert_no_error (second.error);
  g_assert_cmpuint (first.place, ==, 1);
  g_assert_cmpstr (first.id, ==, second.id);
  ob_queue_commit (fixture->queue);
  g_assert_false (ob_intake_has_key (fixture->intake, "test", "site-7"));
}

/* Returns: (transfer full) (nullable): the upload whose row is saving. */
static char *
find_row (Fixture *fixture)
{
  g_autoptr (GPtrArray) rows = ob_uploads_find (fixture->database, OB_UPLOADS_INTERRUPTED, 0, 1, NULL);

  return rows->len > 0 ? g_strdup (((const ObUpload *) rows->pdata[0])->id) : NULL;
}

/* Begins one that is long on its way. Returns: (transfer full): its id. */
static char *
begin_slow (Fixture *fixture, const char *key, Answer *answer)
{
  char *id;

  submit (fixture, key, SLOW_BYTES, answer);
  while (!(id = find_row (fixture)))
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (ob_intake_has (fixture->intake, id));
  g_assert_cmpint (ob_intake_get_bytes (fixture->intake, id), >=, 0);

  return id;
}

static void
test_what_is_dropped_leaves_nothing (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) answer = { 0 };
  g_autofree char *id = begin_slow (fixture, NULL, &answer);

  ob_intake_drop (fixture->intake, "another");
  ob_intake_drop (fixture->intake, id);
  test_wait_until (is_answered, &answer, 10);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  ob_queue_commit (fixture->queue);
  g_assert_false (ob_spool_has (fixture->spool, id));
  g_assert_false (ob_uploads_has (fixture->database, id));
  g_assert_cmpuint (fixture->n_ended, ==, 1);
}

/* Returns: how many files there are below that folder */
static guint
count_files (const char *folder)
{
  g_autoptr (GDir) names = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (names);
  while ((name = g_dir_read_name (names)))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      n += g_file_test (path, G_FILE_TEST_IS_DIR) ? count_files (path) : 1;
    }

  return n;
}

static void
on_created (const char *id, int fd, const GError *error, gpointer user_data)
{
  g_assert_cmpint (fd, ==, -1);
  on_submitted (id, error, user_data);
}

/* Small ones are copied before their row is made, large ones after it. Each way in tells its app,
 * and undoes what it did. */
static void
test_a_row_that_is_not_admitted_leaves_nothing (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) small = { 0 };
  g_auto (Answer) large = { 0 };
  g_auto (Answer) recorded = { .fixture = fixture };
  const ObSubmission submission = { .app = "test", .name = "clip" };
  guint n_files = count_files (fixture->folder);

  fixture->is_full = TRUE;
  submit (fixture, "site-7", 1000, &small);
  submit (fixture, NULL, SLOW_BYTES, &large);
  ob_recordings_create (fixture->recordings, ob_submission_make_upload (&submission, "depot", -1, 0), FALSE, on_created,
                        &recorded);
  test_wait_until (is_answered, &small, 10);
  test_wait_until (is_answered, &large, 10);
  test_wait_until (is_answered, &recorded, 10);
  ob_queue_commit (fixture->queue);
  g_assert_error (small.error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  g_assert_error (large.error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  g_assert_error (recorded.error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  g_assert_cmpuint (fixture->n_rows, ==, 3);
  g_assert_true (ob_intake_is_idle (fixture->intake));
  g_assert_false (ob_intake_has_key (fixture->intake, "test", "site-7"));
  g_assert_cmpuint (count_files (fixture->folder), ==, n_files);
}

/* Everybody is told, who waits for another's file as well; and who comes then. */
static void
test_the_end_answers_everybody (Fixture *fixture, gconstpointer data)
{
  g_auto (Answer) first = { 0 };
  g_auto (Answer) follower = { 0 };
  g_auto (Answer) late = { 0 };
  g_autofree char *id = begin_slow (fixture, "site-7", &first);

  submit (fixture, "site-7", 1000, &follower);
  g_assert_cmpuint (fixture->n_answers, ==, 0);
  ob_intake_stop (fixture->intake);
  ob_intake_end (fixture->intake);
  g_assert_true (ob_intake_is_idle (fixture->intake));
  submit (fixture, NULL, 1000, &late);
  g_assert_error (first.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_error (follower.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_error (late.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_false (ob_spool_has (fixture->spool, id));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/intake/a-file-is-safe-when-it-is-answered-for", Fixture, NULL, set_up,
              test_a_file_is_safe_when_it_is_answered_for, tear_down);
  g_test_add ("/intake/a-key-is-one-upload", Fixture, NULL, set_up, test_a_key_is_one_upload, tear_down);
  g_test_add ("/intake/what-is-dropped-leaves-nothing", Fixture, NULL, set_up, test_what_is_dropped_leaves_nothing,
              tear_down);
  g_test_add ("/intake/a-row-that-is-not-admitted-leaves-nothing", Fixture, NULL, set_up,
              test_a_row_that_is_not_admitted_leaves_nothing, tear_down);
  g_test_add ("/intake/the-end-answers-everybody", Fixture, NULL, set_up, test_the_end_answers_everybody, tear_down);

  return g_test_run ();
}
