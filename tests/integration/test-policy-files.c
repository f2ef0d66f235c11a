/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules of a running daemon: over the bus, by files that change, and as people see and set them.
 */
#include "support/command.h"

#include "dbus/error.h"
#include "dbus/names.h"

#include <glib/gstdio.h>

typedef struct
{
  TestBroker *broker;
  OutboxDBusPolicy *policy;
  guint n_changes;
} Fixture;

static void
on_changed (OutboxDBusPolicy *policy, gpointer user_data)
{
  ((Fixture *) user_data)->n_changes++;
}

static void
put (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->broker->folder, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, &error));
  g_assert_no_error (error);
}

#define VENDOR "vendor/outbox.conf"
#define ADMIN "etc/outbox.conf"
#define OWN "outbox/outbox.conf"

/* A daemon with the rules that come with it, none of the administrator's, and none of the person's own. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *shipped = NULL;
  g_autoptr (GError) error = NULL;

  fixture->broker = test_broker_new_alone ();
  test_broker_stop (fixture->broker);
  g_assert_true (g_file_get_contents (g_getenv ("SHIPPED_RULES"), &shipped, NULL, NULL));
  put (fixture, VENDOR, shipped);
  test_broker_start (fixture->broker, NULL);
  fixture->policy = outbox_dbus_policy_proxy_new_sync (fixture->broker->connection,
                                                       G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START
                                                           | G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES,
                                                       OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->policy, "changed", G_CALLBACK (on_changed), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->policy);
  test_broker_free (fixture->broker);
}

static gboolean
has_changed (gpointer data)
{
  return ((Fixture *) data)->n_changes > 0;
}

static void
wait_for_change (Fixture *fixture)
{
  test_wait_until (has_changed, fixture, 20);
  fixture->n_changes = 0;
}

static GVariant *
get (Fixture *fixture)
{
  GVariant *policy = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (outbox_dbus_policy_call_get_sync (fixture->policy, &policy, NULL, &error));
  g_assert_no_error (error);

  return policy;
}

/* Returns: (transfer full): the rule of that name. */
static GVariant *
find_rule (GVariant *policy, const char *name)
{
  g_autoptr (GVariant) rules = g_variant_lookup_value (policy, "rules", G_VARIANT_TYPE ("aa{sv}"));
  GVariantIter iter;
  GVariant *rule;

  g_variant_iter_init (&iter, rules);
  while ((rule = g_variant_iter_next_value (&iter)))
    {
      const char *is;

      if (g_variant_lookup (rule, "name", "&s", &is) && g_str_equal (is, name))
        return rule;
      g_variant_unref (rule);
    }
  g_error ("there is no rule %s", name);
}

static void
assert_value (GVariant *document, const char *key, const char *expected)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (document, key, NULL);
  g_autofree char *text = value ? g_variant_print (value, FALSE) : NULL;

  g_assert_cmpstr (text, ==, expected);
}

static char *
dup_path (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->broker->folder, name, NULL);
}

static void
test_the_bus_tells_every_key_of_every_rule (Fixture *fixture, gconstpointer data)
{
  static const char *const pairs[][2] = { { "match_type", "['video/*']" },
                                          { "match_app", "['a', 'b']" },
                                          { "match_destination", "['depot']" },
                                          { "match_group", "['case-*']" },
                                          { "match_form", "false" },
                                          { "min_size", "1000" },
                                          { "max_size", "5000000" },
                                          { "networks", "['ethernet', 'wifi']" },
                                          { "connections", "['Depot']" },
                                          { "metered", "'deny'" },
                                          { "roaming", "'ask'" },
                                          { "battery", "30" },
                                          { "power_saver", "'deny'" },
                                          { "hours", "['Mon-Fri 22:00-06:00', '12:00-13:00']" },
                                          { "rate", "2000000" },
                                          { "priority", "-10" } };
  g_autofree char *own = dup_path (fixture, OWN);
  g_autofree char *vendor = dup_path (fixture, VENDOR);
  g_autofree char *own_text = g_strdup_printf ("'%s'", own);
  g_autofree char *files = g_strdup_printf ("['%s', '%s']", vendor, own);
  g_autoptr (GVariant) policy = NULL;
  g_autoptr (GVariant) mine = NULL;
  g_autoptr (GVariant) otherwise = NULL;

  put (fixture, OWN,
       "[Policy]\nmonthly-budget=2G\n[Rule mine]\nmatch-type=video/*\nmatch-app=a;b\nmatch-destination=depot\n"
       "match-group=case-*\nmatch-form=false\nmin-size=1K\nmax-size=5M\nnetworks=wifi;ethernet\nconnections=Depot\n"
       "metered=deny\nroaming=ask\nbattery=30\npower-saver=deny\nhours=Mon-Fri 22:00-06:00;12:00-13:00\nrate=2M\n"
       "priority=-10\n");
  wait_for_change (fixture);
  policy = get (fixture);
  assert_value (policy, "budget", "2000000000");
  assert_value (policy, "problem", "''");
  assert_value (policy, "own_file", own_text);
  assert_value (policy, "files", files);
  mine = find_rule (policy, "mine");
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    assert_value (mine, pairs[i][0], pairs[i][1]);
  assert_value (mine, "file", own_text);
  otherwise = find_rule (policy, "default");
  assert_value (otherwise, "file", "''");
  assert_value (otherwise, "match_type", "[]");
  assert_value (otherwise, "match_form", NULL);
  assert_value (otherwise, "metered", "'allow'");
}

static void
test_a_bad_file_is_told_and_the_last_good_stays (Fixture *fixture, gconstpointer data)
{
  g_autofree char *problem
      = g_strdup_printf ("%s/%s: [Rule video] metered: allow, ask or deny", fixture->broker->folder, ADMIN);
  g_autofree char *expected = g_strdup_printf ("'%s'", problem);
  g_autoptr (GVariant) policy = NULL;
  g_autoptr (GVariant) video = NULL;
  g_autofree char *checked = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *status = NULL;
  g_autofree char *good = NULL;
  g_autofree char *good_status = NULL;

  put (fixture, ADMIN, "[Rule video]\nmetered=perhaps\n");
  wait_for_change (fixture);
  policy = get (fixture);
  assert_value (policy, "problem", expected);
  video = find_rule (policy, "video");
  assert_value (video, "metered", "'deny'");
  checked = test_command (fixture->broker, "policy check", 1);
  test_assert_has (checked, problem);
  shown = test_command (fixture->broker, "policy show", 0);
  test_assert_has (shown, problem);
  test_assert_has (shown, "metered=deny");
  status = test_command (fixture->broker, "status", 0);
  test_assert_has (status, problem);
  test_assert_has (status, "outbox policy check");
  put (fixture, ADMIN, "[Rule video]\nmetered=ask\n");
  wait_for_change (fixture);
  good = test_command (fixture->broker, "policy check", 0);
  test_assert_has (good, VENDOR "\n");
  test_assert_has (good, ADMIN "\n");
  good_status = test_command (fixture->broker, "status", 0);
  g_assert_null (strstr (good_status, "policy check"));
}

static void
test_a_start_with_a_bad_file_has_the_good_ones (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) policy = NULL;
  g_autoptr (GVariant) video = NULL;
  g_autofree char *checked = NULL;

  test_broker_stop (fixture->broker);
  put (fixture, OWN, "video=never\n");
  test_broker_start (fixture->broker, NULL);
  policy = get (fixture);
  video = find_rule (policy, "video");
  assert_value (video, "metered", "'deny'");
  checked = test_command (fixture->broker, "policy check", 1);
  test_assert_has (checked, OWN ": Key file does not start with a group");
}

static void
test_what_is_set_is_in_force_and_on_the_disk (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = dup_path (fixture, OWN);
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;
  g_autoptr (GVariant) policy = NULL;
  g_autoptr (GVariant) video = NULL;

  g_assert_true (outbox_dbus_policy_call_set_sync (fixture->policy, "[Rule video]\nmetered=allow\n", NULL, &error));
  g_assert_no_error (error);
  policy = get (fixture);
  video = find_rule (policy, "video");
  assert_value (video, "metered", "'allow'");
  assert_value (video, "priority", "-10");
  wait_for_change (fixture);
  g_assert_false (outbox_dbus_policy_call_set_sync (fixture->policy, "[Rule video]\nmetred=deny\n", NULL, &error));
  expected = g_strconcat (path, ": [Rule video] metred: there is no such key", NULL);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  g_dbus_error_strip_remote_error (error);
  g_assert_cmpstr (error->message, ==, expected);
  g_clear_error (&error);
  g_assert_true (outbox_dbus_policy_call_check_sync (fixture->policy, "[Rule video]\nmetered=ask\n", NULL, &error));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "[Rule video]\nmetered=allow\n");
}

/* What it prints can be written into a file, and says the same again. */
static void
test_what_is_shown_can_be_read_again (Fixture *fixture, gconstpointer data)
{
  g_autofree char *shown = NULL;
  g_autofree char *again = NULL;
  g_autoptr (JsonNode) node = NULL;

  put (fixture, OWN, "[Rule a.b]\nmatch-group=c\\\\d;e f\nmin-size=1Ki\nhours=Sat-Mon 00:00-24:00\nmatch-form=true\n");
  wait_for_change (fixture);
  shown = test_command (fixture->broker, "policy show", 0);
  test_assert_has (shown, OWN "\n[Rule a.b]\nmatch-group=c\\\\d;e f\nmatch-form=true\nmin-size=1024\n"
                              "hours=Sat-Mon 00:00-24:00\n");
  test_assert_has (shown, VENDOR "\n[Rule large]\nmin-size=100M\nmetered=ask\n");
  test_assert_has (shown, "# built in\n[Rule default]\n");
  put (fixture, "copy", shown);
  again = test_command (fixture->broker, "policy check copy", 0);
  g_assert_cmpstr (again, ==, "");
  node = test_command_json (fixture->broker, "policy show --json");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (node), "rules")), ==, 5);
}

static void
test_a_file_is_checked_under_its_own_name (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bad = NULL;
  g_autofree char *missing = NULL;

  put (fixture, "draft.conf", "[Rule a]\nhours=always\n");
  bad = test_command (fixture->broker, "policy check draft.conf", 1);
  test_assert_has (bad, "outbox: draft.conf: [Rule a] hours: a list of spans such as 22:00-06:00");
  missing = test_command (fixture->broker, "policy check none.conf", 1);
  test_assert_has (missing, "none.conf");
}

/* The editor is `cp next`: it saves what the test has put there, or fails. */
static void
test_an_edit_counts_when_it_is_good (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) policy = NULL;
  g_autoptr (GVariant) video = NULL;
  g_autofree char *own = dup_path (fixture, OWN);
  g_autofree char *failed = test_command (fixture->broker, "policy edit", 1);
  g_autofree char *refused = NULL;
  g_autofree char *done = NULL;
  g_autofree char *text = NULL;
  const char *draft;

  test_assert_has (failed, "Nothing was changed.");
  put (fixture, "next", "[Rule video]\nmetered=sometimes\n");
  refused = test_command (fixture->broker, "policy edit", 1);
  test_assert_has (refused, ": [Rule video] metered: allow, ask or deny\n");
  g_assert_false (g_file_test (own, G_FILE_TEST_EXISTS));
  draft = strstr (refused, "Your text is in ");
  g_assert_nonnull (draft);
  draft = g_strchomp ((char *) draft + strlen ("Your text is in "));
  g_assert_true (g_file_get_contents (draft, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "[Rule video]\nmetered=sometimes\n");
  put (fixture, "next", "[Rule video]\nmetered=ask\n");
  done = test_command (fixture->broker, "policy edit", 0);
  g_assert_cmpstr (done, ==, "");
  policy = get (fixture);
  video = find_rule (policy, "video");
  assert_value (video, "metered", "'ask'");
}

static gboolean
is_retrying (gpointer data)
{
  return test_broker_count (data, "retrying") == 1;
}

/* An hour that is not this one. */
static char *
dup_other_hours (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  int hour = g_date_time_get_hour (now);

  return g_strdup_printf ("[Rule night]\nhours=%02d:00-%02d:00\n", (hour + 6) % 24, (hour + 7) % 24);
}

static void
test_a_person_sees_why_it_waits_and_sends_it_now (Fixture *fixture, gconstpointer data)
{
  g_autofree char *hours = dup_other_hours ();
  g_autofree char *set = NULL;
  g_autofree char *id = NULL;
  g_autofree char *words = NULL;
  g_autofree char *explained = NULL;
  g_autofree char *status = NULL;
  g_autofree char *sent = NULL;
  g_autofree char *log = NULL;
  g_autoptr (JsonNode) node = NULL;

  put (fixture, OWN, hours);
  wait_for_change (fixture);
  put (fixture, "a form.txt", "42");
  set = test_command (fixture->broker, "destination set nowhere --url http://127.0.0.1:1/", 0);
  id = g_strchomp (test_command (fixture->broker, "add 'a form.txt'", 0));
  words = g_strconcat ("policy explain ", id, NULL);
  explained = test_command (fixture->broker, words, 0);
  test_assert_has (explained, "a form.txt");
  test_assert_has (explained, "[Rule night]\nhours=");
  test_assert_has (explained, "nowhere/night: Paused");
  test_assert_has (explained, "Send it now.");
  status = test_command (fixture->broker, "status", 0);
  test_assert_has (status, "nowhere/night: Paused");
  g_free (words);
  words = g_strconcat ("send-now ", id, NULL);
  sent = test_command (fixture->broker, words, 0);
  test_wait_until (is_retrying, fixture->broker, 20); /* nobody is there, but it was tried */
  g_free (words);
  words = g_strconcat ("policy explain --json ", id, NULL);
  node = test_command_json (fixture->broker, words);
  g_assert_true (json_object_get_boolean_member (json_node_get_object (node), "sent_now"));
  g_free (words);
  words = g_strconcat ("log ", id, NULL);
  log = test_command (fixture->broker, words, 0);
  test_assert_has (log, "destination nowhere/night");
  test_assert_has (log, "Sent now, by you");
}

static void
test_wrong_arguments (Fixture *fixture, gconstpointer data)
{
  const char *const commands[]
      = { "policy", "policy bogus", "policy show extra", "policy check a b", "policy explain" };

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *output = test_command (fixture->broker, commands[i], 2);

      test_assert_has (output, "outbox policy");
    }
}

#define ADD(name, function) g_test_add ("/policy/" name, Fixture, NULL, set_up, function, tear_down)

/* Drafts that are kept are kept here. */
static int
run_in (const char *folder)
{
  const char *argv[] = { "rm", "-r", folder, NULL };
  int result;

  g_setenv ("TMPDIR", folder, TRUE);
  g_setenv ("EDITOR", "cp next", TRUE);
  g_unsetenv ("VISUAL");
  result = g_test_run ();
  (void) g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);

  return result;
}

int
main (int argc, char *argv[])
{
  g_autofree char *folder = g_mkdtemp (g_strdup ("/tmp/outbox-test-XXXXXX"));

  g_test_init (&argc, &argv, NULL);
  ADD ("the-bus-tells-every-key-of-every-rule", test_the_bus_tells_every_key_of_every_rule);
  ADD ("a-bad-file-is-told-and-the-last-good-stays", test_a_bad_file_is_told_and_the_last_good_stays);
  ADD ("a-start-with-a-bad-file-has-the-good-ones", test_a_start_with_a_bad_file_has_the_good_ones);
  ADD ("what-is-set-is-in-force-and-on-the-disk", test_what_is_set_is_in_force_and_on_the_disk);
  ADD ("what-is-shown-can-be-read-again", test_what_is_shown_can_be_read_again);
  ADD ("a-file-is-checked-under-its-own-name", test_a_file_is_checked_under_its_own_name);
  ADD ("an-edit-counts-when-it-is-good", test_an_edit_counts_when_it_is_good);
  ADD ("a-person-sees-why-it-waits-and-sends-it-now", test_a_person_sees_why_it_waits_and_sends_it_now);
  ADD ("wrong-arguments", test_wrong_arguments);

  return run_in (folder);
}
