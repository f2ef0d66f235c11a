/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon by plain HTTP at servers that other people made: over a link that is cut or loses answers, with a broker or a
 * server that is killed, and behind a portal. What the daemon believes is compared with what lies in the server's folder.
 */
#include "support/cases.h"
#include "support/files.h"
#include "support/link.h"
#include "support/nginx.h"
#include "support/node.h"

#include <glib/gstdio.h>

#define SIZE_BYTES (6 * 1024 * 1024 + 11)

typedef struct
{
  TestBroker *broker;
  TestPeer *peer;   /* NULL: it is the nginx */
  TestNginx *nginx; /* NULL: it is the peer */
  TestLink *link;
  GPtrArray *files; /* of TestFile */
  char *folder;     /* the server's */
  char *directives; /* of the nginx */
  const char *page; /* that the nginx begins as; NULL: as the server */
} Scene;

static void
scene_clear (Scene *scene)
{
  g_clear_pointer (&scene->link, test_link_free);
  g_clear_pointer (&scene->nginx, test_nginx_free);
  g_clear_pointer (&scene->peer, test_peer_free);
  g_clear_pointer (&scene->files, g_ptr_array_unref);
  g_clear_pointer (&scene->broker, test_broker_free);
  g_clear_pointer (&scene->folder, g_free);
  g_clear_pointer (&scene->directives, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

/* --- The servers --- */

static const char *
start_nginx (Scene *scene)
{
  g_autofree char *temporary = g_build_filename (scene->broker->folder, "temporary", NULL);

  scene->directives = g_strdup_printf ("location / { root %s; dav_methods PUT; create_full_put_path on;"
                                       " client_body_temp_path %s; }",
                                       scene->folder, temporary);
  scene->nginx = test_nginx_start (scene->broker->folder, scene->page ? scene->page : scene->directives);

  return scene->nginx ? test_nginx_get_url (scene->nginx) : NULL;
}

static const char *
start_rclone (Scene *scene)
{
  g_autofree char *program = g_find_program_in_path ("rclone");
  const char *argv[]
      = { "sh",          "-c",     "exec \"$0\" serve webdav --config /dev/null --addr \"127.0.0.1:$2\" \"$3\" 2>&1",
          program,       "--port", "0",
          scene->folder, NULL };

  scene->peer = program ? test_peer_start_saying (argv, "started on ") : NULL;

  return scene->peer ? test_peer_get_url (scene->peer) : NULL;
}

static const char *
start_wsgidav (Scene *scene)
{
  g_autofree char *packages = test_node_find_tool ("wsgidav");
  g_autofree char *script = g_build_filename (g_getenv ("SERVERS"), "wsgidav-server.py", NULL);
  const char *argv[] = { "python3", script, "--port", "0", "--folder", scene->folder, NULL };

  g_setenv ("PYTHONPATH", packages, TRUE);
  scene->peer = g_file_test (packages, G_FILE_TEST_IS_DIR) ? test_peer_start (argv) : NULL;

  return scene->peer ? test_peer_get_url (scene->peer) : NULL;
}

static const struct Kind
{
  const char *name;
  const char *(*start) (Scene *scene);
  const char *template; /* below its URL */
} kinds[] = {
  { "nginx", start_nginx, "{group}/{id}-{name}" },
  { "rclone", start_rclone, "{group}/{id}-{name}" },
  { "wsgidav", start_wsgidav, "{group}/{id}-{name}" },
};
typedef struct Kind Kind;

static void
set_destination (Scene *scene, const char *url)
{
  g_autoptr (GError) error = NULL;
  GVariant *settings = g_variant_new_parsed ("{'protocol': <'http'>, 'url': <%s>, 'default': <true>}", url);

  outbox_dbus_destinations_call_set_sync (scene->broker->destinations, "depot", settings, NULL, &error);
  g_assert_no_error (error);
}

/* FALSE: the server is not installed. */
static gboolean
scene_set_up (Scene *scene, const Kind *kind)
{
  g_autofree char *url = NULL;
  const char *base;

  scene->broker = test_broker_new_alone ();
  scene->files = g_ptr_array_new_with_free_func ((GDestroyNotify) test_file_free);
  scene->folder = g_build_filename (scene->broker->folder, "depot", NULL);
  g_assert_cmpint (g_mkdir (scene->folder, 0700), ==, 0);
  base = kind->start (scene);
  if (!base)
    {
      g_test_skip ("this server is not installed; tests/setup/install.sh test brings it");
      return FALSE;
    }
  scene->link = test_link_new (base);
  url = g_strconcat (test_link_get_url (scene->link), kind->template, NULL);
  set_destination (scene, url);

  return TRUE;
}

static void
submit (Scene *scene, const char *name, gsize size_bytes, const char *group)
{
  TestFile *file = test_file_make (scene->broker, name, size_bytes, scene->files->len + 1);

  file->group = g_strdup (group);
  g_ptr_array_add (scene->files, file);
  test_file_submit (file, scene->broker);
}

/* --- What lies in the folder --- */

static void
list_files (const char *path, GHashTable *found)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  g_assert_nonnull (folder);
  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        list_files (child, found);
      else
        g_assert_true (g_hash_table_insert (found, g_strdup (name), g_steal_pointer (&child)));
    }
}

static gboolean
is_cleared (gpointer data)
{
  return test_broker_count_files (data, "spool") == 0;
}

/* Each file once, whole, under its id and its name, and nothing else. */
static void
assert_arrived (Scene *scene)
{
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  list_files (scene->folder, found);
  for (guint i = 0; i < scene->files->len; i++)
    {
      const TestFile *file = scene->files->pdata[i];
      g_autofree char *name = g_strdup_printf ("%s-%s", file->id, file->name);
      const char *path = g_hash_table_lookup (found, name);
      g_autofree char *sha256 = path ? test_file_digest (path) : NULL;

      g_test_message ("%s", name);
      g_assert_cmpstr (sha256, ==, file->sha256);
    }
  g_assert_cmpuint (g_hash_table_size (found), ==, scene->files->len);
  g_assert_cmpuint (test_broker_count (scene->broker, "done"), ==, scene->files->len);
  test_wait_until (is_cleared, scene->broker, 10);
}

/* --- Files of all kinds --- */

static void
test_many_files (gconstpointer kind, gconstpointer data)
{
  g_auto (Scene) scene = { 0 };

  if (!scene_set_up (&scene, kind))
    return;
  submit (&scene, "IMG_0001.jpg", SIZE_BYTES, "job 17");
  submit (&scene, "IMG_0001.jpg", 1000, "job 17");
  submit (&scene, "写真 «1» 50% #2 ?.jpg", 70000, "Brücke");
  submit (&scene, "nothing.txt", 0, "job 17");
  submit (&scene, "+&=;:@,'.txt", 2 * 1024 * 1024, "job 18");
  g_assert_cmpuint (test_broker_deliver (scene.broker, 0, 60), ==, 0);
  assert_arrived (&scene);
}

/* --- A link that fails --- */

typedef struct
{
  const char *name;
  TestLinkPlan plan;
  guint most_taps; /* retries that a person must ask for, or wait for */
} Scenario;

#define CUT(at)                             \
  {                                         \
    TEST_LINK_RESET, "PUT", FALSE, at, 0, 1 \
  }
#define HANG_UP(at)                         \
  {                                         \
    TEST_LINK_CLOSE, "PUT", FALSE, at, 0, 1 \
  }
#define LOSE(method)                              \
  {                                               \
    TEST_LINK_LOSE_ANSWER, method, FALSE, 0, 0, 1 \
  }

static const Scenario scenarios[] = {
  { "a-cut-in-the-head", { TEST_LINK_RESET, "PUT", TRUE, 70, 0, 1 }, 1 },
  { "a-cut-before-the-first-byte", CUT (0), 1 },
  { "a-cut-in-the-middle", CUT (3000001), 1 },
  { "a-cut-before-the-last-byte", CUT (SIZE_BYTES - 1), 1 },
  { "a-cut-after-the-last-byte", CUT (SIZE_BYTES), 1 },
  { "a-hang-up-in-the-middle", HANG_UP (3000001), 1 },
  { "a-hang-up-after-the-last-byte", HANG_UP (SIZE_BYTES), 1 },
  { "two-cuts", { TEST_LINK_RESET, "PUT", FALSE, 2000001, 0, 2 }, 2 },
  { "the-answer-to-the-file-is-lost", LOSE ("PUT"), 1 },
  { "the-answer-to-the-question-is-lost", LOSE ("HEAD"), 1 },
};

static void
test_a_link_that_fails (gconstpointer kind, gconstpointer data)
{
  const Scenario *scenario = data;
  g_auto (Scene) scene = { 0 };

  if (!scene_set_up (&scene, kind))
    return;
  test_link_plan (scene.link, &scenario->plan);
  submit (&scene, "IMG_0001.jpg", SIZE_BYTES, NULL);
  (void) test_broker_deliver (scene.broker, scenario->most_taps, 30);
  g_assert_cmpuint (test_link_count_acts (scene.link), ==, scenario->plan.count);
  assert_arrived (&scene);
}

/* --- A broker or a server that dies --- */

static gboolean
has_acted (gpointer data)
{
  return test_link_count_acts (data) > 0;
}

static void
wait_in_the_middle (Scene *scene)
{
  const TestLinkPlan plan = { TEST_LINK_STALL, "PUT", FALSE, 3000001, 0, 1 };

  test_link_plan (scene->link, &plan);
  submit (scene, "IMG_0001.jpg", SIZE_BYTES, NULL);
  test_wait_until (has_acted, scene->link, 20);
}

static void
test_a_broker_that_dies (gconstpointer kind, gconstpointer data)
{
  g_auto (Scene) scene = { 0 };

  if (!scene_set_up (&scene, kind))
    return;
  wait_in_the_middle (&scene);
  test_broker_kill (scene.broker);
  /* The stalled link may not have taken all that was sent: then it would not see the end behind that, and the server would keep its
   * lock for the PUT that never goes on. */
  test_link_set_down (scene.link, TRUE);
  test_broker_start (scene.broker, NULL);
  test_link_set_down (scene.link, FALSE);
  (void) test_broker_deliver (scene.broker, 2, 30);
  assert_arrived (&scene);
}

static gboolean
is_retrying (gpointer data)
{
  return test_broker_count (data, "retrying") == 1;
}

static void
test_a_server_that_dies (gconstpointer kind, gconstpointer data)
{
  g_auto (Scene) scene = { 0 };

  if (!scene_set_up (&scene, kind))
    return;
  wait_in_the_middle (&scene);
  test_peer_kill (scene.peer);
  test_wait_until (is_retrying, scene.broker, 20);
  test_peer_restart (scene.peer);
  (void) test_broker_deliver (scene.broker, 2, 30);
  assert_arrived (&scene);
}

/* --- A pause --- */

static gboolean
is_paused (gpointer data)
{
  return test_broker_count (data, "paused") == 1;
}

static void
test_a_pause (gconstpointer kind, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (Scene) scene = { 0 };
  const char *ids[] = { NULL, NULL };

  if (!scene_set_up (&scene, kind))
    return;
  wait_in_the_middle (&scene);
  ids[0] = ((TestFile *) scene.files->pdata[0])->id;
  outbox_dbus_uploads_call_pause_sync (scene.broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  test_wait_until (is_paused, scene.broker, 20);
  outbox_dbus_uploads_call_resume_sync (scene.broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
  (void) test_broker_deliver (scene.broker, 1, 30);
  assert_arrived (&scene);
}

/* --- A portal --- */

static void
test_a_portal (gconstpointer kind, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (Scene) scene = { .page = *(const char *const *) data };

  if (!scene_set_up (&scene, kind))
    return;
  submit (&scene, "IMG_0001.jpg", SIZE_BYTES, NULL);
  test_wait_until (is_paused, scene.broker, 20);
  test_nginx_change (scene.nginx, scene.directives);
  outbox_dbus_destinations_call_resume_sync (scene.broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  (void) test_broker_deliver (scene.broker, 1, 30);
  assert_arrived (&scene);
}

/* --- A trial --- */

static void
test_a_trial (gconstpointer kind, gconstpointer data)
{
  g_autoptr (GVariant) found = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Scene) scene = { 0 };
  gboolean is_good = FALSE;

  if (!scene_set_up (&scene, kind))
    return;
  outbox_dbus_destinations_call_test_sync (scene.broker->destinations, "depot", &found, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (found, "good", "b", &is_good));
  g_assert_true (is_good);
  assert_arrived (&scene);
}

/* --- The table --- */

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    {
      const Kind *kind = &kinds[k];
      gboolean is_nginx = kind->start == start_nginx;

      test_add_case ("/dav-servers", kind->name, "many-files", test_many_files, kind, NULL);
      for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
        test_add_case ("/dav-servers", kind->name, scenarios[i].name, test_a_link_that_fails, kind, &scenarios[i]);
      test_add_case ("/dav-servers", kind->name, "the-broker-is-killed-and-comes-back", test_a_broker_that_dies, kind,
                     NULL);
      if (!is_nginx)
        test_add_case ("/dav-servers", kind->name, "the-server-is-killed-and-comes-back", test_a_server_that_dies, kind,
                       NULL);
      for (guint i = 0; is_nginx && i < test_n_portals; i++)
        test_add_case ("/dav-servers", kind->name, test_portals[i].name, test_a_portal, kind,
                       &test_portals[i].directives);
      test_add_case ("/dav-servers", kind->name, "a-pause-in-the-middle", test_a_pause, kind, NULL);
      test_add_case ("/dav-servers", kind->name, "a-trial", test_a_trial, kind, NULL);
    }

  return g_test_run ();
}
