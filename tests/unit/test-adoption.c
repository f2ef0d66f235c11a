/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files in the spool that have no row, as a process that died leaves them, while an app hands the same key over again.
 */
#include "support/rig.h"

#include "base/identity.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>

#define KEY "site-7"

typedef struct
{
  gboolean is_done;
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

  answer->is_done = TRUE;
  answer->id = g_strdup (id);
  answer->error = error ? g_error_copy (error) : NULL;
}

static gboolean
is_answered (gpointer data)
{
  return ((Answer *) data)->is_done;
}

/* What the answer is worth. @fill: the byte that the file is made of. */
static void
submit (TestRig *rig, char fill, Answer *answer)
{
  const ObSubmission submission = { .app = "test", .key = KEY };
  g_autofree char *path = g_build_filename (rig->folder, "file", NULL);
  g_autofree char *bytes = g_strnfill (1000, fill);

  g_assert_true (g_file_set_contents (path, bytes, 1000, NULL));
  ob_broker_submit (rig->broker, &submission, g_open (path, O_RDONLY | O_CLOEXEC, 0), on_submitted, answer);
}

static guint
count_spooled (TestRig *rig)
{
  g_autofree char *path = ob_spool_get_path (rig->spool, "");
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (folder)))
    n += ob_id_is_valid (name);

  return n;
}

/* Bytes and record are in the spool, and neither row nor journal tells of them. */
static void
leave_an_orphan (TestRig *rig)
{
  g_auto (Answer) answer = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  submit (rig, 'a', &answer);
  test_wait_until (is_answered, &answer, 10);
  g_assert_no_error (answer.error);
  test_rig_settle (rig);
  (void) ob_database_run (rig->database, "DELETE FROM uploads", &error);
  g_assert_no_error (error);
  (void) ob_database_run (rig->database, "DELETE FROM journal", &error);
  g_assert_no_error (error);
}

/* The spool is compared with the database after the app has asked, and before its file was looked at, as in a start. */
static void
test_a_key_that_is_handed_over_meanwhile (TestRig *rig, gconstpointer data)
{
  const char *fill = data;
  gboolean are_equal = *fill == 'a';
  g_auto (Answer) answer = { 0 };

  leave_an_orphan (rig);
  submit (rig, *fill, &answer);
  ob_recovery_stop (rig->broker->recovery);
  ob_recovery_start (rig->broker->recovery);
  g_assert_false (answer.is_done);
  test_wait_until (is_answered, &answer, 10);
  g_assert_no_error (answer.error);
  test_rig_settle (rig);

  /* Equal bytes are not sent twice; others are not lost, and the key is that of whoever was answered. */
  g_assert_cmpuint (count_spooled (rig), ==, are_equal ? 1 : 2);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads"), ==, are_equal ? 1 : 2);
  test_rig_assert_status (rig, answer.id, "paused queue");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE key = '" KEY "'"), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/adoption/the-same-bytes-are-handed-over-meanwhile", TestRig, "a", test_rig_set_up,
              test_a_key_that_is_handed_over_meanwhile, test_rig_tear_down);
  g_test_add ("/adoption/other-bytes-are-handed-over-meanwhile", TestRig, "b", test_rig_set_up,
              test_a_key_that_is_handed_over_meanwhile, test_rig_tear_down);

  return g_test_run ();
}
