/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every command that callers have, and every report of an attempt, in queues of several kinds, against every way in which its turn cannot be committed, at
 * each statement: memory is what a fresh load makes of the database, whoever commanded hears of it, nothing is told that is
 * not so, and no attempt begins or ends by it. Then the disk works again, and all goes on. The interface has the list of
 * commands: a method without a line here fails the test.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "outbox-dbus.h"
#include "support/commit-failures.h"
#include "support/memory.h"
#include "support/scenes.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>

#define OTHERS "[Rule large]\nmatch-type=video/*\nmetered=ask\n[Rule more]\nmin-size=1\nnetworks=wifi\n"

#define PAGE "https://capture.example"

static guint n_cells;

/* --- Commands --- */

static void
on_done (const GError *error, gpointer user_data)
{
  TestScene *scene = user_data;

  g_assert_false (scene->is_answered);
  scene->is_answered = TRUE;
  scene->has_failed = test_failure_has_taken_turn () || (test_failure_has_come () && !scene->is_written);
  scene->error = error ? g_error_copy (error) : NULL;
}

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  ((TestScene *) user_data)->id = g_strdup (id);
  on_done (error, user_data);
}

typedef struct _Command Command;

struct _Command
{
  const char *method;                 /* of the interface */
  void (*prepare) (TestScene *scene); /* or NULL: what has to be there, and may be written */
  void (*run) (TestScene *scene, const Command *command);
  ObCommand command;
  gboolean is_on;
  ObDestinationSettings settings;
  const char *name;
};

static void
run_command (TestScene *scene, const Command *command)
{
  const char *const ids[] = { scene->target, g_str_equal (scene->other, TEST_NOBODY) ? NULL : scene->other, NULL };
  const char *const one[] = { scene->target, NULL };

  ob_broker_command (scene->rig->broker, NULL, command->command, command->is_on ? ids : one, 7, on_done, scene);
}

static void
run_amend (TestScene *scene, const Command *command)
{
  const ObAmendment amendment = { .name = command->is_on ? "other.jpg" : NULL, .has_priority = TRUE, .priority = 7 };

  ob_broker_amend (scene->rig->broker, scene->target, &amendment, on_done, scene);
}

/* Of what has arrived, where something has. */
static void
run_of_other (TestScene *scene, const Command *command)
{
  const char *const ids[] = { scene->other, NULL };

  ob_broker_command (scene->rig->broker, NULL, command->command, ids, 0, on_done, scene);
}

static void
run_submit (TestScene *scene, const Command *command)
{
  const ObSubmission submission = { .app = "test",
                                    .key = command->name,
                                    .destination = "depot",
                                    .media_type = "video/mp4",
                                    .group = command->is_on ? "case" : NULL,
                                    .group_app = command->is_on ? "" : NULL };
  g_autofree char *path = g_build_filename (scene->rig->folder, "file", NULL);
  /* The bytes of the target. */
  g_autofree char *bytes = g_strnfill (1000, 'b');

  g_assert_true (g_file_set_contents (path, bytes, 1000, NULL));
  ob_broker_submit (scene->rig->broker, &submission, g_open (path, O_RDONLY | O_CLOEXEC, 0), on_submitted, scene);
}

/* --- Recordings --- */

/* The last one of a scene: without a file that anybody has open. */
static char *recorded;

static void
on_recorded (const char *id, int fd, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  g_assert_cmpint (write (fd, "bytes", 5), ==, 5);
  (void) close (fd);
  g_free (recorded);
  recorded = g_strdup (id);
}

static gboolean
is_recorded (gpointer data)
{
  return recorded != NULL;
}

static void
prepare_recording (TestScene *scene)
{
  const ObSubmission submission = { .app = "recorder", .destination = "depot" };

  g_clear_pointer (&recorded, g_free);
  ob_broker_create (scene->rig->broker, &submission, on_recorded, scene);
  test_wait_until (is_recorded, scene, 10);
  test_rig_settle (scene->rig);
}

static void
run_commit (TestScene *scene, const Command *command)
{
  ob_broker_commit (scene->rig->broker, recorded, NULL, NULL, on_done, scene);
}

static void
on_created (const char *id, int fd, const GError *error, gpointer user_data)
{
  g_assert_cmpint (fd >= 0, ==, error == NULL);
  if (fd >= 0)
    (void) close (fd);
  on_done (error, user_data);
}

static void
run_create (TestScene *scene, const Command *command)
{
  const ObSubmission submission = { .app = "test", .destination = "depot", .media_type = "video/mp4" };

  ob_broker_create (scene->rig->broker, &submission, on_created, scene);
}

static void
run_pause_queue (TestScene *scene, const Command *command)
{
  ob_broker_set_paused (scene->rig->broker, command->is_on, on_done, scene);
}

static void
run_resume_for (TestScene *scene, const Command *command)
{
  const char *const ids[] = { scene->target, NULL };
  const ObResumeFor what = { .ids = g_strcmp0 (command->name, "upload") == 0 ? ids : NULL,
                             .group = g_strcmp0 (command->name, "group") == 0 ? "case" : NULL,
                             .destination = g_strcmp0 (command->name, "destination") == 0 ? "depot" : NULL,
                             .duration_ms = 1000 };

  ob_broker_resume_for (scene->rig->broker, &what, on_done, scene);
}

static void
run_allow_network (TestScene *scene, const Command *command)
{
  ob_broker_allow_network (scene->rig->broker, on_done, scene);
}

static void
run_pause_group (TestScene *scene, const Command *command)
{
  ob_broker_pause_groups (scene->rig->broker, NULL, (const char *const[]){ "case", NULL }, command->is_on, on_done,
                          scene);
}

static void
run_send_group (TestScene *scene, const Command *command)
{
  ob_broker_send_groups_now (scene->rig->broker, (const char *const[]){ "case", NULL }, on_done, scene);
}

static void
run_set_destination (TestScene *scene, const Command *command)
{
  ObDestinationSettings settings = command->settings;

  if (command->is_on)
    settings.headers = g_variant_new_parsed ("{'Authorization': 'Bearer 1'}");
  if (settings.headers)
    g_variant_ref_sink (settings.headers);
  ob_broker_set_destination (scene->rig->broker, command->name, &settings, on_done, scene);
  g_clear_pointer (&settings.headers, g_variant_unref);
}

static void
run_sign_in (TestScene *scene, const Command *command)
{
  ob_broker_sign_in (scene->rig->broker, command->name, ob_sign_in_read ("t0ken", 5, NULL), on_done, scene);
}

static void
run_sign_out (TestScene *scene, const Command *command)
{
  ob_broker_sign_out (scene->rig->broker, command->name, on_done, scene);
}

static void
run_remove_destination (TestScene *scene, const Command *command)
{
  ob_broker_remove_destination (scene->rig->broker, command->name, on_done, scene);
}

static void
run_pause_destination (TestScene *scene, const Command *command)
{
  ob_broker_pause_destination (scene->rig->broker, command->name, command->is_on, on_done, scene);
}

static void
let_in (TestScene *scene, const char *origin, const char *digest, ObCommandDone done)
{
  const ObPairedApp app = { (char *) origin, (char *) digest, FALSE, 5 };

  ob_broker_let_in (scene->rig->broker, &app, "test", done, scene);
}

static void
on_prepared (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

/* The page has as many tokens as it can have. */
static void
prepare_app (TestScene *scene)
{
  for (guint i = 0; i < OB_APPS_TOKENS_MOST; i++)
    {
      g_autofree char *digest = g_strdup_printf ("digest %u", i);

      let_in (scene, PAGE, digest, on_prepared);
    }
  test_rig_settle (scene->rig);
}

static void
run_let_in (TestScene *scene, const Command *command)
{
  let_in (scene, command->name, "another", on_done);
}

static void
run_revoke (TestScene *scene, const Command *command)
{
  ob_broker_revoke_app (scene->rig->broker, command->name, "test", on_done, scene);
}

static void
run_deny (TestScene *scene, const Command *command)
{
  ob_broker_deny_app (scene->rig->broker, command->name, "test", on_done, scene);
}

/* It is obeyed at once, whatever becomes of the rows; nobody waits for an answer. */
static void
run_set_rules (TestScene *scene, const Command *command)
{
  test_scene_read_rules (scene, command->name);
  ob_broker_set_rules (scene->rig->broker, scene->rig->rules);
  scene->is_answered = TRUE;
}

/* --- Reports of an attempt, in whose name the broker changes what it has --- */

static void
ask (TestScene *scene, ObQuestion *question)
{
  test_rig_settle (scene->rig);
  if (ob_question_wait (question, NULL) && test_failure_has_come ())
    g_error ("an attempt was told that what it asked for is on the disk");
}

static gboolean
begin_report (TestScene *scene)
{
  scene->is_answered = TRUE;

  return test_rig_is_active (scene->rig, scene->target);
}

static void
report_created (TestScene *scene, const Command *command)
{
  ObQuestion *question;

  if (!begin_report (scene))
    return;
  question = ob_question_new ();
  ob_runs_workers_events.created (scene->target, command->name, command->is_on, question,
                                  scene->rig->broker->members->runs);
  ask (scene, question);
}

static void
report_stored (TestScene *scene, const Command *command)
{
  ObQuestion *question;

  if (!begin_report (scene))
    return;
  question = ob_question_new ();
  ob_runs_workers_events.stored (scene->target, question, scene->rig->broker->members->runs);
  ask (scene, question);
}

static void
report_begun (TestScene *scene, const Command *command)
{
  const ObChecked checked = { .begun_bytes = 400 };
  ObQuestion *question;

  if (!begin_report (scene))
    return;
  question = ob_question_new ();
  ob_runs_workers_events.begins (scene->target, &checked, question, scene->rig->broker->members->runs);
  ask (scene, question);
}

/* Where it costs, the bytes are counted as well. */
static void
report_progress (TestScene *scene, const Command *command)
{
  const ObChecked checked = { 0 };

  if (command->is_on)
    test_scene_connect (scene, "phone", OB_METERED_YES);
  if (begin_report (scene) || command->is_on)
    ob_runs_workers_events.progress (scene->target, 400, 700, &checked, scene->rig->broker->members->runs);
}

static void
report_words (TestScene *scene, const Command *command)
{
  if (begin_report (scene))
    ob_runs_workers_events.noted (scene->target, "noted", "the server minds something",
                                  scene->rig->broker->members->runs);
}

static gboolean
is_ended (gpointer data)
{
  TestScene *scene = data;

  return !test_rig_is_active (scene->rig, scene->target);
}

static void
report_end (TestScene *scene, const Command *command)
{
  TestServer *server = scene->rig->server;

  if (!begin_report (scene) || !test_server_has (server, scene->target))
    return;
  if (g_str_equal (command->name, "done"))
    test_server_finish (server, scene->target);
  else if (g_str_equal (command->name, "again"))
    test_server_end (server, scene->target, OB_VERDICT_RETRY, OUTBOX_REASON_NONE, 0);
  else if (g_str_equal (command->name, "sign-in"))
    test_server_end (server, scene->target, OB_VERDICT_SIGN_IN, OUTBOX_REASON_SIGN_IN, 0);
  else
    test_server_refuse (server, scene->target, OUTBOX_REASON_REJECTED, "rejected");
  test_wait_until (is_ended, scene, 10);
}

/* Lanes close and open, and the journal is to be told. */
static void
prepare_home (TestScene *scene)
{
  test_scene_connect (scene, "home", OB_METERED_NO);
}

static void
report_network (TestScene *scene, const Command *command)
{
  scene->is_answered = TRUE;
  test_scene_connect (scene, "phone", OB_METERED_YES);
}

static const Command commands[] = {
  { .method = "Uploads.Submit", .run = run_submit },
  { .method = "Uploads.Submit", .run = run_submit, .name = "another", .is_on = TRUE },
  { .method = "Uploads.Submit", .run = run_submit, .name = "key", .is_on = TRUE },
  { .method = "Uploads.Create", .run = run_create },
  { .method = "Uploads.Commit", .prepare = prepare_recording, .run = run_commit },
  { .method = "Uploads.Pause", .run = run_command, .command = OB_COMMAND_PAUSE },
  { .method = "Uploads.Pause", .run = run_command, .command = OB_COMMAND_PAUSE, .is_on = TRUE },
  { .method = "Uploads.Resume", .run = run_command, .command = OB_COMMAND_RESUME },
  { .method = "Uploads.Retry", .run = run_command, .command = OB_COMMAND_RETRY },
  { .method = "Uploads.Retry", .run = run_command, .command = OB_COMMAND_RETRY, .is_on = TRUE },
  { .method = "Uploads.SendNow", .run = run_command, .command = OB_COMMAND_SEND_NOW },
  { .method = "Uploads.SendNow", .run = run_command, .command = OB_COMMAND_SEND_NOW, .is_on = TRUE },
  { .method = "Uploads.Remove", .run = run_command, .command = OB_COMMAND_REMOVE },
  { .method = "Uploads.Remove", .run = run_command, .command = OB_COMMAND_REMOVE, .is_on = TRUE },
  { .method = "Uploads.Verify", .run = run_of_other, .command = OB_COMMAND_VERIFY },
  { .method = "Uploads.Free", .run = run_of_other, .command = OB_COMMAND_FREE },
  { .method = "Uploads.SetPriority", .run = run_command, .command = OB_COMMAND_SET_PRIORITY },
  { .method = "Uploads.Amend", .run = run_amend },
  { .method = "Uploads.Amend", .run = run_amend, .is_on = TRUE },
  { .method = "Queue.Pause", .run = run_pause_queue, .is_on = TRUE },
  { .method = "Queue.Resume", .run = run_pause_queue },
  { .method = "Queue.ResumeFor", .run = run_resume_for },
  { .method = "Queue.ResumeFor", .run = run_resume_for, .name = "destination" },
  { .method = "Queue.ResumeFor", .run = run_resume_for, .name = "group" },
  { .method = "Queue.ResumeFor", .run = run_resume_for, .name = "upload" },
  { .method = "Queue.AllowNetwork", .run = run_allow_network },
  { .method = "Groups.Pause", .run = run_pause_group, .is_on = TRUE },
  { .method = "Groups.Resume", .run = run_pause_group },
  { .method = "Groups.SendNow", .run = run_send_group },
  { .method = "Destinations.Set",
    .run = run_set_destination,
    .name = "new",
    .settings = { .url = "http://new.example/" } },
  { .method = "Destinations.Set",
    .run = run_set_destination,
    .name = "new",
    .is_on = TRUE,
    .settings = { .url = "http://new.example/", .sets_default = TRUE, .is_default = TRUE } },
  { .method = "Destinations.Set", .run = run_set_destination, .name = "depot", .is_on = TRUE },
  { .method = "Destinations.Set",
    .run = run_set_destination,
    .name = "depot",
    .settings = { .url = "https://moved.example/files/", .confirm_url = "", .sets_default = TRUE } },
  { .method = "Destinations.SignIn", .run = run_sign_in, .name = "depot" },
  { .method = "Destinations.SignOut", .run = run_sign_out, .name = "depot" },
  { .method = "Destinations.Remove", .run = run_remove_destination, .name = "yard" },
  { .method = "Destinations.Remove", .run = run_remove_destination, .name = "depot" },
  { .method = "Destinations.Pause", .run = run_pause_destination, .name = "depot", .is_on = TRUE },
  { .method = "Destinations.Resume", .run = run_pause_destination, .name = "depot" },
  { .method = "Access.Approve", .run = run_let_in, .name = "https://new.example" },
  { .method = "Access.Approve", .prepare = prepare_app, .run = run_let_in, .name = PAGE },
  { .method = "Access.Deny", .run = run_deny, .name = PAGE },
  { .method = "Access.Revoke", .prepare = prepare_app, .run = run_revoke, .name = PAGE },
  { .method = "Access.Revoke", .run = run_revoke, .name = "https://new.example" },
  { .method = "Policy.Set", .run = run_set_rules, .name = OTHERS },
};

/* Of these nobody waits for an answer, and what runs may end by them. */
static const Command reports[] = {
  { .method = "created", .run = report_created, .name = "http://depot.example/files/9" },
  { .method = "created", .run = report_created, .name = "http://depot.example/files/9", .is_on = TRUE },
  { .method = "created", .run = report_created },
  { .method = "stored", .run = report_stored },
  { .method = "begins", .run = report_begun },
  { .method = "progress", .run = report_progress },
  { .method = "progress", .run = report_progress, .is_on = TRUE },
  { .method = "noted", .run = report_words },
  { .method = "end", .run = report_end, .name = "done" },
  { .method = "end", .run = report_end, .name = "again" },
  { .method = "end", .run = report_end, .name = "sign-in" },
  { .method = "end", .run = report_end, .name = "rejected" },
  { .method = "network", .prepare = prepare_home, .run = report_network },
};

/* What writes nothing in the queue: it reads, watches, or answers NotSupported. */
static const char *const others[] = { "Uploads.Get",
                                      "Uploads.List",
                                      "Uploads.Thumbnail",
                                      "Uploads.History",
                                      "Uploads.Log",
                                      "Uploads.Watch",
                                      "Uploads.Unwatch",
                                      "Queue.Summary",
                                      "Queue.Conditions",
                                      "Queue.Holds",
                                      "Queue.Statistics",
                                      "Queue.RestAddress",
                                      "Groups.List",
                                      "Groups.Get",
                                      "Destinations.List",
                                      "Destinations.Get",
                                      "Destinations.Test",
                                      "Policy.Get",
                                      "Policy.Check",
                                      "Policy.Explain",
                                      "Access.ListApps",
                                      "Access.OpenDashboard",
                                      NULL };

/* --- The table of methods --- */

static gboolean
is_command (const char *method)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].method, method))
      return TRUE;

  return FALSE;
}

static void
test_every_method_has_a_line (void)
{
  GDBusInterfaceInfo *const interfaces[]
      = { outbox_dbus_uploads_interface_info (), outbox_dbus_queue_interface_info (),
          outbox_dbus_groups_interface_info (),  outbox_dbus_destinations_interface_info (),
          outbox_dbus_policy_interface_info (),  outbox_dbus_access_interface_info () };
  guint n_methods = 0;

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (guint j = 0; interfaces[i]->methods[j]; j++, n_methods++)
      {
        g_autofree char *method
            = g_strconcat (strrchr (interfaces[i]->name, '.') + 1, ".", interfaces[i]->methods[j]->name, NULL);

        if (is_command (method) == g_strv_contains (others, method))
          g_error ("%s: it is neither tried nor said to write nothing, or both", method);
      }
  g_test_message ("%u methods", n_methods);
}

/* --- The cells --- */

static gboolean
is_answered (gpointer data)
{
  return ((TestScene *) data)->is_answered;
}

static void
prepare (TestScene *scene, const Command *command)
{
  if (command->prepare)
    command->prepare (scene);
}

/* A command that writes at once has written all when it returns. Where the machine is slow, a report of an attempt comes into the same
 * turn after it: if a statement of that fails, the command is done all the same. */
static void
run_to_its_answer (TestScene *scene, const Command *command)
{
  guint n_rows = test_failure_count ();

  scene->is_answered = scene->is_written = FALSE;
  scene->n_told = 0;
  g_clear_error (&scene->error);
  g_clear_pointer (&scene->id, g_free);
  command->run (scene, command);
  scene->is_written = test_failure_count () > n_rows && !test_failure_has_come ();
  test_wait_until (is_answered, scene, 10);
  test_rig_settle (scene->rig);
  n_cells++;
}

/* Whoever is told that it is done finds it done. */
static void
check_answer (TestScene *scene, const char *where)
{
  if (scene->error)
    g_assert_cmpuint (scene->error->domain, ==, OUTBOX_ERROR);
  else if (scene->id)
    g_assert_true (ob_uploads_has (scene->rig->database, scene->id) && ob_spool_has (scene->rig->spool, scene->id));
  else if (scene->has_failed)
    g_error ("%s: whoever commanded was told that it is done", where);
}

static void
check_failed (TestScene *scene, const Command *command, const TestFailure *failure, guint n)
{
  TestRig *rig = scene->rig;
  g_autofree char *where
      = g_strdup_printf ("%s (%s) %s, row %u", command->method, command->name ? command->name : "-", failure->name, n);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gboolean is_asked
      = command >= commands && command < commands + G_N_ELEMENTS (commands) && command->run != run_set_rules;

  prepare (scene, command);
  before = test_memory_dup_attempts (rig);
  test_failure_begin (rig->database, failure, n);
  run_to_its_answer (scene, command);
  if (is_asked)
    check_answer (scene, where);
  test_memory_assert_fresh (rig, where);
  after = test_memory_dup_attempts (rig);
  if (is_asked && scene->error && !g_str_equal (after, before))
    g_error ("%s: attempts were:\n%s\nand are now:\n%s\n(%s)", where, before, after, scene->error->message);
  if (scene->error && scene->n_told > 0)
    g_error ("%s: %u changes were told of that are not so: %s", where, scene->n_told, scene->error->message);
  test_failure_end (rig->database);
  test_rig_advance (rig, 6 * RIG_SECOND);
  test_memory_assert_fresh (rig, where);
  test_memory_assert_lanes_are_told (rig, where);
  g_assert_cmpuint (ob_storage_get_queue_reasons (rig->broker->members->storage)
                        & OUTBOX_REASON_BIT (OUTBOX_REASON_STORAGE),
                    ==, 0);
}

/* How many rows it writes, found out without writing them. */
static guint
count_rows (TestScene *scene, const Command *command)
{
  static const TestFailure hook = { "commit-refused", TEST_FAILURE_HOOK, 0 };
  guint n_rows;

  prepare (scene, command);
  test_failure_begin (scene->rig->database, &hook, 0);
  run_to_its_answer (scene, command);
  n_rows = test_failure_count ();
  test_failure_end (scene->rig->database);
  test_rig_advance (scene->rig, 6 * RIG_SECOND);

  return n_rows;
}

/* All of it takes minutes: OUTBOX_FAILED_COMMITS is how far apart the statements are that are made to fail, 1 for each. Under a sanitizer
 * only some of the commands are tried in each queue. */
#ifdef __SANITIZE_ADDRESS__
#define STATEMENTS_STEP 61
#define ROWS_STEP 12
#else
#define STATEMENTS_STEP 11
#define ROWS_STEP 1
#endif

static guint
get_step (void)
{
  const char *wanted = g_getenv ("OUTBOX_FAILED_COMMITS");

  return wanted ? MAX (1, (guint) g_ascii_strtoull (wanted, NULL, 10)) : STATEMENTS_STEP;
}

static void
check_command (TestScene *scene, const Command *command, guint first)
{
  const guint step = get_step ();
  guint n_rows = count_rows (scene, command);

  for (const TestFailure *failure = test_failures; failure->name; failure++)
    if (failure->kind != TEST_FAILURE_STATEMENT)
      check_failed (scene, command, failure, 1);
    else
      for (guint n = 1 + first % step; n <= n_rows; n += step)
        check_failed (scene, command, failure, n);
}

/* A queue, and what is tried in it. */
typedef struct
{
  guint scene;
  const Command *rows;
  guint n_rows;
} Cells;

static void
test_failed (gconstpointer data)
{
  const Cells *cells = data;

  n_cells = 0;
  for (guint i = cells->scene % ROWS_STEP; i < cells->n_rows; i += ROWS_STEP)
    {
      TestRig rig = { 0 };
      TestScene scene;

      test_scene_begin (&scene, &rig, cells->scene);
      check_command (&scene, &cells->rows[i], cells->scene + i);
      test_scene_end (&scene);
    }
  g_test_message ("%s: %u cells", test_scene_get_name (cells->scene), n_cells);
}

static void
test_good (gconstpointer data)
{
  const Cells *cells = data;

  n_cells = 0;
  for (guint i = 0; i < cells->n_rows; i++)
    {
      TestRig rig = { 0 };
      TestScene scene;
      g_autofree char *where = g_strdup_printf ("%s: %s", test_scene_get_name (cells->scene), cells->rows[i].method);

      test_scene_begin (&scene, &rig, cells->scene);
      prepare (&scene, &cells->rows[i]);
      run_to_its_answer (&scene, &cells->rows[i]);
      test_memory_assert_fresh (&rig, where);
      test_scene_end (&scene);
    }
  g_test_message ("%s: %u cells", test_scene_get_name (cells->scene), n_cells);
}

static void
add_cells (const char *group, guint scene, const Command *rows, guint n_rows)
{
  g_autofree char *failed = g_strconcat (group, "/failed/", test_scene_get_name (scene), NULL);
  g_autofree char *good = g_strconcat (group, "/good/", test_scene_get_name (scene), NULL);
  const Cells cells = { scene, rows, n_rows };

  g_test_add_data_func_full (failed, g_memdup2 (&cells, sizeof cells), test_failed, g_free);
  g_test_add_data_func_full (good, g_memdup2 (&cells, sizeof cells), test_good, g_free);
}

/* That each turn fails is what is tested. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_default (level, fields, n_fields, user_data);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Thousands of turns: a disk that has to be waited for adds nothing. */
  if (g_access ("/dev/shm", W_OK) == 0)
    (void) g_setenv ("TMPDIR", "/dev/shm", TRUE);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (write_log, NULL, NULL);
  g_test_add_func ("/commands/every-method-has-a-line", test_every_method_has_a_line);
  for (guint i = 0; i < TEST_N_SCENES; i++)
    {
      add_cells ("/commands", i, commands, G_N_ELEMENTS (commands));
      add_cells ("/reports", i, reports, G_N_ELEMENTS (reports));
    }

  return g_test_run ();
}
