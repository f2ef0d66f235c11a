/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The person's rules are a link into a folder that stops to answer: at each question that can be asked of it. The daemon goes
 * on with the last rules that it read, also after a restart, and hears of new ones.
 */
#include "support/command.h"
#include "support/document.h"
#include "support/namespace.h"
#include "support/slow-files.h"

#include "dbus/error.h"
#include "dbus/names.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define OWN_RULES "[Rule own]\nmetered=deny\n"

typedef struct
{
  const char *name;
  TestHang hang;
  const char *link; /* in the folder for configuration */
  const char *target;
} Row;

static const Row rows[] = {
  { "look-up-of-the-file", TEST_HANGS_AT_LOOKUP, "outbox/outbox.conf", "far/photo.jpg" },
  { "look-up-in-the-folder", TEST_HANGS_AT_LOOKUP, "outbox", "far" },
  { "look-up-of-the-folder", TEST_HANGS_AT_LOOKUP, "outbox", "far/outbox" },
  { "getattr", TEST_HANGS_AT_GETATTR, "outbox/outbox.conf", "far/photo.jpg" },
  { "open", TEST_HANGS_AT_OPEN, "outbox/outbox.conf", "far/photo.jpg" },
  { "read", TEST_HANGS_AT_FIRST_READ, "outbox/outbox.conf", "far/photo.jpg" },
  { "of-more-files", TEST_HANGS_AT_GETATTR, "outbox/outbox.conf.d/more.conf", "far/photo.jpg" },
};

typedef struct
{
  TestBroker *broker;
  TestSlowFiles *files;
  OutboxDBusPolicy *policy;
  const char *expected; /* what the policy has to say */
} Scene;

static char *
path_of (Scene *scene, const char *name)
{
  return g_build_filename (scene->broker->folder, name, NULL);
}

static void
put_rules (Scene *scene, const char *text)
{
  g_autofree char *folder = path_of (scene, "outbox/outbox.conf.d");
  g_autofree char *file = path_of (scene, "outbox/outbox.conf");

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

/* Returns: (transfer full): rules and problem, as text */
static char *
dup_policy (Scene *scene)
{
  g_autoptr (GVariant) policy = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_policy_call_get_sync (scene->policy, &policy, NULL, &error);
  g_assert_no_error (error);

  return g_variant_print (policy, FALSE);
}

static gboolean
is_policy (gpointer data)
{
  Scene *scene = data;
  g_autofree char *policy = dup_policy (scene);

  return strstr (policy, scene->expected) != NULL;
}

static void
wait_for_policy (Scene *scene, const char *expected)
{
  scene->expected = expected;
  test_wait_until (is_policy, scene, 20);
}

static gboolean
has_hung (gpointer data)
{
  return test_slow_files_count_hung (((Scene *) data)->files) > 0;
}

static void
scene_clear (Scene *scene)
{
  g_clear_pointer (&scene->files, test_slow_files_free);
  g_clear_object (&scene->policy);
  g_clear_pointer (&scene->broker, test_broker_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

/* A daemon with rules of the person's own, which it has read. */
static void
scene_set_up (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  scene->broker = test_broker_new_alone ();
  test_broker_set_destination (scene->broker, "http://127.0.0.1:9/files/", NULL);
  scene->policy = outbox_dbus_policy_proxy_new_sync (scene->broker->connection,
                                                     G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START
                                                         | G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES,
                                                     OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  put_rules (scene, OWN_RULES);
  wait_for_policy (scene, "'own'");
}

/* A link to a folder that hangs takes the place of the rules, as a mount does that comes late. */
static void
scene_hang (Scene *scene, const Row *row)
{
  g_autofree char *folder = path_of (scene, "far");
  g_autofree char *target = path_of (scene, row->target);
  g_autofree char *link = path_of (scene, row->link);
  g_autofree char *away = path_of (scene, "away");

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  scene->files = test_slow_files_new (folder, row->hang);
  g_assert_nonnull (scene->files);
  if (g_file_test (link, G_FILE_TEST_EXISTS))
    g_assert_cmpint (g_rename (link, away), ==, 0);
  g_assert_cmpint (symlink (target, link), ==, 0);
}

static void
assert_works (Scene *scene)
{
  g_autofree char *path = test_broker_make_file (scene->broker, "near", 5000, 1);
  g_autofree char *policy = dup_policy (scene);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = test_broker_submit (scene->broker, path, NULL, &error);

  g_assert_no_error (error);
  test_assert_has (policy, "'own'");
}

static void
remove_link (Scene *scene, const Row *row)
{
  g_autofree char *link = path_of (scene, row->link);

  g_assert_cmpint (g_unlink (link), ==, 0);
}

static void
test_rules_that_hang (gconstpointer data)
{
  const Row *row = data;
  g_auto (Scene) scene = { 0 };

  scene_set_up (&scene);
  scene_hang (&scene, row);
  test_wait_until (has_hung, &scene, 20);
  assert_works (&scene);
  test_broker_stop (scene.broker);
  test_broker_start (scene.broker, NULL);
  assert_works (&scene);
  wait_for_policy (&scene, "does not answer");
  remove_link (&scene, row);
  g_clear_pointer (&scene.files, test_slow_files_free);
  put_rules (&scene, "[Rule new]\nmetered=ask\n");
  wait_for_policy (&scene, "'new'");
}

/* Whoever sets rules is told that they cannot be written, and nobody else waits for that. */
static void
test_rules_that_are_set (void)
{
  static const Row row = { NULL, TEST_HANGS_AT_LOOKUP, "outbox", "far" };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Scene) scene = { 0 };

  scene_set_up (&scene);
  scene_hang (&scene, &row);
  outbox_dbus_policy_call_set (scene.policy, "[Rule set]\n", NULL, test_wait_on_result, &result);
  test_wait_until (has_hung, &scene, 20);
  assert_works (&scene);
  test_wait_for_result (&result, 20);
  g_assert_false (outbox_dbus_policy_call_set_finish (scene.policy, result, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  assert_works (&scene);
}

static gboolean
is_up (gpointer data)
{
  Scene *scene = data;
  g_autoptr (GVariant) summary = NULL;

  return outbox_dbus_queue_call_summary_sync (scene->broker->queue, &summary, NULL, NULL);
}

/* There are no earlier rules, which may have forbidden anything: nothing is begun, the reason is told, and it goes on by itself. */
static void
test_a_first_start (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *last = NULL;

  scene_set_up (&scene);
  test_broker_stop (scene.broker);
  last = path_of (&scene, "data/outbox/last-rules");
  g_assert_cmpint (g_unlink (last), ==, 0);
  scene_hang (&scene, &rows[0]);
  test_broker_start (scene.broker, NULL);
  outbox_dbus_queue_call_summary_sync (scene.broker->queue, &summary, NULL, &error);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  test_assert_has (error->message, "does not answer");
  remove_link (&scene, &rows[0]);
  put_rules (&scene, OWN_RULES);
  test_wait_until (is_up, &scene, 20);
  assert_works (&scene);
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);
  g_autoptr (TestSlowFiles) probe = NULL;

  g_test_init (&argc, &argv, NULL);
  probe = is_inside ? test_slow_files_new ("/mnt", TEST_HANGS_NEVER) : NULL;
  if (!probe)
    {
      g_test_message ("no file system can be mounted over /dev/fuse here");
      return 77;
    }
  test_namespace_run ("ip link set lo up");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/slow-rules/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_rules_that_hang);
    }
  g_test_add_func ("/slow-rules/set", test_rules_that_are_set);
  g_test_add_func ("/slow-rules/first-start", test_a_first_start);

  return g_test_run ();
}
