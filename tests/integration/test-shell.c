/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The outbox command as shells, cron jobs, pipes and terminals use it: dashes, locales, readers that go away, disks that are
 * full, a terminal that knows no escape sequences.
 */
#include "support/broker.h"
#include "support/command.h"
#include "support/sandbox.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *script; /* of sh, in the broker's folder, where -dash.jpg and plain.jpg are */
  int exit_code;
  const char *has; /* part of what is printed; NULL: anything */
  const char *lacks;
} Row;

/* Without an upload that waits, watch has nothing to print, and head waits for it. */
#define WITH_WORK_LEFT "outbox pause && outbox add plain.jpg && "

/* On a terminal of its own, of that kind: what is printed plain, in colours, drawn again and again, and counted meanwhile. */
#define ON_TERMINAL(kind)                                                                                           \
  kind " script -qec 'outbox status && outbox list && outbox destination list && outbox policy show && outbox add " \
       "--wait plain.jpg ./-dash.jpg && " WITH_WORK_LEFT "outbox watch | head -n 1' /dev/null"

static const Row rows[] = {
  { "a-separator", "outbox add -- plain.jpg", 0, NULL, "--" },
  { "a-name-with-a-dash", "outbox add -- -dash.jpg", 0, NULL, "No such" },
  { "both", "outbox add plain.jpg -- -dash.jpg | wc -l", 0, "2", NULL },
  { "a-name-that-is-an-option", "outbox add -dash.jpg", 2, "Try", NULL },
  { "a-title-without-a-utf8-locale", "LC_ALL=C outbox add --group G --title 'Brücke' plain.jpg && outbox group show G",
    0, "Brücke", NULL },
  { "metadata-without-a-utf8-locale",
    "LC_ALL=C outbox add -m note=größer plain.jpg && outbox list --json | tail -c 2000", 0, "größer", NULL },
  { "operands-that-are-no-utf8", "outbox show \"$(printf '\\377\\376\\375\\374')\"", 2, "not UTF-8", "CRITICAL" },
  { "a-file-name-that-is-no-utf8",
    "cp plain.jpg \"$(printf 'm\\374ll.jpg')\" && outbox add \"$(printf 'm\\374ll.jpg')\"", 0, NULL, "CRITICAL" },
  { "an-error-with-escapes", "outbox show \"$(printf '\\033[31mred\\302\\233')\"", 1, "red", "\033" },
  { "a-verb-with-escapes", "outbox \"$(printf '\\033]0;title\\007')\"", 2, "no command", "\033" },
  { "an-option-with-marks-of-direction", "outbox list \"$(printf -- '--\\342\\200\\256x')\"", 2, "Try",
    "\342\200\256" },
  { "a-full-disk-of-a-list", "outbox list >/dev/full", 1, "No space left", NULL },
  { "a-full-disk-of-json", "outbox list --json >/dev/full", 1, "No space left", NULL },
  { "a-full-disk-of-help", "outbox --help >/dev/full", 1, "No space left", NULL },
  { "a-full-disk-of-a-verbs-help", "outbox add --help >/dev/full", 1, "No space left", NULL },
  { "a-closed-output", "outbox status >&-", 1, "Bad file descriptor", NULL },
  { "a-reader-that-goes-away", WITH_WORK_LEFT "outbox watch | head -n 1", 0, NULL, "CRITICAL" },
  { "a-reader-of-json-that-goes-away", WITH_WORK_LEFT "outbox watch --json | head -n 1", 0, NULL, "CRITICAL" },
  { "a-folder", "mkdir d && touch d/a && outbox add d", 1, "--recursive", NULL },
  { "a-folder-with-all-in-it",
    "mkdir -p d/b && for f in c b/y b/x a; do echo $f >d/$f; done && outbox add -r d && outbox list | tail -4 | awk "
    "'{printf \"%s.\", $2}'",
    0, "a.x.y.c.", NULL },
  { "many-files",
    "mkdir d && for i in $(seq 100 219); do echo $i >d/$i; done && touch d/locked && chmod 000 d/locked && outbox add "
    "-r d "
    "d/gone "
    "2>&1 >/dev/null",
    1, "Added 121 files (480 bytes), 1 refused.", "\033" },
  { "many-files-and-no-word",
    "mkdir d && for i in $(seq 100 219); do echo $i >d/$i; done && outbox add -r --quiet d 2>&1 >/dev/null; echo end",
    0, "end", "Added" },
  { "a-folder-with-what-is-no-file", "mkdir d && mkfifo d/pipe && ln -s . d/round && echo a >d/a && outbox add -r d", 1,
    "d/round: left out", "Too many" },
  { "an-empty-folder", "mkdir d && outbox add -r d", 0, "no file", NULL },
  { "an-address-of-no-bus", "env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR=$PWD/nothing outbox status", 3,
    "XDG_RUNTIME_DIR", NULL },
  { "a-terminal", ON_TERMINAL ("TERM=xterm"), 0, "\033[", NULL },
  { "a-dumb-terminal", ON_TERMINAL ("TERM=dumb"), 0, "-dash.jpg", "\033" },
  { "a-terminal-of-no-kind", ON_TERMINAL ("env -u TERM"), 0, "-dash.jpg", "\033" },
  { "a-terminal-of-an-empty-kind", ON_TERMINAL ("TERM="), 0, "-dash.jpg", "\033" },
};

/* Has the bus where a login session has it, in a /run of its own, and runs the command as the same person with the variables of
 * $VARIABLES: as cron, ssh and services do. The person is no root there, unless by nature. */
static const char without_session[]
    = "uid=$(id -u) gid=$(id -g) bus=$PWD/bus; export uid gid bus; exec unshare -Urm sh -ec '"
      "  mount -t tmpfs tmpfs /run; mkdir -p /run/user/$uid; ln -s \"$bus\" /run/user/$uid/bus;"
      "  exec unshare -U --map-user=$uid --map-group=$gid env -u DBUS_SESSION_BUS_ADDRESS -u XDG_RUNTIME_DIR -u DISPLAY"
      "    $(eval echo \"$VARIABLES\") outbox list'";

static const struct
{
  const char *path;
  const char *variables;
  gboolean is_found;
} sessions[] = {
  { "/shell/no-session/nothing-is-set", "", TRUE },
  { "/shell/no-session/the-runtime-folder-is-set", "XDG_RUNTIME_DIR=/run/user/$uid", TRUE },
  { "/shell/no-session/the-runtime-folder-is-empty", "XDG_RUNTIME_DIR=", TRUE },
  { "/shell/no-session/the-address-is-empty", "DBUS_SESSION_BUS_ADDRESS=", TRUE },
  { "/shell/no-session/both-are-empty", "DBUS_SESSION_BUS_ADDRESS= XDG_RUNTIME_DIR=", TRUE },
  { "/shell/no-session/the-address-is-empty-and-the-folder-is-set",
    "DBUS_SESSION_BUS_ADDRESS= XDG_RUNTIME_DIR=/run/user/$uid", TRUE },
  /* Who names another place means it. */
  { "/shell/no-session/the-runtime-folder-is-elsewhere", "XDG_RUNTIME_DIR=/run/elsewhere", FALSE },
  { "/shell/no-session/the-address-is-elsewhere", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/elsewhere", FALSE },
};

static char *
run (TestBroker *broker, const char *script, int *exit_code)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autofree char *folder = g_path_get_dirname (g_getenv ("OUTBOX"));
  g_autofree char *path = g_strconcat (folder, ":", g_getenv ("PATH"), NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "PATH", path, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (broker), TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_subprocess_launcher_set_cwd (launcher, broker->folder);
  process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c", script, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate (process, NULL, NULL, &output, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (process));
  *exit_code = g_subprocess_get_exit_status (process);

  return g_strndup (g_bytes_get_data (output, NULL) ? g_bytes_get_data (output, NULL) : "", g_bytes_get_size (output));
}

static void
test_a_shell (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *plain = test_broker_make_file (broker, "plain.jpg", 1000, 1);
  g_autofree char *dash = test_broker_make_file (broker, "-dash.jpg", 1000, 2);
  g_autofree char *output = NULL;
  int exit_code;

  g_free (test_command (broker, "add plain.jpg --wait", 0));
  output = run (broker, row->script, &exit_code);
  if (exit_code != row->exit_code)
    g_test_message ("%s", output);
  g_assert_cmpint (exit_code, ==, row->exit_code);
  if (row->has)
    test_assert_has (output, row->has);
  if (row->lacks && strstr (output, row->lacks))
    g_error ("\"%s\" is in: %s", row->lacks, output);
}

static void
test_no_session (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *path = NULL;
  g_autofree char *script = NULL;
  g_autofree char *output = NULL;
  int exit_code;

  if (!test_sandbox_is_possible ())
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  broker = test_broker_new ();
  path = test_broker_make_file (broker, "plain.jpg", 1000, 1);
  g_free (test_command (broker, "add plain.jpg --wait", 0));
  script = g_strdup_printf ("export VARIABLES='%s'; %s", sessions[i].variables, without_session);
  output = run (broker, script, &exit_code);
  test_assert_has (output, sessions[i].is_found ? "plain.jpg" : "There is no session bus");
  g_assert_cmpint (exit_code, ==, sessions[i].is_found ? 0 : 3);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/shell/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_a_shell);
    }
  for (guint i = 0; i < G_N_ELEMENTS (sessions); i++)
    g_test_add_data_func (sessions[i].path, GUINT_TO_POINTER (i), test_no_session);

  return g_test_run ();
}
