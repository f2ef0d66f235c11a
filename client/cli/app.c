/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox app: which web pages may hand files over, and a person's answer to one that asks.
 */
#include "cli.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

static gboolean
is_waiting (GVariant *app)
{
  return g_str_equal (cli_get_string (app, "state"), "waiting");
}

/* Returns: (transfer full): what it has here that has not arrived; empty for nothing */
static char *
dup_use (GVariant *app)
{
  g_autofree char *size = NULL;
  guint32 files = 0;
  guint64 bytes = 0;

  (void) g_variant_lookup (app, "files", "u", &files);
  (void) g_variant_lookup (app, "bytes", "t", &bytes);
  size = g_format_size (bytes);

  /* Translators: how much of an app waits here, such as "3 files, 1.2 MB". */
  return files > 0 ? g_strdup_printf (ngettext ("%u file, %s", "%u files, %s", files), files, size) : g_strdup ("");
}

/* What the policy allows each app, where it says something. */
static void
print_limits (OutboxClient *client)
{
  g_autoptr (GVariant) results = cli_call (client, "Policy", "Get", NULL, NULL);
  g_autoptr (GVariant) policy = results ? g_variant_get_child_value (results, 0) : NULL;
  g_autoptr (GVariant) quota = policy ? g_variant_lookup_value (policy, "quota", G_VARIANT_TYPE_VARDICT) : NULL;
  g_auto (GStrv) lines = quota ? cli_quota_list (quota) : NULL;
  g_autofree char *joined = lines ? g_strjoinv (" ", lines) : NULL;

  if (joined && *joined)
    /* Translators: what may not have arrived yet of each app, such as "max-files=100 max-bytes=1.0 GB". */
    g_print (_ ("Each app may have here: %s\n"), joined);
}

static void
print_table (GVariant *apps)
{
  const char *const headings[] = { _ ("APP"), _ ("STATUS"), _ ("SCOPE"), _ ("CODE"), _ ("NOT ARRIVED YET"), NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, apps);
  while ((child = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) app = child;
      g_autofree char *use = dup_use (app);
      gboolean may_manage = g_str_equal (cli_get_string (app, "scope"), "manage");

      cli_table_add (table, is_waiting (app) ? CLI_STYLE_WAITS : CLI_STYLE_PLAIN, cli_get_string (app, "app"),
                     is_waiting (app) ? _ ("Waiting for your answer") : _ ("Allowed"),
                     may_manage ? _ ("all uploads") : _ ("its own uploads"), cli_get_string (app, "code"), use);
    }
  cli_table_print (table);
}

/* Names the commands that answer those that wait. */
static void
print_questions (GVariant *apps)
{
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, apps);
  while ((child = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) app = child;
      g_autofree char *code = cli_text_dup_safe (cli_get_string (app, "code"));

      if (is_waiting (app))
        g_print (_ ("If the page shows %s: outbox app approve %s; if not: outbox app deny %s\n"), code, code, code);
    }
}

static void
print_problem (GVariant *policy, const char *key, const char *words)
{
  g_autofree char *problem = cli_text_dup_message (cli_get_string (policy, key));

  if (*problem)
    g_print ("%s%s%s\n  %s\n", cli_style_begin (CLI_STYLE_BAD), words, cli_style_end (CLI_STYLE_BAD), problem);
}

gboolean
cli_is_configuration_good (GVariant *policy)
{
  static const char *const problems[] = { "problem", "web_apps_problem", "destinations_problem" };
  gboolean is_good = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (problems); i++)
    is_good &= *cli_get_string (policy, problems[i]) == '\0';

  return is_good;
}

/* At a kiosk nobody else would say why a page waits, or a server is not there. */
void
cli_print_kiosk_problems (GVariant *policy)
{
  print_problem (policy, "web_apps_problem",
                 _ ("The list of web apps that are allowed without asking does not apply:"));
  print_problem (policy, "destinations_problem", _ ("What the administrator's destinations say now does not apply:"));
}

static int
list (gboolean is_json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results = client ? cli_call (client, "Access", "ListApps", NULL, &error) : NULL;
  g_autoptr (GVariant) apps = results ? g_variant_get_child_value (results, 0) : NULL;
  g_autoptr (GVariant) policies = apps ? cli_call (client, "Policy", "Get", NULL, &error) : NULL;
  g_autoptr (GVariant) policy = policies ? g_variant_get_child_value (policies, 0) : NULL;

  if (!policy)
    return cli_fail (error);
  if (is_json)
    {
      cli_print_json (apps, TRUE);
      return CLI_DONE;
    }
  if (g_variant_n_children (apps) > 0)
    {
      print_table (apps);
      print_questions (apps);
    }
  else
    g_printerr (_ ("No web apps.\n"));
  print_limits (client);
  cli_print_kiosk_problems (policy);

  return CLI_DONE;
}

int
cli_app (int argc, char *argv[])
{
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print JSON"), NULL },
    { NULL },
  };
  const char *action, *name;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Actions:\n  list           Which apps are allowed, and which ask, with the code that the page "
                     "shows\n  approve CODE   Allows the page that shows this code\n  deny CODE      Refuses it; its "
                     "page may ask again in an hour\n  revoke APP     Takes back what was allowed, at once"),
                  1, 2))
    return CLI_USAGE;
  action = argv[1];
  name = argc > 2 ? argv[2] : NULL;
  if (g_str_equal (action, "list") && !name)
    return list (is_json);
  if (g_str_equal (action, "list") || !name)
    return cli_usage ("app", name ? _ ("list takes no name") : _ ("%s takes a name"), action);
  if (g_str_equal (action, "approve"))
    return cli_call_by_name ("Access", "Approve", name, _ ("The web app is allowed."));
  if (g_str_equal (action, "deny"))
    return cli_call_by_name ("Access", "Deny", name, _ ("The web app is refused."));
  if (g_str_equal (action, "revoke"))
    return cli_call_by_name ("Access", "Revoke", name, _ ("The web app is no longer allowed."));

  return cli_usage ("app", _ ("there is no action %s"), action);
}
