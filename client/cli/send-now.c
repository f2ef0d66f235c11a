/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox send-now: a person's answer, for some uploads, for a group, or for all that would ask on this network.
 */
#include "command.h"

#include "config.h"

#include <glib/gi18n.h>

static int
call (const char *interface, const char *method, GVariant *parameters, const char *message)
{
  g_autoptr (GVariant) owned = parameters ? g_variant_ref_sink (parameters) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results = client ? cli_call (client, interface, method, owned, &error) : NULL;

  if (!results)
    return cli_fail (error);
  g_print ("%s\n", message);

  return CLI_DONE;
}

int
cli_send_now (int argc, char *argv[])
{
  g_autofree char *group = NULL;
  gboolean is_network = FALSE;
  const GOptionEntry entries[] = {
    { "group", 'g', 0, G_OPTION_ARG_STRING, &group, N_ ("Everything of this group, also what comes later"),
      N_ ("KEY") },
    { "network", 0, 0, G_OPTION_ARG_NONE, &is_network,
      N_ ("Everything that asks, for as long as this network is not left"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if ((argc > 1) + (group != NULL) + is_network != 1)
    return cli_usage (argv[0], _ ("give ids, --group or --network"));
  if (is_network)
    return call ("Queue", "AllowNetwork", NULL, _ ("Everything that asks goes on until this network is left."));
  if (group)
    return call ("Groups", "SendNow", g_variant_new_parsed ("([%s],)", group),
                 _ ("Everything of the group goes on, also what comes into it later."));

  return cli_command_run (CLI_COMMAND_SEND_NOW, argv + 1, 0);
}
