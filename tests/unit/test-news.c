/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person is told of what has arrived: after a wait, or as the last of a group; together, not twice, not for ever, and taken back when
 * it is true no more.
 */
#include "support/rig.h"

#define MINUTE RIG_MINUTE
#define HOUR RIG_HOUR
#define DAY RIG_DAY

/* --- The decisions --- */

static void
test_what_had_to_wait (void)
{
  static const ObReminderSettings usual = { DAY, TRUE, TRUE, TRUE, TRUE }, soon = { HOUR, TRUE, TRUE, TRUE, TRUE },
                                  never = { 0, FALSE, FALSE, TRUE, TRUE }, quiet = { DAY, TRUE, TRUE, FALSE, TRUE };
  static const struct
  {
    const ObReminderSettings *settings;
    gint64 took_ms;
    gboolean needed_person, is_told;
  } rows[] = {
    { &usual, 2 * HOUR, FALSE, FALSE },       { &usual, DAY, FALSE, TRUE },
    { &usual, 10 * MINUTE - 1, TRUE, FALSE },                                /* the person has seen it */
    { &usual, 10 * MINUTE, TRUE, TRUE },      { &usual, -DAY, TRUE, FALSE }, /* the clock was set */
    { &soon, 2 * HOUR, FALSE, TRUE },                                        /* the person was reminded of it */
    { &never, 2 * HOUR, FALSE, FALSE },       { &never, DAY, FALSE, TRUE },
    { &quiet, 9 * DAY, TRUE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%u", i);
      g_assert_cmpint (ob_news_is_of_wait (rows[i].settings, rows[i].took_ms, rows[i].needed_person), ==,
                       rows[i].is_told);
    }
}

static void
test_when_it_is_told (void)
{
  static const struct
  {
    ObNewsFacts facts; /* now, first, last, told, busy */
    ObNewsPlan plan;   /* due, next */
  } rows[] = {
    { { 5 * DAY, 0, 0, 0, TRUE }, { FALSE, 0 } },
    { { 5 * DAY, 5 * DAY, 5 * DAY, 0, FALSE }, { FALSE, 5 * DAY + MINUTE } },
    { { 5 * DAY, 5 * DAY - MINUTE, 5 * DAY - MINUTE, 0, FALSE }, { TRUE, 5 * DAY + HOUR } },
    /* More comes all the time. */
    { { 5 * DAY, 5 * DAY - 10 * MINUTE, 5 * DAY, 0, FALSE }, { FALSE, 5 * DAY + MINUTE } },
    { { 5 * DAY, 5 * DAY - HOUR, 5 * DAY, 0, FALSE }, { TRUE, 5 * DAY + HOUR } },
    /* So it is while a long video is under way. */
    { { 5 * DAY, 5 * DAY - 10 * MINUTE, 5 * DAY - 9 * MINUTE, 0, TRUE }, { FALSE, 5 * DAY + 50 * MINUTE } },
    { { 5 * DAY, 5 * DAY - HOUR, 5 * DAY - HOUR, 0, TRUE }, { TRUE, 5 * DAY + HOUR } },
    /* No second one within an hour. */
    { { 5 * DAY, 5 * DAY - 10 * MINUTE, 5 * DAY - 9 * MINUTE, 5 * DAY - 20 * MINUTE, FALSE },
      { FALSE, 5 * DAY + 40 * MINUTE } },
    { { 5 * DAY, 5 * DAY - 10 * MINUTE, 5 * DAY - 9 * MINUTE, 5 * DAY - HOUR, FALSE }, { TRUE, 5 * DAY + HOUR } },
    /* The clock was set back by years: nothing waits for it. */
    { { 5 * DAY, 900 * DAY, 900 * DAY, 900 * DAY, FALSE }, { TRUE, 5 * DAY + HOUR } },
    { { 5 * DAY, 900 * DAY, 900 * DAY, 900 * DAY, TRUE }, { TRUE, 5 * DAY + HOUR } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ObNewsPlan plan = ob_news_decide (&rows[i].facts);

      g_test_message ("%u", i);
      g_assert_cmpint (plan.is_due, ==, rows[i].plan.is_due);
      g_assert_cmpint (plan.next_ms, ==, rows[i].plan.next_ms);
    }
}

/* --- The broker --- */

/* Who shows news, as the notifier does. */
typedef struct
{
  ObBroker *broker;
  GString *told; /* "UPLOADS/GROUPS(FILES) " each time, "- " where it is taken back */
  gboolean is_blind;
} Reader;

static void
on_news (ObBroker *broker, gboolean has_news, gpointer user_data)
{
  Reader *reader = user_data;
  ObNews news;

  if (!has_news)
    {
      g_string_append (reader->told, "- ");
      return;
    }
  g_assert_true (ob_broker_get_news (broker, &news));
  g_string_append_printf (reader->told, "%u/%u(%u) ", (guint) news.uploads, (guint) news.groups,
                          (guint) news.group_uploads);
  if (!reader->is_blind)
    ob_broker_note_news_shown (broker, ":1.7 1");
}

static void
reader_begin (Reader *reader, TestRig *rig)
{
  reader->broker = rig->broker;
  if (!reader->told)
    reader->told = g_string_new (NULL);
  g_signal_connect (rig->broker, "news", G_CALLBACK (on_news), reader);
  ob_broker_tell_news_again (rig->broker);
}

static void
restart (TestRig *rig, Reader *reader)
{
  test_rig_stop (rig);
  test_rig_start (rig);
  reader_begin (reader, rig);
  test_rig_advance (rig, RIG_SECOND);
}

static void
reader_clear (Reader *reader)
{
  g_string_free (reader->told, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

#define assert_told(reader, expected) g_assert_cmpstr ((reader)->told->str, ==, expected)

static char *
submit_to_group (TestRig *rig, const char *group)
{
  const ObSubmission submission = { .app = "test", .name = "photo.jpg", .group = (char *) group };

  return test_rig_submit_full (rig, &submission, NULL);
}

static void
arrive (TestRig *rig, const char *id)
{
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_settle (rig);
}

static char *
fail (TestRig *rig)
{
  char *id = test_rig_submit (rig, NULL, 0);

  (void) test_server_wait_for (rig->server, id);
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE);
  test_rig_settle (rig);

  return id;
}

static void
retry_and_arrive (TestRig *rig, const char *id)
{
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  arrive (rig, id);
}

/* Something has failed, is tried again by a person after an hour, and arrives. */
static void
arrive_after_trouble (TestRig *rig)
{
  g_autofree char *id = fail (rig);

  test_rig_advance (rig, HOUR);
  retry_and_arrive (rig, id);
}

static void
test_after_it_had_failed (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autofree char *seen = NULL, *left = NULL, *plain = NULL;

  reader_begin (&reader, rig);
  /* The person is there and sees it arrive. */
  seen = fail (rig);
  retry_and_arrive (rig, seen);
  plain = test_rig_submit (rig, NULL, 0);
  arrive (rig, plain);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "");
  left = fail (rig);
  test_rig_advance (rig, 20 * MINUTE);
  retry_and_arrive (rig, left);
  test_rig_advance (rig, MINUTE - RIG_SECOND);
  assert_told (&reader, "");
  test_rig_advance (rig, 2 * RIG_SECOND);
  assert_told (&reader, "1/0(0) ");
  /* Not twice, whoever starts. */
  restart (rig, &reader);
  test_rig_advance (rig, DAY);
  assert_told (&reader, "1/0(0) ");
}

static void
test_after_a_sign_in (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autofree char *first = NULL, *second = NULL, *other = NULL;

  reader_begin (&reader, rig);
  first = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, first);
  test_rig_end (rig, first, OB_VERDICT_SIGN_IN, OUTBOX_REASON_NONE);
  second = test_rig_submit (rig, NULL, 0);
  test_rig_assert_status (rig, second, "paused sign-in");
  other = test_rig_submit (rig, "yard", 0);
  test_rig_advance (rig, HOUR);
  arrive (rig, other);
  g_assert_true (test_rig_pause_destination (rig, "depot", FALSE, NULL));
  arrive (rig, second);
  /* The daemon is started anew in between. */
  restart (rig, &reader);
  arrive (rig, first);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "2/0(0) ");
}

static void
test_after_a_day (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autofree char *id = NULL, *timed = NULL;
  const ObSubmission later = { .app = "test", .name = "later.jpg", .not_before_ms = RIG_BEGIN_MS + 30 * HOUR };

  reader_begin (&reader, rig);
  test_conditions_set_available (rig->conditions, FALSE);
  id = test_rig_submit (rig, NULL, 0);
  /* What was to go at a set time has not waited. */
  timed = test_rig_submit_full (rig, &later, NULL);
  test_rig_advance (rig, 26 * HOUR);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, MINUTE);
  arrive (rig, id);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "1/0(0) ");
  test_rig_advance (rig, 5 * HOUR);
  arrive (rig, timed);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "1/0(0) ");
}

/* Once, however it grows; and what was told is taken back when it is true no more. */
static void
test_a_group (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  reader_begin (&reader, rig);
  for (guint i = 0; i < 3; i++)
    {
      g_ptr_array_add (ids, submit_to_group (rig, "case-1"));
      arrive (rig, ids->pdata[i]);
    }
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "0/1(3) ");
  for (guint i = 3; i < 5; i++)
    {
      g_ptr_array_add (ids, submit_to_group (rig, "case-1"));
      test_rig_settle (rig);
      assert_told (&reader, "0/1(3) - ");
      arrive (rig, ids->pdata[i]);
    }
  test_rig_advance (rig, 50 * MINUTE);
  assert_told (&reader, "0/1(3) - ");
  test_rig_advance (rig, 20 * MINUTE);
  assert_told (&reader, "0/1(3) - 0/1(5) ");
  /* The whole group is removed, by somebody who knows that it has arrived. */
  for (guint i = 0; i < 5; i++)
    g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, ids->pdata[i], 0, NULL));
  test_rig_settle (rig);
  assert_told (&reader, "0/1(3) - 0/1(5) - ");
}

/* A group of one is no group; one that something is missing of, removed or failed, has not arrived as a whole. */
static void
test_no_group (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autofree char *one = NULL, *here = NULL, *gone = NULL;

  reader_begin (&reader, rig);
  one = submit_to_group (rig, "alone");
  arrive (rig, one);
  here = submit_to_group (rig, "half");
  gone = submit_to_group (rig, "half");
  arrive (rig, here);
  (void) test_server_wait_for (rig->server, gone);
  test_rig_end (rig, gone, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE);
  test_rig_advance (rig, 2 * HOUR);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, gone, 0, NULL));
  test_rig_advance (rig, 2 * HOUR);
  assert_told (&reader, "");
}

/* What was missing of a group had waited for a person, while the group was paused and sent on: one word for both. */
static void
test_a_group_that_had_to_wait (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autofree char *here = NULL, *late = NULL;

  reader_begin (&reader, rig);
  here = submit_to_group (rig, "case-1");
  late = submit_to_group (rig, "case-1");
  arrive (rig, here);
  (void) test_server_wait_for (rig->server, late);
  test_rig_end (rig, late, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE);
  g_assert_true (test_rig_pause_group (rig, "case-1", TRUE, NULL));
  test_rig_advance (rig, HOUR);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, late, 0, NULL));
  test_rig_advance (rig, HOUR);
  assert_told (&reader, "");
  g_assert_true (test_rig_pause_group (rig, "case-1", FALSE, NULL));
  arrive (rig, late);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "1/1(2) ");
}

static void
test_many_groups_are_no_flood (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  const guint n_groups = 18;
  g_autofree char *last = NULL;

  reader_begin (&reader, rig);
  /* Four minutes from one to the next. */
  for (guint i = 0; i < n_groups; i++)
    {
      g_autofree char *group = g_strdup_printf ("case-%u", i);
      g_autofree char *first = submit_to_group (rig, group);
      g_autofree char *second = submit_to_group (rig, group);

      arrive (rig, first);
      arrive (rig, second);
      test_rig_advance (rig, 4 * MINUTE);
    }
  assert_told (&reader, "0/1(2) 0/16(32) ");
  test_rig_advance (rig, 2 * HOUR);
  assert_told (&reader, "0/1(2) 0/16(32) 0/18(36) ");
  /* Seen: the next begins anew. */
  ob_broker_note_news_seen (rig->broker);
  last = submit_to_group (rig, "case-0");
  arrive (rig, last);
  test_rig_advance (rig, 2 * HOUR);
  assert_told (&reader, "0/1(2) 0/16(32) 0/18(36) 0/1(3) ");
}

/* Nobody is logged in: it waits, is known after a restart, and is no news any more after a week. */
static void
test_nobody_shows_it (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { .is_blind = TRUE };
  g_autofree char *first = NULL, *second = NULL;

  reader_begin (&reader, rig);
  first = submit_to_group (rig, "case-1");
  second = submit_to_group (rig, "case-1");
  arrive (rig, first);
  arrive (rig, second);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "0/1(2) ");
  restart (rig, &reader);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "0/1(2) 0/1(2) ");
  test_rig_advance (rig, 8 * DAY);
  g_string_truncate (reader.told, 0);
  reader.is_blind = FALSE;
  test_rig_advance (rig, DAY);
  assert_told (&reader, "");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM news"), ==, 0);
}

static ObRules *
make_rules (gboolean tells_arrived, gboolean tells_groups)
{
  ObRules *rules = ob_rules_new ();

  rules->reminders.tells_arrived = tells_arrived;
  rules->reminders.tells_groups = tells_groups;

  return rules;
}

/* A person who wants no news has none, neither of what waits to be told nor of what was told; and later none of that time. */
static void
test_nobody_wants_it (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autoptr (ObRules) quiet = make_rules (FALSE, FALSE), usual = make_rules (TRUE, TRUE);

  reader_begin (&reader, rig);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *id = submit_to_group (rig, i < 2 ? "told" : "untold");

      arrive (rig, id);
      if (i % 2 == 1)
        test_rig_advance (rig, 2 * MINUTE);
    }
  assert_told (&reader, "0/1(2) ");
  ob_broker_set_rules (rig->broker, quiet);
  test_rig_advance (rig, 2 * HOUR);
  assert_told (&reader, "0/1(2) - ");
  arrive_after_trouble (rig);
  ob_broker_set_rules (rig->broker, usual);
  test_rig_advance (rig, 2 * HOUR);
  assert_told (&reader, "0/1(2) - ");
}

/* As when the server is asked again, and has it no more. */
static void
test_it_is_gone_at_the_server (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };
  g_autofree char *other = NULL;

  reader_begin (&reader, rig);
  arrive_after_trouble (rig);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "1/0(0) ");
  test_rig_run (rig, "UPDATE uploads SET state = 4, reason = 'rejected', done_at = 0");
  test_rig_run (rig, "INSERT INTO journal (at, upload, event, state, message) SELECT 1, id, 'state', 'failed', '' FROM"
                     " uploads");
  other = test_rig_submit (rig, NULL, 0);
  test_rig_settle (rig);
  assert_told (&reader, "1/0(0) - ");
}

/* A clock that is set by years, either way, neither tells again nor is silent for ever. */
static void
test_the_clock_is_set (TestRig *rig, gconstpointer data)
{
  g_auto (Reader) reader = { NULL };

  reader_begin (&reader, rig);
  arrive_after_trouble (rig);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "1/0(0) ");
  ob_broker_note_news_seen (rig->broker);
  test_clock_set (rig->clock, RIG_BEGIN_MS - 900 * DAY);
  test_rig_settle (rig);
  arrive_after_trouble (rig);
  test_rig_advance (rig, 2 * MINUTE);
  assert_told (&reader, "1/0(0) 1/0(0) ");
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/news/after-it-had-failed", test_after_it_had_failed },
    { "/news/after-a-sign-in", test_after_a_sign_in },
    { "/news/after-a-day", test_after_a_day },
    { "/news/a-group", test_a_group },
    { "/news/no-group", test_no_group },
    { "/news/a-group-that-had-to-wait", test_a_group_that_had_to_wait },
    { "/news/many-groups-are-no-flood", test_many_groups_are_no_flood },
    { "/news/nobody-shows-it", test_nobody_shows_it },
    { "/news/nobody-wants-it", test_nobody_wants_it },
    { "/news/it-is-gone-at-the-server", test_it_is_gone_at_the_server },
    { "/news/the-clock-is-set", test_the_clock_is_set },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/news/what-had-to-wait", test_what_had_to_wait);
  g_test_add_func ("/news/when-it-is-told", test_when_it_is_told);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
