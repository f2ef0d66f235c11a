/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is no file has the name of one in the daemon's folder: a pipe that would be waited for, a device that never ends, a
 * folder, a link to nothing. Nothing is waited for, and all that is whole arrives.
 */
#include "recovered.h"
#include "support/document.h"

#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define N_FILES 6
#define SPOILED 2

/* --- What it is --- */

static void
make_pipe (const char *path)
{
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
make_folder (const char *path)
{
  g_autofree char *inside = g_build_filename (path, "inside", NULL);

  g_assert_cmpint (g_mkdir_with_parents (inside, 0700), ==, 0);
}

static void
make_link_without_end (const char *path)
{
  g_assert_cmpint (symlink ("/dev/zero", path), ==, 0);
}

static void
make_link_to_nothing (const char *path)
{
  g_assert_cmpint (symlink ("/nowhere/at/all", path), ==, 0);
}

/* Such names may be too long for a socket: it is made in the folder. */
static void
make_socket (const char *path)
{
  const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *here = g_get_current_dir ();
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (g_chdir (folder), ==, 0);
  g_assert_cmpint (bind (fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (g_rename (address.sun_path, path), ==, 0);
  g_assert_cmpint (g_chdir (here), ==, 0);
  (void) close (fd);
}

typedef struct
{
  const char *name;
  void (*make) (const char *path);
} Kind;

static const Kind kinds[] = {
  { "a pipe", make_pipe },
  { "a folder", make_folder },
  { "a link without an end", make_link_without_end },
  { "a link to nothing", make_link_to_nothing },
  { "a socket", make_socket },
};

/* --- Where it is --- */

/* In the daemon's folder; %s is the id of one upload. */
static const char *const places[] = {
  "settings.json.new",
  "reserve",
  "incoming/01a20d47-1d91-7000-9310-28815b96ff85",
  "spool/01a20d47-1d91-7000-9310-28815b96ff85",
  "spool/01a20d47-1d91-7000-9310-28815b96ff85.json",
  "spool/%s.json",
  "spool/%s",
};

static void
put (TestBroker *broker, const char *place, const Kind *kind, const char *id)
{
  g_auto (GStrv) parts = g_strsplit (place, "%s", 2);
  g_autofree char *name = g_strjoinv (id, parts);
  g_autofree char *path = recovered_data_path (broker, name);

  g_test_message ("%s is %s", place, kind->name);
  (void) g_unlink (path);
  kind->make (path);
}

static void
lose_the_database (TestBroker *broker)
{
  g_autofree char *path = recovered_data_path (broker, "queue.db");

  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* --- What becomes of it --- */

/* Waits until all but @spoiled have arrived, and none is listed before one that was handed over earlier. */
typedef struct
{
  TestBroker *broker;
  char **ids;
} Arrival;

static gboolean
have_arrived (gpointer data)
{
  Arrival *arrival = data;
  g_autoptr (GVariant) list = test_broker_list (arrival->broker);
  const char *last = "";
  guint n_arrived = 0;

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) upload = g_variant_get_child_value (list, i);
      const char *id = test_document_get_text (upload, "id");
      const char *state = test_document_get_text (upload, "state");

      g_assert_cmpstr (last, <, id);
      last = id;
      n_arrived += g_str_equal (state, "done") && !g_str_equal (id, arrival->ids[SPOILED]);
    }

  return n_arrived == N_FILES - 1;
}

static void
spoil (const char *place, const Kind *kind, gboolean is_database_lost)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_auto (GStrv) ids = g_new0 (char *, N_FILES + 1);
  Arrival arrival = { broker, ids };

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  for (guint i = 0; i < N_FILES; i++)
    {
      g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000 * i, i);

      ids[i] = test_broker_submit (broker, path, NULL, NULL);
      g_assert_nonnull (ids[i]);
    }
  test_broker_stop (broker);
  put (broker, place, kind, ids[SPOILED]);
  if (is_database_lost)
    lose_the_database (broker);
  test_broker_start (broker, NULL);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  test_wait_until (have_arrived, &arrival, 30);
  test_broker_stop (broker);
}

static void
test_what_is_no_file (void)
{
  for (guint place = 0; place < G_N_ELEMENTS (places); place++)
    for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
      spoil (places[place], &kinds[kind], FALSE);
}

static void
test_what_is_no_file_and_no_database (void)
{
  for (guint place = 0; place < G_N_ELEMENTS (places); place++)
    for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
      spoil (places[place], &kinds[kind], TRUE);
}

/* The settings, and nothing else, are lost with what has their name: a person sets the destination anew. */
static void
test_settings_that_are_no_file (void)
{
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr (TestBroker) broker = test_broker_new ();
      g_autoptr (GHashTable) ids = NULL;

      outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
      ids = recovered_submit_files (broker, N_FILES);
      test_broker_stop (broker);
      put (broker, "settings.json", &kinds[kind], "");
      lose_the_database (broker);
      test_broker_start (broker, NULL);
      recovered_wait_until_listed (broker, ids, "paused");
      test_broker_use_receiver (broker);
      recovered_assert_each_arrived_once (broker, ids);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/odd-files/what-is-no-file", test_what_is_no_file);
  g_test_add_func ("/odd-files/what-is-no-file-and-no-database", test_what_is_no_file_and_no_database);
  g_test_add_func ("/odd-files/settings-that-are-no-file", test_settings_that_are_no_file);

  return g_test_run ();
}
