/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lanes.h"

#include "rules.h"

void
lanes_set_rules (TestRig *rig, const char *text)
{
  g_clear_pointer (&rig->rules, ob_rules_unref);
  rig->rules = test_rules_read (text);
  ob_broker_set_rules (rig->broker, rig->rules);
  test_rig_settle (rig);
}

void
lanes_connect (TestRig *rig, const char *name, ObLink link, ObMetered metered)
{
  test_conditions_connect (rig->conditions, name, link, metered);
  test_rig_advance (rig, 250);
}

char *
lanes_submit (TestRig *rig, const char *media_type)
{
  const ObSubmission submission = { .app = "test", .media_type = media_type };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

gint64
lanes_count_rows (TestRig *rig, const char *scope)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM journal WHERE scope = '%s'", scope);

  return test_rig_ask (rig, sql);
}

gboolean
lanes_command (TestRig *rig, ObCommand what, const char *id)
{
  g_autoptr (GError) error = NULL;
  gboolean is_good = test_rig_command (rig, what, id, 0, &error);

  g_assert_no_error (error);

  return is_good;
}
