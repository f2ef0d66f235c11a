/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox commit: sends what an app had recorded before it died.
 */
#include "print.h"
#include "record.h"

#include "config.h"

#include <glib/gi18n.h>

int
cli_commit (int argc, char *argv[])
{
  const GOptionEntry entries[] = { { NULL } };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_auto (GStrv) ids = NULL;
  int exit_code = CLI_DONE;

  if (!cli_parse (&argc, &argv, entries, NULL, 1, G_MAXINT - 1))
    return CLI_USAGE;
  client = cli_open (&error);
  if (!client || !(ids = cli_resolve (client, argv + 1, &error)))
    return cli_fail (error);
  for (char **id = ids; *id; id++)
    {
      g_autoptr (GError) own_error = NULL;

      if (cli_record_commit (client, *id, &own_error))
        g_print (_ ("%s is safe on this device, and will be sent.\n"), cli_text_short_id (*id));
      else
        exit_code = MAX (exit_code, cli_fail (own_error));
    }

  return exit_code;
}
