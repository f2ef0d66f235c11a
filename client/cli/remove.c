/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox remove: asks before it removes anything that has not arrived.
 */
#include "command.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

/* Counts the uploads that would be lost, and gets the name of one. */
static gboolean
count_unfinished (OutboxClient *client, char **ids, guint *n_unfinished, char **name, GError **error)
{
  for (*n_unfinished = 0; *ids; ids++)
    {
      g_autoptr (GVariant) results = cli_call (client, "Uploads", "Get", g_variant_new ("(s)", *ids), error);
      g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;
      g_autoptr (OutboxUpload) upload = document ? outbox_upload_new_for_document (document) : NULL;

      if (!upload)
        return FALSE;
      if (outbox_upload_get_state (upload) == OUTBOX_STATE_DONE)
        continue;
      (*n_unfinished)++;
      g_free (*name);
      *name = cli_text_dup_safe (outbox_upload_get_name (upload));
    }

  return TRUE;
}

/* The English letter works in every language. */
static gboolean
is_yes (const char *answer)
{
  /* Translators: the letter for "yes" in "[y/N]" of another message, in lower case */
  const char *letter = _ ("y");

  return g_ascii_tolower (answer[0]) == 'y' || g_ascii_tolower (answer[0]) == letter[0];
}

/* Asks the person at the terminal. */
static gboolean
agrees (guint n_unfinished, const char *name)
{
  char answer[16] = "";

  if (n_unfinished == 1)
    g_printerr (_ ("%s has not arrived yet. "), name);
  else
    g_printerr (ngettext ("%u upload has not arrived yet. ", "%u uploads have not arrived yet. ", n_unfinished),
                n_unfinished);
  if (!isatty (STDIN_FILENO))
    {
      g_printerr (_ ("--force removes it anyway.\n"));
      return FALSE;
    }
  g_printerr (_ ("Remove it with its copy on this device? [y/N] "));

  return fgets (answer, sizeof answer, stdin) && is_yes (answer);
}

static GStrv
list_done (OutboxClient *client, GError **error)
{
  g_autoptr (GPtrArray) uploads = cli_list_uploads (client, g_variant_new_parsed ("{'state': <'done'>}"), error);
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  for (guint i = 0; uploads && i < uploads->len; i++)
    g_strv_builder_add (ids, outbox_upload_get_id (uploads->pdata[i]));

  return uploads ? g_strv_builder_end (ids) : NULL;
}

/* If a part fails, what was removed stays removed; running the command again does the rest. */
static int
remove_all (OutboxClient *client, char *const *ids)
{
  g_autoptr (GError) error = NULL;
  const guint n_removed
      = cli_command_call (client, "Remove", (const char *const *) ids, g_strv_length ((GStrv) ids), NULL, &error);

  if (n_removed > 0)
    g_print (ngettext ("Removed %u upload.\n", "Removed %u uploads.\n", n_removed), n_removed);

  return error ? cli_fail (error) : CLI_DONE;
}

int
cli_remove_ids (OutboxClient *client, GStrv ids, gboolean is_force)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  guint n_unfinished = 0;

  if (!is_force && !count_unfinished (client, ids, &n_unfinished, &name, &error))
    return cli_fail (error);

  return n_unfinished > 0 && !agrees (n_unfinished, name) ? CLI_FAILED : remove_all (client, ids);
}

int
cli_remove (int argc, char *argv[])
{
  gboolean is_force = FALSE;
  gboolean is_done = FALSE;
  const GOptionEntry entries[] = {
    { "done", 0, 0, G_OPTION_ARG_NONE, &is_done, N_ ("Everything that has arrived"), NULL },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &is_force, N_ ("Also what has not arrived yet, without asking"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_auto (GStrv) ids = NULL;

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if ((argc > 1) == is_done)
    return cli_usage (argv[0], _ ("give IDs or --done"));
  client = cli_open (&error);
  if (client)
    ids = is_done ? list_done (client, &error) : cli_resolve (client, argv + 1, &error);
  if (!ids)
    return cli_fail (error);
  if (ids[0])
    return cli_remove_ids (client, ids, is_force || is_done);
  g_print ("%s\n", _ ("Nothing has arrived that could be taken off the list."));

  return CLI_DONE;
}
