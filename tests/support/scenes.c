/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Queues of several kinds. Main thread.
 */
#include "support/scenes.h"

#include "policy/rules-file.h"
#include "support/commit-failures.h"

#define ASKED "[Rule large]\nmatch-type=video/*\nmetered=ask\n"

static char *
submit (TestScene *scene, const char *destination, const char *media_type, const char *group)
{
  const ObSubmission submission = { .app = "test",
                                    .key = group ? "key" : NULL,
                                    .destination = destination,
                                    .media_type = media_type,
                                    .group = group,
                                    .group_app = group ? "" : NULL };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (scene->rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

static void
submit_both (TestScene *scene)
{
  scene->target = submit (scene, "depot", "video/mp4", "case");
  scene->other = submit (scene, "yard", "video/mp4", NULL);
}

void
test_scene_connect (TestScene *scene, const char *network, ObMetered metered)
{
  test_conditions_connect (scene->rig->conditions, network, metered ? OB_LINK_CELLULAR : OB_LINK_WIFI, metered);
  test_rig_advance (scene->rig, RIG_SECOND);
}

static void
set_nothing (TestScene *scene)
{
  scene->target = g_strdup (TEST_NOBODY);
  scene->other = g_strdup (TEST_NOBODY);
}

static void
set_waiting (TestScene *scene)
{
  test_scene_connect (scene, "mobile", OB_METERED_YES);
  submit_both (scene);
}

static void
set_active (TestScene *scene)
{
  submit_both (scene);
  test_server_report_created (scene->rig->server, scene->target, "http://depot.example/files/1");
  test_server_report_progress (scene->rig->server, scene->target, 500);
  (void) test_server_wait_for (scene->rig->server, scene->other);
}

static void
set_confirming (TestScene *scene)
{
  set_active (scene);
  test_server_report_progress (scene->rig->server, scene->target, 1000);
  test_server_report_stored (scene->rig->server, scene->target);
}

static void
set_held (TestScene *scene)
{
  submit_both (scene);
  test_rig_end (scene->rig, scene->target, OB_VERDICT_SIGN_IN, OUTBOX_REASON_SIGN_IN);
  (void) test_server_wait_for (scene->rig->server, scene->other);
}

static void
set_retrying (TestScene *scene)
{
  submit_both (scene);
  test_rig_end_after (scene->rig, scene->target, OB_VERDICT_RETRY, RIG_DAY);
  (void) test_server_wait_for (scene->rig->server, scene->other);
}

static void
set_group_paused (TestScene *scene)
{
  submit_both (scene);
  g_assert_true (test_rig_pause_group (scene->rig, "case", TRUE, NULL));
  test_rig_wait_for_end (scene->rig, scene->target);
  g_assert_true (test_rig_command (scene->rig, OB_COMMAND_PAUSE, scene->other, 0, NULL));
  test_rig_wait_for_end (scene->rig, scene->other);
}

static void
set_queue_paused (TestScene *scene)
{
  g_assert_true (test_rig_pause_queue (scene->rig, TRUE, NULL));
  submit_both (scene);
}

static void
set_over (TestScene *scene)
{
  submit_both (scene);
  test_server_refuse (scene->rig->server, scene->target, OUTBOX_REASON_REJECTED, "rejected");
  test_rig_wait_for_end (scene->rig, scene->target);
  test_rig_finish (scene->rig, scene->other);
}

static const struct
{
  const char *name;
  void (*set_up) (TestScene *scene);
} scenes[] = {
  { "nothing", set_nothing },
  { "waiting-to-be-asked", set_waiting },
  { "one-is-active", set_active },
  { "one-is-confirming", set_confirming },
  { "a-destination-is-held", set_held },
  { "a-destination-waits", set_retrying },
  { "a-group-is-paused", set_group_paused },
  { "the-queue-is-paused", set_queue_paused },
  { "one-failed-one-arrived", set_over },
};

static void
count_told (TestScene *scene)
{
  scene->n_told++;
}

static void
on_removed (ObBroker *broker, gpointer upload, gint64 sequence, gpointer user_data)
{
  g_autoptr (ObUpload) still = ob_broker_get (broker, ((const ObUpload *) upload)->id, NULL);

  if (still)
    count_told (user_data);
}

void
test_scene_read_rules (TestScene *scene, const char *text)
{
  TestRig *rig = scene->rig;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&rig->rules, ob_rules_unref);
  rig->rules = ob_rules_new ();
  (void) ob_rules_read (rig->rules, text, strlen (text), "test.conf", &error);
  g_assert_no_error (error);
}

G_STATIC_ASSERT (G_N_ELEMENTS (scenes) == TEST_N_SCENES);

const char *
test_scene_get_name (guint i)
{
  return scenes[i].name;
}

void
test_scene_begin (TestScene *scene, TestRig *rig, guint i)
{
  *scene = (TestScene){ .rig = rig };
  test_rig_set_up (rig, NULL);
  test_scene_read_rules (scene, ASKED);
  ob_broker_set_rules (rig->broker, rig->rules);
  test_scene_connect (scene, "home", OB_METERED_NO);
  scenes[i].set_up (scene);
  test_rig_advance (rig, RIG_SECOND);
  test_failures_prepare (rig->database);
  g_signal_connect_swapped (rig->broker, "added", G_CALLBACK (count_told), scene);
  g_signal_connect_swapped (rig->broker, "changed", G_CALLBACK (count_told), scene);
  g_signal_connect (rig->broker, "removed", G_CALLBACK (on_removed), scene);
}

void
test_scene_end (TestScene *scene)
{
  g_signal_handlers_disconnect_by_data (scene->rig->broker, scene);
  test_rig_tear_down (scene->rig, NULL);
  g_free (scene->target);
  g_free (scene->other);
  g_clear_pointer (&scene->id, g_free);
  g_clear_error (&scene->error);
}
