/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox log
 */
#include "cli.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

/* Returns: what happened: the new state, or the event */
static char *
dup_what (GVariant *entry)
{
  const char *event = cli_get_string (entry, "event");
  const char *reason = cli_get_string (entry, "reason");
  const char *what = g_str_equal (event, "state") ? cli_get_string (entry, "state") : event;

  return *reason ? g_strdup_printf ("%s (%s)", what, reason) : g_strdup (what);
}

static char *
dup_whom (GVariant *entry)
{
  const char *id = cli_get_string (entry, "id");
  const char *scope = cli_get_string (entry, "scope");
  const char *key = cli_get_string (entry, "key");

  if (*id)
    return g_strdup (cli_text_short_id (id));

  return *key ? g_strdup_printf ("%s %s", scope, key) : g_strdup (scope);
}

/* Returns: the row's words, and how often it came in a row */
static char *
dup_details (GVariant *entry)
{
  const char *message = cli_get_string (entry, "message");
  guint32 count = 1;

  (void) g_variant_lookup (entry, "count", "u", &count);
  if (count < 2)
    return g_strdup (message);

  /* Translators: an error in the server's words, and how often it came in a row. */
  return g_strdup_printf (ngettext ("%s · %u time", "%s · %u times", count), message, count);
}

void
cli_log_print (GVariant *entries)
{
  const char *const headings[] = { _ ("TIME"), _ ("UPLOAD"), _ ("EVENT"), _ ("DETAILS"), NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);
  GVariantIter iter;
  GVariant *child;

  g_variant_iter_init (&iter, entries);
  while ((child = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) entry = child;
      g_autofree char *time = NULL;
      g_autofree char *whom = dup_whom (entry);
      g_autofree char *what = dup_what (entry);
      g_autofree char *details = dup_details (entry);
      gint64 at_ms = 0;

      (void) g_variant_lookup (entry, "at", "x", &at_ms);
      time = cli_text_dup_time (at_ms);
      cli_table_add (table, CLI_STYLE_PLAIN, time, whom, what, details);
    }
  cli_table_print (table);
}

int
cli_log (int argc, char *argv[])
{
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print the entries as a JSON array"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_auto (GStrv) ids = NULL;
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GVariant) list = NULL;

  if (!cli_parse (&argc, &argv, entries, _ ("Without an id: the newest 200 entries of all uploads."), 0, 1))
    return CLI_USAGE;
  client = cli_open (&error);
  ids = client ? cli_resolve (client, argv + 1, &error) : NULL;
  results = ids ? cli_call (client, "Uploads", "History", g_variant_new ("(s)", ids[0] ? ids[0] : ""), &error) : NULL;
  if (!results)
    return cli_fail (error);
  list = g_variant_get_child_value (results, 0);
  if (is_json)
    cli_print_json (list, TRUE);
  else
    cli_log_print (list);

  return CLI_DONE;
}
