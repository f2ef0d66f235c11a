/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox watch
 */
#include "cli.h"
#include "view.h"

#include "config.h"

#include <glib/gi18n.h>

static gboolean
never (gpointer user_data)
{
  return FALSE;
}

static gboolean
is_over (gpointer user_data)
{
  return cli_view_is_over (user_data);
}

static int
follow (OutboxClient *client, CliView *view, char **ids, GError **error)
{
  for (guint i = 0; ids[i]; i++)
    cli_view_expect (view, ids[i]);
  for (; *ids; ids++)
    {
      g_autoptr (GVariant) results = cli_call (client, "Uploads", "Get", g_variant_new ("(s)", *ids), error);
      g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;
      g_autoptr (OutboxUpload) upload = document ? outbox_upload_new_for_document (document) : NULL;

      if (!upload)
        return cli_fail (*error);
      cli_view_put (view, upload);
    }
  cli_wait (is_over, view);

  return cli_view_count_unfinished (view) == 0 ? CLI_DONE : CLI_FAILED;
}

static int
follow_all (OutboxClient *client, CliView *view, GVariant *filter, gboolean until_done, GError **error)
{
  g_autoptr (GPtrArray) uploads = NULL;
  GVariantDict unfinished;

  cli_view_expect_all (view);
  g_variant_dict_init (&unfinished, filter);
  g_variant_dict_insert (&unfinished, "unfinished", "b", TRUE);
  uploads = cli_list_uploads (client, g_variant_dict_end (&unfinished), error);
  if (!uploads)
    return cli_fail (*error);
  for (guint i = 0; i < uploads->len; i++)
    cli_view_put (view, uploads->pdata[i]);
  cli_wait (until_done ? is_over : never, view);

  return cli_view_count_unfinished (view) == 0 ? CLI_DONE : CLI_FAILED;
}

int
cli_watch (int argc, char *argv[])
{
  g_autofree char *group = NULL;
  gboolean is_json = FALSE, until_done = FALSE;
  const GOptionEntry entries[] = {
    { "group", 'g', 0, G_OPTION_ARG_STRING, &group, N_ ("Only those of this group"), N_ ("KEY") },
    { "until-done", 0, 0, G_OPTION_ARG_NONE, &until_done, N_ ("Exit when all have arrived or failed"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print a document a line"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_auto (GStrv) ids = NULL;
  g_autoptr (CliView) view = NULL;
  g_autoptr (GVariant) filter = NULL;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("With IDs it exits when all of them have arrived or failed: exit code 0 if all have arrived."), 0,
                  G_MAXINT - 1))
    return CLI_USAGE;
  client = cli_open (&error);
  ids = client ? cli_resolve (client, argv + 1, &error) : NULL;
  if (!ids)
    return cli_fail (error);
  filter = g_variant_ref_sink (group ? g_variant_new_parsed ("{'group': <%s>}", group) : g_variant_new ("a{sv}", NULL));
  view = cli_view_new (client, is_json, filter, &error);
  if (!view)
    return cli_fail (error);

  return ids[0] ? follow (client, view, ids, &error) : follow_all (client, view, filter, until_done, &error);
}
