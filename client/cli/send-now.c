/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox send-now: a person's answer, for some uploads, for a group, or for all that would ask on this network.
 */
#include "cli.h"

#include "config.h"

#include <glib/gi18n.h>

static int
allow_network (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results = client ? cli_call (client, "Queue", "AllowNetwork", NULL, &error) : NULL;

  return results ? CLI_DONE : cli_fail (error);
}

/* What of the group waits now. */
static int
send_group (const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GPtrArray) uploads = NULL;
  g_auto (GStrv) ids = NULL;
  GVariantDict filter;

  g_variant_dict_init (&filter, NULL);
  g_variant_dict_insert (&filter, "group", "s", key);
  g_variant_dict_insert (&filter, "unfinished", "b", TRUE);
  uploads = client ? cli_list_uploads (client, g_variant_dict_end (&filter), &error) : NULL;
  if (!uploads)
    return cli_fail (error);
  for (guint i = 0; i < uploads->len; i++)
    g_strv_builder_add (builder, outbox_upload_get_id (uploads->pdata[i]));
  ids = g_strv_builder_end (builder);

  return ids[0] ? cli_command (ids, "SendNow") : CLI_DONE;
}

int
cli_send_now (int argc, char *argv[])
{
  g_autofree char *group = NULL;
  gboolean is_network = FALSE;
  const GOptionEntry entries[] = {
    { "group", 'g', 0, G_OPTION_ARG_STRING, &group, N_ ("Everything of this group that waits"), N_ ("KEY") },
    { "network", 0, 0, G_OPTION_ARG_NONE, &is_network,
      N_ ("Everything that asks, for as long as this network is not left"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if ((argc > 1) + (group != NULL) + is_network != 1)
    return cli_usage (argv[0], _ ("give ids, --group or --network"));
  if (is_network)
    return allow_network ();

  return group ? send_group (group) : cli_command (argv + 1, "SendNow");
}
