/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the broker does when networks or rules change: who stops, who goes on, what is told and what is written.
 */
#include "lanes.h"
#include "policy/rules-file.h"
#include "support/wait.h"

#include <fcntl.h>
#include <glib/gstdio.h>

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

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "depot", OB_LINK_WIFI, OB_METERED_NO);
  video = lanes_submit (rig, "video/mp4");
  photo = lanes_submit (rig, "image/jpeg");
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

  lanes_connect (rig, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_finish (rig, video);
  test_rig_finish (rig, photo);
}

static void
test_what_is_allowed_is_believed_after_a_moment (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  video = lanes_submit (rig, "video/mp4");
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
  photo = lanes_submit (rig, "image/jpeg");
  (void) test_server_wait_for (rig->server, photo);

  test_conditions_set_available (rig->conditions, TRUE);
  test_conditions_set_way (rig->conditions, url, &none);
  test_rig_wait_for_end (rig, photo);
  test_rig_assert_status (rig, photo, "paused no-network");
  /* A person's word is no way either. */
  g_assert_true (lanes_command (rig, OB_COMMAND_SEND_NOW, photo));
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
  gint64 n_rows = lanes_count_rows (rig, "lane");
  g_autofree char *photo = NULL;

  conditions.is_awaited = TRUE;
  conditions.is_network_available = FALSE;
  test_conditions_set (rig->conditions, &conditions);
  photo = lanes_submit (rig, "image/jpeg");
  test_rig_assert_status (rig, photo, "queued");
  test_rig_advance (rig, 1000);
  test_rig_assert_status (rig, photo, "queued");
  g_assert_false (test_rig_is_active (rig, photo));
  g_assert_cmpint (lanes_count_rows (rig, "lane"), ==, n_rows);

  lanes_connect (rig, "depot", OB_LINK_WIFI, OB_METERED_NO);
  (void) test_server_wait_for (rig->server, photo);
  test_rig_finish (rig, photo);
  g_assert_cmpint (lanes_count_rows (rig, "lane"), ==, n_rows);
}

/* The last byte is there: to ask whether it was attached is no load. */
static void
test_the_server_is_asked_on_any_network (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "depot", OB_LINK_WIFI, OB_METERED_NO);
  video = lanes_submit (rig, "video/mp4");
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

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "depot", OB_LINK_WIFI, OB_METERED_NO);
  video = lanes_submit (rig, "video/mp4");
  (void) test_server_wait_for (rig->server, video);
  test_server_report_created (rig->server, video, "http://depot.example/files/1");
  test_server_report_stored (rig->server, video);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  test_server_report_created (rig->server, video, "http://depot.example/files/2");
  test_rig_wait_for_end (rig, video);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  lanes_connect (rig, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_finish (rig, video);
}

/* However long the queue: a change of network writes the lanes that it changes and nothing else. */
static void
test_a_change_of_network_rewrites_no_upload (TestRig *rig, gconstpointer data)
{
  char *ids[20];
  gint64 n_upload_rows, n_lane_rows, updated_at;
  guint n_told = 0;

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = lanes_submit (rig, "video/mp4");
  /* So that nothing starts when it may. */
  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  test_rig_advance (rig, RIG_MINUTE);
  n_upload_rows = test_rig_ask (rig, "SELECT count(*) FROM journal WHERE upload IS NOT NULL");
  n_lane_rows = lanes_count_rows (rig, "lane");
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
  g_assert_cmpint (lanes_count_rows (rig, "lane") - n_lane_rows, ==, 100);
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
  g_autofree char *id = lanes_submit (rig, "image/jpeg");

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

  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  g_assert_true (g_file_set_contents (path, "clip", -1, NULL));
  ob_broker_submit (rig->broker, &submission, g_open (path, O_RDONLY | O_CLOEXEC, 0), on_submitted, &video);
  lanes_set_rules (rig, LANES_VIDEO);
  test_wait_until (is_set, &video, 10);
  test_rig_settle (rig);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  g_assert_cmpint (lanes_count_rows (rig, "lane"), ==, 1);
}

static void
test_holds_outlive_a_restart (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;
  gint64 n_rows;

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  video = lanes_submit (rig, "video/mp4");
  n_rows = lanes_count_rows (rig, "lane");
  g_assert_cmpint (n_rows, ==, 1);
  /* Nothing has changed, nothing is told. */
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  g_assert_cmpint (lanes_count_rows (rig, "lane"), ==, n_rows);
  /* What has changed meanwhile is. */
  test_rig_stop (rig);
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  test_rig_start (rig);
  test_rig_finish (rig, video);
  g_assert_cmpint (lanes_count_rows (rig, "lane"), ==, n_rows + 1);
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

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  video = lanes_submit (rig, "video/mp4");
  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  g_assert_true (test_rig_pause_destination (rig, "yard", TRUE, NULL));
  g_assert_cmpuint (count_holds (rig, NULL), ==, 3);
  g_assert_cmpuint (count_holds (rig, "test"), ==, 2);
  g_assert_cmpuint (count_holds (rig, "other"), ==, 0);
  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  g_assert_cmpuint (count_holds (rig, "other"), ==, 1);
}

/* --- Other rules --- */

static void
test_new_rules_act_at_once_and_match_what_waits (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = lanes_submit (rig, "video/mp4");
  g_autofree char *photo = lanes_submit (rig, "image/jpeg");

  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  (void) test_server_wait_for (rig->server, video);
  (void) test_server_wait_for (rig->server, photo);
  lanes_set_rules (rig, LANES_VIDEO);
  test_rig_wait_for_end (rig, video);
  test_rig_assert_status (rig, video, "paused wait-wifi");
  test_rig_assert_status (rig, photo, "uploading");
  /* The same rule says another thing now. */
  lanes_set_rules (rig, "[Rule video]\nmatch-type=video/*\nmetered=ask\n");
  test_rig_assert_status (rig, video, "paused ask");
  /* And now it is gone. */
  lanes_set_rules (rig, "");
  test_rig_settle (rig);
  test_rig_finish (rig, video);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE rule = 'default'"), ==, 2);
}

static void
test_rules_that_changed_while_it_was_off (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  video = lanes_submit (rig, "video/mp4");
  lanes_set_rules (rig, "");
  test_rig_stop (rig);
  g_clear_pointer (&rig->rules, ob_rules_unref);
  rig->rules = ob_rules_new ();
  g_assert_true (ob_rules_read (rig->rules, LANES_VIDEO, strlen (LANES_VIDEO), "test.conf", NULL));
  test_rig_start (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE rule = 'video'"), ==, 1);
}

/* A lane in which nothing is left holds nothing, and one that gets something holds it: whoever watches is told of both. */
static void
test_who_watches_hears_of_a_lane_that_empties_and_fills (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  guint n_told = 0;

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  first = lanes_submit (rig, "video/mp4");
  test_rig_assert_status (rig, first, "paused wait-wifi");
  test_rig_settle (rig);

  g_signal_connect (rig->broker, "holds-changed", G_CALLBACK (on_holds_changed), &n_told);
  lanes_command (rig, OB_COMMAND_REMOVE, first);
  test_rig_settle (rig);
  g_assert_cmpuint (n_told, ==, 1);
  second = lanes_submit (rig, "video/mp4");
  test_rig_settle (rig);
  g_assert_cmpuint (n_told, ==, 2);
  test_rig_assert_status (rig, second, "paused wait-wifi");
  g_signal_handlers_disconnect_by_data (rig->broker, &n_told);
}

/* The other lane has been held for a while: no change of it tells the attempt to stop. */
static void
test_new_rules_stop_what_runs (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = NULL;
  g_autofree char *photo = NULL;

  lanes_set_rules (rig, LANES_VIDEO);
  lanes_connect (rig, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  video = lanes_submit (rig, "video/mp4");
  photo = lanes_submit (rig, "image/jpeg");
  test_rig_assert_status (rig, video, "paused wait-wifi");
  (void) test_server_wait_for (rig->server, photo);
  lanes_set_rules (rig, "[Rule video]\nmatch-type=video/*;image/*\nnetworks=wifi;ethernet\n");
  test_rig_wait_for_end (rig, photo);
  test_rig_settle (rig);
  test_rig_assert_status (rig, photo, "paused wait-wifi");
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/lanes/no-network-is-of-one-destination", test_no_network_is_of_one_destination },
    { "/lanes/nothing-is-said-before-the-first-word", test_nothing_is_said_before_the_first_word },
    { "/lanes/a-video-waits-for-wifi-and-a-photo-does-not", test_a_video_waits_for_wifi_and_a_photo_does_not },
    { "/lanes/what-is-allowed-is-believed-after-a-moment", test_what_is_allowed_is_believed_after_a_moment },
    { "/lanes/the-server-is-asked-on-any-network", test_the_server_is_asked_on_any_network },
    { "/lanes/what-the-server-lost-waits-for-its-network", test_what_the_server_lost_waits_for_its_network },
    { "/lanes/a-change-of-network-rewrites-no-upload", test_a_change_of_network_rewrites_no_upload },
    { "/lanes/a-captive-portal-holds-everything", test_a_captive_portal_holds_everything },
    { "/lanes/who-watches-hears-of-one-that-empties-and-fills",
      test_who_watches_hears_of_a_lane_that_empties_and_fills },
    { "/lanes/holds-outlive-a-restart", test_holds_outlive_a_restart },
    { "/lanes/an-app-sees-the-holds-of-its-own", test_an_app_sees_the_holds_of_its_own },
    { "/rules/those-that-come-while-a-file-is-saved", test_rules_that_come_while_a_file_is_saved },
    { "/rules/new-ones-act-at-once-and-match-what-waits", test_new_rules_act_at_once_and_match_what_waits },
    { "/rules/new-ones-stop-what-runs", test_new_rules_stop_what_runs },
    { "/rules/those-that-changed-while-it-was-off", test_rules_that_changed_while_it_was_off },
  };

  g_test_init (&argc, &argv, NULL);
  (void) g_setenv ("TZ", "UTC", TRUE);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
