/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands against bad luck: a database that cannot be written, files that are still being saved, removals.
 */
#include "dbus/error.h"
#include "support/rig.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Large ones wait a turn between the look at them, which brings the row, and the copy. */
#define SLOW_BYTES (33 * 1024 * 1024)

/* --- A database that cannot be written --- */

/* No page is left and the last one of the journal is full, as on a disk without room. */
static void
fill (TestRig *rig)
{
  g_autofree char *limit
      = g_strdup_printf ("PRAGMA max_page_count = %" G_GINT64_FORMAT, test_rig_ask (rig, "PRAGMA page_count"));
  g_autoptr (GError) error = NULL;

  test_rig_run (rig, limit);
  while (ob_database_run (rig->database, "INSERT INTO journal (at, event) VALUES (1, 'filler')", &error))
    ;
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
}

static void
make_room (TestRig *rig)
{
  test_rig_run (rig, "PRAGMA max_page_count = 1000000");
}

static guint
count_files (TestRig *rig, const char *name)
{
  g_autofree char *path = g_build_filename (rig->folder, name, NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n_files = 0;

  while (g_dir_read_name (folder))
    n_files++;

  return n_files;
}

#define assert_full(call)                                          \
  G_STMT_START                                                     \
  {                                                                \
    g_autoptr (GError) error_ = NULL;                              \
    (void) (call);                                                 \
    g_assert_error (error_, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL); \
  }                                                                \
  G_STMT_END

static void
test_a_full_disk_changes_nothing (TestRig *rig, gconstpointer data)
{
  const ObSubmission submission = { .app = "test", .key = "key" };
  const ObDestinationSettings settings = { .url = "http://new.example/" };
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autofree char *later = NULL;

  fill (rig);
  assert_full (test_rig_command (rig, OB_COMMAND_PAUSE, id, 0, &error_));
  assert_full (test_rig_command (rig, OB_COMMAND_SET_PRIORITY, id, 5, &error_));
  assert_full (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, &error_));
  assert_full (test_rig_pause_queue (rig, TRUE, &error_));
  assert_full (test_rig_pause_destination (rig, "depot", TRUE, &error_));
  assert_full (test_rig_set_destination (rig, "new", &settings, &error_));
  assert_full (test_rig_submit_full (rig, &submission, &error_));
  g_assert_cmpuint (count_files (rig, "spool"), ==, 2);
  g_assert_cmpuint (count_files (rig, "incoming"), ==, 0);
  /* Memory says what the database says, and the attempt was left alone. */
  test_rig_assert_status (rig, id, "uploading");
  g_assert_false (ob_commands_is_queue_paused (rig->broker->members->commands));
  g_assert_cmpuint (g_hash_table_size (ob_broker_get_destinations (rig->broker)), ==, 2);
  g_assert_true (test_rig_is_active (rig, id));

  make_room (rig);
  test_rig_advance (rig, RIG_MINUTE);
  later = test_rig_submit_full (rig, &submission, NULL);
  test_rig_finish (rig, later);
  test_rig_finish (rig, id);
}

static void
count_errors (const GError *error, gpointer user_data)
{
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  ++*(guint *) user_data;
}

/* SQLite takes a transaction back by itself when the disk is full: whoever was in it must hear of it, also those whose
 * command had gone well. */
static void
test_a_turn_fails_whole (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, "depot", 0);
  g_autofree char *other = test_rig_submit (rig, "yard", 0);
  const char *const ids[] = { id, NULL }, *const others[] = { other, NULL };
  guint n_errors = 0;

  (void) test_server_wait_for (rig->server, id);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, ids, 0, count_errors, &n_errors);
  ob_broker_set_paused (rig->broker, TRUE, count_errors, &n_errors);
  fill (rig);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, others, 0, count_errors, &n_errors);
  g_assert_cmpuint (n_errors, ==, 1);
  make_room (rig);
  test_rig_settle (rig);
  g_assert_cmpuint (n_errors, ==, 3);
  g_assert_false (ob_commands_is_queue_paused (rig->broker->members->commands));
  g_assert_true (test_rig_is_active (rig, id) && test_rig_is_active (rig, other));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE is_paused"), ==, 0);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event IN ('paused', 'filler')"), ==, 0);
}

/* The end of an attempt that cannot be recorded: nothing is stuck, and nothing hammers a full disk. */
static void
test_an_end_that_cannot_be_recorded (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autofree char *next = test_rig_submit (rig, "yard", 0);

  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  fill (rig);
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "uploading");
  test_rig_end (rig, next, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  for (guint i = 0; i < 5; i++)
    {
      test_rig_advance (rig, RIG_MINUTE);
      g_assert_cmpuint (test_rig_count_active (rig), ==, 0);
      g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), ==, ob_broker_get_now_ms (rig->broker) + 5 * RIG_SECOND);
    }
  make_room (rig);
  test_rig_advance (rig, 15 * RIG_SECOND);
  g_assert_cmpstr (test_server_wait_for (rig->server, id)->resume, ==, "http://depot.example/files/1");
  test_rig_finish (rig, id);
  test_rig_finish (rig, next);
  test_rig_assert_status (rig, id, "done");
}

/* --- All or nothing --- */

static void
on_removed (ObBroker *broker, gpointer upload, gint64 sequence, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
on_not_found (const GError *error, gpointer user_data)
{
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  ++*(guint *) user_data;
}

static void
on_wrong_state (const GError *error, gpointer user_data)
{
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  ++*(guint *) user_data;
}

/* An upload that is done cannot be retried: then none of the call is, nor its destination. */
static void
test_a_command_is_taken_back_whole (TestRig *rig, gconstpointer data)
{
  g_autofree char *done = test_rig_submit (rig, NULL, 0);
  g_autofree char *waiting = NULL;
  g_autofree char *removed = NULL;
  guint n_removed = 0, n_errors = 0;
  const char *ids[3] = { NULL };
  gint64 wait_ms;

  test_rig_finish (rig, done);
  waiting = test_rig_submit (rig, NULL, 0);
  test_rig_end (rig, waiting, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  wait_ms = test_rig_get_wait_ms (rig, waiting);
  ids[0] = waiting;
  ids[1] = done;
  ob_broker_command (rig->broker, NULL, OB_COMMAND_RETRY, ids, 0, on_wrong_state, &n_errors);
  test_rig_settle (rig);
  g_assert_cmpuint (n_errors, ==, 1);
  g_assert_cmpint (test_rig_get_wait_ms (rig, waiting), ==, wait_ms);
  g_assert_false (test_rig_is_active (rig, waiting));

  g_signal_connect (rig->broker, "removed", G_CALLBACK (on_removed), &n_removed);
  removed = test_rig_submit (rig, "yard", 0);
  ids[0] = removed;
  ids[1] = "no-such-upload";
  ob_broker_command (rig->broker, NULL, OB_COMMAND_REMOVE, ids, 0, on_not_found, &n_errors);
  test_rig_settle (rig);
  g_assert_cmpuint (n_errors, ==, 2);
  g_assert_cmpuint (n_removed, ==, 0);
  test_rig_assert_status (rig, removed, "uploading");
  g_assert_true (ob_spool_has (rig->spool, removed));
  test_rig_finish (rig, removed);
  g_signal_handlers_disconnect_by_data (rig->broker, &n_removed);
}

/* --- While it is being saved --- */

typedef struct
{
  char *id;
  GError *error;
  gboolean is_done;
  TestRig *rig;
} Submit;

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  Submit *submit = user_data;

  submit->is_done = TRUE;
  submit->id = g_strdup (id);
  submit->error = error ? g_error_copy (error) : NULL;
}

static gboolean
is_submitted (gpointer data)
{
  return ((Submit *) data)->is_done;
}

/* Returns: a new file, open. */
static int
open_file (TestRig *rig, gsize size_bytes)
{
  g_autofree char *path = g_build_filename (rig->folder, "slow", NULL);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_cmpint (truncate (path, (off_t) size_bytes), ==, 0);

  return g_open (path, O_RDONLY | O_CLOEXEC, 0);
}

/* Returns: (transfer full) (nullable): the upload that has a row and is saving. */
static char *
find_saving (TestRig *rig)
{
  g_autoptr (GPtrArray) interrupted = ob_uploads_find (rig->database, OB_UPLOADS_INTERRUPTED, 0, G_MAXINT, NULL);

  for (guint i = 0; i < interrupted->len; i++)
    {
      const ObUpload *upload = interrupted->pdata[i];

      if (upload->stored == OB_STORED_SAVING)
        return g_strdup (upload->id);
    }

  return NULL;
}

/* The main loop does not run after it, so it is saving for as long as the test wants. Returns: its id. */
static char *
begin_submit (TestRig *rig, ObSubmitDone done, Submit *submit)
{
  const ObSubmission submission = { .app = "test", .name = "slow" };
  char *id;

  ob_broker_submit (rig->broker, &submission, open_file (rig, SLOW_BYTES), done, submit);
  while (!(id = find_saving (rig)))
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (ob_intake_has (rig->broker->members->intake, id));

  return id;
}

static void
ignore (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static void
test_what_is_commanded_while_saving_stays (TestRig *rig, gconstpointer data)
{
  Submit submit = { 0 };
  g_autofree char *id = begin_submit (rig, on_submitted, &submit);
  const char *const ids[] = { id, NULL };

  test_rig_assert_status (rig, id, "saving");
  g_assert_cmpint (ob_broker_get_saved_bytes (rig->broker, id), >=, 0);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, ids, 0, ignore, NULL);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_SET_PRIORITY, ids, 7, ignore, NULL);
  test_wait_until (is_submitted, &submit, 10);
  g_assert_cmpstr (submit.id, ==, id);
  test_rig_assert_status (rig, id, "paused user");
  g_assert_cmpint (test_rig_ask (rig, "SELECT priority FROM uploads"), ==, 7);
  g_assert_cmpint (test_rig_ask (rig, "SELECT size FROM uploads"), ==, SLOW_BYTES);
  g_assert_cmpint (ob_broker_get_saved_bytes (rig->broker, id), ==, -1);
  g_free (submit.id);
}

static void
on_submitted_then_full (const char *id, const GError *error, gpointer user_data)
{
  on_submitted (id, error, user_data);
  fill (((Submit *) user_data)->rig);
}

/* It is safe by its bytes, its record and a row that is saving; that it is queued is found out later. */
static void
test_a_full_disk_right_after_the_answer (TestRig *rig, gconstpointer data)
{
  Submit submit = { .rig = rig };
  g_autofree char *id = begin_submit (rig, on_submitted_then_full, &submit);

  ob_queue_commit (rig->broker->members->queue);
  test_wait_until (is_submitted, &submit, 10);
  g_assert_no_error (submit.error);
  test_rig_settle (rig);
  test_rig_assert_status (rig, submit.id, "saving");
  make_room (rig);
  test_rig_advance (rig, 15 * RIG_SECOND);
  test_rig_finish (rig, submit.id);
  test_rig_assert_status (rig, submit.id, "done");
  g_free (submit.id);
}

/* Whichever of the copy and the removal is done first. @data: whether the copy is. */
static void
test_a_removal_while_saving (TestRig *rig, gconstpointer data)
{
  Submit submit = { 0 };
  g_autofree char *id = begin_submit (rig, on_submitted, &submit);
  const char *const ids[] = { id, NULL };

  while (data && !ob_spool_has (rig->spool, id))
    g_thread_yield ();
  ob_broker_command (rig->broker, NULL, OB_COMMAND_REMOVE, ids, 0, ignore, NULL);
  test_wait_until (is_submitted, &submit, 10);
  g_assert_error (submit.error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  test_rig_settle (rig);
  test_rig_assert_status (rig, id, "gone");
  g_assert_cmpuint (count_files (rig, "spool"), ==, 0);
  g_assert_cmpuint (count_files (rig, "incoming"), ==, 0);
  g_error_free (submit.error);
}

/* --- Removal --- */

static void
test_the_server_is_told_of_a_removal (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  const ObJob *job;

  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_server_report_progress (rig->server, id, 500);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, NULL));
  test_rig_assert_status (rig, id, "gone");
  g_assert_false (ob_spool_has (rig->spool, id));
  /* The attempt ends first; then the server lets go of it, however often it has to be asked. */
  job = test_server_wait_for_termination (rig->server, id);
  g_assert_cmpstr (job->resume, ==, "http://depot.example/files/1");
  test_rig_end (rig, id, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 0);
  test_rig_stop (rig);
  test_rig_start (rig);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 0);
  test_rig_advance (rig, RIG_MINUTE);
  g_assert_true (test_server_wait_for (rig->server, id)->is_termination);
  test_rig_finish (rig, id);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups WHERE kind = 'termination'"), ==, 0);
  g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), ==, 0);
}

/* A thousand removals at a dead server take no place from anybody. */
static void
test_removals_hold_up_nobody (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *removed = test_rig_submit (rig, "yard", 0);
      g_autofree char *url = g_strdup_printf ("http://yard.example/files/%u", i);

      test_server_report_created (rig->server, removed, url);
      g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, removed, 0, NULL));
      while (test_rig_is_active (rig, removed) && !test_rig_find_active (rig, removed)->follow_up)
        g_main_context_iteration (NULL, TRUE);
      test_rig_settle (rig);
    }
  g_assert_cmpuint (test_rig_count_active (rig), ==, 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups WHERE kind = 'termination'"), ==, 20);
  id = test_rig_submit (rig, "depot", 0);
  test_rig_finish (rig, id);
}

static void
test_a_removal_while_confirming (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_server_report_progress (rig->server, id, 1000);
  test_server_report_stored (rig->server, id);
  test_rig_settle (rig);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, NULL));
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "gone");
  /* The server has all of it: what becomes of it there is the server's own. */
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups WHERE kind = 'termination'"), ==, 0);
  g_assert_false (ob_spool_has (rig->spool, id));
}

/* --- Destinations --- */

/* What is begun at a server goes on when the server moves, and nothing goes to where it was. */
static void
test_a_server_that_moves (TestRig *rig, gconstpointer data)
{
  const struct
  {
    const char *url;
    const char *server_url;
  } rows[] = {
    { "http://depot.example/other/", "http://depot.example/files/1?a=b" },
    { "https://new.example:8443/x", "https://new.example:8443/files/1?a=b" },
    { "http://depot.example", "http://depot.example/files/1?a=b" },
  };
  g_autofree char *id = test_rig_submit (rig, "depot", 0);
  g_autofree char *other = test_rig_submit (rig, "yard", 0);

  test_server_report_created (rig->server, id, "http://depot.example/files/1?a=b");
  test_server_report_progress (rig->server, id, 500);
  test_server_report_created (rig->server, other, "http://depot.example.org/files/1");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObDestinationSettings settings = { .url = rows[i].url };
      ObStop *attempt = test_rig_find_active (rig, id)->stop;

      g_assert_true (test_rig_set_destination (rig, "depot", &settings, NULL));
      while (!test_rig_is_active (rig, id) || test_rig_find_active (rig, id)->stop == attempt)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpstr (test_server_wait_for (rig->server, id)->resume, ==, rows[i].server_url);
      g_assert_cmpstr (test_server_wait_for (rig->server, id)->url, ==, rows[i].url);
    }
  g_assert_true (test_rig_is_active (rig, other));
  test_rig_finish (rig, id);
  test_rig_finish (rig, other);
}

/* An error names what there is; and a protocol and its URL belong together, whichever of them is set. */
static void
test_a_protocol_and_its_url (TestRig *rig, gconstpointer data)
{
  static const struct
  {
    const char *name, *protocol, *url;
    const char *words; /* of the error; NULL: it is set */
  } rows[] = {
    { "new", "pigeon", "http://depot.example/{id}", "there is no pigeon here; there is: tus, http" },
    { "new", "", "http://depot.example/{id}", "there is: tus, http" },
    { "new", "HTTP", "http://depot.example/{id}", "there is: tus, http" },
    { "new", "http", NULL, "url: an http or https URL" },
    { "new", "http", "http://depot.example/inbox/", "{id}" },
    { "new", "http", "http://depot.example/inbox/{id}", NULL },
    { "new", NULL, "http://depot.example/inbox/{name}", "{id}" },
    { "new", NULL, "http://depot.example/inbox/{id}/{name}", NULL },
    { "new", "tus", NULL, NULL },
    { "depot", "http", NULL, "{id}" },
    { "depot", "http", "http://depot.example/inbox/{id}", NULL },
    { "depot", "tus", "http://depot.example/files/", NULL },
    { "depot", NULL, NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObDestinationSettings settings = { .protocol = rows[i].protocol, .url = rows[i].url };
      g_autoptr (GError) error = NULL;
      gboolean is_set = test_rig_set_destination (rig, rows[i].name, &settings, &error);

      g_test_message ("%u: %s", i, error ? error->message : "");
      g_assert_cmpint (is_set, ==, rows[i].words == NULL);
      if (rows[i].words)
        g_assert_true (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT)
                       && strstr (error->message, rows[i].words));
    }
}

/* What nobody has written need not be read again, and an attempt that runs keeps what it counts for. */
static void
test_a_refusal_reads_nothing_again (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  GHashTable *destinations = ob_broker_get_destinations (rig->broker);
  g_autoptr (GError) error = NULL;
  guint64 begun_at;

  (void) test_server_wait_for (rig->server, id);
  begun_at = test_rig_find_active (rig, id)->begun_at;
  g_assert_cmpuint (begun_at, >, 0);
  g_assert_false (test_rig_command (rig, OB_COMMAND_PAUSE, "no-such-upload", 0, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_assert_true (ob_broker_get_destinations (rig->broker) == destinations);
  g_assert_cmpuint (test_rig_find_active (rig, id)->begun_at, ==, begun_at);
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/disk/a-full-one-changes-nothing", test_a_full_disk_changes_nothing },
    { "/disk/a-turn-fails-whole", test_a_turn_fails_whole },
    { "/disk/an-end-that-cannot-be-recorded", test_an_end_that_cannot_be_recorded },
    { "/commands/one-is-taken-back-whole", test_a_command_is_taken_back_whole },
    { "/saving/what-is-commanded-meanwhile-stays", test_what_is_commanded_while_saving_stays },
    { "/commands/a-refusal-reads-nothing-again", test_a_refusal_reads_nothing_again },
    { "/saving/a-full-disk-right-after-the-answer", test_a_full_disk_right_after_the_answer },
    { "/saving/a-removal", test_a_removal_while_saving },
    { "/removal/the-server-is-told", test_the_server_is_told_of_a_removal },
    { "/removal/many-hold-up-nobody", test_removals_hold_up_nobody },
    { "/removal/while-confirming", test_a_removal_while_confirming },
    { "/destinations/a-server-that-moves", test_a_server_that_moves },
    { "/destinations/a-protocol-and-its-url", test_a_protocol_and_its_url },
  };

  g_test_init (&argc, &argv, NULL);
  /* A database that cannot be written is warned of. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add ("/saving/a-removal-when-the-copy-is-there", TestRig, "there", test_rig_set_up,
              test_a_removal_while_saving, test_rig_tear_down);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
