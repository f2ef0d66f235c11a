/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file is handed over from a folder that stops to answer: at each question that can be asked of it. Nobody else waits for
 * it, and the daemon ends when it is told to and comes up again.
 */
#include "support/command.h"
#include "support/document.h"
#include "support/namespace.h"
#include "support/slow-files.h"

#include "dbus/error.h"
#include "dbus/names.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The exit code of a command whose broker has ended. */
#define NO_BROKER 3
/* And of one that Ctrl-C has stopped. */
#define STOPPED 130

typedef struct
{
  const char *name;
  TestHang hang;
  gboolean is_taken; /* it is safe all the same: nothing is asked there before, or only after */
  gboolean has_row;  /* it is shown while it waits */
} Row;

static const Row rows[] = {
  { "never", TEST_HANGS_NEVER, TRUE, FALSE },
  { "open", TEST_HANGS_AT_OPEN, TRUE, FALSE },
  { "getattr", TEST_HANGS_AT_GETATTR, FALSE, FALSE },
  { "first-read", TEST_HANGS_AT_FIRST_READ, FALSE, FALSE },
  { "later-read", TEST_HANGS_AT_LATER_READ, FALSE, TRUE },
  { "flush", TEST_HANGS_AT_FLUSH, TRUE, FALSE },
};

typedef struct
{
  TestBroker *broker;
  TestSlowFiles *files;
  char *folder;
} Scene;

static void
scene_clear (Scene *scene)
{
  g_clear_pointer (&scene->files, test_slow_files_free);
  g_clear_pointer (&scene->broker, test_broker_free);
  g_free (scene->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static void
scene_mount (Scene *scene, TestHang hang)
{
  scene->files = test_slow_files_new (scene->folder, hang);
  g_assert_nonnull (scene->files);
}

static void
scene_set_up_broker (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  scene->broker = test_broker_new_alone ();
  test_broker_set_destination (scene->broker, "http://127.0.0.1:9/files/", NULL);
  outbox_dbus_queue_call_pause_sync (scene->broker->queue, NULL, &error);
  g_assert_no_error (error);
  scene->folder = g_build_filename (scene->broker->folder, "far", NULL);
  g_assert_cmpint (g_mkdir (scene->folder, 0700), ==, 0);
}

static void
scene_set_up (Scene *scene, TestHang hang)
{
  scene_set_up_broker (scene);
  scene_mount (scene, hang);
}

static gboolean
has_hung (gpointer data)
{
  return test_slow_files_count_hung (((Scene *) data)->files) > 0;
}

static gboolean
is_saving (gpointer data)
{
  return test_broker_count (((Scene *) data)->broker, "saving") == 1;
}

static void
assert_local_is_taken (TestBroker *broker, const char *name)
{
  g_autofree char *path = test_broker_make_file (broker, name, 5000, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = test_broker_submit (broker, path, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (id);
}

static void
assert_answers (TestBroker *broker)
{
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_queue_call_summary_sync (broker->queue, &summary, NULL, &error);
  g_assert_no_error (error);
}

static void
test_a_folder_that_hangs (gconstpointer data)
{
  const Row *row = data;
  g_auto (Scene) scene = { 0 };
  g_auto (TestCommand) add = { 0 };
  guint expected = row->is_taken ? 3 : 2;

  scene_set_up (&scene, row->hang);
  add = test_command_start (scene.broker, "add far/photo.jpg");
  if (row->is_taken)
    g_free (test_command_finish (&add, 0));
  else
    test_wait_until (has_hung, &scene, 10);
  if (row->hang == TEST_HANGS_AT_FLUSH)
    test_wait_until (has_hung, &scene, 10);
  if (row->has_row)
    test_wait_until (is_saving, &scene, 10);
  assert_answers (scene.broker);
  assert_local_is_taken (scene.broker, "near-1");
  test_broker_stop (scene.broker);
  if (!row->is_taken)
    g_free (test_command_finish (&add, NO_BROKER));
  test_broker_start (scene.broker, NULL);
  assert_local_is_taken (scene.broker, "near-2");
  g_assert_cmpuint (test_broker_count (scene.broker, "all"), ==, expected);
  g_assert_cmpuint (test_broker_count (scene.broker, "saving"), ==, 0);
  g_assert_cmpuint (test_broker_count_files (scene.broker, "incoming"), ==, 0);
}

/* Returns: (transfer full): a command for the only upload that there is. */
static char *
dup_words (TestBroker *broker, const char *verb)
{
  g_autoptr (GVariant) list = test_broker_list (broker);
  g_autofree char *id = test_document_dup_id_in (list, 0);

  return g_strdup_printf ("%s %s", verb, id);
}

/* A person may do with it what may be done with any other. */
static void
test_a_removal (void)
{
  g_auto (Scene) scene = { 0 };
  g_auto (TestCommand) add = { 0 };
  g_autofree char *pause_words = NULL;
  g_autofree char *remove_words = NULL;

  scene_set_up (&scene, TEST_HANGS_AT_LATER_READ);
  add = test_command_start (scene.broker, "add far/photo.jpg");
  test_wait_until (is_saving, &scene, 10);
  pause_words = dup_words (scene.broker, "pause");
  remove_words = dup_words (scene.broker, "remove --force");
  g_free (test_command (scene.broker, pause_words, 0));
  g_free (test_command (scene.broker, remove_words, 0));
  g_free (test_command_finish (&add, 1));
  g_assert_cmpuint (test_broker_count (scene.broker, "all"), ==, 0);
  assert_local_is_taken (scene.broker, "near");
}

/* A read error in the middle is not the end of the file: a photo that was taken short would be sent as if it were whole, and with
 * --move the whole one would be deleted. */
static void
test_a_file_that_fails_in_the_middle (void)
{
  g_auto (Scene) scene = { 0 };
  g_auto (TestCommand) add = { 0 };
  g_autofree char *text = NULL;

  scene_set_up (&scene, TEST_FAILS_AT_LATER_READ);
  add = test_command_start (scene.broker, "add --move far/photo.jpg");
  text = test_command_finish (&add, 1);
  test_assert_has (text, g_strerror (EIO));
  g_assert_cmpuint (test_slow_files_count_hung (scene.files), >, 0);
  g_assert_cmpuint (test_broker_count (scene.broker, "all"), ==, 0);
  g_assert_cmpuint (test_broker_count_files (scene.broker, "incoming"), ==, 0);
  g_assert_cmpuint (test_broker_count_files (scene.broker, "spool"), ==, 0);
}

/* More than may wait for one folder. */
static void
test_many_that_hang (void)
{
  TestCommand adds[8] = { { 0 } };
  g_auto (Scene) scene = { 0 };

  scene_set_up (&scene, TEST_HANGS_AT_FIRST_READ);
  for (guint i = 0; i < G_N_ELEMENTS (adds); i++)
    adds[i] = test_command_start (scene.broker, "add far/photo.jpg");
  test_wait_until (has_hung, &scene, 10);
  assert_local_is_taken (scene.broker, "near-1");
  g_free (test_command (scene.broker, "add near-1", 0));
  test_broker_stop (scene.broker);
  for (guint i = 0; i < G_N_ELEMENTS (adds); i++)
    {
      g_free (test_command_finish (&adds[i], NO_BROKER));
      test_command_clear (&adds[i]);
    }
  test_broker_start (scene.broker, NULL);
  assert_answers (scene.broker);
}

static guint64
find_mount (const char *folder)
{
  struct statx info;

  g_assert_cmpint (statx (AT_FDCWD, folder, AT_STATX_DONT_SYNC, STATX_MNT_ID, &info), ==, 0);

  return info.stx_mnt_id;
}

/* Whether another process reads for the daemon, which can be given up. */
static gboolean
has_reader (TestBroker *broker)
{
  const char *pid = g_subprocess_get_identifier (broker->process);
  g_autofree char *path = g_strdup_printf ("/proc/%s/task", pid);
  g_autoptr (GDir) threads = g_dir_open (path, 0, NULL);
  gboolean has_one = FALSE;
  const char *thread;

  g_assert_nonnull (threads);
  while ((thread = g_dir_read_name (threads)))
    {
      g_autofree char *list = g_build_filename (path, thread, "children", NULL);
      g_autofree char *children = NULL;

      has_one |= g_file_get_contents (list, &children, NULL, NULL) && *children;
    }

  return has_one;
}

/* The kernel gives the number of a stick that was pulled to what is mounted next: what was known of the one must not be
 * believed of the other. */
static void
test_a_folder_where_a_stick_was (void)
{
  g_auto (Scene) scene = { 0 };
  g_auto (TestCommand) add = { 0 };
  g_autofree char *photo = NULL;
  guint64 stick;

  scene_set_up_broker (&scene);
  g_assert_cmpint (mount ("stick", scene.folder, "ramfs", 0, NULL), ==, 0);
  stick = find_mount (scene.folder);
  photo = g_build_filename (scene.folder, "stick.jpg", NULL);
  g_assert_true (g_file_set_contents (photo, "of a stick", -1, NULL));
  g_free (test_command (scene.broker, "add far/stick.jpg", 0));
  g_assert_cmpint (umount (scene.folder), ==, 0);
  scene_mount (&scene, TEST_HANGS_AT_FIRST_READ);
  g_assert_cmpuint (find_mount (scene.folder), ==, stick);
  add = test_command_start (scene.broker, "add far/photo.jpg");
  test_wait_until (has_hung, &scene, 10);
  g_assert_true (has_reader (scene.broker));
  assert_local_is_taken (scene.broker, "near");
  test_broker_stop (scene.broker);
  g_free (test_command_finish (&add, NO_BROKER));
}

static const char *const watched_folders[] = { "", "outbox", "outbox/outbox.conf.d" };

static gboolean
has_own_rule (gpointer data)
{
  g_autofree char *policy = test_command (((Scene *) data)->broker, "policy show", 0);

  return strstr (policy, "[Rule own]") != NULL;
}

/* A link that leads there comes into a folder that the daemon watches for the person's rules: it is not followed. New rules
 * are heard of all the same, and so is SIGTERM. */
static void
test_a_link_in_a_watched_folder (gconstpointer data)
{
  g_auto (Scene) scene = { 0 };
  g_autofree char *folder = NULL;
  g_autofree char *link = NULL;
  g_autofree char *rules = NULL;
  g_autofree char *target = NULL;

  scene_set_up (&scene, TEST_HANGS_AT_GETATTR);
  test_broker_stop (scene.broker);
  folder = g_build_filename (scene.broker->folder, data, NULL);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  test_broker_start (scene.broker, NULL);
  link = g_build_filename (folder, "link", NULL);
  target = g_build_filename (scene.folder, "photo.jpg", NULL);
  g_assert_cmpint (symlink (target, link), ==, 0);
  rules = g_build_filename (scene.broker->folder, "outbox", NULL);
  g_assert_cmpint (g_mkdir_with_parents (rules, 0700), ==, 0);
  g_free (rules);
  rules = g_build_filename (scene.broker->folder, "outbox/outbox.conf", NULL);
  g_assert_true (g_file_set_contents (rules, "[Rule own]\nmatch-type=image/*\n", -1, NULL));
  test_wait_until (has_own_rule, &scene, 20);
  test_broker_stop (scene.broker);
  g_assert_cmpuint (test_slow_files_count_hung (scene.files), ==, 0);
}

/* Ctrl-C while a file is saved, or the two SIGTERMs of timeout(1): nothing of it stays, what was saved before does, and the command says which is which. Where
 * nobody can know yet what becomes of it, it says that. */
static void
test_a_command_that_is_stopped (gconstpointer data)
{
  const Row *row = data;
  g_auto (Scene) scene = { 0 };
  g_auto (TestCommand) add = { 0 };
  g_autofree char *near = NULL;
  g_autofree char *text = NULL;

  scene_set_up (&scene, row->hang);
  near = test_broker_make_file (scene.broker, "near.jpg", 5000, 1);
  add = test_command_start (scene.broker, "add near.jpg far/photo.jpg");
  test_wait_until (has_hung, &scene, 10);
  if (row->has_row)
    test_wait_until (is_saving, &scene, 10);
  while (test_broker_count (scene.broker, "paused") < 1)
    g_main_context_iteration (NULL, TRUE);
  g_subprocess_send_signal (add.process, row->has_row ? SIGTERM : SIGINT);
  if (row->has_row)
    g_subprocess_send_signal (add.process, SIGTERM);
  text = test_command_finish (&add, STOPPED);
  test_assert_has (text,
                   row->has_row ? "photo.jpg: stopped, and not added" : "photo.jpg: stopped; \"outbox list\" shows");
  test_assert_has (text, "Stopped: 1 of 2 files were added.");
  g_assert_cmpuint (test_broker_count (scene.broker, "all"), ==, 1);
}

/* --- A caller --- */

#define CALL "--call-from"

static char *program; /* this one */

/* Another program: it connects, goes into a folder as its root, and calls. Returns: 0 if it is refused, as it should be */
static int
call_from (const char *folder, gboolean is_alone)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (is_alone && unshare (CLONE_NEWNS) != 0)
    return 2;
  /* Registers the names. */
  (void) OUTBOX_ERROR;
  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  if (!connection || chdir (folder) != 0 || chroot (".") != 0)
    return 3;
  reply = g_dbus_connection_call_sync (connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, OUTBOX_BUS_NAME ".Queue",
                                       "Summary", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, 10000, NULL, &error);

  return g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED) ? 0 : 4;
}

/* Who calls is told by a file in its root. One whose root never answers is refused, and nobody waits for it; the daemon sees the mount
 * itself, or not. */
static void
test_a_caller_whose_root_hangs (gconstpointer is_alone)
{
  g_auto (Scene) scene = { 0 };
  g_autofree char *line = NULL;
  g_auto (TestCommand) caller = { 0 };

  scene_set_up (&scene, TEST_HANGS_AT_LOOKUP);
  line = g_strdup_printf ("'%s' " CALL "%s '%s'", program, is_alone ? "-alone" : "", scene.folder);
  caller = test_command_start_line (scene.broker, line);
  g_free (test_command_finish (&caller, 0));
  g_assert_cmpuint (test_slow_files_count_hung (scene.files), ==, 0);
  assert_local_is_taken (scene.broker, "near");
}

int
main (int argc, char *argv[])
{
  gboolean is_inside;
  g_autoptr (TestSlowFiles) probe = NULL;

  if (argc == 3 && g_str_has_prefix (argv[1], CALL))
    /* At once: what a sanitizer does at the end needs /proc, and finds the root that hangs. */
    _exit (call_from (argv[2], g_str_has_suffix (argv[1], "-alone")));
  program = g_canonicalize_filename (argv[0], NULL);
  is_inside = test_namespace_enter (argv);
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
      g_autofree char *path = g_strconcat ("/slow-files/a-folder-that-hangs/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_a_folder_that_hangs);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/slow-files/a-command-that-is-stopped/", rows[i].name, NULL);

      if (!rows[i].is_taken)
        g_test_add_data_func (path, &rows[i], test_a_command_that_is_stopped);
    }
  for (guint i = 0; i < G_N_ELEMENTS (watched_folders); i++)
    {
      g_autofree char *path = g_strdup_printf ("/slow-files/a-link-in-a-watched-folder/%u", i);

      g_test_add_data_func (path, watched_folders[i], test_a_link_in_a_watched_folder);
    }
  g_test_add_data_func ("/slow-files/a-caller-whose-root-hangs/seen", NULL, test_a_caller_whose_root_hangs);
  g_test_add_data_func ("/slow-files/a-caller-whose-root-hangs/alone", "alone", test_a_caller_whose_root_hangs);
  g_test_add_func ("/slow-files/a-removal", test_a_removal);
  g_test_add_func ("/slow-files/a-folder-where-a-stick-was", test_a_folder_where_a_stick_was);
  g_test_add_func ("/slow-files/a-file-that-fails-in-the-middle", test_a_file_that_fails_in_the_middle);
  g_test_add_func ("/slow-files/many-that-hang", test_many_that_hang);

  return g_test_run ();
}
