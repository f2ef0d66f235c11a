/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox send-now: a person's word for some uploads, for a group, or for everything that would ask on this network.
 */
#include "command.h"

#include "config.h"

#include <glib/gi18n.h>

static int
allow_network (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results = client ? cli_call (client, "Queue", "AllowNetwork", NULL, &error) : NULL;

  if (!results)
    return cli_fail (error);
  g_print ("%s\n", _ ("Everything that asks is sent until you leave this network."));

  return CLI_DONE;
}

/* If the group has something to send and all of it still waits, tells why. Returns: whether it did */
static gboolean
tell_holds (OutboxClient *client, const char *group)
{
  g_autoptr (GVariant) results = cli_call (client, "Groups", "Get", g_variant_new ("(s)", group), NULL);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

  return document && g_str_equal (cli_get_string (document, "state"), outbox_state_get_info (OUTBOX_STATE_PAUSED)->name)
         && cli_command_print_group_holds (client, document);
}

/* Lifts what the rules say, for later uploads too; tells what else holds the group, and the command that helps. */
static int
send_group (const char *group)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results
      = client ? cli_call (client, "Groups", "SendNow", g_variant_new_parsed ("([%s],)", group), &error) : NULL;

  if (!results)
    return cli_fail (error);
  if (tell_holds (client, group))
    return CLI_FAILED;
  g_print ("%s\n", _ ("Everything in the group is sent, also what joins it later."));

  return CLI_DONE;
}

int
cli_send_now (int argc, char *argv[])
{
  g_autofree char *group = NULL;
  gboolean is_network = FALSE;
  const GOptionEntry entries[] = {
    { "group", 'g', 0, G_OPTION_ARG_STRING, &group, N_ ("Everything in this group, also what comes later"),
      N_ ("KEY") },
    { "network", 0, 0, G_OPTION_ARG_NONE, &is_network, N_ ("Everything that asks, until you leave this network"),
      NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if ((argc > 1) + (group != NULL) + is_network != 1)
    return cli_usage (argv[0], _ ("give IDs, --group or --network"));
  if (is_network)
    return allow_network ();
  if (group)
    return send_group (group);

  return cli_command_run (CLI_COMMAND_SEND_NOW, argv + 1, 0);
}
