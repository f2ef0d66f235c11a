/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox destination test: tells what works and what does not, and which command helps.
 */
#include "destination-test.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

static gboolean
is_true (GVariant *report, const char *key)
{
  gboolean value = FALSE;

  (void) g_variant_lookup (report, key, "b", &value);

  return value;
}

static void
print_facts (GVariant *report)
{
  const struct
  {
    const char *key, *name;
  } texts[] = {
    { "connected", _ ("connected to") },
    { "encrypted", _ ("encrypted by") },
    { "protocol", _ ("protocol") },
  };
  g_autoptr (CliFacts) facts = cli_facts_new ();
  guint64 max_bytes = 0;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    cli_facts_add (facts, texts[i].name, cli_get_string (report, texts[i].key));
  if (g_variant_lookup (report, "max_size", "t", &max_bytes))
    {
      g_autofree char *size = g_format_size (max_bytes);

      cli_facts_add (facts, _ ("largest file"), size);
    }
  if (is_true (report, "confirm"))
    cli_facts_add (facts, _ ("confirm URL"), _ ("answers as expected"));
  if (is_true (report, "amend"))
    cli_facts_add (facts, _ ("amend URL"), _ ("answers as expected"));
  cli_facts_print (facts);
}

/* Trouble that needs a person, or a change at the server, has sentences of its own. Trouble that would be tried again
 * needs none: nothing waits here. */
static void
print_trouble (GVariant *report)
{
  gboolean is_hold = g_str_equal (cli_get_string (report, "state"), "paused");

  cli_print_trouble (report,
                     is_hold ? outbox_reason_from_name (cli_get_string (report, "reason")) : OUTBOX_REASON_NONE);
}

static void
print_holds (GVariant *report)
{
  g_autoptr (GVariant) holds = g_variant_lookup_value (report, "holds", G_VARIANT_TYPE ("aa{sv}"));

  for (gsize i = 0; holds && i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);

      cli_print_hold (hold);
    }
}

static void
print_report (GVariant *report, const char *name)
{
  gboolean is_good = is_true (report, "good");
  CliStyle style = is_good ? CLI_STYLE_GOOD : CLI_STYLE_BAD;
  g_autofree char *safe = cli_text_dup_safe (name);

  g_print ("%s", cli_style_begin (style));
  g_print (is_good ? _ ("An upload to %s would go through.") : _ ("An upload to %s would not go through now."), safe);
  g_print ("%s\n", cli_style_end (style));
  if (!is_true (report, "asked"))
    g_print ("%s\n", _ ("The server was not asked, because of what holds uploads on this network:"));
  print_facts (report);
  print_trouble (report);
  print_holds (report);
}

int
cli_destination_test (const char *name, gboolean is_json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GVariant) results
      = client ? cli_call (client, "Destinations", "Test", g_variant_new ("(s)", name), &error) : NULL;
  g_autoptr (GVariant) report = results ? g_variant_get_child_value (results, 0) : NULL;

  if (!report)
    return cli_fail (error);
  if (is_json)
    cli_print_json (report, TRUE);
  else
    print_report (report, name);

  return is_true (report, "good") ? CLI_DONE : CLI_FAILED;
}
