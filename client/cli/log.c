/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox log
 */
#include "cli.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

/* A word of the log, and what a person reads for it. */
typedef struct
{
  const char *name;
  const char *label;
} Word;

static const Word events[] = {
  { "added", N_ ("Added") },
  { "adopted", N_ ("Found again") },
  { "amended", N_ ("Changed") },
  { "amendment", N_ ("The server was told of a change") },
  { "anew", N_ ("Begun anew") },
  { "approved", N_ ("Allowed") },
  { "created", N_ ("Started on the server") },
  { "denied", N_ ("Denied") },
  { "free", N_ ("Space was asked for") },
  { "given-up", N_ ("Another place on the server") },
  { "lost", N_ ("The server no longer has it") },
  { "metadata", N_ ("Not all that was said of it was sent") },
  { "method", N_ ("Sent in another way") },
  { "offset-back", N_ ("The server has less than it had confirmed") },
  { "paused", N_ ("Paused by you") },
  { "place", N_ ("Another place on the server") },
  { "priority", N_ ("Another priority") },
  { "release", N_ ("Continued") },
  { "removed", N_ ("Removed") },
  { "repaired", N_ ("Repaired") },
  { "restored", N_ ("The copy on this device is back") },
  { "resumed", N_ ("Resumed by you") },
  { "retried", N_ ("Retried by you") },
  { "revoked", N_ ("No longer allowed") },
  { "rule", N_ ("Another rule applies") },
  { "send-now", N_ ("Sent now, by you") },
  { "verified", N_ ("The server was asked again") },
  { "verify", N_ ("A question to the server was asked for") },
};

/* A lane is of a destination, and its key begins with that. */
static const Word scopes[] = {
  { "app", N_ ("app") },     { "destination", N_ ("destination") },
  { "group", N_ ("group") }, { "lane", N_ ("destination") },
  { "queue", N_ ("queue") },
};

/* Returns: the label; the name itself of one that a newer service has */
static const char *
find_label (const Word *words, gsize n_words, const char *name)
{
  for (gsize i = 0; i < n_words; i++)
    if (g_str_equal (words[i].name, name))
      return _ (words[i].label);

  return name;
}

/* A stored state, which has a public one's name, or the reason for which it is in it. */
static char *
dup_state (const char *name, const char *reason_name)
{
  const OutboxReason reason = outbox_reason_from_name (reason_name);
  OutboxState state;

  if (!outbox_state_from_name (name, &state))
    return g_strdup (name);
  if (reason != OUTBOX_REASON_NONE)
    return outbox_status_label (state, reason, 0, 0, 0, 0, OUTBOX_LABEL_TERMINAL);

  return g_strdup (_ (outbox_state_get_info (state)->title));
}

/* @names: with blanks between; those that only a newer service knows stay as they are */
static char *
dup_reasons (const char *names)
{
  g_auto (GStrv) all = g_strsplit (names, " ", -1);

  for (char **name = all; *name; name++)
    {
      const OutboxReason reason = outbox_reason_from_name (*name);
      char *label = g_strdup (reason == OUTBOX_REASON_NONE ? *name : _ (outbox_reason_get_info (reason)->chip));

      g_free (*name);
      *name = label;
    }

  return g_strjoinv (", ", all);
}

/* Returns: what happened: the new state, or the event */
static char *
dup_what (GVariant *entry)
{
  const char *event = cli_get_string (entry, "event");
  const char *reason = cli_get_string (entry, "reason");
  g_autofree char *what = NULL;
  g_autofree char *why = NULL;

  if (g_str_equal (event, "state"))
    return dup_state (cli_get_string (entry, "state"), reason);
  why = dup_reasons (reason);
  if (g_str_equal (event, "hold"))
    return g_steal_pointer (&why);
  what = g_strdup (find_label (events, G_N_ELEMENTS (events), event));

  return *why ? g_strdup_printf ("%s (%s)", what, why) : g_steal_pointer (&what);
}

static char *
dup_whom (GVariant *entry)
{
  const char *id = cli_get_string (entry, "id");
  const char *scope = find_label (scopes, G_N_ELEMENTS (scopes), cli_get_string (entry, "scope"));
  const char *key = cli_get_string (entry, "key");

  if (*id)
    return g_strdup (cli_text_short_id (id));

  return *key ? g_strdup_printf ("%s %s", scope, key) : g_strdup (scope);
}

/* Adds to a line, with a separator where it has something. @part: (transfer full) */
static void
add_part (GString *line, char *part)
{
  if (part && *part)
    g_string_append_printf (line, "%s%s", line->len > 0 ? " · " : "", part);
  g_free (part);
}

static char *
dup_count (GVariant *entry)
{
  guint32 count = 1;

  (void) g_variant_lookup (entry, "count", "u", &count);

  /* Translators: how often the same error came in a row. */
  return count < 2 ? NULL : g_strdup_printf (ngettext ("%u time", "%u times", count), count);
}

/* Adds what held it then; what the entry itself is about is told already. */
static void
add_holds (GString *line, GVariant *entry)
{
  g_autoptr (GVariant) holds = g_variant_lookup_value (entry, "holds", G_VARIANT_TYPE ("aa{sv}"));
  GVariantIter iter;
  GVariant *child;

  if (!holds || !*cli_get_string (entry, "id"))
    return;
  g_variant_iter_init (&iter, holds);
  while ((child = g_variant_iter_next_value (&iter)))
    {
      g_autoptr (GVariant) hold = child;
      g_autofree char *reason = dup_reasons (cli_get_string (hold, "reason"));
      g_autofree char *since = NULL;
      gint64 since_ms = 0;

      (void) g_variant_lookup (hold, "since", "x", &since_ms);
      since = cli_text_dup_time (since_ms);
      /* Translators: why an upload waited, and since when: No network since 2026-04-17 09:42:03. */
      add_part (line, g_strdup_printf (_ ("%s since %s"), reason, since));
    }
}

/* Returns: the row's words, and what was true then */
static char *
dup_details (GVariant *entry)
{
  GString *line = g_string_new (NULL);
  g_autofree char *size = NULL;
  guint64 offset = 0;
  guint32 attempt = 0;
  gboolean is_roaming = FALSE;

  (void) g_variant_lookup (entry, "attempt", "u", &attempt);
  (void) g_variant_lookup (entry, "offset", "t", &offset);
  (void) g_variant_lookup (entry, "roaming", "b", &is_roaming);
  size = g_format_size (offset);
  add_part (line, cli_text_dup_message (cli_get_string (entry, "message")));
  add_part (line, dup_count (entry));
  /* Translators: which attempt to send an upload it was. */
  add_part (line, attempt > 0 ? g_strdup_printf (_ ("attempt %u"), attempt) : NULL);
  /* Translators: how many bytes the server had, such as "1.2 MB at the server". */
  add_part (line, offset > 0 ? g_strdup_printf (_ ("%s on the server"), size) : NULL);
  add_part (line, g_strdup (cli_text_network (cli_get_string (entry, "network"))));
  add_part (line, is_roaming ? g_strdup (_ ("roaming")) : NULL);
  add_holds (line, entry);

  return g_string_free (line, FALSE);
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

/* One object a line, as docs/history.md has it: what reads a log reads lines. */
static void
print_lines (GVariant *entries)
{
  GVariantIter iter;
  GVariant *entry;

  g_variant_iter_init (&iter, entries);
  while ((entry = g_variant_iter_next_value (&iter)))
    {
      cli_print_json (entry, FALSE);
      g_variant_unref (entry);
    }
}

#define ENTRIES_A_PAGE 1000

/* Prints each page as it comes, so that a log of any length needs no memory. */
static int
print_all (OutboxClient *client, gint64 since_ms, gboolean is_json)
{
  g_autofree char *cursor = g_strdup ("");
  g_autoptr (GError) error = NULL;

  do
    {
      GVariant *filter = g_variant_new_parsed ("({'since': <%x>, 'limit': <%u>, 'cursor': <%s>},)", since_ms,
                                               (guint32) ENTRIES_A_PAGE, cursor);
      g_autoptr (GVariant) results = cli_call (client, "Uploads", "Log", filter, &error);
      g_autoptr (GVariant) list = results ? g_variant_get_child_value (results, 0) : NULL;

      if (!results)
        return cli_fail (error);
      if (is_json)
        print_lines (list);
      else if (g_variant_n_children (list) > 0)
        cli_log_print (list);
      g_free (cursor);
      g_variant_get_child (results, 1, "s", &cursor);
    }
  while (*cursor);

  return CLI_DONE;
}

/* Returns: Unix milliseconds; 0 if the text is no time. A time of day is the last such one. */
static gint64
read_since (const char *text)
{
  const gint64 at_ms = cli_read_time (text), now_ms = g_get_real_time () / 1000;

  return at_ms > now_ms && !strchr (text, '-') ? at_ms - 24 * 3600 * G_GINT64_CONSTANT (1000) : at_ms;
}

int
cli_log (int argc, char *argv[])
{
  g_autofree char *since = NULL;
  gboolean is_all = FALSE;
  g_autofree char *against = NULL;
  g_autofree char *destination = NULL;
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "against", 0, 0, G_OPTION_ARG_FILENAME, &against,
      N_ ("Compare with a server's log, JSON lines; - reads standard input"), N_ ("FILE") },
    { "destination", 'd', 0, G_OPTION_ARG_STRING, &destination, N_ ("Compare only uploads for this destination"),
      N_ ("NAME") },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &is_all, N_ ("All entries of all uploads, the oldest first"), NULL },
    { "since", 0, 0, G_OPTION_ARG_STRING, &since, N_ ("All entries from then on: 22:00, or 2026-01-31T22:00"),
      N_ ("TIME") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print the entries as JSON, one a line"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_auto (GStrv) ids = NULL;
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GVariant) list = NULL;

  if (!cli_parse (
          &argc, &argv, entries,
          _ ("Without an ID: the newest 200 entries of all uploads. --against compares all uploads, or the one, with "
             "what a server wrote down: docs/history.md has the form. It exits with 1 where they differ."),
          0, 1))
    return CLI_USAGE;
  if (destination && (!against || argc > 1))
    return cli_usage ("log", _ ("--destination goes with --against, and without an ID"));
  if ((is_all || since) && (against || argc > 1))
    return cli_usage ("log", _ ("--all and --since go without an ID, and without --against"));
  if (since && read_since (since) <= 0)
    return cli_usage ("log", _ ("--since is a time like 22:00 or 2026-01-31T22:00"));
  client = cli_open (&error);
  if (client && (is_all || since))
    return print_all (client, since ? read_since (since) : 0, is_json);
  ids = client ? cli_resolve (client, argv + 1, &error) : NULL;
  if (ids && against)
    return cli_log_against (client, against, ids[0], destination, is_json);
  results = ids ? cli_call (client, "Uploads", "History", g_variant_new ("(s)", ids[0] ? ids[0] : ""), &error) : NULL;
  if (!results)
    return cli_fail (error);
  list = g_variant_get_child_value (results, 0);
  if (is_json)
    print_lines (list);
  else
    cli_log_print (list);

  return CLI_DONE;
}
