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
  { "add", N_ ("FILE…|-"), N_ ("Hands files over: they are safe on this device when it returns, and will arrive."),
    cli_add },
  { "commit", N_ ("ID…"), N_ ("Sends what an app recorded and did not finish, as it is."), cli_commit },
  { "list", "", N_ ("Lists uploads, oldest first."), cli_list },
  { "show", N_ ("ID"), N_ ("Shows everything about an upload."), cli_show },
  { "watch", N_ ("[ID…]"), N_ ("Follows uploads: live on a terminal, a line a change in a pipe."), cli_watch },
  { "pause", N_ ("[ID…]"), N_ ("Lets uploads wait; without an id, the whole queue."), cli_pause },
  { "resume", N_ ("[ID…]"), N_ ("Ends a pause; without an id, that of the whole queue."), cli_resume },
  { "retry", N_ ("[ID…]"), N_ ("Tries now what failed or waits after an error."), cli_retry },
  { "send-now", N_ ("[ID…]"), N_ ("Sends once on this network, whatever the rules say."), cli_send_now },
  { "priority", N_ ("N ID…"), N_ ("Lets uploads go before or after others."), cli_priority },
  { "amend", N_ ("ID"), N_ ("Changes what goes to the server with a file."), cli_amend },
  { "verify", N_ ("[ID…]"), N_ ("Asks servers again whether they have what they confirmed."), cli_verify },
  { "free", N_ ("[ID…]"), N_ ("Lets copies of what has arrived go, after the server was asked once more."), cli_free },
  { "remove", N_ ("[ID…]"), N_ ("Takes uploads off the list, with the copy on this device."), cli_remove },
  { "log", N_ ("[ID]"), N_ ("Tells what happened, oldest first."), cli_log },
  { "status", "", N_ ("Tells whether everything is safe and on its way."), cli_status },
  { "metrics", "", N_ ("Prints the queue in numbers, for monitoring (OpenMetrics)."), cli_metrics },
  { "group", N_ ("[list|show|pause|resume|retry|remove [KEY…]]"),
    N_ ("Tells how groups of uploads stand, and lets one wait."), cli_group },
  { "destination", N_ ("list|show|set|test|remove|pause|resume [NAME]"), N_ ("Manages the servers to send to."),
    cli_destination },
  { "app", N_ ("list|approve|deny|revoke [CODE|APP]"),
    N_ ("Tells which web apps may hand files over, and answers one that asks."), cli_app },
  { "policy", N_ ("show|check|edit|explain [FILE|ID]"),
    N_ ("Tells what may travel, where and when, and lets you say it."), cli_policy },
  { "dashboard", "", N_ ("Opens the page that shows all of it in your browser."), cli_dashboard },
  { "doctor", "", N_ ("Tells what is wrong on this device, and which command helps."), cli_doctor },
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
  g_print (_ ("Usage: outbox VERB [OPTION…] [ARGUMENT…]\n\n"
              "Hands files to the upload broker and tells how they stand.\n\nVerbs:\n"));
  for (const CliVerb *verb = verbs; verb->name; verb++)
    g_print ("  %-12s %s\n", verb->name, _ (verb->summary));
  g_print (_ ("\n\"outbox VERB --help\" tells more. Verbs that print data take --json.\n"
              "Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 no broker.\n"));
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
  g_printerr (_ ("outbox: there is no verb %s\nTry \"outbox --help\".\n"), name);

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
