/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What goes on for a time, in words.
 */
#include "cli.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

/* Returns: (transfer full): the time of day; with the date where that is another one */
static char *
dup_until (gint64 until_ms)
{
  g_autoptr (GDateTime) until = g_date_time_new_from_unix_local (until_ms / 1000);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  if (!until)
    return g_strdup ("");

  return g_date_time_format (until, g_date_time_get_day_of_year (until) == g_date_time_get_day_of_year (now)
                                        ? "%H:%M"
                                        : "%Y-%m-%d %H:%M");
}

/* Returns: (transfer full) (nullable): the command that ends it at once */
static char *
dup_command (const char *scope, const char *key)
{
  g_autofree char *quoted = g_shell_quote (key);
  g_autofree char *name = cli_text_dup_safe (strpbrk (key, " '\"\\$`") ? quoted : key);

  if (g_str_equal (scope, outbox_scope_get_name (OUTBOX_SCOPE_QUEUE)))
    return g_strdup ("outbox resume");
  if (*key == '\0')
    return NULL;
  if (g_str_equal (scope, outbox_scope_get_name (OUTBOX_SCOPE_UPLOAD)))
    return g_strdup_printf ("outbox resume %s", cli_text_short_id (key));

  return g_strdup_printf ("outbox %s resume %s", scope, name);
}

static void
print_pass (GVariant *pass)
{
  const char *scope = cli_get_string (pass, "scope");
  const char *key = cli_get_string (pass, "key");
  const gboolean is_upload = g_str_equal (scope, outbox_scope_get_name (OUTBOX_SCOPE_UPLOAD));
  g_autofree char *command = dup_command (scope, key);
  g_autofree char *name = cli_text_dup_safe (is_upload ? cli_text_short_id (key) : key);
  g_autofree char *until = NULL;
  gint64 until_ms = 0;

  (void) g_variant_lookup (pass, "until", "x", &until_ms);
  until = dup_until (until_ms);
  if (*key)
    /* Translators: the name of a destination, a group or a file, and a time */
    g_print (_ ("%s is sent until %s, whatever its rule says."), name, until);
  else if (is_upload)
    /* Translators: %s is a time */
    g_print (_ ("Some uploads are sent until %s, whatever their rules say."), until);
  else
    /* Translators: %s is a time */
    g_print (_ ("Everything is sent until %s, whatever the rules say."), until);
  g_print ("\n");
  if (command)
    g_print ("  %s%s%s\n", cli_style_begin (CLI_STYLE_BOLD), command, cli_style_end (CLI_STYLE_BOLD));
}

void
cli_print_passes (GVariant *policy)
{
  g_autoptr (GVariant) passes = g_variant_lookup_value (policy, "passes", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; passes && i < g_variant_n_children (passes); i++)
    {
      g_autoptr (GVariant) pass = g_variant_get_child_value (passes, i);

      print_pass (pass);
    }
}
