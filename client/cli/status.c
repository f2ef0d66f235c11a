/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox status: is my work safe, and will it arrive?
 */
#include "cli.h"
#include "print.h"
#include "progress.h"

#include "config.h"

#include <glib/gi18n.h>
#include <unistd.h>

#define SHOWN_MOST 10
#define LISTED_MOST 1000
#define BAR_COLUMNS 20

typedef struct
{
  guint64 uploads;
  guint64 bytes;
} Count;

static Count
get_count (GVariant *summary, const char *name)
{
  Count count = { 0, 0 };

  (void) g_variant_lookup (summary, name, "(tt)", &count.uploads, &count.bytes);

  return count;
}

static gboolean
has_hold (GVariant *holds, const char *reason)
{
  GVariantIter iter;
  GVariant *hold;
  gboolean is_there = FALSE;

  g_variant_iter_init (&iter, holds);
  while (!is_there && (hold = g_variant_iter_next_value (&iter)))
    {
      is_there = g_str_equal (cli_get_string (hold, "reason"), reason);
      g_variant_unref (hold);
    }

  return is_there;
}

/* Says "safe" only if the disk works and no copy is lost or damaged. Of a file that an app still writes, nobody knows
 * how much is on the disk. */
static void
print_safety (GVariant *summary, GVariant *holds, GVariant *conditions, gboolean has_recordings)
{
  gboolean is_in_memory = FALSE;
  const guint n_lost = (guint) get_count (summary, "lost").uploads;

  (void) g_variant_lookup (conditions, "in_memory", "b", &is_in_memory);
  if (is_in_memory)
    g_print ("%s%s%s\n", cli_style_begin (CLI_STYLE_BAD),
             _ ("It is only in this device's memory, and lost when the device is switched off."),
             cli_style_end (CLI_STYLE_BAD));
  else if (n_lost > 0)
    {
      g_print ("%s", cli_style_begin (CLI_STYLE_BAD));
      g_print (ngettext ("The saved copy of %u upload is missing or damaged: add the file again.",
                         "The saved copies of %u uploads are missing or damaged: add the files again.", n_lost),
               n_lost);
      g_print ("%s\n", cli_style_end (CLI_STYLE_BAD));
    }
  else if (!has_hold (holds, "storage") && get_count (summary, "unclaimed").uploads == 0)
    g_print ("%s\n", has_recordings ? _ ("Everything is safe on this device, except what apps have not finished.")
                                    : _ ("Everything is safe on this device."));
}

/* Returns: whether an app writes the file itself, so that there is no original elsewhere. */
static gboolean
is_recording (OutboxUpload *upload)
{
  return outbox_upload_get_reason (upload) != OUTBOX_REASON_NONE;
}

static guint
count_recordings (GPtrArray *saving)
{
  guint n = 0;

  for (guint i = 0; i < saving->len; i++)
    n += is_recording (saving->pdata[i]);

  return n;
}

/* The broker counts a file that an app writes itself when that is finished. Returns: (transfer full) */
static GVariant *
count_recorded (GVariant *summary, GPtrArray *saving)
{
  static const char *const names[] = { "all", "saving" };
  GVariantDict dict;
  guint64 bytes = 0;

  for (guint i = 0; i < saving->len; i++)
    if (is_recording (saving->pdata[i]))
      bytes += outbox_upload_get_saved (saving->pdata[i]);
  g_variant_dict_init (&dict, summary);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      Count count = get_count (summary, names[i]);

      g_variant_dict_insert (&dict, names[i], "(tt)", count.uploads, count.bytes + bytes);
    }

  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
print_answer (GVariant *summary, GVariant *holds, GVariant *conditions, guint n_recordings)
{
  Count all = get_count (summary, "all"), done = get_count (summary, "done"), saving = get_count (summary, "saving");
  guint n_saving = (guint) saving.uploads - MIN (n_recordings, (guint) saving.uploads);
  guint n_left = (guint) (all.uploads - done.uploads);
  g_autofree char *left = g_format_size (all.bytes - done.bytes);

  g_print ("%s", cli_style_begin (n_left == 0 ? CLI_STYLE_GOOD : CLI_STYLE_BOLD));
  if (all.uploads == 0 && has_hold (holds, "storage"))
    g_print (_ ("This device's disk needs attention."));
  else if (all.uploads == 0)
    g_print (_ ("Nothing to upload."));
  else if (n_left == 0)
    g_print (ngettext ("The one upload has arrived.", "All %u uploads have arrived.", (guint) all.uploads),
             (guint) all.uploads);
  else
    g_print (ngettext ("%u upload has not arrived yet (%s).", "%u uploads have not arrived yet (%s).", n_left), n_left,
             left);
  g_print ("%s\n", cli_style_end (CLI_STYLE_BOLD));
  if (n_saving > 0)
    {
      g_print (ngettext ("%u file is still being saved: leave it in place.",
                         "%u files are still being saved: leave them in place.", n_saving),
               n_saving);
      g_print ("\n");
    }
  else if (n_left > n_recordings)
    print_safety (summary, holds, conditions, n_recordings > 0);
}

static void
print_counts (GVariant *summary)
{
  const char *const headings[] = { _ ("COUNT"), _ ("STATE"), _ ("SIZE"), NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);

  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    {
      const OutboxStateInfo *info = outbox_state_get_info (i);
      Count count = get_count (summary, info->name);
      g_autofree char *number = g_strdup_printf ("%5" G_GUINT64_FORMAT, count.uploads);
      g_autofree char *size = g_format_size (count.bytes);

      if (count.uploads > 0)
        cli_table_add (table, cli_style_of (i, FALSE), number, _ (info->title), size);
    }
  cli_table_print (table);
}

char *
cli_status_dup_network (GVariant *conditions)
{
  const char *kind = cli_text_network (cli_get_string (conditions, "link"));
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *name = cli_text_dup_safe (cli_get_string (conditions, "network"));
  gboolean is_available = TRUE, is_metered = FALSE;
  guint64 metered_bytes = 0;

  (void) g_variant_lookup (conditions, "available", "b", &is_available);
  (void) g_variant_lookup (conditions, "metered_effective", "b", &is_metered);
  (void) g_variant_lookup (conditions, "metered_bytes", "t", &metered_bytes);
  g_string_append (line, !is_available ? _ ("No network") : *name ? name : _ ("Connected"));
  if (is_available && *kind)
    g_string_append_printf (line, " · %s", kind);
  if (is_available && is_metered)
    g_string_append_printf (line, " · %s", _ ("metered"));
  if (metered_bytes > 0)
    {
      g_autofree char *size = g_format_size (metered_bytes);

      g_string_append (line, " · ");
      /* Translators: %s is a size, such as 1.2 GB */
      g_string_append_printf (line, _ ("%s of this month's data used"), size);
    }

  return g_string_free (g_steal_pointer (&line), FALSE);
}

static void
print_network (GVariant *conditions)
{
  g_autofree char *line = cli_status_dup_network (conditions);

  g_print ("%s%s%s\n", cli_style_begin (CLI_STYLE_DIM), line, cli_style_end (CLI_STYLE_DIM));
}

/* Warns if media types cannot be told, since the rules depend on them. */
static void
print_media_types (GVariant *conditions)
{
  gboolean is_there = TRUE;

  (void) g_variant_lookup (conditions, "media_types", "b", &is_there);
  if (!is_there)
    g_print ("%s%s%s\n", cli_style_begin (CLI_STYLE_BAD),
             _ ("This device cannot recognize many kinds of files, and may apply the wrong rule to some: install "
                "shared-mime-info."),
             cli_style_end (CLI_STYLE_BAD));
}

/* Says that the rules are others than a person thinks, before they find out by a bill. */
static void
print_rules_problem (GVariant *policy)
{
  g_autofree char *problem = cli_text_dup_message (cli_get_string (policy, "problem"));

  if (*problem)
    g_print ("%s%s%s\n  %s\n  outbox policy check\n", cli_style_begin (CLI_STYLE_BAD),
             _ ("What the rule files say now does not apply:"), cli_style_end (CLI_STYLE_BAD), problem);
}

/* Of what somebody handed over the bytes are all that is left. */
static void
print_unclaimed (GVariant *summary, GVariant *conditions)
{
  const guint n_files = (guint) get_count (summary, "unclaimed").uploads;
  g_autofree const char **paths = NULL;

  if (n_files == 0)
    return;
  g_print ("%s", cli_style_begin (CLI_STYLE_BAD));
  g_print (
      ngettext (
          "%u saved file belongs to no upload any more: what was known of it is lost. Look at it, and add it again:",
          "%u saved files belong to no upload any more: what was known of them is lost. Look at them, and add them "
          "again:",
          n_files),
      n_files);
  g_print ("%s\n", cli_style_end (CLI_STYLE_BAD));
  (void) g_variant_lookup (conditions, "unclaimed", "^a&s", &paths);
  for (guint i = 0; paths && paths[i]; i++)
    {
      g_autofree char *quoted = g_shell_quote (paths[i]);
      g_autofree char *safe = cli_text_dup_safe (quoted);

      g_print ("  outbox add --move %s\n", safe);
    }
}

/* Files that have arrived may still have to say something else than they did. */
static void
print_amendments (GVariant *summary)
{
  guint64 n_asked = 0, n_missed = 0;

  (void) g_variant_lookup (summary, "amendments", "(tt)", &n_asked, &n_missed);
  if (n_asked > 0)
    {
      g_print (ngettext ("%u change is on its way to its server.", "%u changes are on their way to their servers.",
                         (guint) n_asked),
               (guint) n_asked);
      g_print ("\n");
    }
  if (n_missed > 0)
    {
      g_print ("%s", cli_style_begin (CLI_STYLE_WAITS));
      g_print (ngettext ("%u change was not taken by its server:", "%u changes were not taken by their servers:",
                         (guint) n_missed),
               (guint) n_missed);
      g_print ("%s\n  outbox log\n", cli_style_end (CLI_STYLE_WAITS));
    }
}

/* Prints what keeps more than one upload waiting, and what would end it. */
static void
print_holds (GVariant *holds)
{
  GVariantIter iter;
  GVariant *hold;

  g_variant_iter_init (&iter, holds);
  while ((hold = g_variant_iter_next_value (&iter)))
    {
      cli_print_hold (hold);
      g_variant_unref (hold);
    }
}

/* Prints what moves now. */
static void
print_under_way (GPtrArray *uploads)
{
  for (guint i = 0; i < uploads->len; i++)
    {
      OutboxUpload *upload = uploads->pdata[i];
      g_autofree char *name = cli_text_dup_safe (outbox_upload_get_name (upload));
      g_autofree char *label = cli_progress_dup_label (upload, G_MAXUINT);
      g_autofree char *bar = isatty (STDOUT_FILENO) ? cli_bar_dup_upload (upload, BAR_COLUMNS) : NULL;

      g_print ("%s %s: %s%s%s\n", cli_text_short_id (outbox_upload_get_id (upload)), name, bar ? bar : "",
               bar ? CLI_GAP : "", label);
    }
}

static void
print_recordings (GPtrArray *saving)
{
  for (guint i = 0; i < saving->len; i++)
    {
      OutboxUpload *upload = saving->pdata[i];
      const char *id = cli_text_short_id (outbox_upload_get_id (upload));
      g_autofree char *name = cli_text_dup_safe (outbox_upload_get_name (upload));
      g_autofree char *label = outbox_upload_dup_label (upload);
      g_autofree char *size = g_format_size (outbox_upload_get_saved (upload));
      CliStyle style = cli_style_of (OUTBOX_STATE_SAVING, outbox_upload_get_needs_user (upload));

      if (!is_recording (upload))
        continue;
      g_print ("%s%s %s: %s (%s)%s\n", cli_style_begin (style), id, name, label, size, cli_style_end (style));
      if (outbox_upload_get_needs_user (upload))
        g_print (_ ("  \"outbox commit %s\" sends it as it is, \"outbox remove %s\" discards it\n"), id, id);
    }
}

static void
print_failed (GPtrArray *failed)
{
  for (guint i = 0; i < failed->len; i++)
    {
      OutboxUpload *upload = failed->pdata[i];
      g_autofree char *name = cli_text_dup_safe (outbox_upload_get_name (upload));
      g_autofree char *label = outbox_upload_dup_label (upload);

      g_print ("%s%s %s: %s%s\n", cli_style_begin (CLI_STYLE_BAD), cli_text_short_id (outbox_upload_get_id (upload)),
               name, label, cli_style_end (CLI_STYLE_BAD));
      cli_help_print_failed (upload);
    }
}

static GVariant *
ask (OutboxClient *client, const char *interface, const char *method, GError **error)
{
  g_autoptr (GVariant) results = cli_call (client, interface, method, NULL, error);

  return results ? g_variant_get_child_value (results, 0) : NULL;
}

/* What a monitor wants to know. A file of the configuration that is not in force is for a person, too. */
static int
judge (GVariant *statistics, GVariant *summary, GVariant *policy)
{
  gboolean needs_person = FALSE;

  (void) g_variant_lookup (statistics, "needs_user", "b", &needs_person);
  if (needs_person || !cli_is_configuration_good (policy))
    return CLI_NEEDS_PERSON;

  return get_count (summary, "all").uploads > get_count (summary, "done").uploads ? CLI_ON_ITS_WAY : CLI_DONE;
}

int
cli_status (int argc, char *argv[])
{
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print counts, holds, conditions and destinations as JSON"),
      NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GVariant) statistics = NULL;
  g_autoptr (GVariant) holds = NULL;
  g_autoptr (GVariant) conditions = NULL;
  g_autoptr (GVariant) destinations = NULL;
  g_autoptr (GVariant) policy = NULL;
  g_autoptr (GPtrArray) under_way = NULL;
  g_autoptr (GPtrArray) failed = NULL;
  g_autoptr (GPtrArray) saving = NULL;
  g_autoptr (GVariant) counts = NULL;

  if (!cli_parse (&argc, &argv, entries, NULL, 0, 0))
    return CLI_USAGE;
  client = cli_open (&error);
  if (!client || !(summary = ask (client, "Queue", "Summary", &error))
      || !(holds = ask (client, "Queue", "Holds", &error))
      || !(conditions = ask (client, "Queue", "Conditions", &error))
      || !(destinations = ask (client, "Destinations", "List", &error))
      || !(policy = ask (client, "Policy", "Get", &error))
      || (is_json && !(statistics = ask (client, "Queue", "Statistics", &error))))
    return cli_fail (error);
  if (is_json)
    {
      cli_print_json (g_variant_new_parsed ("{'summary': <%v>, 'statistics': <%v>, 'holds': <%v>, 'conditions': <%v>,"
                                            " 'destinations': <%v>, 'rules_problem': <%s>, 'web_apps_problem': <%s>,"
                                            " 'destinations_problem': <%s>}",
                                            summary, statistics, holds, conditions, destinations,
                                            cli_get_string (policy, "problem"),
                                            cli_get_string (policy, "web_apps_problem"),
                                            cli_get_string (policy, "destinations_problem")),
                      TRUE);
      return judge (statistics, summary, policy);
    }
  under_way
      = cli_list_uploads (client, g_variant_new_parsed ("{'state': <'uploading'>, 'limit': <uint32 10>}"), &error);
  if (under_way)
    failed
        = cli_list_uploads (client, g_variant_new_parsed ("{'state': <'failed'>, 'limit': <%u>}", SHOWN_MOST), &error);
  if (failed)
    saving
        = cli_list_uploads (client, g_variant_new_parsed ("{'state': <'saving'>, 'limit': <%u>}", LISTED_MOST), &error);
  if (!saving)
    return cli_fail (error);
  counts = count_recorded (summary, saving);
  print_answer (counts, holds, conditions, count_recordings (saving));
  print_counts (counts);
  print_under_way (under_way);
  print_amendments (summary);
  print_network (conditions);
  print_media_types (conditions);
  print_rules_problem (policy);
  cli_print_kiosk_problems (policy);
  print_unclaimed (summary, conditions);
  cli_print_passes (policy);
  print_holds (holds);
  print_failed (failed);
  print_recordings (saving);
  if (g_variant_n_children (destinations) == 0)
    g_print (_ ("There is no destination yet: outbox destination set NAME --url URL\n"));

  return CLI_DONE;
}
