/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor where all is well, where the service is stopped, silent, damaged or shut out, and what its report does not tell.
 */
#include "recovered.h"
#include "support/command.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES 1024

/* Returns: (transfer full): what the command prints, asked as the person whose daemon is under test */
static char *
ask (TestBroker *broker, const char *options, int exit_code)
{
  g_autofree char *folder = g_shell_quote (broker->folder);
  g_autofree char *line
      = g_strdup_printf ("env XDG_DATA_HOME=%s/data XDG_CONFIG_HOME=%s XDG_STATE_HOME=%s/state XDG_RUNTIME_DIR=%s/run"
                         " OUTBOX_CONFIG_FOLDERS=%s/vendor:%s/etc %s doctor %s",
                         folder, folder, folder, folder, folder, folder, g_getenv ("OUTBOX"), options);
  g_auto (TestCommand) command = test_command_start_line (broker, line);

  return test_command_finish (&command, exit_code);
}

/* Whether it found that, at that level. */
static void
assert_found (TestBroker *broker, const char *options, int exit_code, const char *code, const char *level)
{
  g_autofree char *line = g_strconcat ("--json ", options, NULL);
  g_autofree char *output = ask (broker, line, exit_code);
  g_autoptr (JsonNode) node = json_from_string (strchr (output, '{'), NULL);
  JsonArray *findings;

  g_assert_nonnull (node);
  findings = json_object_get_array_member (json_node_get_object (node), "findings");
  for (guint i = 0; i < json_array_get_length (findings); i++)
    {
      JsonObject *finding = json_array_get_object_element (findings, i);

      if (g_str_equal (json_object_get_string_member (finding, "code"), code))
        {
          g_assert_cmpstr (json_object_get_string_member (finding, "level"), ==, level);
          return;
        }
    }
  g_error ("%s is not in: %s", code, output);
}

static void
write_text (TestBroker *broker, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (broker->folder, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* --- While it runs --- */

static void
test_all_is_well (TestBroker *broker)
{
  g_autofree char *output = ask (broker, "", 0);

  test_assert_has (output, "Nothing needs attention.\n");
  test_assert_has (output, "ok  The service is running and answers");
  test_assert_has (output, "ok  An upload to depot would go through.\n");
}

/* Nobody serves uploads at that address, which does not mend itself. */
static void
test_a_wrong_address (TestBroker *broker)
{
  g_autofree char *url = test_peer_dup_url (broker->peer, "/no-such-place/");
  g_autofree char *output = NULL;

  test_broker_set_destination (broker, url, NULL);
  output = ask (broker, "", 1);
  test_assert_has (output, "1 thing needs attention.\n!!  An upload to depot would not go through now.\n");
  test_assert_has (output, "    outbox destination set depot --url URL\n");
  test_broker_use_receiver (broker);
}

/* The rules in force are older than what the files say now. */
static void
test_bad_files_of_the_configuration (TestBroker *broker)
{
  g_autofree char *rules = g_build_filename (broker->folder, "outbox", "outbox.conf", NULL);
  g_autofree char *apps = g_build_filename (broker->folder, "etc", "web-apps.conf", NULL);

  write_text (broker, "outbox/outbox.conf", "[Rule video]\nnetworks=carrier-pigeon\n");
  assert_found (broker, "", 1, "rules-bad", "person");
  g_assert_cmpint (g_unlink (rules), ==, 0);
  write_text (broker, "etc/web-apps.conf", "[App capture]\norigin=capture.example\n");
  assert_found (broker, "", 1, "web-apps-bad", "person");
  g_assert_cmpint (g_unlink (apps), ==, 0);
}

static void
copy (const char *from, const char *to)
{
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);
  g_autoptr (GError) error = NULL;

  (void) g_file_copy (source, target, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

/* As a package does it: the new program gets the name of the one that runs. */
static void
test_a_program_that_was_updated (TestBroker *broker)
{
  g_autofree char *built = g_strdup (g_getenv ("OUTBOXD"));
  g_autofree char *installed = g_build_filename (broker->folder, "outboxd", NULL);
  g_autofree char *newer = g_build_filename (broker->folder, "outboxd.new", NULL);

  test_broker_stop (broker);
  copy (built, installed);
  copy (built, newer);
  g_setenv ("OUTBOXD", installed, TRUE);
  test_broker_start (broker, NULL);
  assert_found (broker, "", 0, "service-good", "good");
  g_assert_cmpint (g_rename (newer, installed), ==, 0);
  assert_found (broker, "", 0, "service-replaced", "note");
  test_broker_stop (broker);
  g_setenv ("OUTBOXD", built, TRUE);
  test_broker_start (broker, NULL);
}

/* What comes from a person, a server or an administrator, and must not reach a stranger. */
static const char *const planted[]
    = { "planted-file",   "planted-group", "planted-title", "planted-note", "planted-path", "planted-query",
        "pl4nted-header", "planted-place", "planted-app",   "planted-key",  "127.0.0.1",    "localhost" };

static void
plant (TestBroker *broker)
{
  const char *const lines[]
      = { "destination set planted-place --url 'http://127.0.0.1:9/planted-path/?token=planted-query'"
          " --header 'Authorization=Bearer pl4nted-header'",
          "add planted-file.jpg --destination planted-place --group planted-group --title planted-title"
          " -m note=planted-note --app planted-app --key planted-key" };
  g_autofree char *path = test_broker_make_file (broker, "planted-file.jpg", 1000, 1);

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *output = test_command (broker, lines[i], 0);
    }
  test_broker_wait_for_all (broker, "retrying", 20);
}

static void
test_the_report_tells_no_names (TestBroker *broker)
{
  g_autofree char *output = NULL;
  g_autofree char *path = g_build_filename (broker->folder, "report.json", NULL);
  g_autofree char *text = NULL;
  g_autofree char *remove = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *report;
  struct stat info;

  plant (broker);
  output = ask (broker, "--report report.json", 0);
  test_assert_has (output, "planted-place");
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    g_assert_null (strstr (text, planted[i]));
  g_assert_null (strstr (text, g_get_user_name ()));
  g_assert_null (strstr (text, broker->folder));
  node = json_from_string (text, NULL);
  report = json_node_get_object (node);
  g_assert_true (json_object_get_boolean_member (report, "broker"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (report, "destinations")), ==, 2);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (report, "decisions")), >=, 4);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (report, "holds")), ==, 1);
  remove = test_command (broker, "remove --force planted-file.jpg", 0);
}

/* --- While it does not --- */

/* It has its name on the bus and hangs: told after the time that a person gives it, and mended by its end. */
static void
test_silence (TestBroker *broker)
{
  const pid_t process = (pid_t) g_ascii_strtoull (g_subprocess_get_identifier (broker->process), NULL, 10);
  g_autofree char *output = NULL;

  g_assert_cmpint (kill (process, SIGSTOP), ==, 0);
  assert_found (broker, "--timeout 1", 3, "silent", "person");
  output = ask (broker, "--timeout 1 --repair", 3);
  test_assert_has (output, "The service that did not answer was ended, and is being restarted.\n");
  test_assert_has (output, "ok  The queue file is intact.\n");
  test_broker_wait_for_death (broker, 10);
  test_broker_start (broker, NULL);
}

/* As after a copy by root from a backup. */
static void
test_closed_files (TestBroker *broker)
{
  g_autofree char *folder = recovered_data_path (broker, "");
  g_autofree char *reserve = recovered_data_path (broker, "reserve");
  g_autofree char *output = NULL;
  struct stat info;

  g_assert_cmpint (chmod (folder, 0755), ==, 0);
  g_assert_cmpint (chmod (reserve, 0400), ==, 0);
  assert_found (broker, "", 1, "open-to-others", "person");
  assert_found (broker, "", 1, "files-closed", "person");
  output = ask (broker, "--repair", 0);
  test_assert_has (output, "2 files or folders are accessible to you again, and to nobody else.\n");
  g_assert_cmpint (stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
}

static void
spoil_a_page (const char *path, guint page)
{
  char bytes[PAGE_BYTES];
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);

  memset (bytes, 0xa5, sizeof bytes);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, bytes, sizeof bytes, (off_t) (page - 1) * PAGE_BYTES), ==, sizeof bytes);
  (void) close (fd);
}

/* The page is of a table that no start reads: damage that nobody would have noticed for weeks. */
static void
test_a_damaged_queue (TestBroker *broker)
{
  g_autofree char *database = recovered_data_path (broker, "queue.db");
  g_autoptr (GHashTable) ids = NULL;
  g_autofree char *output = NULL;
  g_autofree char *again = NULL;

  test_broker_wait_for_all (broker, "done", 20);
  g_assert_true (outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL));
  ids = recovered_submit_files (broker, 3);
  test_broker_stop (broker);
  assert_found (broker, "", 3, "queue-file-good", "good");
  spoil_a_page (database, 9);
  output = ask (broker, "", 3);
  test_assert_has (output, "!!  The queue file is damaged.");
  again = ask (broker, "--repair", 3);
  test_assert_has (again, "The damaged queue file is set aside");
  test_broker_start (broker, NULL);
  g_assert_true (outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL));
  recovered_assert_each_arrived_once (broker, ids);
  assert_found (broker, "", 0, "set-aside", "note");
}

/* Each takes up where the last has left the daemon: to start one takes longer than what is tested. */
static void
test_doctor (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();

  test_all_is_well (broker);
  test_a_wrong_address (broker);
  test_bad_files_of_the_configuration (broker);
  test_a_program_that_was_updated (broker);
  test_the_report_tells_no_names (broker);
  test_silence (broker);
  test_closed_files (broker);
  test_a_damaged_queue (broker);
}

/* The disk is looked at all the same. */
static void
test_without_a_bus (void)
{
  g_autofree char *line = g_strdup_printf (
      "env -u DISPLAY DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent XDG_DATA_HOME=/nonexistent %s doctor",
      g_getenv ("OUTBOX"));
  g_autofree char *output = NULL;
  int status;

  g_assert_true (g_spawn_command_line_sync (line, &output, NULL, &status, NULL));
  g_assert_cmpint (g_spawn_check_wait_status (status, NULL), ==, FALSE);
  g_assert_cmpint (WEXITSTATUS (status), ==, 3);
  test_assert_has (output, "!!  There is no session bus");
  test_assert_has (output, "--  Nothing was ever added on this device.\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/doctor/broker", test_doctor);
  g_test_add_func ("/doctor/no-bus", test_without_a_bus);

  return g_test_run ();
}
