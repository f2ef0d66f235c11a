/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox: finds the verb in the table and runs it. Each verb has a file of its own.
 */
#include "cli.h"
#include "complete.h"
#include "streams.h"

#include "config.h"

#include "dbus/messages.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <unistd.h>

static const CliVerb verbs[] = {
  { "add", N_ ("FILE…|-"), N_ ("Adds files: they are safe on this device when it returns, and will be sent."),
    cli_add },
  { "commit", N_ ("ID…"), N_ ("Sends what an app recorded and did not finish, as it is."), cli_commit },
  { "list", "", N_ ("Lists uploads, oldest first."), cli_list },
  { "show", N_ ("ID"), N_ ("Shows everything about an upload."), cli_show },
  { "watch", N_ ("[ID…]"), N_ ("Follows uploads: live on a terminal, a line for each change in a pipe."), cli_watch },
  { "pause", N_ ("[ID…]"), N_ ("Pauses uploads; without an ID, the whole queue."), cli_pause },
  { "resume", N_ ("[ID…]"), N_ ("Resumes uploads; without an ID, the whole queue."), cli_resume },
  { "retry", N_ ("[ID…]"), N_ ("Retries now what failed or waits after an error."), cli_retry },
  { "send-now", N_ ("[ID…]"), N_ ("Sends once on this network, whatever the rules say."), cli_send_now },
  { "priority", N_ ("N ID…"), N_ ("Sends uploads before or after others."), cli_priority },
  { "amend", N_ ("ID"), N_ ("Changes what is sent to the server with a file."), cli_amend },
  { "verify", N_ ("[ID…]"), N_ ("Asks servers again whether they have what they confirmed."), cli_verify },
  { "free", N_ ("[ID…]"), N_ ("Removes copies of what has arrived, after the server was asked once more."), cli_free },
  { "remove", N_ ("[ID…]"), N_ ("Takes uploads off the list, with the copy on this device."), cli_remove },
  { "log", N_ ("[ID]"), N_ ("Shows what happened, oldest first."), cli_log },
  { "status", "", N_ ("Shows whether everything is safe and on its way."), cli_status },
  { "metrics", "", N_ ("Prints the queue in numbers, for monitoring (OpenMetrics)."), cli_metrics },
  { "group", N_ ("[list|show|pause|resume|retry|remove [KEY…]]"),
    N_ ("Shows the groups of uploads, and pauses or resumes one."), cli_group },
  { "destination", N_ ("list|show|set|test|remove|pause|resume [NAME]"), N_ ("Manages the servers to send to."),
    cli_destination },
  { "app", N_ ("list|approve|deny|revoke [CODE|APP]"),
    N_ ("Shows which web apps may add files, and answers one that asks."), cli_app },
  { "policy", N_ ("show|check|edit|explain [FILE|ID]"),
    N_ ("Shows what may be sent, where and when, and lets you change it."), cli_policy },
  { "dashboard", "", N_ ("Opens the page that shows everything in your browser."), cli_dashboard },
  { "doctor", "", N_ ("Shows what is wrong on this device, and which command helps."), cli_doctor },
  { NULL, NULL, NULL, NULL },
};

const CliVerb *
cli_find_verb (const char *name)
{
  const CliVerb *verb = verbs;

  if (!name)
    return verbs;
  while (verb->name && !g_str_equal (verb->name, name))
    verb++;

  return verb->name ? verb : NULL;
}

static void
print_help (void)
{
  g_print (_ ("Usage: outbox COMMAND [OPTION…] [ARGUMENT…]\n\nAdds files to the upload queue and shows how they "
              "stand.\n\nCommands:\n"));
  for (const CliVerb *verb = verbs; verb->name; verb++)
    g_print ("  %-12s %s\n", verb->name, _ (verb->summary));
  g_print (_ ("\n\"outbox COMMAND --help\" shows more. Commands that print data take --json.\nExit codes: 0 done, 1 "
              "failed, 2 wrong arguments, 3 the service is not there.\n"));
}

static gboolean
is_set (const char *name)
{
  const char *value = g_getenv (name);

  return value && *value;
}

/* Without a login session (cron, ssh, a service), take the person's bus from its usual place. A variable that is set to nothing
 * tells nothing: GIO would take it for an address without a bus. */
static void
find_bus (void)
{
  g_autofree char *path = g_strdup_printf ("/run/user/%u/bus", (guint) getuid ());
  g_autofree char *address = g_strconcat ("unix:path=", path, NULL);

  if (is_set ("DBUS_SESSION_BUS_ADDRESS"))
    return;
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  if (!is_set ("XDG_RUNTIME_DIR") && g_access (path, R_OK | W_OK) == 0)
    (void) g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
}

/* outbox --complete WORD…: a verb knows its own options, so it is run with the words to complete. */
static int
complete (int argc, char *argv[])
{
  const CliVerb *verb = argc > 2 ? cli_find_verb (argv[1]) : NULL;
  g_autofree char **words = NULL;

  if (argc <= 2)
    cli_complete_verbs (argc > 1 ? argv[1] : "");
  if (!verb)
    return CLI_DONE;
  words = g_new0 (char *, (gsize) argc + 1);
  words[0] = argv[1];
  words[1] = argv[0];
  memcpy (words + 2, argv + 2, sizeof (char *) * (gsize) (argc - 2));

  return verb->run (argc, words);
}

static int
run (int argc, char *argv[])
{
  const char *name = argc > 1 ? argv[1] : "--help";
  const CliVerb *verb;

  if (g_str_equal (name, "--version"))
    {
      g_print ("outbox %s\n", OB_VERSION);
      return CLI_DONE;
    }
  if (g_str_equal (name, "--help") || g_str_equal (name, "-h") || g_str_equal (name, "help"))
    {
      print_help ();
      return argc > 1 ? CLI_DONE : CLI_USAGE;
    }
  if (g_str_equal (name, CLI_COMPLETE))
    return complete (argc - 1, argv + 1);
  verb = cli_find_verb (name);
  if (verb)
    return verb->run (argc - 1, argv + 1);
  g_printerr (_ ("outbox: there is no command %s\nTry \"outbox --help\".\n"), name);

  return CLI_USAGE;
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  cli_streams_open ();
  outbox_messages_bind ();
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("outbox");
  find_bus ();

  return cli_streams_close (run (argc, argv));
}
