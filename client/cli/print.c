/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text, tables and JSON on standard output.
 */
#include "print.h"

#include "progress.h"
#include "streams.h"
#include "terminal.h"

#include "config.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <unistd.h>

#define SHORT_ID_CHARS 8
/* A value beside its name needs this much room, or it would be one word a line. */
#define VALUE_MIN_COLUMNS 20

/* --- Text --- */

static guint
char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;

  return g_unichar_iswide (c) ? 2 : 1;
}

guint
cli_text_width (const char *text)
{
  guint columns = 0;

  for (; *text; text = g_utf8_next_char (text))
    columns += char_width (g_utf8_get_char (text));

  return columns;
}

/* Control characters begin escape sequences, direction marks reorder text, and characters without width hide. Scripts
 * and emoji need the two joiners. */
static gboolean
is_safe (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
      return FALSE;
    case G_UNICODE_FORMAT:
      return c == 0x200c || c == 0x200d;
    default:
      return TRUE;
    }
}

char *
cli_text_dup_safe (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text ? text : "", -1);
  GString *safe = g_string_new (NULL);

  for (const char *c = valid; *c; c = g_utf8_next_char (c))
    g_string_append_unichar (safe, is_safe (g_utf8_get_char (c)) ? g_utf8_get_char (c) : 0xfffd);

  return g_string_free (safe, FALSE);
}

char *
cli_text_dup_message (const char *text)
{
  g_autofree char *translated = outbox_sentence_translate (text);

  return cli_text_dup_safe (translated);
}

char *
cli_text_dup_about (const char *whose, const char *words)
{
  return *whose ? g_strdup_printf (_ ("%s: %s"), whose, words) : g_strdup (words);
}

/* Appends as many characters as fit. Returns: the columns taken */
static guint
append_head (GString *text, const char *from, guint columns)
{
  guint taken = 0;

  for (; *from && taken + char_width (g_utf8_get_char (from)) <= columns; from = g_utf8_next_char (from))
    {
      taken += char_width (g_utf8_get_char (from));
      g_string_append_unichar (text, g_utf8_get_char (from));
    }

  return taken;
}

/* Returns: the end of @text that fits */
static const char *
find_tail (const char *text, guint columns)
{
  const char *tail = text + strlen (text);
  guint taken = 0;

  while (tail > text)
    {
      const char *previous = g_utf8_find_prev_char (text, tail);

      taken += char_width (g_utf8_get_char (previous));
      if (taken > columns)
        break;
      tail = previous;
    }

  return tail;
}

char *
cli_text_dup_fit (const char *text, guint columns)
{
  g_autofree char *safe = cli_text_dup_safe (text);
  guint width = cli_text_width (safe);
  GString *fit = g_string_new (NULL);

  if (width <= columns)
    g_string_append (fit, safe);
  else if (columns > 0)
    {
      /* Keep the end of a file name, which often tells more than its middle. */
      guint tail_columns = (columns - 1) / 2;
      const char *tail = find_tail (safe, tail_columns);

      width = append_head (fit, safe, columns - 1 - cli_text_width (tail)) + 1 + cli_text_width (tail);
      g_string_append_printf (fit, "…%s", tail);
    }
  for (; width < columns; width++)
    g_string_append_c (fit, ' ');

  return g_string_free (fit, FALSE);
}

char *
cli_text_dup_time (gint64 at_ms)
{
  g_autoptr (GDateTime) time = at_ms > 0 ? g_date_time_new_from_unix_local (at_ms / 1000) : NULL;

  return time ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : g_strdup ("");
}

GStrv
cli_quota_list (GVariant *quota)
{
  static const struct
  {
    const char *member;
    const char *key;
    gboolean is_size;
  } limits[] = { { "max_files", "max-files", FALSE },
                 { "max_bytes", "max-bytes", TRUE },
                 { "max_metadata", "max-metadata", TRUE },
                 { "max_saving", "max-saving", FALSE } };
  GStrvBuilder *lines = g_strv_builder_new ();
  GStrv list;

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      guint64 limit = 0;
      g_autofree char *line = NULL;

      (void) g_variant_lookup (quota, limits[i].member, "t", &limit);
      if (limits[i].is_size)
        {
          g_autofree char *size = g_format_size (limit);

          line = g_strdup_printf ("%s=%s", limits[i].key, size);
        }
      else
        line = g_strdup_printf ("%s=%" G_GUINT64_FORMAT, limits[i].key, limit);
      if (limit > 0)
        g_strv_builder_add (lines, line);
    }
  list = g_strv_builder_end (lines);
  g_strv_builder_unref (lines);

  return list;
}

const char *
cli_text_network (const char *kind)
{
  static const struct
  {
    const char *name;
    const char *label;
  } kinds[] = { { "ethernet", N_ ("cable") },
                { "wifi", N_ ("Wi-Fi") },
                { "cellular", N_ ("mobile data") },
                { "bluetooth", N_ ("Bluetooth") },
                { "none", N_ ("no network") } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, kind))
      return _ (kinds[i].label);

  return "";
}

const char *
cli_text_short_id (const char *id)
{
  gsize length = strlen (id);

  /* A UUIDv7 begins with the time: uploads of the same moment differ only at the end. */
  return id + (length > SHORT_ID_CHARS ? length - SHORT_ID_CHARS : 0);
}

/* --- Terminal --- */

CliStyle
cli_style_of (OutboxState state, gboolean needs_user)
{
  if (needs_user || state == OUTBOX_STATE_FAILED)
    return CLI_STYLE_BAD;
  if (state == OUTBOX_STATE_DONE)
    return CLI_STYLE_GOOD;
  if (state == OUTBOX_STATE_PAUSED || state == OUTBOX_STATE_RETRYING)
    return CLI_STYLE_WAITS;

  return CLI_STYLE_PLAIN;
}

static gboolean
has_style (CliStyle style)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return style != CLI_STYLE_PLAIN && cli_terminal_is_on (STDOUT_FILENO) && (!no_color || *no_color == '\0');
}

const char *
cli_style_begin (CliStyle style)
{
  static const char *const sequences[] = {
    [CLI_STYLE_PLAIN] = "",        [CLI_STYLE_BOLD] = "\033[1m",   [CLI_STYLE_DIM] = "\033[2m",
    [CLI_STYLE_GOOD] = "\033[32m", [CLI_STYLE_WAITS] = "\033[33m", [CLI_STYLE_BAD] = "\033[31m",
  };

  return has_style (style) ? sequences[style] : "";
}

const char *
cli_style_end (CliStyle style)
{
  return has_style (style) ? "\033[0m" : "";
}

/* --- Facts --- */

typedef struct
{
  char *name;
  char *value;
} Fact;

struct _CliFacts
{
  GArray *list; /* of Fact */
};

static void
fact_clear (gpointer data)
{
  Fact *fact = data;

  g_free (fact->name);
  g_free (fact->value);
}

CliFacts *
cli_facts_new (void)
{
  CliFacts *facts = g_new0 (CliFacts, 1);

  facts->list = g_array_new (FALSE, FALSE, sizeof (Fact));
  g_array_set_clear_func (facts->list, fact_clear);

  return facts;
}

void
cli_facts_free (CliFacts *facts)
{
  g_array_unref (facts->list);
  g_free (facts);
}

void
cli_facts_add (CliFacts *facts, const char *name, const char *value)
{
  Fact fact;

  if (!value || *value == '\0')
    return;
  fact = (Fact){ cli_text_dup_safe (name), cli_text_dup_safe (value) };
  g_array_append_val (facts->list, fact);
}

/* Returns: whether a value of several words fits beside its name; if not, it gets a line of its own, so that an id is
 * not broken. */
static gboolean
fits_beside (const char *value, guint room)
{
  g_auto (GStrv) words = g_strsplit (value, " ", -1);

  if (cli_text_width (value) <= room)
    return TRUE;
  for (guint i = 0; words[i]; i++)
    if (cli_text_width (words[i]) > room)
      return FALSE;

  return words[0] && words[1] && room >= VALUE_MIN_COLUMNS;
}

void
cli_facts_print_in (CliFacts *facts, guint columns)
{
  guint names = 0;

  for (guint i = 0; i < facts->list->len; i++)
    names = MAX (names, cli_text_width (g_array_index (facts->list, Fact, i).name));
  for (guint i = 0; i < facts->list->len; i++)
    {
      const Fact *fact = &g_array_index (facts->list, Fact, i);
      guint indent = names + strlen (CLI_GAP);
      gboolean is_beside = columns == 0 || fits_beside (fact->value, columns > indent ? columns - indent : 0);
      g_autofree char *name = cli_text_dup_fit (fact->name, is_beside ? names : cli_text_width (fact->name));
      g_autofree char *value = cli_text_dup_wrapped (fact->value, columns, is_beside ? indent : strlen (CLI_GAP));

      g_print ("%s%s%s", cli_style_begin (CLI_STYLE_DIM), name, cli_style_end (CLI_STYLE_DIM));
      g_print ("%s%s%s\n", is_beside ? "" : "\n", CLI_GAP, value);
    }
}

void
cli_facts_print (CliFacts *facts)
{
  cli_facts_print_in (facts, cli_terminal_get_print_columns ());
}

#define TABLE_BAR_COLUMNS 10

/* Adds a bar on a terminal if something moves. */
static char *
dup_status (OutboxUpload *upload)
{
  OutboxState state = outbox_upload_get_state (upload);
  g_autofree char *label = cli_progress_dup_label (upload, G_MAXUINT);
  g_autofree char *bar = NULL;

  /* Nobody knows how large a file will be that an app still records. */
  if (!isatty (STDOUT_FILENO) || (state != OUTBOX_STATE_UPLOADING && state != OUTBOX_STATE_SAVING)
      || (state == OUTBOX_STATE_SAVING && outbox_upload_get_reason (upload) != OUTBOX_REASON_NONE))
    return g_steal_pointer (&label);
  bar = cli_bar_dup_upload (upload, TABLE_BAR_COLUMNS);

  return g_strdup_printf ("%s%s%s", bar, CLI_GAP, label);
}

void
cli_print_uploads (GPtrArray *uploads)
{
  const char *const headings[] = { _ ("ID"), _ ("NAME"), _ ("SIZE"), _ ("STATUS"), NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);

  for (guint i = 0; i < uploads->len; i++)
    {
      OutboxUpload *upload = uploads->pdata[i];
      g_autofree char *size = g_format_size (MAX (outbox_upload_get_size (upload), outbox_upload_get_saved (upload)));
      g_autofree char *status = dup_status (upload);

      cli_table_add (table, cli_style_of (outbox_upload_get_state (upload), outbox_upload_get_needs_user (upload)),
                     cli_text_short_id (outbox_upload_get_id (upload)), outbox_upload_get_name (upload), size, status);
    }
  cli_table_print (table);
}

/* --- JSON --- */

/* Prints sentences below the line that they are about. */
static void
print_below (const char *text)
{
  g_autofree char *lines = cli_text_dup_wrapped (text, cli_terminal_get_print_columns (), strlen (CLI_GAP));

  g_print ("%s%s\n", CLI_GAP, lines);
}

void
cli_print_trouble (GVariant *document, OutboxReason reason)
{
  const char *message = "", *line = "";
  g_autofree char *words = NULL;
  g_autofree char *command = NULL;

  (void) g_variant_lookup (document, "message", "&s", &message);
  (void) g_variant_lookup (document, "command", "&s", &line);
  words = cli_text_dup_message (message);
  command = cli_text_dup_safe (line);
  if (*words)
    print_below (words);
  if (reason != OUTBOX_REASON_NONE)
    {
      /* Translators: two sentences: what happens next, and what a person can do */
      g_autofree char *help = g_strdup_printf (_ ("%s %s"), _ (outbox_reason_get_info (reason)->next),
                                               _ (outbox_reason_get_info (reason)->person));

      print_below (help);
    }
  if (*command)
    g_print ("  %s%s%s\n", cli_style_begin (CLI_STYLE_BOLD), command, cli_style_end (CLI_STYLE_BOLD));
}

void
cli_print_hold (GVariant *hold)
{
  const char *key = "", *reason_name = NULL;
  OutboxReason reason;
  g_autofree char *label = NULL;
  g_autofree char *whose = NULL;
  g_autofree char *line = NULL;
  gint64 until_ms = 0;

  (void) g_variant_lookup (hold, "key", "&s", &key);
  (void) g_variant_lookup (hold, "reason", "&s", &reason_name);
  (void) g_variant_lookup (hold, "until", "x", &until_ms);
  whose = cli_text_dup_safe (key);
  reason = outbox_reason_from_name (reason_name);
  label = outbox_status_label (reason == OUTBOX_REASON_RETRYING ? OUTBOX_STATE_RETRYING : OUTBOX_STATE_PAUSED, reason,
                               until_ms, g_get_real_time () / 1000, 0, 0, OUTBOX_LABEL_TERMINAL);
  line = cli_text_dup_about (whose, label);
  g_print ("%s%s%s\n", cli_style_begin (CLI_STYLE_WAITS), line, cli_style_end (CLI_STYLE_WAITS));
  cli_print_trouble (hold, reason);
}

/* JSON has these characters only inside strings, apart from its own line breaks, and there any may be an escape (RFC
 * 8259 section 7). So a terminal gets nothing raw, and a program the same text. */
char *
cli_text_dup_json (const char *json)
{
  GString *text = g_string_sized_new (strlen (json));

  for (const char *next = json; *next; next = g_utf8_next_char (next))
    {
      gunichar c = g_utf8_get_char (next);

      if (is_safe (c) || c == '\n')
        g_string_append_unichar (text, c);
      else if (c < 0x10000)
        g_string_append_printf (text, "\\u%04x", c);
      else
        g_string_append_printf (text, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                                0xdc00 + ((c - 0x10000) & 0x3ff));
    }

  return g_string_free (text, FALSE);
}

void
cli_print_json (GVariant *value, gboolean is_pretty)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (JsonNode) node = json_gvariant_serialize (owned);
  g_autofree char *raw = json_to_string (node, is_pretty);
  g_autofree char *text = cli_text_dup_json (raw);

  cli_streams_write (text);
  cli_streams_write ("\n");
}

void
cli_print_json_uploads (GPtrArray *uploads)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < uploads->len; i++)
    g_variant_builder_add_value (&list, outbox_upload_get_document (uploads->pdata[i]));
  cli_print_json (g_variant_builder_end (&list), TRUE);
}
