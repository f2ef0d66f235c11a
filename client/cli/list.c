/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox list
 */
#include "cli.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

static void
insert (GVariantDict *filter, const char *name, const char *value)
{
  if (value)
    g_variant_dict_insert (filter, name, "s", value);
}

int
cli_list (int argc, char *argv[])
{
  g_autofree char *state = NULL;
  g_autofree char *group = NULL;
  g_autofree char *app = NULL;
  g_autofree char *destination = NULL;
  gboolean is_unfinished = FALSE;
  gboolean is_json = FALSE;
  int limit = G_MAXINT;
  const GOptionEntry entries[] = {
    { "state", 's', 0, G_OPTION_ARG_STRING, &state, N_ ("Only those in this state"), N_ ("STATE") },
    { "unfinished", 'u', 0, G_OPTION_ARG_NONE, &is_unfinished, N_ ("Only those that have not arrived yet"), NULL },
    { "group", 'g', 0, G_OPTION_ARG_STRING, &group, N_ ("Only those of this group"), N_ ("KEY") },
    { "destination", 'd', 0, G_OPTION_ARG_STRING, &destination, N_ ("Only those for this destination"), N_ ("NAME") },
    { "app", 0, 0, G_OPTION_ARG_STRING, &app, N_ ("Only those of this app"), N_ ("APP") },
    { "limit", 'n', 0, G_OPTION_ARG_INT, &limit, N_ ("At most this many, the oldest first"), N_ ("N") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print the documents as a JSON array"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_autoptr (GPtrArray) uploads = NULL;
  GVariantDict filter;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("States: saving, queued, uploading, confirming, retrying, paused, failed, done."), 0, 0))
    return CLI_USAGE;
  if (limit < 1)
    return cli_usage (argv[0], _ ("--limit takes a number from 1"));
  client = cli_open (&error);
  if (!client)
    return cli_fail (error);
  g_variant_dict_init (&filter, NULL);
  insert (&filter, "state", state);
  insert (&filter, "group", group);
  insert (&filter, "app", app);
  insert (&filter, "destination", destination);
  if (is_unfinished)
    g_variant_dict_insert (&filter, "unfinished", "b", TRUE);
  if (limit < G_MAXINT)
    g_variant_dict_insert (&filter, "limit", "u", (guint) limit);
  uploads = cli_list_uploads (client, g_variant_dict_end (&filter), &error);
  if (!uploads)
    return cli_fail (error);
  if (is_json)
    cli_print_json_uploads (uploads);
  else if (uploads->len > 0)
    cli_print_uploads (uploads);
  else
    g_printerr (_ ("No uploads.\n"));

  return CLI_DONE;
}
