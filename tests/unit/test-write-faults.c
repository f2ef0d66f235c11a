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
#include "write-faults.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define STEP_SHORT 11
/* The database is tried again every five seconds. */
#define AGAIN_MS (6 * RIG_SECOND)

typedef struct
{
  TestRevived queue;
  TestModel model;
  GPtrArray *ids; /* that were answered */
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

static const Call calls[] = {
  { "submit", submit_another },
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
}

/* The disk works again: what was refused is taken, and nothing was lost or doubled. */
static void
go_on (Fixture *fixture, const Call *call, gboolean is_done)
{
  g_autoptr (GError) error = NULL;

  test_rig_advance (&fixture->queue.rig, AGAIN_MS);
  test_rig_advance (&fixture->queue.rig, AGAIN_MS);
  if (!is_done)
    (void) call->run (fixture, &error);
  g_assert_no_error (error);
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
