/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox policy explain: why an upload waits, or what lets it travel.
 */
#include "explain.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

/* Prints id, name and label as a heading. */
static gboolean
print_heading (OutboxClient *client, const char *id, GError **error)
{
  g_autoptr (GVariant) results = cli_call (client, "Uploads", "Get", g_variant_new ("(s)", id), error);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;
  g_autoptr (OutboxUpload) upload = document ? outbox_upload_new_for_document (document) : NULL;
  g_autofree char *name = NULL;
  g_autofree char *label = NULL;

  if (!upload)
    return FALSE;
  name = cli_text_dup_safe (outbox_upload_get_name (upload));
  label = outbox_upload_dup_label (upload);
  g_print ("%s%s %s%s\n%s%s%s\n\n", cli_style_begin (CLI_STYLE_BOLD), cli_text_short_id (id), name,
           cli_style_end (CLI_STYLE_BOLD),
           cli_style_begin (cli_style_of (outbox_upload_get_state (upload), outbox_upload_get_needs_user (upload))),
           label, cli_style_end (CLI_STYLE_WAITS));

  return TRUE;
}

static void
print_explanation (GVariant *explanation)
{
  g_autoptr (GVariant) rule = g_variant_lookup_value (explanation, "rule", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) holds = g_variant_lookup_value (explanation, "holds", G_VARIANT_TYPE ("aa{sv}"));
  gboolean is_sent_now = FALSE;

  (void) g_variant_lookup (explanation, "sent_now", "b", &is_sent_now);
  g_print ("%s\n", _ ("Its rule:"));
  if (rule)
    cli_print_rule (rule);
  if (is_sent_now)
    g_print ("%s\n", _ ("You have allowed it on one network, whatever the rule says."));
  g_print ("\n");
  if (!holds || g_variant_n_children (holds) == 0)
    g_print ("%s\n", _ ("Nothing holds it."));
  for (gsize i = 0; holds && i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);

      cli_print_hold (hold);
    }
}

int
cli_explain (OutboxClient *client, const char *name, gboolean is_json)
{
  char *const names[] = { (char *) name, NULL };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) ids = cli_resolve (client, names, &error);
  g_autoptr (GVariant) results
      = ids ? cli_call (client, "Policy", "Explain", g_variant_new ("(s)", ids[0]), &error) : NULL;
  g_autoptr (GVariant) explanation = results ? g_variant_get_child_value (results, 0) : NULL;

  if (!explanation)
    return cli_fail (error);
  if (is_json)
    cli_print_json (explanation, TRUE);
  else if (print_heading (client, ids[0], &error))
    print_explanation (explanation);
  else
    return cli_fail (error);

  return CLI_DONE;
}
