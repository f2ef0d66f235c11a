/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor: what is wrong, in words, and which command helps; also where the service does not run or does not answer.
 */
#include "doctor.h"

#include "print.h"
#include "terminal.h"

#include "config.h"

#include <glib/gi18n.h>

/* More are in --json, and in "outbox log". */
#define DECISIONS_SHOWN 10

/* That the service is waited for. */
#define ANSWER_S 10
#define ANSWER_MOST_S 3600

static const struct
{
  const char *name;
  const char *mark;
  CliStyle style;
} levels[CLI_N_LEVELS] = {
  [CLI_LEVEL_GOOD] = { "good", "ok", CLI_STYLE_GOOD },
  [CLI_LEVEL_NOTE] = { "note", "--", CLI_STYLE_WAITS },
  [CLI_LEVEL_PERSON] = { "person", "!!", CLI_STYLE_BAD },
};

/* @may_start: whether the service is started where it does not run */
static CliDoctor *
examine (gboolean may_start, guint most_ms)
{
  CliDoctor *doctor = cli_doctor_new (most_ms);

  cli_doctor_ask_bus (doctor);
  cli_doctor_ask_disk (doctor);
  if (may_start || doctor->process != 0)
    cli_doctor_ask_service (doctor);
  cli_doctor_ask_broker (doctor);
  cli_doctor_ask_keyring (doctor);
  cli_doctor_ask_destinations (doctor);
  cli_doctor_ask_clock (doctor);

  return doctor;
}

static guint
count (CliDoctor *doctor, CliLevel level)
{
  guint n = 0;

  for (guint i = 0; i < doctor->findings->len; i++)
    n += ((CliFinding *) doctor->findings->pdata[i])->level == level;

  return n;
}

/* --- For people --- */

static void
print_detail (const char *text)
{
  g_autofree char *safe = cli_text_dup_safe (text);
  g_autofree char *lines = cli_text_dup_wrapped (safe, cli_terminal_get_print_columns (), 2 * CLI_GAP_COLUMNS);

  g_print ("%s%s%s\n", CLI_GAP, CLI_GAP, lines);
}

/* In one line, to be copied. */
static void
print_command (const char *command)
{
  g_autofree char *safe = cli_text_dup_safe (command);

  g_print ("%s%s%s%s%s\n", CLI_GAP, CLI_GAP, cli_style_begin (CLI_STYLE_BOLD), safe, cli_style_end (CLI_STYLE_BOLD));
}

static void
print_finding (const CliFinding *finding)
{
  const CliStyle style = levels[finding->level].style;
  g_autofree char *safe = cli_text_dup_safe (finding->words);
  g_autofree char *lines = cli_text_dup_wrapped (safe, cli_terminal_get_print_columns (), 2 * CLI_GAP_COLUMNS);

  g_print ("%s%s%s%s%s\n", cli_style_begin (style), levels[finding->level].mark, cli_style_end (style), CLI_GAP, lines);
  if (finding->detail && *finding->detail)
    print_detail (finding->detail);
  if (finding->command)
    print_command (finding->command);
}

/* What needs a person comes first. */
static void
print_findings (CliDoctor *doctor)
{
  const guint n_person = count (doctor, CLI_LEVEL_PERSON);

  g_print ("%s", cli_style_begin (n_person > 0 ? CLI_STYLE_BAD : CLI_STYLE_GOOD));
  if (n_person > 0)
    g_print (ngettext ("%u thing needs attention.", "%u things need attention.", n_person), n_person);
  else
    g_print ("%s", _ ("Nothing needs attention."));
  g_print ("%s\n", cli_style_end (CLI_STYLE_BAD));
  for (guint level = CLI_N_LEVELS; level > 0; level--)
    for (guint i = 0; i < doctor->findings->len; i++)
      {
        const CliFinding *finding = doctor->findings->pdata[i];

        if (finding->level == (CliLevel) (level - 1))
          print_finding (finding);
      }
}

static void
print_decisions (CliDoctor *doctor)
{
  const gsize n = doctor->decisions ? g_variant_n_children (doctor->decisions) : 0;
  GVariantBuilder newest;
  g_autoptr (GVariant) shown = NULL;

  if (n == 0)
    return;
  g_variant_builder_init (&newest, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = n > DECISIONS_SHOWN ? n - DECISIONS_SHOWN : 0; i < n; i++)
    {
      g_autoptr (GVariant) decision = g_variant_get_child_value (doctor->decisions, i);

      g_variant_builder_add_value (&newest, decision);
    }
  shown = g_variant_ref_sink (g_variant_builder_end (&newest));
  g_print ("\n%s\n", _ ("What the service did last (\"outbox log\" shows more):"));
  cli_log_print (shown);
}

/* --- For programs --- */

static GVariant *
make_finding (const CliFinding *finding)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "topic", "s", finding->topic);
  g_variant_dict_insert (&dict, "code", "s", finding->code);
  g_variant_dict_insert (&dict, "level", "s", levels[finding->level].name);
  g_variant_dict_insert (&dict, "words", "s", finding->words);
  if (finding->detail && *finding->detail)
    g_variant_dict_insert (&dict, "detail", "s", finding->detail);
  if (finding->command)
    g_variant_dict_insert (&dict, "command", "s", finding->command);

  return g_variant_dict_end (&dict);
}

static void
print_json (CliDoctor *doctor)
{
  GVariantBuilder findings;
  GVariantDict dict;

  g_variant_builder_init (&findings, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < doctor->findings->len; i++)
    g_variant_builder_add_value (&findings, make_finding (doctor->findings->pdata[i]));
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "needs_person", "b", count (doctor, CLI_LEVEL_PERSON) > 0);
  g_variant_dict_insert (&dict, "broker", "b", doctor->has_answered);
  g_variant_dict_insert_value (&dict, "findings", g_variant_builder_end (&findings));
  if (doctor->disk)
    g_variant_dict_insert_value (&dict, "disk", json_gvariant_deserialize (doctor->disk, NULL, NULL));
  if (doctor->decisions)
    g_variant_dict_insert_value (&dict, "decisions", doctor->decisions);
  cli_print_json (g_variant_dict_end (&dict), TRUE);
}

/* --- The report --- */

static gboolean
write_report (CliDoctor *doctor, const char *path)
{
  g_autofree char *text = cli_doctor_dup_report (doctor);
  g_autoptr (GError) error = NULL;

  if (g_str_equal (path, "-"))
    {
      g_print ("%s\n", text);
      return TRUE;
    }
  if (!g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    {
      (void) cli_fail (error);
      return FALSE;
    }
  g_printerr ("\n");
  g_printerr (
      _ ("%s is for a bug report. It has counts, states and times, and no name of a file, group, network or server, "
         "no address and no secret.\n"),
      path);

  return TRUE;
}

int
cli_doctor (int argc, char *argv[])
{
  gboolean is_json = FALSE, is_repair = FALSE;
  int most_s = ANSWER_S;
  g_autofree char *report = NULL;
  const GOptionEntry entries[] = {
    { "repair", 0, 0, G_OPTION_ARG_NONE, &is_repair, N_ ("First repair what can be repaired without losing anything"),
      NULL },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &report,
      N_ ("Also write a report without names and secrets; -: print only the report"), N_ ("FILE") },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &most_s, N_ ("How long to wait for an answer of the service (10)"),
      N_ ("SECONDS") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print what was found as JSON"), NULL },
    { NULL },
  };
  g_autoptr (CliDoctor) doctor = NULL;

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Exits with 0 if nothing needs attention, with 1 if something does, and with 3 if the service "
                     "does not answer."),
                  0, 0))
    return CLI_USAGE;
  if (most_s < 1 || most_s > ANSWER_MOST_S)
    return cli_usage ("doctor", _ ("--timeout takes 1 to %d seconds"), ANSWER_MOST_S);
  doctor = examine (!is_repair, (guint) most_s * 1000);
  if (is_repair)
    {
      (void) cli_doctor_repair (doctor);
      g_clear_pointer (&doctor, cli_doctor_free);
      doctor = examine (TRUE, (guint) most_s * 1000);
    }
  if (is_json)
    print_json (doctor);
  else if (g_strcmp0 (report, "-") != 0)
    {
      print_findings (doctor);
      print_decisions (doctor);
    }
  if (report && !write_report (doctor, report))
    return CLI_FAILED;

  return !doctor->has_answered ? CLI_NO_BROKER : count (doctor, CLI_LEVEL_PERSON) > 0 ? CLI_FAILED : CLI_DONE;
}
