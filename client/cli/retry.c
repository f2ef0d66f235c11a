/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox retry
 */
#include "command.h"

#include "config.h"

#include <glib/gi18n.h>

/* Adds the ids of all uploads in a state. */
static gboolean
add_ids (OutboxClient *client, const char *state, GStrvBuilder *ids, GError **error)
{
  g_autofree char *filter = g_strdup_printf ("{'state': <'%s'>}", state);
  g_autoptr (GPtrArray) uploads = cli_list_uploads (client, g_variant_new_parsed (filter), error);

  for (guint i = 0; uploads && i < uploads->len; i++)
    g_strv_builder_add (ids, outbox_upload_get_id (uploads->pdata[i]));

  return uploads != NULL;
}

static int
retry_all (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) ids = NULL;

  if (!client || !add_ids (client, "failed", builder, &error) || !add_ids (client, "retrying", builder, &error))
    return cli_fail (error);
  ids = g_strv_builder_end (builder);
  if (ids[0])
    return cli_command_apply (client, CLI_COMMAND_RETRY, ids, 0);
  g_print ("%s\n", _ ("Nothing has failed or waits after an error."));

  return cli_command_print_holds (client) ? CLI_FAILED : CLI_DONE;
}

int
cli_retry (int argc, char *argv[])
{
  gboolean is_all = FALSE;
  const GOptionEntry entries[] = {
    { "all", 'a', 0, G_OPTION_ARG_NONE, &is_all, N_ ("Everything that failed or waits after an error"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if ((argc > 1) == is_all)
    return cli_usage (argv[0], _ ("give ids or --all"));

  return is_all ? retry_all () : cli_command_run (CLI_COMMAND_RETRY, argv + 1, 0);
}
