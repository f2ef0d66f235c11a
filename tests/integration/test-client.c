/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * liboutbox as an app uses it, against the daemon.
 */
#include "support/broker.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <outbox.h>
#include <unistd.h>

typedef struct
{
  TestBroker *broker;
  OutboxClient *client;
  GPtrArray *heard; /* of strings: "STATE NAME" of every change */
  guint n_lost;
  guint n_back;
  gboolean was_gapless;
} Fixture;

static void
on_upload (OutboxClient *client, OutboxUpload *upload, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->heard,
                   g_strdup_printf ("%s %s", outbox_state_get_info (outbox_upload_get_state (upload))->name,
                                    outbox_upload_get_name (upload)));
}

static void
on_lost (OutboxClient *client, gpointer user_data)
{
  ((Fixture *) user_data)->n_lost++;
}

static void
on_back (OutboxClient *client, gboolean is_gapless, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_back++;
  fixture->was_gapless = is_gapless;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) opened = NULL;
  g_autoptr (GAsyncResult) watched = NULL;
  g_autoptr (GError) error = NULL;

  fixture->broker = test_broker_new ();
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (fixture->broker), TRUE);
  fixture->heard = g_ptr_array_new_with_free_func (g_free);
  outbox_client_new_async (NULL, test_wait_on_result, &opened);
  test_wait_for_result (&opened, 10);
  fixture->client = outbox_client_new_finish (opened, &error);
  g_assert_no_error (error);
  g_object_connect (fixture->client, "signal::added", on_upload, fixture, "signal::changed", on_upload, fixture,
                    "signal::broker-lost", on_lost, fixture, "signal::broker-back", on_back, fixture, NULL);
  outbox_client_watch_async (fixture->client, NULL, NULL, test_wait_on_result, &watched);
  test_wait_for_result (&watched, 10);
  (void) outbox_client_watch_finish (fixture->client, watched, &error);
  g_assert_no_error (error);
}

static gboolean
is_closed (gpointer user_data)
{
  return g_dbus_connection_is_closed (user_data);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  /* The process has one session bus: the next test's is another. */
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_object_unref (fixture->client);
  g_dbus_connection_close (connection, NULL, NULL, NULL);
  test_wait_until (is_closed, connection, 10);
  g_clear_object (&connection);
  test_broker_free (fixture->broker);
  g_ptr_array_unref (fixture->heard);
}

static void
submit (Fixture *fixture, const char *name)
{
  g_autofree char *path = test_broker_make_file (fixture->broker, name, 2000, 1);
  g_autofree char *id = NULL;
  g_autoptr (GAsyncResult) submitted = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);

  outbox_client_submit_async (fixture->client, fd, NULL, NULL, test_wait_on_result, &submitted);
  /* Borrowed until the callback, and a copy of its own: the app may close it at once. */
  (void) close (fd);
  test_wait_for_result (&submitted, 10);
  id = outbox_client_submit_finish (fixture->client, submitted, &error);
  g_assert_no_error (error);
  g_assert_nonnull (id);
}

static gboolean
has_heard (Fixture *fixture, const char *what)
{
  return g_ptr_array_find_with_equal_func (fixture->heard, what, g_str_equal, NULL);
}

static gboolean
has_heard_done (gpointer user_data)
{
  return has_heard (user_data, "done photo.jpg");
}

static gboolean
has_lost (gpointer user_data)
{
  return ((Fixture *) user_data)->n_lost > 0;
}

static gboolean
is_back (gpointer user_data)
{
  return ((Fixture *) user_data)->n_back > 0;
}

static void
test_an_upload_is_followed_to_its_end (Fixture *fixture, gconstpointer data)
{
  submit (fixture, "photo.jpg");
  test_wait_until (has_heard_done, fixture, 20);
  g_assert_true (has_heard (fixture, "confirming photo.jpg"));
}

/* While the app heard nothing, the file arrived: the new broker tells what the old one could not. */
static void
test_nothing_is_missed_over_a_restart (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  outbox_dbus_queue_call_pause_sync (fixture->broker->queue, NULL, &error);
  g_assert_no_error (error);
  submit (fixture, "photo.jpg");
  test_broker_kill (fixture->broker);
  test_wait_until (has_lost, fixture, 10);
  g_ptr_array_set_size (fixture->heard, 0);
  test_broker_start (fixture->broker, NULL);
  outbox_dbus_queue_call_resume_sync (fixture->broker->queue, NULL, &error);
  g_assert_no_error (error);
  test_wait_until (is_back, fixture, 20);
  g_assert_true (fixture->was_gapless);
  test_wait_until (has_heard_done, fixture, 20);
}

/* A broker that dies over a question may have done what it was asked; the next one is asked the same. */
static void
test_a_broker_that_dies_over_a_call_is_asked_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) asked = NULL;
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GVariant) holds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  g_subprocess_send_signal (fixture->broker->process, SIGSTOP);
  outbox_client_call_async (fixture->client, "Queue", "Pause", NULL, NULL, test_wait_on_result, &asked);
  g_assert_true (g_dbus_connection_flush_sync (connection, NULL, NULL));
  test_broker_kill (fixture->broker);
  test_wait_until (has_lost, fixture, 10);
  test_broker_start (fixture->broker, NULL);
  test_wait_for_result (&asked, 20);
  results = outbox_client_call_finish (fixture->client, asked, &error);
  g_assert_no_error (error);
  outbox_dbus_queue_call_holds_sync (fixture->broker->queue, &holds, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (holds), ==, 1);
}

static void
move_data (Fixture *fixture, const char *from, const char *to)
{
  g_autofree char *old_path = g_build_filename (fixture->broker->folder, from, NULL);
  g_autofree char *new_path = g_build_filename (fixture->broker->folder, to, NULL);

  g_assert_cmpint (g_rename (old_path, new_path), ==, 0);
}

static gboolean
is_queue_closed (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_queue_call_summary_sync (fixture->broker->queue, &summary, NULL, &error);

  return g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
}

static gboolean
is_queue_open (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GVariant) summary = NULL;

  return outbox_dbus_queue_call_summary_sync (fixture->broker->queue, &summary, NULL, NULL);
}

/* The data folder is away for a while, and a file is in its place: the broker keeps its name, and its queue cannot be opened. The app
 * hears of what comes later. */
static void
test_a_queue_that_is_away_is_watched_again (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->broker->folder, "file", NULL);
  g_autofree char *in_place = g_build_filename (fixture->broker->folder, "data", "outbox", NULL);

  submit (fixture, "photo.jpg");
  test_wait_until (has_heard_done, fixture, 20);
  g_assert_true (g_file_set_contents (file, "", -1, NULL));
  move_data (fixture, "data/outbox", "away");
  move_data (fixture, "file", "data/outbox");
  test_wait_until (is_queue_closed, fixture, 20);
  g_ptr_array_set_size (fixture->heard, 0);
  g_assert_cmpint (g_unlink (in_place), ==, 0);
  move_data (fixture, "away", "data/outbox");
  test_wait_until (is_queue_open, fixture, 20);
  submit (fixture, "photo.jpg");
  test_wait_until (has_heard_done, fixture, 30);
  g_assert_cmpuint (fixture->n_lost, ==, 0);
}

/* The past is gone with the database: the app is told to list anew. */
static void
test_a_rebuilt_queue_is_told (Fixture *fixture, gconstpointer data)
{
  g_autofree char *database = g_build_filename (fixture->broker->folder, "data", "outbox", "queue.db", NULL);
  g_autofree char *wal = g_strconcat (database, "-wal", NULL);

  submit (fixture, "photo.jpg");
  test_wait_until (has_heard_done, fixture, 20);
  test_broker_kill (fixture->broker);
  test_wait_until (has_lost, fixture, 10);
  g_assert_cmpint (g_unlink (wal), ==, 0);
  g_assert_true (g_file_set_contents (database, "This is no database at all, and never was one.", -1, NULL));
  test_broker_start (fixture->broker, NULL);
  test_wait_until (is_back, fixture, 20);
  g_assert_false (fixture->was_gapless);
}

static void
test_a_closed_descriptor_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) submitted = NULL;
  g_autoptr (GError) error = NULL;

  outbox_client_submit_async (fixture->client, -1, NULL, NULL, test_wait_on_result, &submitted);
  test_wait_for_result (&submitted, 10);
  g_assert_null (outbox_client_submit_finish (fixture->client, submitted, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
}

/* Written into the broker's own file, while the broker is away. */
static void
test_an_app_records (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) created = NULL, refused = NULL, committed = NULL;
  g_autoptr (GError) error = NULL, busy = NULL;
  g_autofree char *id = NULL;
  int fd;

  outbox_client_create_async (fixture->client, g_variant_new_parsed ("{'name': <'film.mp4'>}"), NULL,
                              test_wait_on_result, &created);
  test_wait_for_result (&created, 10);
  id = outbox_client_create_finish (fixture->client, created, &fd, &error);
  g_assert_no_error (error);
  test_broker_kill (fixture->broker);
  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  test_broker_start (fixture->broker, NULL);
  outbox_client_commit_async (fixture->client, id, NULL, NULL, test_wait_on_result, &refused);
  test_wait_for_result (&refused, 20);
  g_assert_false (outbox_client_commit_finish (fixture->client, refused, &busy));
  g_assert_error (busy, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  (void) close (fd);
  outbox_client_commit_async (fixture->client, id, NULL, NULL, test_wait_on_result, &committed);
  test_wait_for_result (&committed, 20);
  g_assert_true (outbox_client_commit_finish (fixture->client, committed, &error));
  g_assert_no_error (error);
  test_broker_wait_for_all (fixture->broker, "done", 20);
}

static void
test_an_app_in_another_language (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = test_broker_make_file (fixture->broker, "photo.jpg", 2000, 1);
  const char *argv[] = { "/usr/bin/python3", g_getenv ("HAND_OVER"), path, NULL };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  if (!*g_getenv ("TYPELIB_FOLDER"))
    {
      g_test_skip ("built without introspection");
      return;
    }
  g_subprocess_launcher_setenv (launcher, "GI_TYPELIB_PATH", g_getenv ("TYPELIB_FOLDER"), TRUE);
  g_subprocess_launcher_setenv (launcher, "LD_LIBRARY_PATH", g_getenv ("TYPELIB_FOLDER"), TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  if (*g_getenv ("PRELOAD"))
    {
      g_subprocess_launcher_setenv (launcher, "LD_PRELOAD", g_getenv ("PRELOAD"), TRUE);
      /* The interpreter frees little at its end. */
      g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", "detect_leaks=0", TRUE);
    }
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==,
                   "['from another language.jpg'] Uploaded · attached to its record\n"
                   "['hand-over.py']\n['The server has stored it and attached it to its record.']\nTrue\n");
}

/* Each call that waits, without a main loop. A file without a path, such as of a camera, is streamed. */
static void
test_files_are_handed_over_by_what_names_them (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = test_broker_make_file (fixture->broker, "by name.jpg", 2000, 1);
  g_autofree char *id = NULL, *streamed = NULL;
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) resource = g_file_new_for_uri ("resource:///org/outbox/tests/hand-over.py");
  g_autoptr (GFile) nothing = g_file_new_for_path ("/nowhere/at/all");
  g_autoptr (GFile) no_resource = g_file_new_for_uri ("resource:///org/outbox/tests/nothing");
  g_autoptr (OutboxUpload) upload = NULL, of_stream = NULL;
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GError) error = NULL, gone = NULL, unread = NULL, refused = NULL;

  id = outbox_client_submit_file_sync (fixture->client, file, NULL, NULL, &error);
  g_assert_no_error (error);
  upload = outbox_client_get_sync (fixture->client, id, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (outbox_upload_get_name (upload), ==, "by name.jpg");
  streamed = outbox_client_submit_file_sync (fixture->client, resource, g_variant_new_parsed ("{'group': <'case-9'>}"),
                                             NULL, &error);
  g_assert_no_error (error);
  of_stream = outbox_client_get_sync (fixture->client, streamed, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (outbox_upload_get_name (of_stream), ==, "hand-over.py");
  g_assert_cmpstr (outbox_upload_get_group (of_stream), ==, "case-9");
  g_assert_cmpuint (outbox_upload_get_size (of_stream), >, 1000);

  g_assert_null (outbox_client_submit_file_sync (fixture->client, nothing, NULL, NULL, &gone));
  g_assert_error (gone, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_null (outbox_client_submit_file_sync (fixture->client, no_resource, NULL, NULL, &unread));
  g_assert_nonnull (unread);
  /* Of what was streamed and is not what the app meant, nothing is kept. */
  g_assert_null (outbox_client_submit_file_sync (
      fixture->client, resource,
      g_variant_new_parsed ("{'sha256': <'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'>}"), NULL,
      &refused));
  g_assert_error (refused, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH);
  all = outbox_client_list_sync (fixture->client, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (all->len, ==, 2);
}

static gboolean
is_all_done (gpointer user_data)
{
  GListModel *model = user_data;

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (OutboxUpload) upload = g_list_model_get_item (model, i);

      if (outbox_upload_get_state (upload) != OUTBOX_STATE_DONE)
        return FALSE;
    }

  return g_list_model_get_n_items (model) > 0;
}

static gboolean
is_second_paused (gpointer user_data)
{
  g_autoptr (OutboxUpload) upload = g_list_model_get_item (user_data, 1);

  return upload && outbox_upload_get_state (upload) == OUTBOX_STATE_PAUSED;
}

/* Also by a pause of all, which the broker tells in one word, and over a death of the broker. */
static void
test_a_list_follows_the_queue (Fixture *fixture, gconstpointer data)
{
  g_autoptr (OutboxList) list = outbox_list_new (fixture->client, NULL);
  g_autoptr (OutboxUpload) upload = NULL;
  g_autoptr (GError) error = NULL;

  submit (fixture, "photo.jpg");
  test_wait_until (is_all_done, list, 20);
  outbox_dbus_queue_call_pause_sync (fixture->broker->queue, NULL, &error);
  g_assert_no_error (error);
  submit (fixture, "second.jpg");
  test_wait_until (is_second_paused, list, 20);
  test_broker_kill (fixture->broker);
  test_wait_until (has_lost, fixture, 10);
  g_assert_false (outbox_client_get_is_there (fixture->client));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 2);
  upload = g_list_model_get_item (G_LIST_MODEL (list), 1);
  test_broker_start (fixture->broker, NULL);
  outbox_dbus_queue_call_resume_sync (fixture->broker->queue, NULL, &error);
  g_assert_no_error (error);
  test_wait_until (is_all_done, list, 20);
  g_assert_cmpint (outbox_upload_get_state (upload), ==, OUTBOX_STATE_DONE);
}

/* The wait ends at once, also between two tries for a broker that died. */
static void
test_a_wait_can_be_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) asked = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL, of_sync = NULL;
  gint64 begin_us;

  test_broker_kill (fixture->broker);
  outbox_client_create_async (fixture->client, NULL, cancellable, test_wait_on_result, &asked);
  test_wait_until (has_lost, fixture, 10);
  g_cancellable_cancel (cancellable);
  begin_us = g_get_monotonic_time ();
  test_wait_for_result (&asked, 10);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, 5 * G_USEC_PER_SEC);
  {
    int fd;

    g_assert_null (outbox_client_create_finish (fixture->client, asked, &fd, &error));
    g_assert_cmpint (fd, ==, -1);
  }
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (outbox_client_list_sync (fixture->client, NULL, cancellable, &of_sync));
  g_assert_error (of_sync, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static GPtrArray *
list_groups (Fixture *fixture)
{
  g_autoptr (GAsyncResult) listed = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *groups;

  outbox_client_list_groups_async (fixture->client, NULL, NULL, test_wait_on_result, &listed);
  test_wait_for_result (&listed, 10);
  groups = outbox_client_list_groups_finish (fixture->client, listed, &error);
  g_assert_no_error (error);

  return groups;
}

static void
test_a_group_is_paused_and_read (Fixture *fixture, gconstpointer data)
{
  const char *const keys[] = { "case-7", NULL };
  g_autofree char *path = test_broker_make_file (fixture->broker, "form.json", 2000, 1);
  g_autoptr (GAsyncResult) paused = NULL;
  g_autoptr (GAsyncResult) got = NULL;
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (OutboxGroup) group = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL, *label = NULL;
  OutboxState state;

  outbox_dbus_queue_call_pause_sync (fixture->broker->queue, NULL, &error);
  g_assert_no_error (error);
  id = test_broker_submit (fixture->broker, path,
                           g_variant_new_parsed ("{'group': <'case-7'>, 'form': <true>, 'group_title': <'Bridge'>}"),
                           &error);
  g_assert_no_error (error);
  outbox_client_command_groups_async (fixture->client, OUTBOX_COMMAND_PAUSE, keys, NULL, test_wait_on_result, &paused);
  test_wait_for_result (&paused, 10);
  g_assert_true (outbox_client_command_groups_finish (fixture->client, paused, &error));
  g_assert_no_error (error);
  groups = list_groups (fixture);
  g_assert_cmpuint (groups->len, ==, 1);
  g_assert_cmpstr (outbox_group_get_key (groups->pdata[0]), ==, "case-7");

  outbox_client_get_group_async (fixture->client, "case-7", NULL, test_wait_on_result, &got);
  test_wait_for_result (&got, 10);
  group = outbox_client_get_group_finish (fixture->client, got, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (outbox_group_get_title (group), ==, "Bridge");
  g_free (label);
  label = outbox_group_dup_name (group);
  g_assert_cmpstr (label, ==, "case-7");
  g_clear_pointer (&label, g_free);
  g_assert_cmpint (outbox_group_get_state (group), ==, OUTBOX_STATE_PAUSED);
  g_assert_cmpuint (outbox_group_get_uploads (group), ==, 1);
  g_assert_cmpuint (outbox_group_count (group, OUTBOX_STATE_PAUSED), ==, 1);
  g_assert_cmpuint (outbox_group_get_size (group), ==, 2000);
  g_assert_cmpuint (outbox_group_get_offset (group), ==, 0);
  g_assert_true (outbox_group_get_is_paused (group));
  g_assert_false (outbox_group_get_needs_user (group));
  g_assert_true (outbox_group_get_form_state (group, &state));
  g_assert_cmpint (state, ==, OUTBOX_STATE_PAUSED);
  label = outbox_group_dup_label (group);
  g_assert_cmpstr (label, ==, "Paused · the whole queue is paused");
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*run) (Fixture *, gconstpointer);
  } tests[] = {
    { "/client/an-upload-is-followed-to-its-end", test_an_upload_is_followed_to_its_end },
    { "/client/nothing-is-missed-over-a-restart", test_nothing_is_missed_over_a_restart },
    { "/client/a-broker-that-dies-over-a-call-is-asked-again", test_a_broker_that_dies_over_a_call_is_asked_again },
    { "/client/a-queue-that-is-away-is-watched-again", test_a_queue_that_is_away_is_watched_again },
    { "/client/a-rebuilt-queue-is-told", test_a_rebuilt_queue_is_told },
    { "/client/a-closed-descriptor-is-refused", test_a_closed_descriptor_is_refused },
    { "/client/a-group-is-paused-and-read", test_a_group_is_paused_and_read },
    { "/client/files-are-handed-over-by-what-names-them", test_files_are_handed_over_by_what_names_them },
    { "/client/a-list-follows-the-queue", test_a_list_follows_the_queue },
    { "/client/a-wait-can-be-cancelled", test_a_wait_can_be_cancelled },
    { "/client/an-app-records", test_an_app_records },
    { "/client/an-app-in-another-language", test_an_app_in_another_language },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);

  return g_test_run ();
}
