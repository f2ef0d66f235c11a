/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What monitoring is told of a queue that stands in each way: the exit code of "outbox status --json", and the numbers of "outbox
 * metrics", as Prometheus' own parsers and node_exporter read them.
 */
#include "support/command.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#define SIGN_IN "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401,\"count\":-1}"
#define REFUSES "{\"fault\":\"status\",\"method\":\"POST\",\"status\":418,\"count\":-1}"

typedef struct
{
  const char *name;
  const char *fault;  /* of the server, or NULL */
  const char *before; /* a command, or NULL */
  const char *state;  /* NULL: nothing is handed over */
  const char *after;  /* a command, or NULL */
  int exit_code;
  const char *has[4]; /* lines of the metrics, but for the label of the user */
} Row;

static const Row rows[] = {
  { "nothing",
    NULL,
    NULL,
    NULL,
    NULL,
    0,
    { "outbox_uploads{state=\"done\"} 0", "outbox_oldest_unsent_age_seconds{} 0", "outbox_needs_person{} 0",
      "outbox_destination_up{destination=\"depot\"} 1" } },
  { "all-arrived",
    NULL,
    NULL,
    "done",
    NULL,
    0,
    { "outbox_uploads{state=\"done\"} 1", "outbox_upload_bytes{state=\"done\"} 1000", "outbox_needs_person{} 0" } },
  { "on-its-way",
    NULL,
    "pause",
    "paused",
    NULL,
    4,
    { "outbox_uploads{state=\"paused\"} 1", "outbox_waiting_uploads{reason=\"queue\"} 1",
      "outbox_holds{scope=\"queue\",reason=\"queue\"} 1", "outbox_needs_person{} 0" } },
  { "wants-a-sign-in",
    SIGN_IN,
    NULL,
    "paused",
    NULL,
    5,
    { "outbox_waiting_bytes{reason=\"sign-in\"} 1000", "outbox_needs_person{} 1",
      "outbox_destination_up{destination=\"depot\"} 0",
      "outbox_destination_held{destination=\"depot\",reason=\"sign-in\"} 1" } },
  { "failed",
    REFUSES,
    NULL,
    "failed",
    NULL,
    5,
    { "outbox_failed_uploads{reason=\"rejected\"} 1", "outbox_failed_bytes{reason=\"rejected\"} 1000",
      "outbox_needs_person{} 1", "outbox_uploads{state=\"failed\"} 1" } },
};

/* Returns: (transfer full): the file's text, without the label that each sample has */
static char *
read_metrics (TestBroker *broker, const char *name)
{
  g_autofree char *path = g_build_filename (broker->folder, "metrics", name, NULL);
  g_autofree char *text = NULL;
  g_autofree char *label = g_strdup_printf ("uid=\"%u\"", (guint) getuid ());
  g_autoptr (GString) stripped = NULL;
  struct stat buffer;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpint (g_stat (path, &buffer), ==, 0);
  g_assert_cmpint (buffer.st_mode & 0777, ==, 0644);
  stripped = g_string_new (text);
  (void) g_string_replace (stripped, ",", "\001", 0);
  (void) g_string_replace (stripped, label, "", 0);
  (void) g_string_replace (stripped, "{\001", "{", 0);
  (void) g_string_replace (stripped, "\001", ",", 0);

  return g_string_free (g_steal_pointer (&stripped), FALSE);
}

static void
make_folder (TestBroker *broker)
{
  g_autofree char *folder = g_build_filename (broker->folder, "metrics", NULL);

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
}

/* Nothing else is in the folder after it was written: no half file that a collector could read. */
static void
assert_only_whole_files (TestBroker *broker, guint n_files)
{
  g_autofree char *path = g_build_filename (broker->folder, "metrics", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  for (; (name = g_dir_read_name (folder)); n_files--)
    g_assert_true (g_str_has_suffix (name, ".prom"));
  g_assert_cmpuint (n_files, ==, 0);
}

static void
test_a_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "secret plan.jpg", 1000, 1);
  g_autofree char *id = NULL;
  g_autofree char *text = NULL;

  make_folder (broker);
  if (row->fault)
    test_peer_control (broker->peer, row->fault);
  if (row->before)
    g_free (test_command (broker, row->before, 0));
  if (row->state)
    {
      id = g_strchomp (test_command (broker, "add --group case-417 'secret plan.jpg'", 0));
      test_broker_wait_for_all (broker, row->state, 20);
    }
  g_free (test_command (broker, "status --json", row->exit_code));
  g_free (test_command (broker, "status", 0));
  g_free (test_command (broker, "metrics --output metrics/outbox.prom", 0));
  text = read_metrics (broker, "outbox.prom");
  test_assert_has (text, "outbox_up{} 1\n");
  g_assert_true (g_str_has_suffix (text, "\n# EOF\n"));
  for (guint i = 0; i < G_N_ELEMENTS (row->has) && row->has[i]; i++)
    {
      g_autofree char *line = g_strconcat (row->has[i], "\n", NULL);

      test_assert_has (text, line);
    }
  g_assert_null (strstr (text, "plan"));
  g_assert_null (strstr (text, "case-417"));
  g_assert_true (!id || !strstr (text, id));
  assert_only_whole_files (broker, 1);
}

/* Another user's file stands beside it, and one of a user whose broker cannot be reached. */
static void
test_real_readers_read_it (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *line = g_strdup_printf ("'%s' metrics", g_getenv ("READ_METRICS"));
  g_autofree char *own = g_strdup_printf ("uid=\"%u\"", (guint) getuid ());
  g_autofree char *file = g_build_filename (broker->folder, "metrics", "other.prom", NULL);
  g_autofree char *text = NULL;
  g_autofree char *said = NULL;
  g_autofree char *refused = NULL;
  g_autoptr (GString) other = NULL;
  TestCommand reader;

  make_folder (broker);
  g_free (test_command (broker, "destination set yard --url http://127.0.0.1:9/", 0));
  g_free (test_command (broker, "destination pause yard", 0));
  g_free (test_command (broker, "add --wait photo.jpg", 0));
  g_free (test_command (broker, "add --destination yard photo.jpg", 0));
  g_free (test_command (broker, "metrics -o metrics/outbox.prom", 0));
  text = read_metrics (broker, "outbox.prom");
  test_assert_has (text, "outbox_destination_held{destination=\"yard\",reason=\"user\"} 1\n");
  test_assert_has (text, "# TYPE outbox_metered_sent_bytes counter\n# UNIT outbox_metered_sent_bytes bytes\n");
  test_assert_has (text, "outbox_metered_sent_bytes_total{} 0\n");
  other = g_string_new (NULL);
  {
    g_autofree char *mine = g_build_filename (broker->folder, "metrics", "outbox.prom", NULL);
    g_autofree char *whole = NULL;

    g_assert_true (g_file_get_contents (mine, &whole, NULL, NULL));
    g_string_append (other, whole);
    (void) g_string_replace (other, own, "uid=\"4711\"", 0);
    g_assert_true (g_file_set_contents (file, other->str, -1, NULL));
  }
  reader = test_command_start_line (broker, line);
  said = test_command_finish (&reader, 0);
  test_assert_has (said, " samples");
  test_command_clear (&reader);
  refused = test_command (broker, "metrics -o nowhere/outbox.prom", 1);
  test_assert_has (refused, "nowhere");
}

static void
test_an_absent_broker_is_told (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *said = NULL;
  g_autofree char *text = NULL;

  make_folder (broker);
  g_free (test_command (broker, "metrics -o metrics/outbox.prom", 0));
  test_broker_kill (broker);
  said = test_command (broker, "metrics -o metrics/outbox.prom", 3);
  test_assert_has (said, "The service is not there");
  text = read_metrics (broker, "outbox.prom");
  g_assert_cmpstr (strstr (text, "outbox_up{}"), ==, "outbox_up{} 0\n# EOF\n");
  assert_only_whole_files (broker, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strconcat ("/metrics/", rows[i].name, NULL);

      g_test_add_data_func (name, &rows[i], test_a_row);
    }
  g_test_add_func ("/metrics/real-readers-read-it", test_real_readers_read_it);
  g_test_add_func ("/metrics/an-absent-broker-is-told", test_an_absent_broker_is_told);

  return g_test_run ();
}
