/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that arrived before the form of their group: "not attached" is no failure until the form is there, and a moment later they are asked
 * about again.
 */
#include "support/rig.h"

static char *
submit (TestRig *rig, gboolean is_form)
{
  const ObSubmission submission
      = { .app = "test", .destination = "depot", .group = "case-17", .group_app = "", .is_form = is_form };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

static void
reach_confirming (TestRig *rig, const char *id)
{
  g_autofree char *url = g_strconcat ("http://depot.example/files/", id, NULL);

  (void) test_server_wait_for (rig->server, id);
  test_server_report_created (rig->server, id, url);
  test_server_report_progress (rig->server, id, 1000);
  test_server_report_stored (rig->server, id);
  test_rig_settle (rig);
}

/* Asks until so much time has passed, and each time it is not yet. Returns: how long it waits then */
static gint64
ask_for (TestRig *rig, const char *id, gint64 time_ms)
{
  gint64 end_ms = ob_broker_get_now_ms (rig->broker) + time_ms;

  for (;;)
    {
      (void) test_server_wait_for (rig->server, id);
      test_rig_end (rig, id, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
      test_rig_assert_status (rig, id, "confirming not-confirmed-yet");
      if (ob_broker_get_now_ms (rig->broker) >= end_ms)
        return test_rig_get_wait_ms (rig, id);
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
    }
}

/* For longer than a server may take to attach what it could. */
static void
test_the_form_comes_late (TestRig *rig, gconstpointer data)
{
  g_autofree char *media = submit (rig, FALSE);
  g_autofree char *form = NULL;

  reach_confirming (rig, media);
  form = submit (rig, TRUE);
  (void) test_server_wait_for (rig->server, form);
  g_assert_cmpint (ask_for (rig, media, 2 * RIG_DAY), >, 10 * RIG_MINUTE);
  test_rig_finish (rig, form);
  test_rig_assert_status (rig, form, "done");
  g_assert_cmpint (test_rig_get_wait_ms (rig, media), <=, RIG_SECOND);
  test_rig_advance (rig, RIG_SECOND);
  /* The server has not got there yet: the waits begin anew. */
  test_rig_end (rig, media, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
  g_assert_cmpint (test_rig_get_wait_ms (rig, media), <=, 20 * RIG_SECOND);
  test_rig_advance (rig, test_rig_get_wait_ms (rig, media));
  test_rig_finish (rig, media);
  test_rig_assert_status (rig, media, "done");
}

/* The answer is of before the form, and comes after it. */
static void
test_a_question_on_its_way (TestRig *rig, gconstpointer data)
{
  g_autofree char *media = submit (rig, FALSE);
  g_autofree char *form = NULL;

  reach_confirming (rig, media);
  form = submit (rig, TRUE);
  (void) test_server_wait_for (rig->server, form);
  test_rig_advance (rig, ask_for (rig, media, 2 * RIG_HOUR));
  (void) test_server_wait_for (rig->server, media);
  test_rig_finish (rig, form);
  test_rig_end (rig, media, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
  g_assert_cmpint (test_rig_get_wait_ms (rig, media), <=, 20 * RIG_SECOND);
}

/* From then on it is its server's to attach it, for a day. */
static void
test_the_day_begins_with_the_form (TestRig *rig, gconstpointer data)
{
  g_autofree char *media = submit (rig, FALSE);
  g_autofree char *form = NULL;
  gint64 begin_ms;

  reach_confirming (rig, media);
  form = submit (rig, TRUE);
  (void) test_server_wait_for (rig->server, form);
  (void) ask_for (rig, media, RIG_DAY + RIG_HOUR);
  test_rig_finish (rig, form);
  begin_ms = ob_broker_get_now_ms (rig->broker);
  for (;;)
    {
      g_autofree char *status = NULL;

      test_rig_advance (rig, test_rig_get_wait_ms (rig, media));
      (void) test_server_wait_for (rig->server, media);
      test_rig_end (rig, media, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
      status = test_rig_describe (rig, media);
      if (g_str_equal (status, "failed gave-up"))
        break;
    }
  g_assert_cmpint (ob_broker_get_now_ms (rig->broker) - begin_ms, >=, RIG_DAY);
  g_assert_cmpint (ob_broker_get_now_ms (rig->broker) - begin_ms, <, RIG_DAY + RIG_HOUR);
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/group-form/the-form-comes-late", test_the_form_comes_late },
    { "/group-form/a-question-on-its-way", test_a_question_on_its_way },
    { "/group-form/the-day-begins-with-the-form", test_the_day_begins_with_the_form },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
