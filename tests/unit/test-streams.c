/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recordings whose bytes the broker is sent: one that is whole is committed whatever ended the process, and one that nobody goes on
 * with is removed by the hours that the broker ran, not by the clock.
 */
#include "support/commit-failures.h"
#include "support/rig.h"
#include "support/wait.h"

#include <unistd.h>

#define ALL_BYTES 10

static void
on_created (const char *id, int fd, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  *(char **) user_data = g_strdup (id);
  (void) close (fd);
}

static gboolean
is_set (gpointer data)
{
  return *(char **) data != NULL;
}

/* Returns: (transfer full): the id of a new recording, of which no byte has come */
static char *
create (TestRig *rig)
{
  const ObSubmission submission = { .app = "page", .destination = "depot", .tus_metadata = "filename YS5qcGc=" };
  char *id = NULL;

  ob_broker_create (rig->broker, &submission, on_created, &id);
  test_wait_until (is_set, &id, 10);

  return id;
}

/* Sends up to @end of the bytes, as a door does. */
static void
send_up_to (TestRig *rig, const char *id, guint end)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObWriter) writer = ob_writer_resume (rig->spool, id, NULL, &error);
  guint offset;

  g_assert_no_error (error);
  offset = (guint) ob_writer_get_offset (writer);
  g_assert_true (ob_writer_set_size (writer, ALL_BYTES, &error));
  g_assert_true (ob_writer_append (writer, "0123456789" + offset, end - offset, &error));
  g_assert_true (ob_writer_sync (writer, &error));
  g_assert_no_error (error);
}

static void
count_hours (TestRig *rig, guint hours)
{
  for (guint i = 0; i < hours; i++)
    {
      ob_recordings_count_hour (rig->broker->members->recordings);
      test_rig_settle (rig);
    }
}

static gboolean
is_there (TestRig *rig, const char *id)
{
  g_autoptr (ObUpload) row = ob_broker_get (rig->broker, id, NULL);
  g_autofree char *path = ob_partial_dup_path (rig->spool, id);

  g_assert_true ((row != NULL) == g_file_test (path, G_FILE_TEST_EXISTS));

  return row != NULL;
}

/* --- Whole --- */

typedef struct
{
  TestRig *rig;
  const char *id;
} Wait;

static gboolean
is_in_queue (gpointer data)
{
  const Wait *wait = data;
  g_autoptr (ObUpload) row = ob_broker_get (wait->rig->broker, wait->id, NULL);

  return row && row->stored != OB_STORED_SAVING;
}

static void
assert_gets_into_the_queue (TestRig *rig, const char *id)
{
  Wait wait = { rig, id };
  g_autoptr (ObUpload) row = NULL;

  test_wait_until (is_in_queue, &wait, 10);
  row = ob_broker_get (rig->broker, id, NULL);
  g_assert_cmpuint (row->size_bytes, ==, ALL_BYTES);
  g_assert_cmpstr (row->tus_metadata, ==, "filename YS5qcGc=");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads"), ==, 1);
}

static void
test_a_start_commits (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);

  send_up_to (rig, id, ALL_BYTES);
  test_rig_stop (rig);
  test_rig_start (rig);
  assert_gets_into_the_queue (rig, id);
}

static void
test_a_start_without_rows_commits (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);

  send_up_to (rig, id, ALL_BYTES);
  test_rig_run (rig, "DELETE FROM uploads");
  test_rig_run (rig, "DELETE FROM journal");
  test_rig_stop (rig);
  test_rig_start (rig);
  assert_gets_into_the_queue (rig, id);
}

static void
test_a_part_stays (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);

  send_up_to (rig, id, ALL_BYTES - 1);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_settle (rig);
  g_assert_true (is_there (rig, id));
  send_up_to (rig, id, ALL_BYTES);
}

/* --- Nobody goes on with it --- */

static void
test_expires (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);
  gint64 first_ms, left_ms;

  send_up_to (rig, id, 5);
  first_ms = ob_broker_get_expiry_ms (rig->broker, id);
  g_assert_cmpint (first_ms, ==, ob_broker_get_now_ms (rig->broker) + OB_RECORDINGS_IDLE_MOST_H * RIG_HOUR);
  count_hours (rig, OB_RECORDINGS_IDLE_MOST_H);
  left_ms = ob_broker_get_expiry_ms (rig->broker, id) - ob_broker_get_now_ms (rig->broker);
  g_assert_cmpint (left_ms, ==, RIG_HOUR);
  g_assert_true (is_there (rig, id));
  count_hours (rig, 1);
  g_assert_false (is_there (rig, id));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'removed'"), ==, 1);
  g_assert_cmpint (ob_broker_get_expiry_ms (rig->broker, id), ==, 0);
}

static void
test_hours_outlive_a_start (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);

  send_up_to (rig, id, 5);
  count_hours (rig, OB_RECORDINGS_IDLE_MOST_H);
  test_rig_stop (rig);
  test_rig_start (rig);
  count_hours (rig, 1);
  g_assert_true (is_there (rig, id));
  count_hours (rig, 1);
  g_assert_false (is_there (rig, id));
}

static void
test_more_bytes_begin_anew (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);

  send_up_to (rig, id, 5);
  count_hours (rig, OB_RECORDINGS_IDLE_MOST_H);
  send_up_to (rig, id, 6);
  g_assert_cmpint (ob_broker_get_expiry_ms (rig->broker, id), ==,
                   ob_broker_get_now_ms (rig->broker) + OB_RECORDINGS_IDLE_MOST_H * RIG_HOUR);
  count_hours (rig, OB_RECORDINGS_IDLE_MOST_H);
  g_assert_true (is_there (rig, id));
  count_hours (rig, 1);
  g_assert_false (is_there (rig, id));
}

/* A device without a clock of its own says 1970 until it has a network. */
static void
test_no_clock_removes_it (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);

  send_up_to (rig, id, 5);
  count_hours (rig, 2);
  test_clock_advance (rig->clock, 20000 * RIG_DAY);
  count_hours (rig, 2);
  test_rig_stop (rig);
  test_clock_advance (rig->clock, -20000 * RIG_DAY);
  test_rig_start (rig);
  count_hours (rig, 2);
  g_assert_true (is_there (rig, id));
}

static void
test_what_an_app_wrote_stays (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = create (rig);

  count_hours (rig, 2 * OB_RECORDINGS_IDLE_MOST_H);
  g_assert_true (is_there (rig, id));
  g_assert_cmpint (ob_broker_get_expiry_ms (rig->broker, id), ==, 0);
}

static const TestRigCase cases[] = {
  { "/streams/a-start-commits-what-is-whole", test_a_start_commits },
  { "/streams/a-start-without-rows-commits-it-too", test_a_start_without_rows_commits },
  { "/streams/a-part-stays", test_a_part_stays },
  { "/streams/expires", test_expires },
  { "/streams/hours-outlive-a-start", test_hours_outlive_a_start },
  { "/streams/more-bytes-begin-anew", test_more_bytes_begin_anew },
  { "/streams/no-clock-removes-it", test_no_clock_removes_it },
  { "/streams/what-an-app-wrote-stays", test_what_an_app_wrote_stays },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
