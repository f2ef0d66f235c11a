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
  ob_recovery_stop (rig->broker->members->recovery);
  ob_recovery_start (rig->broker->members->recovery);
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

/* What is known of the upload whose copy has no row, when the spool is compared with the database. */
typedef struct
{
  const char *name;
  const char *twin_fill; /* what the app handed over later with the same key; NULL: nothing */
  const char *sql;       /* what happened since to ORPHAN, the copy's upload, and to TWIN, the other */
  gboolean loses_twin_copy;
  gboolean is_kept; /* the copy is an upload of its own */
  gboolean has_key;
} Orphan;

static const Orphan orphans[] = {
  { "nothing-has-its-key", NULL, NULL, FALSE, TRUE, TRUE },
  { "it-was-removed", NULL,
    "INSERT INTO journal (at, upload, event, state) SELECT at, 'ORPHAN', 'removed', state FROM journal LIMIT 1", FALSE,
    FALSE, FALSE },
  { "its-bytes-are-here-again", "a", NULL, FALSE, FALSE, FALSE },
  { "its-bytes-have-arrived", "a",
    "UPDATE uploads SET state = 5, offset = size, done_at = 5, confirmed_at = 5, confirmed_by = 'tus', has_local_copy "
    "= 0"
    " WHERE id = 'TWIN'",
    TRUE, FALSE, FALSE },
  { "its-bytes-were-lost-again", "a", NULL, TRUE, TRUE, FALSE },
  { "other-bytes-have-its-key", "b", NULL, FALSE, TRUE, FALSE },
};

static char *
submit_and_wait (TestRig *rig, char fill)
{
  g_auto (Answer) answer = { 0 };

  submit (rig, fill, &answer);
  test_wait_until (is_answered, &answer, 10);
  g_assert_no_error (answer.error);
  test_rig_settle (rig);

  return g_steal_pointer (&answer.id);
}

typedef struct
{
  TestRig *rig;
  const char *id;
} Copy;

static gboolean
is_decided (gpointer data)
{
  const Copy *copy = data;

  return !ob_spool_has (copy->rig->spool, copy->id) || ob_uploads_has (copy->rig->database, copy->id);
}

static void
make_orphan (TestRig *rig, const char *id)
{
  g_autofree char *sql = g_strdup_printf ("DELETE FROM uploads WHERE id = '%s'", id);

  test_rig_run (rig, sql);
}

static void
change (TestRig *rig, const char *sql, const char *id, const char *twin)
{
  g_auto (GStrv) parts = g_strsplit (sql, "ORPHAN", -1);
  g_autofree char *with_id = g_strjoinv (id, parts);
  g_auto (GStrv) others = g_strsplit (with_id, "TWIN", -1);
  g_autofree char *whole = g_strjoinv (twin ? twin : "", others);

  test_rig_run (rig, whole);
}

static void
test_a_copy_without_a_row (TestRig *rig, gconstpointer data)
{
  const Orphan *orphan = data;
  g_autofree char *id = NULL;
  g_autofree char *twin = NULL;
  g_autoptr (ObUpload) adopted = NULL;
  Copy copy;

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  id = submit_and_wait (rig, 'a');
  make_orphan (rig, id);
  twin = orphan->twin_fill ? submit_and_wait (rig, *orphan->twin_fill) : NULL;
  if (orphan->sql)
    change (rig, orphan->sql, id, twin);
  if (orphan->loses_twin_copy)
    g_assert_true (ob_spool_remove (rig->spool, twin, NULL));

  copy = (Copy){ rig, id };
  ob_recovery_stop (rig->broker->members->recovery);
  ob_recovery_start (rig->broker->members->recovery);
  test_wait_until (is_decided, &copy, 10);
  test_rig_settle (rig);
  adopted = ob_uploads_get (rig->database, id, NULL);
  g_assert_cmpint (ob_spool_has (rig->spool, id), ==, orphan->is_kept);
  g_assert_cmpint (adopted != NULL, ==, orphan->is_kept);
  g_assert_cmpstr (adopted ? adopted->key : NULL, ==, orphan->has_key ? KEY : NULL);
  if (adopted)
    test_rig_assert_status (rig, id, "paused queue");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/adoption/the-same-bytes-are-handed-over-meanwhile", TestRig, "a", test_rig_set_up,
              test_a_key_that_is_handed_over_meanwhile, test_rig_tear_down);
  g_test_add ("/adoption/other-bytes-are-handed-over-meanwhile", TestRig, "b", test_rig_set_up,
              test_a_key_that_is_handed_over_meanwhile, test_rig_tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (orphans); i++)
    {
      g_autofree char *path = g_strconcat ("/adoption/", orphans[i].name, NULL);

      g_test_add (path, TestRig, &orphans[i], test_rig_set_up, test_a_copy_without_a_row, test_rig_tear_down);
    }

  return g_test_run ();
}
