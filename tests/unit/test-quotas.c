/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an app may have here: refused in words, with nothing kept of the file; and what is here already stays.
 */
#include "broker/admission.h"
#include "dbus/error.h"
#include "policy/rules-file.h"
#include "support/rig.h"

static void
test_the_judgement (void)
{
  static const struct
  {
    ObQuota quota;
    ObAppUse use;
    guint64 size_bytes, metadata_bytes;
    ObExcess excess;
  } rows[] = {
    { { 0 }, { G_MAXUINT64, G_MAXUINT64, G_MAXUINT64 }, G_MAXUINT64, G_MAXUINT64, OB_EXCESS_NONE },
    { { .files = 3 }, { 2, 0, 0 }, 9, 9, OB_EXCESS_NONE },
    { { .files = 3 }, { 3, 0, 0 }, 9, 9, OB_EXCESS_FILES },
    { { .bytes = 100 }, { 1, 90, 0 }, 10, 0, OB_EXCESS_NONE },
    { { .bytes = 100 }, { 1, 90, 0 }, 11, 0, OB_EXCESS_BYTES },
    { { .bytes = 100 }, { 1, 100, 0 }, 0, 0, OB_EXCESS_BYTES },
    { { .bytes = 100 }, { 1, 200, 0 }, G_MAXUINT64, 0, OB_EXCESS_BYTES },
    { { .bytes = 100 }, { 0, 0, 0 }, G_MAXUINT64, 0, OB_EXCESS_BYTES },
    { { .metadata_bytes = 10 }, { 0, 0, 0 }, 0, 10, OB_EXCESS_NONE },
    { { .metadata_bytes = 10 }, { 0, 0, 0 }, 0, 11, OB_EXCESS_METADATA },
    { { .saving = 2 }, { 9, 0, 1 }, 0, 0, OB_EXCESS_NONE },
    { { .saving = 2 }, { 9, 0, 2 }, 0, 0, OB_EXCESS_SAVING },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (ob_admission_judge (&rows[i].quota, &rows[i].use, rows[i].size_bytes, rows[i].metadata_bytes), ==,
                     rows[i].excess);
}

static void
set_quota (TestRig *rig, const char *text)
{
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_rules_read (rules, text, strlen (text), "test.conf", &error));
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rules);
}

static char *
submit (TestRig *rig, const char *app, GError **error)
{
  const ObSubmission submission = { .app = app, .name = "IMG_0001.jpg" };

  return test_rig_submit_full (rig, &submission, error);
}

/* Counts what is in the spool. */
static guint
count_files (TestRig *rig)
{
  g_autofree char *path = g_build_filename (rig->folder, "spool", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n_files = 0;

  while (folder && g_dir_read_name (folder))
    n_files++;

  return n_files;
}

static void
assert_refused (TestRig *rig, const char *app, const char *words)
{
  const guint n_files = count_files (rig);
  const gint64 n_rows = test_rig_ask (rig, "SELECT count(*) FROM uploads");
  g_autoptr (GError) error = NULL;
  g_autofree char *id = submit (rig, app, &error);

  g_assert_null (id);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_QUOTA);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_cmpuint (count_files (rig), ==, n_files);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads"), ==, n_rows);
}

static void
test_an_app_has_all_that_it_may (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL, *other = NULL, *third = NULL;

  set_quota (rig, "[Apps]\nmax-files=2\n");
  first = submit (rig, "camera", NULL);
  second = submit (rig, "camera", NULL);
  assert_refused (rig, "camera", "camera may have 2 files here");
  other = submit (rig, "scanner", NULL);
  g_assert_nonnull (other);
  /* One has arrived: there is room for another. */
  (void) test_server_wait_for (rig->server, first);
  test_rig_finish (rig, first);
  third = submit (rig, "camera", NULL);
  g_assert_nonnull (third);
  assert_refused (rig, "camera", "camera may have 2 files");
}

static void
test_bytes_count (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL;

  set_quota (rig, "[Apps]\nmax-bytes=2K\n");
  first = submit (rig, "camera", NULL);
  second = submit (rig, "camera", NULL);
  g_assert_true (first && second);
  assert_refused (rig, "camera", "this file would be more");
}

/* A limit that comes later takes nothing away. */
static void
test_what_is_here_stays (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit (rig, "camera", NULL);
  g_autofree char *second = submit (rig, "camera", NULL);

  set_quota (rig, "[Apps]\nmax-files=1\n");
  assert_refused (rig, "camera", "camera may have 1 files");
  test_rig_stop (rig);
  test_rig_start (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads"), ==, 2);
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/quotas/an-app-has-all-that-it-may", test_an_app_has_all_that_it_may },
    { "/quotas/bytes-count", test_bytes_count },
    { "/quotas/what-is-here-stays", test_what_is_here_stays },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quotas/the-judgement", test_the_judgement);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
