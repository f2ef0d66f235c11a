/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox group: how groups stand, in one line each.
 */
#include "command.h"
#include "print.h"
#include "progress.h"

#include "config.h"

#include <glib/gi18n.h>

static char *
dup_label (OutboxGroup *group)
{
  g_autofree char *label = outbox_group_dup_label (group);

  return cli_progress_dup_words (label, outbox_group_get_sent (group) - outbox_group_get_offset (group));
}

static int
list (gboolean is_json)
{
  const char *const headings[] = { _ ("KEY"), _ ("TITLE"), _ ("SIZE"), _ ("STATUS"), NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GPtrArray) groups = client ? cli_list_groups (client, &error) : NULL;
  GVariantBuilder documents;

  if (!groups)
    return cli_fail (error);
  g_variant_builder_init (&documents, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < groups->len; i++)
    {
      OutboxGroup *group = groups->pdata[i];
      g_autofree char *size = g_format_size (outbox_group_get_size (group));
      g_autofree char *label = dup_label (group);
      g_autofree char *name = outbox_group_dup_name (group);

      g_variant_builder_add_value (&documents, outbox_group_get_document (group));
      cli_table_add (table, cli_style_of (outbox_group_get_state (group), outbox_group_get_needs_user (group)), name,
                     outbox_group_get_title (group), size, label);
    }
  if (is_json)
    cli_print_json (g_variant_builder_end (&documents), TRUE);
  else
    {
      g_variant_builder_clear (&documents);
      cli_table_print (table);
      if (groups->len == 0)
        g_printerr (_ ("No groups.\n"));
    }

  return CLI_DONE;
}

static void
print_one (OutboxGroup *group, GPtrArray *uploads)
{
  CliStyle style = cli_style_of (outbox_group_get_state (group), outbox_group_get_needs_user (group));
  g_autofree char *title = cli_text_dup_safe (outbox_group_get_title (group));
  g_autofree char *label = dup_label (group);
  g_autofree char *size = g_format_size (outbox_group_get_size (group));
  g_autofree char *form = NULL;
  g_autoptr (CliFacts) facts = cli_facts_new ();
  OutboxState state;

  if (outbox_group_get_form_state (group, &state))
    form = outbox_status_label (state, OUTBOX_REASON_NONE, 0, 0, 0, 0, OUTBOX_LABEL_TERMINAL);
  g_print ("%s%s%s\n%s%s%s\n\n", cli_style_begin (CLI_STYLE_BOLD), title, cli_style_end (CLI_STYLE_BOLD),
           cli_style_begin (style), label, cli_style_end (style));
  cli_facts_add (facts, _ ("group key"), outbox_group_get_key (group));
  cli_facts_add (facts, _ ("form"), form);
  cli_facts_add (facts, _ ("size"), size);
  cli_facts_print (facts);
  g_print ("\n");
  cli_print_uploads (uploads);
}

/* Lists the uploads of that group alone: another app may have a group with the same key. */
static GPtrArray *
list_uploads (OutboxClient *client, OutboxGroup *group, GError **error)
{
  const char *app = cli_get_string (outbox_group_get_document (group), "app");

  return cli_list_uploads (
      client, g_variant_new_parsed ("{'group': <%s>, 'group_app': <%s>}", outbox_group_get_key (group), app), error);
}

static int
show (const char *key, gboolean is_json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results = client ? cli_call (client, "Groups", "Get", g_variant_new ("(s)", key), &error) : NULL;
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;
  g_autoptr (OutboxGroup) group = document ? outbox_group_new_for_document (document) : NULL;
  g_autoptr (GPtrArray) uploads = NULL;

  if (group && is_json)
    {
      cli_print_json (document, TRUE);
      return CLI_DONE;
    }
  if (group)
    uploads = list_uploads (client, group, &error);
  if (!uploads)
    return cli_fail (error);
  print_one (group, uploads);

  return CLI_DONE;
}

/* Pauses the group itself and not its uploads, so that uploads which join later are paused too. */
static int
set_paused (gboolean is_paused, char *const *keys)
{
  const guint n_keys = g_strv_length ((GStrv) keys);
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results
      = client ? cli_call (client, "Groups", is_paused ? "Pause" : "Resume", g_variant_new ("(^as)", keys), &error)
               : NULL;

  if (!results)
    return cli_fail (error);
  if (is_paused)
    g_print (ngettext ("Paused %u group.\n", "Paused %u groups.\n", n_keys), n_keys);
  else
    g_print (ngettext ("Resumed %u group.\n", "Resumed %u groups.\n", n_keys), n_keys);

  return CLI_DONE;
}

/* Returns: ids of the group's uploads, ended by NULL; of those that failed or wait after an error, or of all */
static GStrv
list_ids (OutboxClient *client, const char *key, gboolean is_all, GError **error)
{
  g_autoptr (GVariant) results = cli_call (client, "Groups", "Get", g_variant_new ("(s)", key), error);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;
  g_autoptr (OutboxGroup) group = document ? outbox_group_new_for_document (document) : NULL;
  g_autoptr (GPtrArray) uploads = group ? list_uploads (client, group, error) : NULL;
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  for (guint i = 0; uploads && i < uploads->len; i++)
    if (is_all || outbox_upload_get_state (uploads->pdata[i]) != OUTBOX_STATE_DONE)
      g_strv_builder_add (ids, outbox_upload_get_id (uploads->pdata[i]));

  return uploads ? g_strv_builder_end (ids) : NULL;
}

static int
retry (char *const *keys)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  int exit_code = client ? CLI_DONE : cli_fail (error);

  for (; client && *keys; keys++)
    {
      g_auto (GStrv) ids = list_ids (client, *keys, FALSE, &error);

      if (!ids)
        return cli_fail (error);
      if (!ids[0])
        g_print ("%s\n", _ ("Everything of it has arrived."));
      else if (cli_command_apply (client, CLI_COMMAND_RETRY, ids, 0) != CLI_DONE)
        exit_code = CLI_FAILED;
    }

  return exit_code;
}

static int
remove_all (char *const *keys, gboolean is_force)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  int exit_code = client ? CLI_DONE : cli_fail (error);

  for (; client && *keys; keys++)
    {
      g_auto (GStrv) ids = list_ids (client, *keys, TRUE, &error);

      if (!ids)
        return cli_fail (error);
      if (cli_remove_ids (client, ids, is_force) != CLI_DONE)
        exit_code = CLI_FAILED;
    }

  return exit_code;
}

static int
run (const char *action, int n_keys, char *const *keys, gboolean is_json, gboolean is_force)
{
  static const char *const actions[] = { "list", "show", "pause", "resume", "retry", "remove", NULL };
  gboolean is_list = g_str_equal (action, "list"), is_show = g_str_equal (action, "show");

  if (!g_strv_contains (actions, action))
    return cli_usage ("group", _ ("there is no action %s"), action);
  if (!is_list && n_keys == 0)
    return cli_usage ("group", _ ("too few arguments"));
  if ((is_list && n_keys > 0) || (is_show && n_keys > 1))
    return cli_usage ("group", _ ("too many arguments: %s"), keys[is_list ? 0 : 1]);
  if (is_list)
    return list (is_json);
  if (is_show)
    return show (keys[0], is_json);
  if (g_str_equal (action, "retry"))
    return retry (keys);
  if (g_str_equal (action, "remove"))
    return remove_all (keys, is_force);

  return set_paused (g_str_equal (action, "pause"), keys);
}

int
cli_group (int argc, char *argv[])
{
  gboolean is_json = FALSE, is_force = FALSE;
  const GOptionEntry entries[] = {
    { "force", 'f', 0, G_OPTION_ARG_NONE, &is_force, N_ ("Also what has not arrived yet, without asking"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print JSON"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Actions:\n  list           All of them, a line each; also without an action\n  show KEY       "
                     "One, with its uploads\n  pause KEY…     Pauses groups, and what joins them\n  resume KEY…    "
                     "Resumes them\n  retry KEY…     Retries their uploads that failed or wait\n  remove KEY…    Takes "
                     "their uploads off the list; --force also what has not arrived yet"),
                  0, G_MAXINT - 1))
    return CLI_USAGE;

  return argc > 1 ? run (argv[1], argc - 2, argv + 2, is_json, is_force) : run ("list", 0, NULL, is_json, FALSE);
}
