/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox resume
 */
#include "cli.h"

int
cli_resume (int argc, char *argv[])
{
  const GOptionEntry entries[] = { { NULL } };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_autoptr (GVariant) results = NULL;

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if (argc > 1)
    return cli_command (argv + 1, "Resume");
  client = cli_open (&error);
  results = client ? cli_call (client, "Queue", "Resume", NULL, &error) : NULL;

  return results ? CLI_DONE : cli_fail (error);
}
