/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Groups: how they stand, their pause, and that the form waits for nobody.
 */
#include "support/rig.h"

#include "dbus/error.h"

#include <glib/gstdio.h>

static char *
submit_as (TestRig *rig, const char *app, const char *group, gboolean is_form)
{
  const ObSubmission submission
      = { .app = app, .group = group, .group_title = "Bridge", .is_form = is_form, .priority = is_form ? 20 : 0 };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

/* "state: state=n… reason=n… form=state paused" of a group. @app: (nullable): as that app sees it. */
static char *
describe (TestRig *rig, const char *key, const char *app)
{
  g_auto (ObGroupStatus) status = { 0 };
  GString *text;

  if (!ob_broker_get_group (rig->broker, app, key, &status, NULL))
    return g_strdup ("gone");
  text = g_string_new (outbox_state_get_info (status.state)->name);
  g_string_append_c (text, ':');
  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    if (status.uploads[i] > 0)
      g_string_append_printf (text, " %s=%u", outbox_state_get_info (i)->name, (guint) status.uploads[i]);
  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (status.reasons[i] > 0)
      g_string_append_printf (text, " for %s=%u", outbox_reason_get_info (i)->name, (guint) status.reasons[i]);
  if (status.has_form)
    g_string_append_printf (text, " form=%s", outbox_state_get_info (status.form_state)->name);
  if (status.group->is_paused)
    g_string_append (text, " paused");
  if (status.needs_user)
    g_string_append (text, " needs-user");

  return g_string_free (text, FALSE);
}

#define assert_group(rig, key, app, expected)           \
  G_STMT_START                                          \
  {                                                     \
    g_autofree char *group_ = describe (rig, key, app); \
    g_assert_cmpstr (group_, ==, expected);             \
  }                                                     \
  G_STMT_END

static void
test_the_one_state (void)
{
  const struct
  {
    const char *states; /* as many letters as uploads: Saving Queued Uploading Confirming Retrying Paused Failed Done */
    OutboxState expected;
  } rows[] = {
    { "", OUTBOX_STATE_DONE },          { "DDD", OUTBOX_STATE_DONE },          { "SQUCRPFD", OUTBOX_STATE_UPLOADING },
    { "SQCRPFD", OUTBOX_STATE_SAVING }, { "QCRPFD", OUTBOX_STATE_CONFIRMING }, { "QRPFD", OUTBOX_STATE_QUEUED },
    { "RPFD", OUTBOX_STATE_RETRYING },  { "PFD", OUTBOX_STATE_PAUSED },        { "FDDD", OUTBOX_STATE_FAILED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint64 uploads[OUTBOX_N_STATES] = { 0 };

      for (const char *letter = rows[i].states; *letter; letter++)
        uploads[strcspn ("SQUCRPFD", (char[]){ *letter, '\0' })]++;
      g_assert_cmpint (ob_group_state (uploads), ==, rows[i].expected);
    }
}

static void
test_a_group_tells_how_it_stands (TestRig *rig, gconstpointer data)
{
  g_autofree char *form = submit_as (rig, "app", "case-7", TRUE), *video = submit_as (rig, "app", "case-7", FALSE);
  g_autofree char *photo = submit_as (rig, "app", "case-7", FALSE), *last = submit_as (rig, "app", "case-7", FALSE);
  g_autofree char *other = submit_as (rig, "app", "case-8", FALSE);
  g_auto (ObGroupStatus) status = { 0 };

  assert_group (rig, "case-7", NULL, "uploading: queued=2 uploading=2 form=uploading");
  test_rig_end (rig, video, OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED);
  test_rig_finish (rig, form);
  test_server_report_created (rig->server, photo, "http://depot.example/files/3");
  test_server_report_progress (rig->server, photo, 250);
  test_rig_settle (rig);
  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, last, 0, NULL));
  test_rig_wait_for_end (rig, last);
  assert_group (rig, "case-7", NULL, "uploading: uploading=1 paused=1 failed=1 done=1 for user=1 form=done needs-user");
  assert_group (rig, "case-8", NULL, "uploading: uploading=1");
  assert_group (rig, "case-9", NULL, "gone");
  g_assert_true (ob_broker_get_group (rig->broker, NULL, "case-7", &status, NULL));
  g_assert_cmpstr (status.group->title, ==, "Bridge");
  g_assert_cmpuint (status.offset_bytes, ==, 1250);
  g_assert_cmpuint (status.bytes[OUTBOX_STATE_DONE], ==, 1000);
  g_assert_cmpint (status.group->updated_at_ms, ==, RIG_BEGIN_MS);
}

/* What holds everybody is counted for each; the earliest of those that retry says when it goes on. */
static void
test_shared_holds_are_counted (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_as (rig, "app", "case-7", FALSE), *second = submit_as (rig, "app", "case-7", FALSE);
  g_auto (ObGroupStatus) status = { 0 };

  test_rig_end (rig, first, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  assert_group (rig, "case-7", NULL, "uploading: uploading=1 retrying=1 for retrying=1");
  g_assert_true (ob_broker_get_group (rig->broker, NULL, "case-7", &status, NULL));
  g_assert_cmpint (status.until_ms, ==, ob_broker_get_now_ms (rig->broker) + test_rig_get_wait_ms (rig, first));
  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  test_rig_wait_for_end (rig, second);
  assert_group (rig, "case-7", NULL, "paused: paused=2 for queue=2");
}

/* What a sandboxed app hands over. */
static char *
submit_sandboxed (TestRig *rig, const char *app, const char *group, const char *title)
{
  const ObSubmission submission = { .app = app, .group = group, .group_app = app, .group_title = title };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

/* The names of groups, as programs of the host name them, in pages of one. */
static char *
list_names (TestRig *rig, const char *app, const char *uploader)
{
  ObGroupsFilter filter = { .app = app, .uploader = uploader, .limit = 1 };
  g_autoptr (GArray) page = NULL;
  GString *names = g_string_new (NULL);

  while (TRUE)
    {
      GArray *next = ob_broker_list_groups (rig->broker, &filter, NULL);
      const ObGroup *group;

      g_clear_pointer (&page, g_array_unref);
      page = next;
      if (page->len == 0)
        return g_string_free (names, FALSE);
      group = g_array_index (page, ObGroupStatus, 0).group;
      filter.after_key = group->key;
      filter.after_app = group->app;
      {
        g_autofree char *name = ob_group_dup_name (group->app, group->key);

        g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "", name);
      }
    }
}

#define assert_names(rig, app, uploader, expected)             \
  G_STMT_START                                                 \
  {                                                            \
    g_autofree char *names_ = list_names (rig, app, uploader); \
    g_assert_cmpstr (names_, ==, expected);                    \
  }                                                            \
  G_STMT_END

typedef struct
{
  gboolean is_done;
  GError *error;
} Paused;

static void
on_paused (const GError *error, gpointer user_data)
{
  Paused *paused = user_data;

  paused->is_done = TRUE;
  paused->error = error ? g_error_copy (error) : NULL;
}

static gboolean
pause_as (TestRig *rig, const char *app, const char *name, GError **error)
{
  const char *const names[] = { name, NULL };
  Paused paused = { 0 };

  ob_broker_pause_groups (rig->broker, app, names, TRUE, on_paused, &paused);
  while (!paused.is_done)
    g_main_context_iteration (NULL, TRUE);
  if (paused.error)
    g_propagate_error (error, paused.error);

  return !paused.error;
}

/* Three with one key, of two sandboxed apps and of the host: nobody stops, renames or sees another's. */
static void
test_the_same_key_of_several_apps (TestRig *rig, gconstpointer data)
{
  g_autofree char *bad = submit_sandboxed (rig, "org.example.Bad", "4711", "Your bank says hello");
  g_autofree char *good = NULL, *host = NULL, *more = NULL, *later = NULL;
  g_auto (ObGroupStatus) status = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  test_rig_wait_for_end (rig, bad);
  /* As long as there is only one, the host may name it by its key. */
  g_assert_true (pause_as (rig, NULL, "4711", NULL));
  g_assert_true (pause_as (rig, "org.example.Bad", "4711", NULL));
  good = submit_sandboxed (rig, "org.example.Good", "4711", NULL);
  test_rig_assert_status (rig, bad, "paused queue user");
  test_rig_assert_status (rig, good, "paused queue");
  g_assert_false (pause_as (rig, NULL, "4711", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  host = submit_as (rig, "camera", "4711", FALSE);
  test_rig_assert_status (rig, host, "paused queue");
  g_assert_true (ob_broker_get_group (rig->broker, NULL, "4711", &status, NULL));
  g_assert_cmpstr (status.group->title, ==, "Bridge");
  g_assert_cmpuint (status.uploads[OUTBOX_STATE_PAUSED], ==, 1);
  assert_group (rig, "4711", "org.example.Good", "paused: paused=1 for queue=1");
  assert_group (rig, "4711", "org.example.Other", "gone");
  assert_group (rig, "org.example.Bad/4711", "org.example.Good", "gone");
  assert_group (rig, "org.example.Bad/4711", "org.example.Bad", "paused: paused=1 for queue=1 paused");
  assert_group (rig, "org.example.Bad/4711", NULL, "paused: paused=1 for queue=1 paused");
  /* Each of the three can be stopped, and alone. */
  g_assert_true (pause_as (rig, NULL, "org.example.Good/4711", NULL));
  test_rig_assert_status (rig, good, "paused queue user");
  test_rig_assert_status (rig, host, "paused queue");
  g_assert_false (pause_as (rig, "org.example.Bad", "4712", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  more = submit_sandboxed (rig, "org.example.Good", "4712", NULL);
  later = submit_sandboxed (rig, "org.example.Good", "4711", NULL);
  test_rig_assert_status (rig, later, "paused queue user");
  assert_names (rig, NULL, NULL, "4711 org.example.Bad/4711 org.example.Good/4711 org.example.Good/4712");
  assert_names (rig, "org.example.Good", NULL, "org.example.Good/4711 org.example.Good/4712");
  assert_names (rig, NULL, "camera", "4711");
  assert_names (rig, "org.example.Other", NULL, "");
}

static void
test_a_pause_holds_the_group_alone (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_as (rig, "app", "case-7", FALSE), *second = submit_as (rig, "app", "case-7", FALSE);
  g_autofree char *other = submit_as (rig, "app", NULL, FALSE), *late = NULL;
  g_autoptr (GArray) holds = NULL;
  g_autoptr (GError) error = NULL;

  (void) test_server_wait_for (rig->server, first);
  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, second, 0, NULL));
  g_assert_true (test_rig_pause_group (rig, "case-7", TRUE, NULL));
  test_rig_wait_for_end (rig, first);
  late = submit_as (rig, "app", "case-7", FALSE);
  assert_group (rig, "case-7", NULL, "paused: paused=3 for user=3 paused");
  test_rig_assert_status (rig, first, "paused user");
  test_rig_assert_status (rig, other, "uploading");
  holds = ob_broker_list_holds (rig->broker, NULL);
  g_assert_cmpuint (holds->len, ==, 1);
  g_assert_cmpint (g_array_index (holds, ObSharedHold, 0).hold.scope, ==, OUTBOX_SCOPE_GROUP);
  g_assert_cmpstr (g_array_index (holds, ObSharedHold, 0).key, ==, "case-7");
  /* One row, and none for a pause that is there already; it survives a restart. */
  g_assert_true (test_rig_pause_group (rig, "case-7", TRUE, NULL));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE scope = 'group' AND key = 'case-7'"
                                      " AND event = 'hold' AND reason = 'user'"),
                   ==, 1);
  test_rig_stop (rig);
  test_rig_start (rig);
  assert_group (rig, "case-7", NULL, "paused: paused=3 for user=3 paused");
  g_assert_true (test_rig_pause_group (rig, "case-7", FALSE, NULL));
  test_rig_finish (rig, other);
  /* What was paused alone stays so. */
  assert_group (rig, "case-7", NULL, "uploading: uploading=2 paused=1 for user=1");
  test_rig_assert_status (rig, second, "paused user");
  g_assert_false (test_rig_pause_group (rig, "case-9", TRUE, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
}

/* The pause stands in the settings beside the database as well. */
static void
test_a_pause_outlives_the_database (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = submit_as (rig, "app", "case-7", FALSE);
  g_autofree char *of_app = submit_sandboxed (rig, "org.example.Good", "case-8", NULL);
  g_autofree char *of_other = submit_sandboxed (rig, "org.example.Other", "case-8", NULL);
  g_autofree char *path = g_build_filename (rig->folder, "queue.db", NULL);

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  g_assert_true (test_rig_pause_group (rig, "case-7", TRUE, NULL));
  g_assert_true (pause_as (rig, "org.example.Good", "case-8", NULL));
  test_rig_wait_for_end (rig, id);
  test_rig_stop (rig);
  g_assert_cmpint (g_unlink (path), ==, 0);
  test_rig_start (rig);
  test_rig_assert_status (rig, id, "paused queue user");
  test_rig_assert_status (rig, of_app, "paused queue user");
  test_rig_assert_status (rig, of_other, "paused queue");
  assert_group (rig, "case-7", NULL, "paused: paused=1 for queue=1 paused");
}

static void
test_one_of_a_paused_group_is_sent_now (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_as (rig, "app", "case-7", FALSE), *second = submit_as (rig, "app", "case-7", FALSE);

  g_assert_true (test_rig_pause_group (rig, "case-7", TRUE, NULL));
  test_rig_wait_for_end (rig, first);
  test_rig_wait_for_end (rig, second);
  g_assert_true (test_rig_command (rig, OB_COMMAND_SEND_NOW, second, 0, NULL));
  (void) test_server_wait_for (rig->server, second);
  test_rig_settle (rig);
  test_rig_assert_status (rig, first, "paused user");
}

static void
test_a_group_goes_with_its_last_upload (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = submit_as (rig, "app", "case-7", FALSE), *second = submit_as (rig, "app", "case-7", FALSE);

  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, first, 0, NULL));
  assert_group (rig, "case-7", NULL, "uploading: uploading=1");
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, second, 0, NULL));
  assert_group (rig, "case-7", NULL, "gone");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM group_counters"), ==, 0);
}

static void
test_a_failed_video_blocks_nobody (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = submit_as (rig, "app", "case-7", FALSE), *poisoned = submit_as (rig, "app", "case-7", FALSE);
  g_autofree char *form = NULL, *photo = NULL;

  test_rig_end (rig, video, OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED);
  test_rig_end (rig, poisoned, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  form = submit_as (rig, "app", "case-7", TRUE);
  photo = submit_as (rig, "app", "case-7", FALSE);
  test_rig_finish (rig, form);
  test_rig_finish (rig, photo);
  assert_group (rig, "case-7", NULL, "retrying: retrying=1 failed=1 done=2 for retrying=1 form=done needs-user");
}

/* Of 5,000 uploads of a group, and of 5,000 of others. */
static void
test_a_large_group_is_read_by_its_counters (TestRig *rig, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  rig->broker->is_started = FALSE;
  (void) ob_database_run (rig->database,
                          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
                          " INSERT INTO uploads (id, app, name, media_type, destination, rule, state, created_at, size,"
                          " group_key) SELECT 'id-' || i, 'app', 'n', 'm', 'depot', 'default', 1 + 4 * (i % 3 = 0), 5,"
                          " 10, CASE WHEN i % 2 = 0 THEN 'large' ELSE 'g' || i END FROM n",
                          &error);
  g_assert_no_error (error);
  assert_group (rig, "large", NULL, "queued: queued=3334 done=1666");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM group_counters WHERE group_key = 'large'"), ==, 2);
  g_assert_true (test_rig_pause_group (rig, "large", TRUE, NULL));
  assert_group (rig, "large", NULL, "paused: paused=3334 done=1666 for user=3334 paused");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE scope = 'group'"), ==, 1);
  rig->broker->is_started = TRUE;
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/groups/a-group-tells-how-it-stands", test_a_group_tells_how_it_stands },
    { "/groups/shared-holds-are-counted", test_shared_holds_are_counted },
    { "/groups/the-same-key-of-several-apps", test_the_same_key_of_several_apps },
    { "/groups/a-pause-holds-the-group-alone", test_a_pause_holds_the_group_alone },
    { "/groups/a-pause-outlives-the-database", test_a_pause_outlives_the_database },
    { "/groups/one-of-a-paused-group-is-sent-now", test_one_of_a_paused_group_is_sent_now },
    { "/groups/a-group-goes-with-its-last-upload", test_a_group_goes_with_its_last_upload },
    { "/groups/a-failed-video-blocks-nobody", test_a_failed_video_blocks_nobody },
    { "/groups/a-large-group-is-read-by-its-counters", test_a_large_group_is_read_by_its_counters },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/groups/the-one-state", test_the_one_state);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
