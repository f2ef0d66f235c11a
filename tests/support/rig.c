/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rig. Main thread.
 */
#include "support/rig.h"

#include "base/files.h"
#include "support/queue-file.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

void
test_rig_settle (TestRig *rig)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  /* What nobody waits for is committed within half a second: now. */
  ob_queue_commit (rig->broker->members->queue);
}

void
test_rig_start (TestRig *rig)
{
  static const char *const no_folders[] = { NULL };
  g_autoptr (GPtrArray) watchers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;

  /* As in the daemon: one thread may open the file on which another has a lease. */
  (void) signal (SIGIO, SIG_IGN);
  g_ptr_array_add (watchers, g_object_ref (rig->conditions));
  test_queue_file_give (rig->folder, ob_clock_get_now_ms (OB_CLOCK (rig->clock)));
  rig->database = ob_database_open (rig->folder, ob_clock_get_now_ms (OB_CLOCK (rig->clock)), &was_rebuilt, &error);
  g_assert_no_error (error);
  rig->spool = ob_spool_open (rig->folder, &error);
  g_assert_no_error (error);
  rig->secrets = ob_secrets_new (rig->folder);
  rig->tokens = ob_tokens_new (no_folders, ob_oauth_ask_on_thread);
  rig->broker = ob_broker_new (rig->database, rig->spool, rig->secrets, rig->tokens, OB_CLOCK (rig->clock), watchers,
                               test_server_get_runner (rig->server), &error);
  g_assert_no_error (error);
  if (rig->rules)
    ob_broker_set_rules (rig->broker, rig->rules);
  ob_broker_start (rig->broker);
  test_rig_settle (rig);
}

void
test_rig_stop (TestRig *rig)
{
  ob_broker_stop (rig->broker);
  g_clear_object (&rig->broker);
  g_clear_pointer (&rig->tokens, ob_tokens_free);
  g_clear_pointer (&rig->secrets, ob_secrets_free);
  g_clear_pointer (&rig->spool, ob_spool_free);
  g_clear_pointer (&rig->database, ob_database_free);
}

/* --- Commands --- */

static gboolean
is_answered (gpointer data)
{
  return ((TestRigAnswer *) data)->is_done;
}

void
test_rig_on_answered (const GError *error, gpointer user_data)
{
  TestRigAnswer *answer = user_data;

  answer->is_done = TRUE;
  answer->error = error ? g_error_copy (error) : NULL;
}

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  ((TestRigAnswer *) user_data)->id = g_strdup (id);
  test_rig_on_answered (error, user_data);
}

gboolean
test_rig_wait_for (TestRig *rig, TestRigAnswer *answer, GError **error)
{
  gboolean is_good;

  test_wait_until (is_answered, answer, 10);
  is_good = !answer->error;
  if (answer->error)
    g_propagate_error (error, answer->error);
  test_rig_settle (rig);

  return is_good;
}

char *
test_rig_submit_full (TestRig *rig, const ObSubmission *submission, GError **error)
{
  g_autofree char *name = g_strdup_printf ("file-%u", rig->n_files++);
  g_autofree char *path = g_build_filename (rig->folder, name, NULL);
  g_autofree char *bytes = g_strnfill (1000, 'a' + (char) (rig->n_files % 26));
  TestRigAnswer answer = { 0 };
  int fd;

  g_assert_true (g_file_set_contents (path, bytes, 1000, NULL));
  fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  ob_broker_submit (rig->broker, submission, fd, on_submitted, &answer);
  (void) test_rig_wait_for (rig, &answer, error);

  return answer.id;
}

char *
test_rig_submit (TestRig *rig, const char *destination, gint priority)
{
  const ObSubmission submission = { .app = "test", .destination = destination, .priority = priority };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

gboolean
test_rig_command (TestRig *rig, ObCommand command, const char *id, gint value, GError **error)
{
  const char *const ids[] = { id, NULL };
  TestRigAnswer answer = { 0 };

  ob_broker_command (rig->broker, NULL, command, ids, value, test_rig_on_answered, &answer);

  return test_rig_wait_for (rig, &answer, error);
}

gboolean
test_rig_pause_queue (TestRig *rig, gboolean is_paused, GError **error)
{
  TestRigAnswer answer = { 0 };

  ob_broker_set_paused (rig->broker, is_paused, test_rig_on_answered, &answer);

  return test_rig_wait_for (rig, &answer, error);
}

gboolean
test_rig_pause_group (TestRig *rig, const char *key, gboolean is_paused, GError **error)
{
  const char *const keys[] = { key, NULL };
  TestRigAnswer answer = { 0 };

  ob_broker_pause_groups (rig->broker, NULL, keys, is_paused, test_rig_on_answered, &answer);

  return test_rig_wait_for (rig, &answer, error);
}

gboolean
test_rig_resume_for (TestRig *rig, const ObResumeFor *what, GError **error)
{
  TestRigAnswer answer = { 0 };

  ob_broker_resume_for (rig->broker, what, test_rig_on_answered, &answer);

  return test_rig_wait_for (rig, &answer, error);
}

gboolean
test_rig_pause_destination (TestRig *rig, const char *name, gboolean is_paused, GError **error)
{
  TestRigAnswer answer = { 0 };

  ob_broker_pause_destination (rig->broker, name, is_paused, test_rig_on_answered, &answer);

  return test_rig_wait_for (rig, &answer, error);
}

gboolean
test_rig_set_destination (TestRig *rig, const char *name, const ObDestinationSettings *settings, GError **error)
{
  TestRigAnswer answer = { 0 };

  ob_broker_set_destination (rig->broker, name, settings, test_rig_on_answered, &answer);

  return test_rig_wait_for (rig, &answer, error);
}

static void
set_destination (TestRig *rig, const char *name)
{
  g_autofree char *url = g_strdup_printf ("http://%s.example/files/", name);
  const ObDestinationSettings settings = { .url = url, .confirm_url = "http://confirm.example/{id}" };
  g_autoptr (GError) error = NULL;

  (void) test_rig_set_destination (rig, name, &settings, &error);
  g_assert_no_error (error);
}

void
test_rig_set_up (TestRig *rig, gconstpointer data)
{
  rig->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  rig->clock = test_clock_new (RIG_BEGIN_MS);
  rig->conditions = test_conditions_new ();
  rig->server = test_server_new ();
  test_rig_start (rig);
  set_destination (rig, "depot");
  set_destination (rig, "yard");
}

void
test_rig_tear_down (TestRig *rig, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", rig->folder, NULL };

  if (rig->broker)
    test_rig_stop (rig);
  test_server_free (rig->server);
  g_clear_pointer (&rig->rules, ob_rules_unref);
  g_object_unref (rig->clock);
  g_object_unref (rig->conditions);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (rig->folder);
}

void
test_rig_advance (TestRig *rig, gint64 delay_ms)
{
  test_clock_advance (rig->clock, delay_ms);
  test_rig_settle (rig);
}

/* --- Attempts --- */

typedef struct
{
  TestRig *rig;
  const char *id;
} Ending;

static gboolean
is_over (gpointer data)
{
  Ending *ending = data;

  return !test_rig_is_active (ending->rig, ending->id);
}

void
test_rig_wait_for_end (TestRig *rig, const char *id)
{
  Ending ending = { rig, id };

  test_wait_until (is_over, &ending, 10);
  test_rig_settle (rig);
}

/* That very attempt: the upload may be tried again at once. */
static void
wait_for_that_end (TestRig *rig, const char *id, ObStop *attempt)
{
  const ObActive *active;

  while ((active = test_rig_find_active (rig, id)) && active->stop == attempt)
    g_main_context_iteration (NULL, TRUE);
  test_rig_settle (rig);
  g_object_unref (attempt);
}

static ObStop *
ref_attempt (TestRig *rig, const char *id)
{
  const ObActive *active;

  (void) test_server_wait_for (rig->server, id);
  active = test_rig_find_active (rig, id);
  g_assert_nonnull (active);

  return g_object_ref (active->stop);
}

void
test_rig_finish (TestRig *rig, const char *id)
{
  ObStop *attempt = ref_attempt (rig, id);

  test_server_finish (rig->server, id);
  wait_for_that_end (rig, id, attempt);
}

void
test_rig_end (TestRig *rig, const char *id, ObVerdict verdict, OutboxReason reason)
{
  ObStop *attempt = ref_attempt (rig, id);

  test_server_end (rig->server, id, verdict, reason, -1);
  wait_for_that_end (rig, id, attempt);
}

void
test_rig_end_silently (TestRig *rig, const char *id)
{
  ObStop *attempt = ref_attempt (rig, id);

  test_server_end_silently (rig->server, id);
  wait_for_that_end (rig, id, attempt);
}

void
test_rig_end_at_silent_url (TestRig *rig, const char *id)
{
  ObStop *attempt = ref_attempt (rig, id);

  test_server_end_at_silent_url (rig->server, id);
  wait_for_that_end (rig, id, attempt);
}

void
test_rig_end_after (TestRig *rig, const char *id, ObVerdict verdict, gint64 retry_after_ms)
{
  ObStop *attempt = ref_attempt (rig, id);

  test_server_end (rig->server, id, verdict, OUTBOX_REASON_NONE, retry_after_ms);
  wait_for_that_end (rig, id, attempt);
}

void
test_rig_end_kept (TestRig *rig, const char *id, gint64 retry_after_ms)
{
  ObStop *attempt = ref_attempt (rig, id);

  test_server_end_kept (rig->server, id, retry_after_ms);
  wait_for_that_end (rig, id, attempt);
}

gboolean
test_rig_is_active (TestRig *rig, const char *id)
{
  return test_rig_find_active (rig, id) != NULL;
}

guint
test_rig_count_active (TestRig *rig)
{
  return ob_runs_count (rig->broker->members->runs);
}

const ObActive *
test_rig_find_active (TestRig *rig, const char *id)
{
  return ob_runs_find (rig->broker->members->runs, id);
}

GPtrArray *
test_rig_list_active (TestRig *rig)
{
  return ob_runs_list (rig->broker->members->runs);
}

/* --- What callers see --- */

char *
test_rig_describe (TestRig *rig, const char *id)
{
  g_autoptr (ObUpload) upload = ob_broker_get (rig->broker, id, NULL);
  GString *text = g_string_new (NULL);
  ObStatus status;

  if (!upload)
    return g_string_free (g_string_append (text, "gone"), FALSE);
  status = ob_broker_get_status (rig->broker, upload);
  g_string_append (text, outbox_state_get_info (status.state)->name);
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (status.reasons & OUTBOX_REASON_BIT (i))
      g_string_append_printf (text, " %s", outbox_reason_get_info (i)->name);

  return g_string_free (text, FALSE);
}

gint64
test_rig_get_wait_ms (TestRig *rig, const char *id)
{
  g_autoptr (ObUpload) upload = ob_broker_get (rig->broker, id, NULL);
  ObStatus status;

  g_assert_nonnull (upload);
  status = ob_broker_get_status (rig->broker, upload);

  return status.until_ms > 0 ? status.until_ms - ob_broker_get_now_ms (rig->broker) : -1;
}

gint64
test_rig_ask (TestRig *rig, const char *sql)
{
  sqlite3_stmt *statement;
  gint64 answer;

  g_assert_cmpint (sqlite3_prepare_v2 (ob_database_get_handle (rig->database), sql, -1, &statement, NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  answer = sqlite3_column_int64 (statement, 0);
  (void) sqlite3_finalize (statement);

  return answer;
}

void
test_rig_run (TestRig *rig, const char *sql)
{
  g_autoptr (GError) error = NULL;

  (void) ob_database_run (rig->database, sql, &error);
  g_assert_no_error (error);
}

void
test_rig_add (const TestRigCase *cases, gsize n_cases)
{
  for (gsize i = 0; i < n_cases; i++)
    g_test_add (cases[i].path, TestRig, NULL, test_rig_set_up, cases[i].run, test_rig_tear_down);
}
