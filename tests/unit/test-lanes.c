/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the broker does when network, power, session, time or rules change: who stops, who goes on, what is told and what is
 * written.
 */
#include "policy/rules-file.h"
#include "support/rig.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>

#define VIDEO "[Rule video]\nmatch-type=video/*\nnetworks=wifi;ethernet\npriority=-10\n"
#define ASKED "[Rule large]\nmin-size=1\nmetered=ask\n"

static void
set_rules (TestRig *rig, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&rig->rules, ob_rules_unref);
  rig->rules = ob_rules_new ();
  (void) ob_rules_read (rig->rules, text, strlen (text), "test.conf", &error);
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rig->rules);
  test_rig_settle (rig);
}

static char *
submit (TestRig *rig, const char *media_type)
{
  const ObSubmission submission = { .app = "test", .media_type = media_type };
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, &submission, &error);

  g_assert_no_error (error);

  return id;
}

static gint64
count_rows (TestRig *rig, const char *scope)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM journal WHERE scope = '%s'", scope);

  return test_rig_ask (rig, sql);
}

static gboolean
command (TestRig *rig, ObCommand what, const char *id)
{
  g_autoptr (GError) error = NULL;
  gboolean is_good = test_rig_command (rig, what, id, 0, &error);

  g_assert_no_error (error);

  return is_good;
}

static void
on_holds_changed (ObBroker *broker, gpointer user_data)
{
  ++*(guint *) user_data;
}

/* --- Networks --- */

static void
test_a_video_waits_for_wifi_and_a_photo_does_not (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;
  g_autofree char *photo = NULL;
  const ObJob *job;

  set_rules (rig, VIDEO);
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, 250);
  video = submit (rig, "video/mp4");
  photo = submit (rig, "image/jpeg");
  job = test_server_wait_for (rig->server, photo);
  (void) test_server_wait_for (rig->server, video);

  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_wait_for_end (rig, video);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  test_rig_assert_status (rig, photo, "uploading");
  g_assert_true (test_server_wait_for (rig->server, photo) == job); /* the same attempt goes on */
  test_rig_advance (rig, RIG_HOUR);
  g_assert_false (test_rig_is_active (rig, video));
  g_assert_cmpint (test_rig_ask (rig, "SELECT max (failures) FROM uploads"), ==, 0);

  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, 250);
  test_rig_finish (rig, video);
  test_rig_finish (rig, photo);
}

static void
test_what_is_allowed_is_believed_after_a_moment (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  set_rules (rig, VIDEO);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  video = submit (rig, "video/mp4");
  test_rig_assert_status (rig, video, "paused wait-wifi");
  /* Each change begins the moment anew. */
  for (guint i = 0; i < 10; i++)
    {
      test_conditions_connect (rig->conditions, i % 2 == 0 ? "depot" : "yard", OB_LINK_WIFI, OB_METERED_NO);
      test_rig_advance (rig, 249);
      test_rig_assert_status (rig, video, "paused wait-wifi");
    }
  test_rig_advance (rig, 1);
  (void) test_server_wait_for (rig->server, video);
  test_rig_finish (rig, video);
}

/* Where one server cannot be reached, another can: only what goes there waits. */
static void
test_no_network_is_of_one_destination (TestRig *rig, gconstpointer data)
{
  const ObWay none = { 0 }, some = { .is_reachable = TRUE, .device = "eth0" };
  const ObDestination *depot = g_hash_table_lookup (ob_broker_get_destinations (rig->broker), "depot");
  g_autofree char *url = g_strdup (depot->url);
  g_autofree char *photo = NULL;

  /* No default route is no reason: the network as a whole may be as it likes. */
  test_conditions_set_available (rig->conditions, FALSE);
  test_conditions_set_way (rig->conditions, url, &some);
  test_rig_advance (rig, 250);
  photo = submit (rig, "image/jpeg");
  (void) test_server_wait_for (rig->server, photo);

  test_conditions_set_available (rig->conditions, TRUE);
  test_conditions_set_way (rig->conditions, url, &none);
  test_rig_wait_for_end (rig, photo);
  test_rig_assert_status (rig, photo, "paused no-network");
  /* A person's word is no way either. */
  g_assert_true (command (rig, OB_COMMAND_SEND_NOW, photo));
  test_rig_assert_status (rig, photo, "paused no-network");
  test_rig_advance (rig, RIG_HOUR);
  g_assert_cmpint (test_rig_ask (rig, "SELECT max (failures) FROM uploads"), ==, 0);

  test_conditions_set_way (rig->conditions, url, &some);
  test_rig_advance (rig, 249);
  test_rig_assert_status (rig, photo, "paused no-network");
  test_rig_advance (rig, 1);
  (void) test_server_wait_for (rig->server, photo);
  test_rig_finish (rig, photo);
}

/* What the watchers have not said yet is neither told nor acted upon. */
static void
test_nothing_is_said_before_the_first_word (TestRig *rig, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);
  gint64 n_rows = count_rows (rig, "lane");
  g_autofree char *photo = NULL;

  conditions.is_awaited = TRUE;
  conditions.is_network_available = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  photo = submit (rig, "image/jpeg");
  test_rig_assert_status (rig, photo, "queued");
  test_rig_advance (rig, 1000);
  test_rig_assert_status (rig, photo, "queued");
  g_assert_false (test_rig_is_active (rig, photo));
  g_assert_cmpint (count_rows (rig, "lane"), ==, n_rows);

  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, 250);
  (void) test_server_wait_for (rig->server, photo);
  test_rig_finish (rig, photo);
  g_assert_cmpint (count_rows (rig, "lane"), ==, n_rows);
}

/* The last byte is there: to ask whether it was attached is no load. */
static void
test_the_server_is_asked_on_any_network (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  set_rules (rig, VIDEO);
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, 250);
  video = submit (rig, "video/mp4");
  (void) test_server_wait_for (rig->server, video);
  test_server_report_created (rig->server, video, "http://depot.example/files/1");
  test_server_report_stored (rig->server, video);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_end (rig, video, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
  test_rig_assert_status (rig, video, "confirming not-confirmed-yet");
  test_rig_advance (rig, test_rig_get_wait_ms (rig, video));
  test_rig_finish (rig, video);
}

/* But what the server has lost is sent again where the rule allows it. */
static void
test_what_the_server_lost_waits_for_its_network (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  set_rules (rig, VIDEO);
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, 250);
  video = submit (rig, "video/mp4");
  (void) test_server_wait_for (rig->server, video);
  test_server_report_created (rig->server, video, "http://depot.example/files/1");
  test_server_report_stored (rig->server, video);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_server_report_created (rig->server, video, "http://depot.example/files/2");
  test_rig_wait_for_end (rig, video);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, 250);
  test_rig_finish (rig, video);
}

/* However long the queue: a change of network writes the lanes that it changes and nothing else. */
static void
test_a_change_of_network_rewrites_no_upload (TestRig *rig, gconstpointer data)
{
  char *ids[20];
  gint64 n_upload_rows, n_lane_rows, updated_at;
  guint n_told = 0;

  set_rules (rig, VIDEO);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = submit (rig, "video/mp4");
  /* So that nothing starts when it may. */
  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  test_rig_advance (rig, RIG_MINUTE);
  n_upload_rows = test_rig_ask (rig, "SELECT count(*) FROM journal WHERE upload IS NOT NULL");
  n_lane_rows = count_rows (rig, "lane");
  updated_at = test_rig_ask (rig, "SELECT max (updated_at) FROM uploads");
  g_signal_connect (rig->broker, "holds-changed", G_CALLBACK (on_holds_changed), &n_told);
  for (guint i = 0; i < 50; i++)
    {
      test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
      test_rig_advance (rig, RIG_SECOND);
      test_rig_assert_status (rig, ids[0], "paused user");
      test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
      test_rig_advance (rig, RIG_SECOND);
      test_rig_assert_status (rig, ids[19], "paused user wait-wifi");
    }
  g_assert_cmpint (count_rows (rig, "lane") - n_lane_rows, ==, 100);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE upload IS NOT NULL"), ==, n_upload_rows);
  g_assert_cmpint (test_rig_ask (rig, "SELECT max (updated_at) FROM uploads"), ==, updated_at);
  g_assert_cmpuint (n_told, <=, 200); /* and two of them for the moment in between */
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (ids[i]);
}

static void
test_a_captive_portal_holds_everything (TestRig *rig, gconstpointer data)
{
  ObConditions portal = *test_conditions_get (rig->conditions);
  g_autofree char *id = submit (rig, "image/jpeg");

  (void) test_server_wait_for (rig->server, id);
  portal.connectivity = OB_CONNECTIVITY_PORTAL;
  test_conditions_set (rig->conditions, &portal);
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused captive-portal");
  portal.connectivity = OB_CONNECTIVITY_LIMITED; /* a depot without the internet */
  test_conditions_set (rig->conditions, &portal);
  test_rig_advance (rig, 250);
  test_rig_finish (rig, id);
}

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  *(char **) user_data = g_strdup (id);
}

static gboolean
is_set (gpointer data)
{
  return *(char **) data != NULL;
}

static void
test_rules_that_come_while_a_file_is_saved (TestRig *rig, gconstpointer data)
{
  const ObSubmission submission = { .app = "test", .name = "clip.mp4", .media_type = "video/mp4" };
  g_autofree char *path = g_build_filename (rig->folder, "clip", NULL);
  g_autofree char *video = NULL;

  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  g_assert_true (g_file_set_contents (path, "clip", -1, NULL));
  ob_broker_submit (rig->broker, &submission, g_open (path, O_RDONLY | O_CLOEXEC, 0), on_submitted, &video);
  set_rules (rig, VIDEO);
  test_wait_until (is_set, &video, 10);
  test_rig_settle (rig);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  g_assert_cmpint (count_rows (rig, "lane"), ==, 1);
}

static void
test_holds_outlive_a_restart (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;
  gint64 n_rows;

  set_rules (rig, VIDEO);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  video = submit (rig, "video/mp4");
  n_rows = count_rows (rig, "lane");
  g_assert_cmpint (n_rows, ==, 1);
  /* Nothing has changed, nothing is told. */
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  g_assert_cmpint (count_rows (rig, "lane"), ==, n_rows);
  /* What has changed meanwhile is. */
  test_rig_stop (rig);
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_start (rig);
  test_rig_finish (rig, video);
  g_assert_cmpint (count_rows (rig, "lane"), ==, n_rows + 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT event = 'release' AND key = 'depot/video' FROM journal"
                                      " WHERE scope = 'lane' ORDER BY sequence DESC LIMIT 1"),
                   ==, 1);
}

static guint
count_holds (TestRig *rig, const char *app)
{
  g_autoptr (GArray) holds = ob_broker_list_holds (rig->broker, app);

  return holds->len;
}

static void
test_an_app_sees_the_holds_of_its_own (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  set_rules (rig, VIDEO);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  video = submit (rig, "video/mp4");
  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  g_assert_true (test_rig_pause_destination (rig, "yard", TRUE, NULL));
  g_assert_cmpuint (count_holds (rig, NULL), ==, 3);
  g_assert_cmpuint (count_holds (rig, "test"), ==, 2);
  g_assert_cmpuint (count_holds (rig, "other"), ==, 0);
  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  g_assert_cmpuint (count_holds (rig, "other"), ==, 1);
}

/* --- Answers --- */

static void
test_send_now_is_for_this_network_and_once (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  set_rules (rig, ASKED);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  first = submit (rig, "video/mp4");
  second = submit (rig, "video/mp4");
  test_rig_assert_status (rig, first, "paused ask");
  command (rig, OB_COMMAND_SEND_NOW, first);
  (void) test_server_wait_for (rig->server, first);
  test_rig_assert_status (rig, second, "paused ask");
  /* Another network is another question. */
  test_conditions_connect (rig->conditions, "roaming", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_wait_for_end (rig, first);
  test_rig_advance (rig, 250);
  test_rig_assert_status (rig, first, "paused ask");
  /* The answer is kept through a restart. */
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_finish (rig, first);
  test_rig_assert_status (rig, second, "paused ask");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'send-now'"), ==, 1);
}

static void
test_send_now_lifts_what_an_upload_waits_for (TestRig *rig, gconstpointer data)
{
  const ObSubmission later = { .app = "test", .not_before_ms = RIG_BEGIN_MS + RIG_DAY };
  g_autofree char *paused = NULL;
  g_autofree char *tomorrow = NULL;
  g_autofree char *failed = submit (rig, "image/jpeg");

  test_rig_end (rig, failed, OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED);
  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  paused = submit (rig, "image/jpeg");
  command (rig, OB_COMMAND_PAUSE, paused);
  tomorrow = test_rig_submit_full (rig, &later, NULL);
  g_assert_true (test_rig_pause_queue (rig, FALSE, NULL));
  test_rig_assert_status (rig, tomorrow, "paused not-before");
  command (rig, OB_COMMAND_SEND_NOW, paused);
  test_rig_finish (rig, paused);
  command (rig, OB_COMMAND_SEND_NOW, tomorrow);
  test_rig_finish (rig, tomorrow);
  command (rig, OB_COMMAND_SEND_NOW, failed);
  test_rig_finish (rig, failed);
  g_assert_false (test_rig_command (rig, OB_COMMAND_SEND_NOW, failed, 0, NULL)); /* it is there */
  /* Which network that was is not for its app to know, which may read of its upload. */
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'send-now'"), ==, 3);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE message LIKE '%@%'"), ==, 0);
}

static void
on_answered (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

static char *
submit_to_group (TestRig *rig, const char *group)
{
  const ObSubmission submission = { .app = "test", .media_type = "video/mp4", .group = group };

  return test_rig_submit_full (rig, &submission, NULL);
}

static void
test_an_answer_for_a_group_counts_for_what_comes_later (TestRig *rig, gconstpointer data)
{
  const char *const keys[] = { "report", NULL };
  g_autofree char *first = NULL;
  g_autofree char *other = NULL;
  g_autofree char *later = NULL;
  g_autofree char *elsewhere = NULL;

  set_rules (rig, ASKED);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  first = submit_to_group (rig, "report");
  other = submit_to_group (rig, "other");
  test_rig_assert_status (rig, first, "paused ask");
  ob_broker_send_groups_now (rig->broker, keys, on_answered, NULL);
  test_rig_settle (rig);
  test_rig_finish (rig, first);
  later = submit_to_group (rig, "report");
  test_rig_finish (rig, later);
  test_rig_assert_status (rig, other, "paused ask");
  test_conditions_connect (rig->conditions, "abroad", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  elsewhere = submit_to_group (rig, "report");
  test_rig_assert_status (rig, elsewhere, "paused ask");
}

static void
test_an_answer_for_a_network_ends_when_it_is_left (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *again = NULL;
  g_autofree char *later = NULL;

  set_rules (rig, ASKED);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  id = submit (rig, "video/mp4");
  test_rig_assert_status (rig, id, "paused ask");
  ob_broker_allow_network (rig->broker, on_answered, NULL);
  test_rig_settle (rig);
  test_rig_finish (rig, id);
  /* No network is no other network, and a start is none either. */
  test_conditions_set_available (rig->conditions, FALSE);
  test_rig_advance (rig, RIG_MINUTE);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, 250);
  again = submit (rig, "video/mp4");
  test_rig_finish (rig, again);
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_advance (rig, 250);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  later = submit (rig, "video/mp4");
  test_rig_assert_status (rig, later, "paused ask");
}

/* --- Power, time and data --- */

static void
test_a_low_battery_holds (TestRig *rig, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);
  g_autofree char *id = NULL;

  set_rules (rig, "[Rule default]\nbattery=20\n");
  id = submit (rig, "image/jpeg");
  (void) test_server_wait_for (rig->server, id);
  conditions.is_on_battery = TRUE;
  conditions.battery_percent = 20;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_assert_status (rig, id, "uploading");
  conditions.battery_percent = 19;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused battery");
  conditions.is_on_battery = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_advance (rig, 250);
  test_rig_finish (rig, id);
}

/* The hours are those of where the device is now. */
static void
test_hours_follow_the_device (TestRig *rig, gconstpointer data)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (ob_broker_get_now_ms (rig->broker) / 1000);
  int hour = g_date_time_get_hour (now);
  g_autofree char *rule = g_strdup_printf ("[Rule default]\nhours=%02d:00-%02d:00\n", (hour + 6) % 24, (hour + 7) % 24);
  g_autoptr (GTimeZone) away = g_time_zone_new_identifier ("+06:00");
  g_autofree char *photo = NULL;

  ob_broker_set_zone (rig->broker, utc);
  set_rules (rig, rule);
  photo = submit (rig, "image/jpeg");
  test_rig_assert_status (rig, photo, "paused schedule");
  ob_broker_set_zone (rig->broker, away);
  test_rig_settle (rig);
  (void) test_server_wait_for (rig->server, photo);
  ob_broker_set_zone (rig->broker, utc);
  test_rig_wait_for_end (rig, photo);
  test_rig_assert_status (rig, photo, "paused schedule");
  ob_broker_set_zone (rig->broker, away);
  test_rig_settle (rig);
  test_rig_finish (rig, photo);
}

static void
test_a_time_window_opens_and_closes_by_itself (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *second = NULL;

  /* Time begins on 2025-06-15 at 15:06:40 UTC. */
  set_rules (rig, "[Rule default]\nhours=22:00-06:00\n");
  id = submit (rig, "image/jpeg");
  test_rig_assert_status (rig, id, "paused schedule");
  g_assert_cmpint (test_rig_get_wait_ms (rig, id), ==, 6 * RIG_HOUR + 53 * RIG_MINUTE + 20 * RIG_SECOND);
  g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), ==, RIG_BEGIN_MS + test_rig_get_wait_ms (rig, id));
  test_rig_advance (rig, test_rig_get_wait_ms (rig, id) - 1);
  test_rig_assert_status (rig, id, "paused schedule");
  test_rig_advance (rig, 1);
  (void) test_server_wait_for (rig->server, id);
  test_rig_advance (rig, 8 * RIG_HOUR - 1);
  test_rig_assert_status (rig, id, "uploading");
  test_rig_advance (rig, 1);
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused schedule");
  command (rig, OB_COMMAND_SEND_NOW, id);
  test_rig_finish (rig, id);
}

static void
test_the_month_s_data_is_used_up (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  set_rules (rig, "[Policy]\nmonthly-budget=1000\n");
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  first = submit (rig, "image/jpeg");
  test_server_report_progress (rig->server, first, 999);
  test_rig_settle (rig);
  test_rig_assert_status (rig, first, "uploading");
  test_server_report_progress (rig->server, first, 1000);
  test_rig_settle (rig);
  g_assert_cmpuint (ob_broker_get_metered_bytes (rig->broker), >=, 1000);
  second = submit (rig, "image/jpeg");
  test_rig_assert_status (rig, second, "paused data-budget");
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_assert_status (rig, second, "paused data-budget");
  /* The first of July is in sixteen days. */
  test_rig_advance (rig, test_rig_get_wait_ms (rig, second));
  g_assert_cmpuint (ob_broker_get_metered_bytes (rig->broker), ==, 0);
  (void) test_server_wait_for (rig->server, second);
}

/* --- Sleep and shutdown --- */

static void
test_sleep_waits_for_what_is_recorded (TestRig *rig, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);
  g_autofree char *id = submit (rig, "image/jpeg");

  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
  (void) test_server_wait_for (rig->server, id);
  conditions.is_sleeping = TRUE;
  test_conditions_set (rig->conditions, &conditions);
  g_assert_cmpuint (test_conditions_count_let_go (rig->conditions), ==, 0);
  test_rig_wait_for_end (rig, id);
  g_assert_cmpuint (test_conditions_count_let_go (rig->conditions), >, 0);
  test_rig_assert_status (rig, id, "paused sleep");
  g_assert_cmpint (count_rows (rig, "queue"), ==, 1);

  conditions.is_sleeping = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_settle (rig);
  test_rig_finish (rig, id);
  g_assert_cmpint (count_rows (rig, "queue"), ==, 2);
}

static void
test_waking_up_ends_the_back_off (TestRig *rig, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (rig->conditions);
  g_autofree char *id = submit (rig, "image/jpeg");

  for (guint i = 0; i < 7; i++)
    {
      test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
    }
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  conditions.is_sleeping = TRUE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_settle (rig);
  g_assert_cmpuint (test_conditions_count_let_go (rig->conditions), >, 0); /* nothing ran */
  conditions.is_sleeping = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_advance (rig, 1);
  test_rig_finish (rig, id);
}

/* --- Other rules --- */

static void
test_new_rules_act_at_once_and_match_what_waits (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = submit (rig, "video/mp4");
  g_autofree char *photo = submit (rig, "image/jpeg");

  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_advance (rig, 250);
  (void) test_server_wait_for (rig->server, video);
  (void) test_server_wait_for (rig->server, photo);
  set_rules (rig, VIDEO);
  test_rig_wait_for_end (rig, video);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  test_rig_assert_status (rig, photo, "uploading");
  /* The same rule says another thing now. */
  set_rules (rig, "[Rule video]\nmatch-type=video/*\nmetered=ask\n");
  test_rig_assert_status (rig, video, "paused ask");
  /* And now it is gone. */
  set_rules (rig, "");
  test_rig_settle (rig);
  test_rig_finish (rig, video);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE rule = 'default'"), ==, 2);
}

static void
test_rules_that_changed_while_it_was_off (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  video = submit (rig, "video/mp4");
  set_rules (rig, "");
  test_rig_stop (rig);
  g_clear_pointer (&rig->rules, ob_rules_unref);
  rig->rules = ob_rules_new ();
  g_assert_true (ob_rules_read (rig->rules, VIDEO, strlen (VIDEO), "test.conf", NULL));
  test_rig_start (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE rule = 'video'"), ==, 1);
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*run) (TestRig *, gconstpointer);
  } tests[] = {
    { "/lanes/hours-follow-the-device", test_hours_follow_the_device },
    { "/lanes/no-network-is-of-one-destination", test_no_network_is_of_one_destination },
    { "/lanes/nothing-is-said-before-the-first-word", test_nothing_is_said_before_the_first_word },
    { "/lanes/a-video-waits-for-wifi-and-a-photo-does-not", test_a_video_waits_for_wifi_and_a_photo_does_not },
    { "/lanes/what-is-allowed-is-believed-after-a-moment", test_what_is_allowed_is_believed_after_a_moment },
    { "/lanes/the-server-is-asked-on-any-network", test_the_server_is_asked_on_any_network },
    { "/lanes/what-the-server-lost-waits-for-its-network", test_what_the_server_lost_waits_for_its_network },
    { "/lanes/a-change-of-network-rewrites-no-upload", test_a_change_of_network_rewrites_no_upload },
    { "/lanes/a-captive-portal-holds-everything", test_a_captive_portal_holds_everything },
    { "/lanes/holds-outlive-a-restart", test_holds_outlive_a_restart },
    { "/lanes/an-app-sees-the-holds-of-its-own", test_an_app_sees_the_holds_of_its_own },
    { "/answers/send-now-is-for-this-network-and-once", test_send_now_is_for_this_network_and_once },
    { "/answers/send-now-lifts-what-an-upload-waits-for", test_send_now_lifts_what_an_upload_waits_for },
    { "/answers/one-for-a-group-counts-for-what-comes-later", test_an_answer_for_a_group_counts_for_what_comes_later },
    { "/answers/one-for-a-network-ends-when-it-is-left", test_an_answer_for_a_network_ends_when_it_is_left },
    { "/power/a-low-battery-holds", test_a_low_battery_holds },
    { "/time/a-window-opens-and-closes-by-itself", test_a_time_window_opens_and_closes_by_itself },
    { "/data/the-month-s-is-used-up", test_the_month_s_data_is_used_up },
    { "/session/sleep-waits-for-what-is-recorded", test_sleep_waits_for_what_is_recorded },
    { "/session/waking-up-ends-the-back-off", test_waking_up_ends_the_back_off },
    { "/rules/those-that-come-while-a-file-is-saved", test_rules_that_come_while_a_file_is_saved },
    { "/rules/new-ones-act-at-once-and-match-what-waits", test_new_rules_act_at_once_and_match_what_waits },
    { "/rules/those-that-changed-while-it-was-off", test_rules_that_changed_while_it_was_off },
  };

  g_test_init (&argc, &argv, NULL);
  (void) g_setenv ("TZ", "UTC", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, TestRig, NULL, test_rig_set_up, tests[i].run, test_rig_tear_down);

  return g_test_run ();
}
