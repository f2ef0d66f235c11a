/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a start, and a disk that works again, make of the files that apps record: whatever has become of the file, its record, its
 * row and the clock, nothing that has a byte is removed but by a person.
 */
#include "support/commit-failures.h"
#include "support/rig.h"
#include "support/wait.h"

#include "dbus/error.h"
#include "store/journal.h"
#include "store/partial.h"

#include <unistd.h>

typedef struct
{
  char *id;
  int fd;
} Created;

static void
on_created (const char *id, int fd, const GError *error, gpointer user_data)
{
  Created *created = user_data;

  g_assert_no_error (error);
  created->id = g_strdup (id);
  created->fd = fd;
}

static gboolean
is_created (gpointer data)
{
  return ((Created *) data)->id != NULL;
}

typedef struct
{
  const char *name;
  guint bytes;
  gboolean is_open;    /* an app has it open over the restart */
  gint64 passed_ms;    /* between the two processes; negative: the clock is set back */
  const char *sql;     /* on the database of the first; or NULL */
  gboolean is_garbage; /* its record */
  const char *reason;  /* of its row then; NULL: it has none */
  gboolean stays;      /* the file */
} Row;

#define LOSE_ROW "DELETE FROM uploads"
#define LOSE_ALL "DELETE FROM uploads; DELETE FROM journal"
#define REMOVE "UPDATE journal SET event = 'removed'; DELETE FROM uploads"

static const Row rows[] = {
  { "some-bytes", 5, FALSE, 0, NULL, FALSE, "unfinished", TRUE },
  { "some-bytes-that-are-written", 5, TRUE, 0, NULL, FALSE, "recording", TRUE },
  { "after-years", 5, FALSE, 4000 * RIG_DAY, NULL, FALSE, "unfinished", TRUE },
  { "clock-set-back", 5, FALSE, -4000 * RIG_DAY, NULL, FALSE, "unfinished", TRUE },
  { "nothing", 0, FALSE, RIG_HOUR, NULL, FALSE, "unfinished", TRUE },
  { "nothing-for-a-day", 0, FALSE, 25 * RIG_HOUR, NULL, FALSE, NULL, FALSE },
  { "nothing-that-is-open-for-a-day", 0, TRUE, 25 * RIG_HOUR, NULL, FALSE, "recording", TRUE },
  { "nothing-and-clock-set-back", 0, FALSE, -4000 * RIG_DAY, NULL, FALSE, "unfinished", TRUE },
  { "row-lost", 5, FALSE, 0, LOSE_ROW, FALSE, "unfinished", TRUE },
  { "all-lost", 5, TRUE, 0, LOSE_ALL, FALSE, "recording", TRUE },
  { "nothing-and-row-lost", 0, FALSE, 0, LOSE_ROW, FALSE, NULL, FALSE },
  { "removed-and-killed", 5, FALSE, 0, REMOVE, FALSE, NULL, FALSE },
  { "record-damaged", 5, FALSE, 0, NULL, TRUE, "unfinished", TRUE },
  { "record-damaged-and-row-lost", 5, FALSE, 0, LOSE_ROW, TRUE, NULL, TRUE },
};

static void
run_sql (TestRig *rig, const char *sql)
{
  g_auto (GStrv) parts = g_strsplit (sql, "; ", -1);

  for (char **part = parts; *part; part++)
    test_rig_run (rig, *part);
}

static void
assert_found (TestRig *rig, const Row *row, const char *id)
{
  g_autofree char *path = ob_partial_dup_path (rig->spool, id);
  g_autoptr (ObUpload) upload = ob_uploads_get (rig->database, id, NULL);

  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS) == row->stays);
  g_assert_true ((upload != NULL) == (row->reason != NULL));
  if (upload)
    g_assert_cmpstr (outbox_reason_get_info (upload->reason)->name, ==, row->reason);
}

/* An app records some bytes, and ends unless it has the file open still. */
static void
record (TestRig *rig, guint n_bytes, gboolean is_open, Created *created)
{
  const ObSubmission submission = { .app = "recorder", .destination = "depot" };

  ob_broker_create (rig->broker, &submission, on_created, created);
  test_wait_until (is_created, created, 10);
  g_assert_cmpint (write (created->fd, "bytes", n_bytes), ==, n_bytes);
  if (!is_open)
    (void) close (g_steal_fd (&created->fd));
}

static void
on_refused (const char *id, int fd, const GError *error, gpointer user_data)
{
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
  g_assert_cmpint (fd, ==, -1);
  *(gboolean *) user_data = TRUE;
}

/* Bytes come into a file in one way: what the broker is sent, or what an app writes. */
static void
test_a_key_has_one_way (gconstpointer is_stream)
{
  ObSubmission submission
      = { .app = "recorder", .destination = "depot", .key = "k", .is_stream = GPOINTER_TO_INT (is_stream) };
  Created created = { NULL, -1 };
  gboolean is_refused = FALSE;
  TestRig rig = { 0 };

  test_rig_set_up (&rig, NULL);
  ob_broker_create (rig.broker, &submission, on_created, &created);
  test_wait_until (is_created, &created, 10);
  (void) close (created.fd);
  submission.is_stream = !submission.is_stream;
  ob_broker_create (rig.broker, &submission, on_refused, &is_refused);
  g_assert_true (is_refused);
  g_free (created.id);
  test_rig_tear_down (&rig, NULL);
}

static void
test_a_start (gconstpointer data)
{
  const Row *row = data;
  Created created = { NULL, -1 };
  g_autofree char *record_path = NULL;
  TestRig rig = { 0 };

  test_rig_set_up (&rig, NULL);
  record (&rig, row->bytes, row->is_open, &created);
  record_path = ob_partial_dup_path (rig.spool, created.id);
  if (row->sql)
    run_sql (&rig, row->sql);
  test_rig_stop (&rig);
  if (row->is_garbage)
    {
      g_autofree char *path = g_strconcat (record_path, ".json", NULL);

      g_assert_true (g_file_set_contents (path, "{", -1, NULL));
    }
  test_clock_advance (rig.clock, row->passed_ms);
  test_rig_start (&rig);
  test_rig_settle (&rig);
  assert_found (&rig, row, created.id);
  /* The next start says the same. */
  test_rig_stop (&rig);
  test_rig_start (&rig);
  test_rig_settle (&rig);
  assert_found (&rig, row, created.id);
  if (created.fd >= 0)
    (void) close (created.fd);
  g_free (created.id);
  test_rig_tear_down (&rig, NULL);
}

/* --- A daemon that runs on --- */

typedef struct
{
  const char *name;
  guint bytes;
  gboolean is_open;
  const char *reason; /* a day later; NULL: it is gone */
} DayRow;

static const DayRow day_rows[] = {
  { "nothing", 0, FALSE, NULL },
  { "nothing-that-is-open", 0, TRUE, "recording" },
  { "a-byte", 1, FALSE, "unfinished" },
};

static void
test_a_day_without_a_start (gconstpointer data)
{
  const DayRow *row = data;
  const Row after = { .reason = row->reason, .stays = row->reason != NULL };
  Created created = { NULL, -1 };
  TestRig rig = { 0 };

  test_rig_set_up (&rig, NULL);
  record (&rig, row->bytes, row->is_open, &created);
  test_rig_settle (&rig);
  test_rig_advance (&rig, 26 * RIG_HOUR);
  test_rig_settle (&rig);
  assert_found (&rig, &after, created.id);
  g_assert_cmpint (ob_journal_has_event (rig.database, created.id, "removed"), ==, row->reason == NULL);
  if (created.fd >= 0)
    (void) close (created.fd);
  g_free (created.id);
  test_rig_tear_down (&rig, NULL);
}

/* --- An app that lets go while nothing can be written --- */

static gboolean
has_failed (gpointer data)
{
  return test_failure_has_come ();
}

/* Memory has nothing of it that a rollback could leave behind: the row is compared with the file anew when the disk works. */
static void
test_letting_go_on_a_full_disk (gconstpointer data)
{
  static const TestFailure refused = { "commit-refused", TEST_FAILURE_HOOK, 0 };
  static const Row unfinished = { .reason = "unfinished", .stays = TRUE };
  static const Row recording = { .reason = "recording", .stays = TRUE };
  const ObSubmission submission = { .app = "recorder", .destination = "depot" };
  Created created = { NULL, -1 };
  TestRig rig = { 0 };

  test_rig_set_up (&rig, NULL);
  ob_broker_create (rig.broker, &submission, on_created, &created);
  test_wait_until (is_created, &created, 10);
  test_rig_settle (&rig);
  test_failure_begin (rig.database, &refused, 0);
  (void) close (created.fd);
  test_wait_until (has_failed, NULL, 10);
  test_rig_settle (&rig);
  assert_found (&rig, &recording, created.id);
  test_failure_end (rig.database);
  test_rig_advance (&rig, RIG_MINUTE);
  test_rig_settle (&rig);
  assert_found (&rig, &unfinished, created.id);
  g_free (created.id);
  test_rig_tear_down (&rig, NULL);
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  return level & G_LOG_LEVEL_WARNING ? G_LOG_WRITER_HANDLED : g_log_writer_default (level, fields, n_fields, user_data);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/recordings/a-key-has-one-way/of-an-app", GINT_TO_POINTER (FALSE), test_a_key_has_one_way);
  g_test_add_data_func ("/recordings/a-key-has-one-way/of-a-stream", GINT_TO_POINTER (TRUE), test_a_key_has_one_way);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (write_log, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/recordings/a-start/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_a_start);
    }
  for (guint i = 0; i < G_N_ELEMENTS (day_rows); i++)
    {
      g_autofree char *path = g_strconcat ("/recordings/a-day-without-a-start/", day_rows[i].name, NULL);

      g_test_add_data_func (path, &day_rows[i], test_a_day_without_a_start);
    }
  g_test_add_data_func ("/recordings/let-go-on-a-full-disk", NULL, test_letting_go_on_a_full_disk);

  return g_test_run ();
}
