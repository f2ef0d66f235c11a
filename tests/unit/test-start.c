/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a start finds: uploads that were being saved, and files that have no row.
 */
#include "support/rig.h"
#include "support/wait.h"

#include <glib/gstdio.h>

/* --- What a start finds --- */

typedef struct
{
  TestRig *rig;
  const char *id;
  const char *status;
} Found;

static gboolean
is_found (gpointer data)
{
  Found *found = data;
  g_autofree char *status = test_rig_describe (found->rig, found->id);

  return g_str_equal (status, found->status);
}

static void
test_saving_when_the_process_ended (TestRig *rig, gconstpointer data)
{
  g_autofree char *whole = NULL;
  g_autofree char *lost = NULL;

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  whole = test_rig_submit (rig, NULL, 3);
  lost = test_rig_submit (rig, NULL, 0);
  test_rig_run (rig, "UPDATE uploads SET state = 0, size = 0, sha256 = NULL, has_local_copy = 0");
  g_assert_true (ob_spool_remove (rig->spool, lost, NULL));
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_assert_status (rig, whole, "paused queue");
  test_rig_assert_status (rig, lost, "gone");
  g_assert_cmpint (test_rig_ask (rig, "SELECT size FROM uploads WHERE number = 1 AND priority = 3"), ==, 1000);
  g_assert_cmpint (test_rig_ask (rig, "SELECT length(sha256) FROM uploads"), ==, 64);
}

/* Rows and destinations are gone: the files are taken up, say what they wait for, and go when it is there. */
static void
test_files_without_rows (TestRig *rig, gconstpointer data)
{
  const ObDestinationSettings settings = { .url = "http://depot.example/files/" };
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autofree char *other = test_rig_submit (rig, "yard", 0);
  guint64 uploads[OUTBOX_N_STATES], bytes[OUTBOX_N_STATES];
  Found found = { rig, id, "paused no-destination" };

  test_rig_run (rig, "DELETE FROM uploads; DELETE FROM destinations WHERE name = 'depot'");
  test_rig_stop (rig);
  test_rig_start (rig);
  test_wait_until (is_found, &found, 10);
  test_rig_finish (rig, other);
  g_assert_true (ob_broker_summarise (rig->broker, uploads, bytes, NULL));
  g_assert_cmpuint (uploads[OUTBOX_STATE_PAUSED], ==, 1);
  g_assert_true (test_rig_set_destination (rig, "depot", &settings, NULL));
  test_rig_finish (rig, id);
}

/* A key that was taken anew meanwhile: the same bytes are one upload, other bytes are not thrown away. */
static void
test_files_whose_key_is_taken (TestRig *rig, gconstpointer data)
{
  const ObSubmission submission = { .app = "test", .key = "key" };
  g_autofree char *old = NULL;
  g_autofree char *new = NULL;
  Found found = { rig, NULL, "paused queue" };

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  old = test_rig_submit_full (rig, &submission, NULL);
  test_rig_run (rig, "DELETE FROM uploads");
  new = test_rig_submit_full (rig, &submission, NULL);
  g_assert_cmpstr (old, !=, new);
  test_rig_stop (rig);
  test_rig_start (rig);
  found.id = old;
  test_wait_until (is_found, &found, 10);
  g_assert_true (ob_spool_has (rig->spool, old) && ob_spool_has (rig->spool, new));

  rig->n_files--; /* the same bytes again */
  test_rig_run (rig, "DELETE FROM uploads WHERE key IS NOT NULL");
  g_free (old);
  old = g_steal_pointer (&new);
  new = test_rig_submit_full (rig, &submission, NULL);
  test_rig_stop (rig);
  test_rig_start (rig);
  while (ob_spool_has (rig->spool, old))
    g_main_context_iteration (NULL, TRUE);
  test_rig_assert_status (rig, old, "gone");
  test_rig_assert_status (rig, new, "paused queue");
}

/* What there may be in the spool without a row. */
static const struct
{
  const char *bytes; /* NULL: none; "/": a folder */
  const char *record;
  gboolean is_unclaimed;
} strays[] = {
  { "photo", NULL, TRUE },
  { "photo", "", TRUE },
  { "photo", "{", TRUE },
  { "photo", "[]", TRUE },
  { "photo", "{}", TRUE },
  { "photo", "{\"id\":\"01934b5e-7c00-7000-8000-0123456789ab\"}", TRUE },
  { "photo", "\xff\xfe", TRUE },
  { "photo", "/", TRUE },
  { "", NULL, TRUE },
  { NULL, "{", FALSE },
  { "/", "{", FALSE },
  { "/", NULL, FALSE },
};

static void
put (const char *path, const char *text)
{
  if (text && g_str_equal (text, "/"))
    g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  else if (text)
    g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
take_away (const char *path)
{
  if (g_unlink (path) != 0)
    (void) g_rmdir (path);
}

typedef struct
{
  TestRig *rig;
  guint64 n_files;
} Unclaimed;

static gboolean
are_unclaimed (gpointer data)
{
  const Unclaimed *unclaimed = data;
  guint64 n_files, bytes;

  ob_broker_count_unclaimed (unclaimed->rig->broker, &n_files, &bytes);

  return n_files == unclaimed->n_files;
}

/* They stay where they are, and a person is told where, until somebody takes them away. */
static void
test_files_that_belong_to_no_upload (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  Unclaimed unclaimed = { rig, 0 };
  g_auto (GStrv) listed = NULL;
  guint64 n_files, bytes;

  test_rig_stop (rig);
  for (guint i = 0; i < G_N_ELEMENTS (strays); i++)
    {
      g_autofree char *stray = g_strdup_printf ("01934b5e-7c00-7000-8000-%012u", i);
      char *path = g_build_filename (rig->folder, "spool", stray, NULL);
      g_autofree char *record = g_strconcat (path, ".json", NULL);

      put (path, strays[i].bytes);
      put (record, strays[i].record);
      unclaimed.n_files += strays[i].is_unclaimed;
      g_ptr_array_add (paths, path);
    }
  test_rig_start (rig);
  test_wait_until (are_unclaimed, &unclaimed, 10);
  ob_broker_count_unclaimed (rig->broker, &n_files, &bytes);
  g_assert_cmpuint (bytes, ==, (n_files - 1) * strlen ("photo"));
  listed = ob_broker_list_unclaimed (rig->broker);
  g_assert_cmpuint (g_strv_length (listed), ==, n_files);
  test_rig_assert_status (rig, id, "uploading");
  for (guint i = 0; i < G_N_ELEMENTS (strays); i++)
    {
      g_autofree char *record = g_strconcat (paths->pdata[i], ".json", NULL);

      if (strays[i].is_unclaimed)
        g_assert_cmpstr (listed[i], ==, paths->pdata[i]);
      take_away (paths->pdata[i]);
      take_away (record);
      unclaimed.n_files -= strays[i].is_unclaimed;
      g_assert_true (are_unclaimed (&unclaimed));
    }
}

/* A file comes into the spool while the broker runs, and one leaves it. */
static void
test_a_file_that_comes_later (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = test_rig_submit (rig, NULL, 0);
  g_autofree char *path = g_build_filename (rig->folder, "spool", "01934b5e-7c00-7000-8000-000000000001", NULL);
  Unclaimed unclaimed = { rig, 0 };

  test_rig_settle (rig);
  put (path, "photo");
  g_assert_true (are_unclaimed (&unclaimed));
  test_rig_advance (rig, 25 * RIG_HOUR);
  g_assert_true (test_rig_command (rig, OB_COMMAND_SET_PRIORITY, first, 7, NULL));
  unclaimed.n_files = 1;
  test_wait_until (are_unclaimed, &unclaimed, 10);
  take_away (path);
  unclaimed.n_files = 0;
  g_assert_true (are_unclaimed (&unclaimed));
  test_rig_assert_status (rig, first, "uploading");
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/start/saving-when-the-process-ended", test_saving_when_the_process_ended },
    { "/start/files-without-rows", test_files_without_rows },
    { "/start/files-whose-key-is-taken", test_files_whose_key_is_taken },
    { "/start/files-that-belong-to-no-upload", test_files_that_belong_to_no_upload },
    { "/start/a-file-that-comes-later", test_a_file_that_comes_later },
  };

  g_test_init (&argc, &argv, NULL);
  /* A file that belongs to no upload is warned of. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
