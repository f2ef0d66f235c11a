/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queue that is opened again. Main thread.
 */
#include "support/revived.h"

static void
on_damaged (gpointer user_data)
{
  ((TestRevived *) user_data)->is_damaged = TRUE;
}

void
test_revived_close (TestRevived *revived)
{
  g_clear_pointer (&revived->integrity, ob_integrity_watch_end);
  if (revived->rig.broker)
    ob_broker_stop (revived->rig.broker);
  g_clear_object (&revived->rig.broker);
  g_clear_pointer (&revived->rig.tokens, ob_tokens_free);
  g_clear_pointer (&revived->rig.secrets, ob_secrets_free);
  g_clear_pointer (&revived->rig.spool, ob_spool_free);
  g_clear_pointer (&revived->rig.database, ob_database_free);
}

gboolean
test_revived_open (TestRevived *revived)
{
  TestRig *rig = &revived->rig;
  g_autoptr (GPtrArray) watchers = g_ptr_array_new_with_free_func (g_object_unref);
  static const char *const no_folders[] = { NULL };
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;

  revived->is_damaged = FALSE;
  g_ptr_array_add (watchers, g_object_ref (rig->conditions));
  rig->spool = ob_spool_open (rig->folder, &error);
  g_assert_no_error (error);
  rig->database = ob_database_open (rig->folder, ob_clock_get_now_ms (OB_CLOCK (rig->clock)), &was_rebuilt, &error);
  g_assert_no_error (error);
  rig->secrets = ob_secrets_new (rig->folder);
  rig->tokens = ob_tokens_new (no_folders, ob_oauth_ask_on_thread);
  rig->broker = ob_broker_new (rig->database, rig->spool, rig->secrets, rig->tokens, OB_CLOCK (rig->clock), watchers,
                               &revived->model->runner, &error);
  if (!rig->broker)
    {
      g_assert_true (ob_database_is_damaged (rig->database));
      return FALSE;
    }
  ob_broker_set_rules (rig->broker, rules);
  ob_database_watch_damage (rig->database, on_damaged, revived);
  revived->is_damaged = ob_database_is_damaged (rig->database);
  ob_broker_start (rig->broker);
  revived->integrity = ob_integrity_watch_begin (rig->database);

  return TRUE;
}

gboolean
test_revived_is_over (TestRevived *revived, const char *id)
{
  g_autoptr (ObUpload) upload = ob_uploads_get (revived->rig.database, id, NULL);

  if (upload)
    return upload->stored == OB_STORED_DONE;

  return !ob_spool_has (revived->rig.spool, id) && test_model_count_finished (revived->model, id) > 0;
}

gboolean
test_revived_are_over (TestRevived *revived, GPtrArray *ids)
{
  for (guint i = 0; i < ids->len; i++)
    if (!test_revived_is_over (revived, ids->pdata[i]))
      return FALSE;

  return TRUE;
}

/* For whoever reads that it failed. */
static void
tell_what_waits (TestRevived *revived, GPtrArray *ids)
{
  for (guint i = 0; i < ids->len; i++)
    if (!test_revived_is_over (revived, ids->pdata[i]))
      {
        g_autofree char *status = test_rig_describe (&revived->rig, ids->pdata[i]);

        g_test_message ("%s: %s; its copy is %s, it was sent %u times", (char *) ids->pdata[i], status,
                        ob_spool_has (revived->rig.spool, ids->pdata[i]) ? "here" : "gone",
                        test_model_count_taken (revived->model, ids->pdata[i]));
      }
}

/* After everything else that is due. */
static gboolean
on_tick (gpointer data)
{
  TestRevived *revived = data;

  if (test_rig_count_active (&revived->rig) == 0)
    test_clock_advance (revived->rig.clock, RIG_MINUTE);

  return G_SOURCE_CONTINUE;
}

void
test_revived_work (TestRevived *revived, GPtrArray *ids)
{
  const gint64 until_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  guint tick = g_timeout_add_full (G_PRIORITY_LOW, 1, on_tick, revived, NULL);

  while (!revived->is_damaged && (!test_revived_are_over (revived, ids) || revived->integrity))
    {
      if (g_get_monotonic_time () > until_us)
        {
          tell_what_waits (revived, ids);
          g_assert_not_reached ();
        }
      (void) g_main_context_iteration (NULL, TRUE);
      if (revived->integrity && ob_integrity_watch_is_over (revived->integrity))
        g_clear_pointer (&revived->integrity, ob_integrity_watch_end);
    }
  (void) g_source_remove (tick);
}

void
test_revived_begin (TestRevived *revived, const char *folder, TestModel *model)
{
  *revived = (TestRevived){ .model = model };
  revived->rig.folder = g_strdup (folder);
  revived->rig.clock = test_clock_new (RIG_BEGIN_MS);
  revived->rig.conditions = test_conditions_new ();
}

void
test_revived_end (TestRevived *revived)
{
  test_revived_close (revived);
  g_object_unref (revived->rig.clock);
  g_object_unref (revived->rig.conditions);
  g_free (revived->rig.folder);
}
