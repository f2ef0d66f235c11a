/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The disk refuses the n-th write of a call, once or from then on, for each n: whoever called hears an honest error or success,
 * and when the disk works again all goes on without a new start, and everything that was answered arrives once.
 *
 * OUTBOX_WRITE_FAULTS is how far apart the n are; 1 tries each.
 */
#include "dbus/error.h"
#include "support/revived.h"
#include "support/wait.h"
#include "write-faults.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define STEP_SHORT 31
/* The database is tried again every five seconds. */
#define AGAIN_MS (6 * RIG_SECOND)

typedef struct
{
  TestRevived queue;
  TestModel model;
  GPtrArray *ids;  /* that were answered */
  char *recording; /* (nullable): the id of one that was begun */
} Fixture;

typedef struct
{
  const char *name;
  gboolean (*run) (Fixture *fixture, GError **error);
} Call;

static gboolean
submit (Fixture *fixture, const char *key, GError **error)
{
  const ObSubmission submission = { .app = "test", .destination = "depot", .key = key };
  char *id = test_rig_submit_full (&fixture->queue.rig, &submission, error);

  if (id)
    g_ptr_array_add (fixture->ids, id);

  return id != NULL;
}

static gboolean
submit_another (Fixture *fixture, GError **error)
{
  return submit (fixture, "another", error);
}

static gboolean
set_destination (Fixture *fixture, const char *url, GError **error)
{
  const ObDestinationSettings settings = { .url = url, .confirm_url = "http://confirm.example/{id}" };

  return test_rig_set_destination (&fixture->queue.rig, "depot", &settings, error);
}

static gboolean
move_destination (Fixture *fixture, GError **error)
{
  return set_destination (fixture, "http://depot.example/other/", error);
}

static gboolean
set_priority (Fixture *fixture, GError **error)
{
  return test_rig_command (&fixture->queue.rig, OB_COMMAND_SET_PRIORITY, fixture->ids->pdata[0], 7, error);
}

/* --- Bytes that come in by pieces --- */

#define RECORDING_SIZE 200000

static void
on_created (const char *id, int fd, const GError *error, gpointer user_data)
{
  ((TestRigAnswer *) user_data)->id = g_strdup (id);
  if (fd >= 0)
    (void) close (fd);
  test_rig_on_answered (error, user_data);
}

static gboolean
create (Fixture *fixture, GError **error)
{
  const ObSubmission submission = { .app = "page", .destination = "depot", .tus_metadata = "filename YS5qcGc=" };
  TestRigAnswer answer = { 0 };

  ob_broker_create (fixture->queue.rig.broker, &submission, on_created, &answer);
  if (!test_rig_wait_for (&fixture->queue.rig, &answer, error))
    return FALSE;
  fixture->recording = answer.id;

  return TRUE;
}

/* From where the last one that was told it had been written ended, as a door does it. */
static gboolean
append_the_rest (Fixture *fixture, GError **error)
{
  g_autoptr (ObWriter) writer = ob_writer_resume (fixture->queue.rig.spool, fixture->recording, NULL, error);
  g_autofree char *bytes = g_strnfill (RECORDING_SIZE, 'r');
  guint64 offset;

  if (!writer || !ob_writer_set_size (writer, RECORDING_SIZE, error))
    return FALSE;
  while ((offset = ob_writer_get_offset (writer)) < RECORDING_SIZE)
    if (!ob_writer_append (writer, bytes, MIN (RECORDING_SIZE - offset, 65536), error)
        || !ob_writer_sync_on_the_way (writer, error))
      return FALSE;

  return ob_writer_sync (writer, error);
}

static gboolean
is_in_queue (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (ObUpload) upload = ob_broker_get (fixture->queue.rig.broker, fixture->recording, NULL);

  return upload && upload->stored != OB_STORED_SAVING;
}

static gboolean
record (Fixture *fixture, GError **error)
{
  TestRigAnswer answer = { 0 };

  if (!fixture->recording && !create (fixture, error))
    return FALSE;
  if (!is_in_queue (fixture))
    {
      if (!append_the_rest (fixture, error))
        return FALSE;
      ob_broker_commit (fixture->queue.rig.broker, fixture->recording, NULL, NULL, test_rig_on_answered, &answer);
      if (!test_rig_wait_for (&fixture->queue.rig, &answer, error))
        return FALSE;
    }
  g_ptr_array_add (fixture->ids, g_steal_pointer (&fixture->recording));

  return TRUE;
}

/* --- What the broker does by itself, and secrets --- */

static gboolean
is_idle (gpointer data)
{
  return test_rig_count_active (&((Fixture *) data)->queue.rig) == 0;
}

/* Checkpoints, the place in the record, the journal, receipts, and copies that go. Where the disk fails, nobody asked. */
static gboolean
deliver (Fixture *fixture, GError **error)
{
  if (!test_rig_pause_queue (&fixture->queue.rig, FALSE, error))
    return FALSE;
  for (guint i = 0; i < 4 && !test_revived_are_over (&fixture->queue, fixture->ids); i++)
    {
      test_rig_advance (&fixture->queue.rig, AGAIN_MS);
      test_wait_until (is_idle, fixture, 10);
    }

  return TRUE;
}

static gboolean
sign_in (Fixture *fixture, GError **error)
{
  TestRigAnswer answer = { 0 };

  ob_broker_sign_in (fixture->queue.rig.broker, "depot", ob_sign_in_read ("t0ken", 5, NULL), test_rig_on_answered,
                     &answer);
  if (!test_rig_wait_for (&fixture->queue.rig, &answer, error))
    return FALSE;
  g_assert_cmpstr (ob_broker_get_secret_place (fixture->queue.rig.broker, "depot"), ==, "file");

  return TRUE;
}

static const Call calls[] = {
  { "submit", submit_another },
  { "record", record },
  { "deliver", deliver },
  { "sign-in", sign_in },
  { "set-destination", move_destination },
  { "set-priority", set_priority },
};

static void
begin (Fixture *fixture)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;

  fixture->ids = g_ptr_array_new_with_free_func (g_free);
  test_model_begin (&fixture->model, NULL, TRUE);
  test_revived_begin (&fixture->queue, folder, &fixture->model);
  g_assert_true (test_revived_open (&fixture->queue));
  (void) set_destination (fixture, "http://depot.example/files/", &error);
  g_assert_no_error (error);
  (void) test_rig_pause_queue (&fixture->queue.rig, TRUE, &error);
  g_assert_no_error (error);
  (void) submit (fixture, "first", &error);
  g_assert_no_error (error);
}

static void
end (Fixture *fixture)
{
  const char *argv[] = { "rm", "-r", fixture->queue.rig.folder, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  test_revived_end (&fixture->queue);
  test_model_end (&fixture->model);
  g_ptr_array_unref (fixture->ids);
  g_free (fixture->recording);
}

typedef struct
{
  Fixture *fixture;
  const Call *call;
  GError *error;
} Again;

static gboolean
is_taken (gpointer data)
{
  Again *again = data;

  g_clear_error (&again->error);
  test_rig_advance (&again->fixture->queue.rig, AGAIN_MS);

  return again->call->run (again->fixture, &again->error);
}

/* The disk works again: what was refused is taken, and nothing was lost or doubled. */
static void
go_on (Fixture *fixture, const Call *call, gboolean is_done)
{
  Again again = { fixture, call, NULL };
  g_autoptr (GError) error = NULL;

  test_rig_advance (&fixture->queue.rig, AGAIN_MS);
  test_rig_advance (&fixture->queue.rig, AGAIN_MS);
  /* More than once: a recording that is whole is committed by the broker itself, and busy meanwhile. */
  if (!is_done)
    test_wait_until (is_taken, &again, 20);
  g_clear_error (&again.error);
  (void) test_rig_pause_queue (&fixture->queue.rig, FALSE, &error);
  g_assert_no_error (error);
  test_revived_work (&fixture->queue, fixture->ids);
  for (guint i = 0; i < fixture->ids->len; i++)
    g_assert_cmpuint (test_model_count_taken (&fixture->model, fixture->ids->pdata[i]), ==, 1);
  g_assert_cmpint (test_rig_ask (&fixture->queue.rig, "SELECT count(*) FROM uploads"), ==, fixture->ids->len);
}

/* Returns: whether there was a write of that number */
static gboolean
try_fault (const Call *call, guint n, gboolean is_lasting, int error_number)
{
  g_autoptr (GError) error = NULL;
  gboolean is_done, has_failed;
  Fixture fixture;

  begin (&fixture);
  write_faults_begin (fixture.queue.rig.folder, n, is_lasting, error_number);
  is_done = call->run (&fixture, &error);
  has_failed = write_faults_end ();
  if (!is_done)
    g_assert_true (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE)
                   || g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL));
  go_on (&fixture, call, is_done);
  end (&fixture);

  return has_failed;
}

static void
test_call (gconstpointer data)
{
  static const int errors[] = { ENOSPC, EDQUOT, EIO, EROFS };
  const char *wanted = g_getenv ("OUTBOX_WRITE_FAULTS");
  const guint step = wanted ? (guint) g_ascii_strtoull (wanted, NULL, 10) : STEP_SHORT;
  guint n_faults = 0;

  for (guint i = 0; i < 2 * G_N_ELEMENTS (errors); i++)
    for (guint n = 1 + i % step; try_fault (data, n, i % 2 == 0, errors[i / 2]); n += step)
      n_faults++;
  g_test_message ("%u faults of writing: %s", n_faults, ((const Call *) data)->name);
}

int
main (int argc, char *argv[])
{
  if (g_access ("/dev/shm", W_OK) == 0)
    g_setenv ("TMPDIR", "/dev/shm", FALSE);
  g_test_init (&argc, &argv, NULL);
  (void) outbox_error_quark ();
  /* A disk that does not work is warned of. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *name = g_strconcat ("/write-faults/", calls[i].name, NULL);

      g_test_add_data_func (name, &calls[i], test_call);
    }

  return g_test_run ();
}
