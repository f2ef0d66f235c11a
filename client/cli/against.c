/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the lines of a server's log, and compares. Pure.
 */
#include "against.h"

#include "config.h"

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>

/* json-glib reads nested arrays by recursion: so many are no line of a log. */
#define BRACKETS_MOST 1000

struct _CliThere
{
  char *event;         /* owned: the last one: created, received, finished, removed */
  char *sha256;        /* owned, or NULL */
  char *other_sha256;  /* owned: another one that was told as well, or NULL */
  GPtrArray *finished; /* owned: of char *: what the server calls each copy that it finished */
  guint64 size_bytes;
  guint64 offset_bytes; /* the most that it ever had of one copy */
  guint64 added_bytes;  /* by lines that tell only how many came */
  guint attempt;        /* the last one that it heard of; 0: none */
  gboolean has_size;
  gboolean has_offset;
};

static void
there_free (gpointer data)
{
  CliThere *there = data;

  g_free (there->event);
  g_free (there->sha256);
  g_free (there->other_sha256);
  g_ptr_array_unref (there->finished);
  g_free (there);
}

GHashTable *
cli_against_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, there_free);
}

/* --- Lines --- */

/* Returns: whether the member is text or not there; null counts as not there. */
static gboolean
read_text (JsonObject *object, const char *name, const char **text, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  *text = NULL;
  if (!node || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    *text = json_node_get_string (node);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _ ("“%s” is not a text"), name);

  return *text != NULL;
}

/* @has: (out): whether it is there */
static gboolean
read_number (JsonObject *object, const char *name, guint64 *number, gboolean *has, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  *has = node && !JSON_NODE_HOLDS_NULL (node);
  *number = 0;
  if (!*has)
    return TRUE;
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64 && json_node_get_int (node) >= 0)
    {
      *number = (guint64) json_node_get_int (node);
      return TRUE;
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _ ("“%s” is not a whole number from 0"), name);

  return FALSE;
}

static CliThere *
ensure (GHashTable *table, const char *id)
{
  CliThere *there = g_hash_table_lookup (table, id);

  if (there)
    return there;
  there = g_new0 (CliThere, 1);
  there->finished = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_insert (table, g_strdup (id), there);

  return there;
}

/* A line of the log; strings are borrowed. */
typedef struct
{
  const char *id, *event, *url, *sha256;
  guint64 size, offset, bytes, attempt;
  gboolean has_size, has_offset, has_bytes, has_attempt;
} Line;

static gboolean
read_line (JsonObject *object, Line *line, GError **error)
{
  return read_text (object, "id", &line->id, error) && read_text (object, "event", &line->event, error)
         && read_text (object, "url", &line->url, error) && read_text (object, "sha256", &line->sha256, error)
         && read_number (object, "size", &line->size, &line->has_size, error)
         && read_number (object, "offset", &line->offset, &line->has_offset, error)
         && read_number (object, "bytes", &line->bytes, &line->has_bytes, error)
         && read_number (object, "attempt", &line->attempt, &line->has_attempt, error);
}

static gboolean
has_copy (const CliThere *there, const char *url)
{
  for (guint i = 0; i < there->finished->len; i++)
    if (g_str_equal (there->finished->pdata[i], url))
      return TRUE;

  return FALSE;
}

static void
note_digest (CliThere *there, const char *sha256)
{
  if (!there->sha256)
    there->sha256 = g_strdup (sha256);
  else if (!there->other_sha256 && g_ascii_strcasecmp (there->sha256, sha256) != 0)
    there->other_sha256 = g_strdup (sha256);
}

static void
note_line (CliThere *there, const Line *line)
{
  g_free (there->event);
  there->event = g_strdup (line->event);
  if (line->sha256)
    note_digest (there, line->sha256);
  if (line->has_size)
    there->size_bytes = line->size;
  there->has_size |= line->has_size;
  there->offset_bytes = MAX (there->offset_bytes, line->offset);
  there->has_offset |= line->has_offset || line->has_bytes;
  there->added_bytes += MIN (line->bytes, G_MAXUINT64 - there->added_bytes);
  there->attempt = MAX (there->attempt, (guint) MIN (line->attempt, G_MAXUINT));
  if (g_str_equal (line->event, "finished") && !has_copy (there, line->url ? line->url : ""))
    g_ptr_array_add (there->finished, g_strdup (line->url ? line->url : ""));
}

static gboolean
is_event (const char *event)
{
  const char *const events[] = { "created", "received", "finished", "removed", NULL };

  return event && g_strv_contains (events, event);
}

static gboolean
is_deep (const char *line)
{
  guint n_brackets = 0;

  for (; *line; line++)
    n_brackets += *line == '[' || *line == '{';

  return n_brackets > BRACKETS_MOST;
}

gboolean
cli_against_read_line (GHashTable *table, const char *text, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root = NULL;
  Line line = { NULL };

  if (*text == '\0')
    return TRUE;
  if (!is_deep (text) && json_parser_load_from_data (parser, text, -1, NULL))
    root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _ ("this is not a JSON object"));
      return FALSE;
    }
  if (!read_line (json_node_get_object (root), &line, error))
    return FALSE;
  if (line.id && *line.id && is_event (line.event))
    note_line (ensure (table, line.id), &line);

  return TRUE;
}

/* --- Differences --- */

static const struct
{
  const char *kind;
  const char *words;
} kinds[] = {
  /* Translators: the next ones head a line that compares this device's log of an upload with a server's. */
  { "unknown-here", N_ ("unknown here") },
  { "not-there", N_ ("not in the server's log") },
  { "unfinished-there", N_ ("not finished on the server") },
  { "unconfirmed-here", N_ ("not confirmed here") },
  { "removed-there", N_ ("removed on the server") },
  { "twice", N_ ("more than once on the server") },
  { "size", N_ ("another size") },
  { "digest", N_ ("other bytes") },
  { "offset", N_ ("fewer bytes on the server") },
  { "attempt", N_ ("an attempt that is unknown here") },
};

const char *
cli_against_get_words (const char *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].kind, kind))
      return _ (kinds[i].words);

  return kind;
}

/* What the comparison of one upload needs. */
typedef struct
{
  const char *id;
  const CliHere *here;
  const CliThere *there;
  CliDifference on_difference;
  gpointer user_data;
} Pair;

static void
tell (const Pair *pair, const char *kind, const char *here, const char *there)
{
  pair->on_difference (pair->id, kind, here, there, pair->user_data);
}

static void
tell_numbers (const Pair *pair, const char *kind, guint64 here, guint64 there)
{
  g_autofree char *here_text = g_strdup_printf ("%" G_GUINT64_FORMAT, here);
  g_autofree char *there_text = g_strdup_printf ("%" G_GUINT64_FORMAT, there);

  tell (pair, kind, here_text, there_text);
}

static gboolean
is_done (const CliHere *here)
{
  return g_str_equal (here->state, "done");
}

static char *
dup_copies (const CliThere *there)
{
  GString *copies = g_string_new (there->finished->pdata[0]);

  for (guint i = 1; i < there->finished->len; i++)
    g_string_append_printf (copies, " %s", (const char *) there->finished->pdata[i]);

  return g_string_free (copies, FALSE);
}

static void
compare_ends (const Pair *pair)
{
  const CliThere *there = pair->there;

  if (is_done (pair->here) && there->finished->len == 0)
    tell (pair, "unfinished-there", pair->here->state, there->event);
  else if (!is_done (pair->here) && there->finished->len > 0 && !pair->here->is_removed)
    tell (pair, "unconfirmed-here", pair->here->state, there->event);
  if (!pair->here->is_removed && g_str_equal (there->event, "removed"))
    tell (pair, "removed-there", pair->here->state, there->event);
  if (there->finished->len > 1)
    {
      g_autofree char *copies = dup_copies (there);

      tell (pair, "twice", "", copies);
    }
}

static void
compare_bytes (const Pair *pair)
{
  const CliHere *here = pair->here;
  const CliThere *there = pair->there;
  guint64 had_bytes = MAX (there->offset_bytes, there->added_bytes);

  if (there->finished->len > 0)
    had_bytes = MAX (had_bytes, there->size_bytes);
  if (!here->is_removed && there->has_size && there->size_bytes != here->size_bytes)
    tell_numbers (pair, "size", here->size_bytes, there->size_bytes);
  if (here->sha256 && there->sha256 && g_ascii_strcasecmp (here->sha256, there->sha256) != 0)
    tell (pair, "digest", here->sha256, there->sha256);
  else if (here->sha256 && there->other_sha256)
    tell (pair, "digest", here->sha256, there->other_sha256);
  if ((there->has_offset || there->has_size) && here->offset_bytes > had_bytes)
    tell_numbers (pair, "offset", here->offset_bytes, had_bytes);
  if (there->attempt > here->attempts)
    tell_numbers (pair, "attempt", here->attempts, there->attempt);
}

void
cli_against_compare (const char *id, const CliHere *here, const CliThere *there, CliDifference on_difference,
                     gpointer user_data)
{
  const Pair pair = { id, here, there, on_difference, user_data };

  if (!here)
    tell (&pair, "unknown-here", "", there->event);
  else if (there)
    {
      compare_ends (&pair);
      compare_bytes (&pair);
    }
  else if (is_done (here) || here->offset_bytes > 0)
    tell (&pair, "not-there", here->state, "");
}
