/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox log --against
 */
#include "against.h"
#include "cli.h"
#include "print.h"

#include "config.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <unistd.h>

/* A longer line is none of a log in this form. */
#define LINE_MAX_BYTES (64 * 1024)

/* --- There --- */

static GInputStream *
open_log (const char *path, GError **error)
{
  g_autoptr (GFile) file = NULL;

  if (g_str_equal (path, "-"))
    return g_unix_input_stream_new (STDIN_FILENO, FALSE);
  file = g_file_new_for_commandline_arg (path);

  return G_INPUT_STREAM (g_file_read (file, NULL, error));
}

/* Returns: (transfer full) (nullable): what the server's log says, by id. Errors: those of the file; InvalidData with the
 * number of the line */
static GHashTable *
read_log (const char *path, GError **error)
{
  g_autoptr (GHashTable) there = cli_against_new ();
  g_autoptr (GInputStream) file = open_log (path, error);
  g_autoptr (GDataInputStream) lines = file ? g_data_input_stream_new (file) : NULL;
  GError *own_error = NULL;

  for (guint number = 1; lines; number++)
    {
      gsize length = 0;
      g_autofree char *line = g_data_input_stream_read_line (lines, &length, NULL, &own_error);

      if (!line && !own_error)
        return g_steal_pointer (&there);
      if (line && (length > LINE_MAX_BYTES || strlen (line) != length || !g_utf8_validate (line, -1, NULL)))
        own_error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _ ("this is not a JSON object"));
      if (own_error || !cli_against_read_line (there, line, &own_error))
        {
          g_propagate_prefixed_error (error, own_error, _ ("%s, line %u: "), path, number);
          return NULL;
        }
    }

  return NULL;
}

/* --- Here --- */

static gboolean
read_document (GVariant *document, CliHere *here)
{
  (void) g_variant_lookup (document, "state", "&s", &here->state);
  (void) g_variant_lookup (document, "sha256", "&s", &here->sha256);
  (void) g_variant_lookup (document, "size", "t", &here->size_bytes);
  (void) g_variant_lookup (document, "offset", "t", &here->offset_bytes);
  (void) g_variant_lookup (document, "attempts", "u", &here->attempts);

  return here->state != NULL;
}

/* Of an upload that was removed, by its last entry. @entries: aa{sv}. Returns: whether the log knows it */
static gboolean
read_entries (GVariant *entries, CliHere *here)
{
  GVariantIter iter;
  GVariant *entry;

  here->is_removed = TRUE;
  g_variant_iter_init (&iter, entries);
  while ((entry = g_variant_iter_next_value (&iter)))
    {
      if (*cli_get_string (entry, "id"))
        {
          (void) g_variant_lookup (entry, "state", "&s", &here->state);
          (void) g_variant_lookup (entry, "offset", "t", &here->offset_bytes);
          (void) g_variant_lookup (entry, "attempt", "u", &here->attempts);
        }
      g_variant_unref (entry);
    }

  return here->state != NULL;
}

/* --- Both --- */

typedef struct
{
  GHashTable *there;    /* owned, as are the next three: id → CliThere */
  GHashTable *compared; /* ids */
  CliTable *table;
  gboolean is_json;
  guint n_differences;
} Comparison;

static void
comparison_clear (Comparison *comparison)
{
  g_clear_pointer (&comparison->there, g_hash_table_unref);
  g_clear_pointer (&comparison->compared, g_hash_table_unref);
  g_clear_pointer (&comparison->table, cli_table_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Comparison, comparison_clear)

/* Returns: (transfer none): a state as a person reads it; anything else as it is */
static const char *
find_title (const char *here)
{
  OutboxState state;

  return outbox_state_from_name (here, &state) ? _ (outbox_state_get_info (state)->title) : here;
}

static void
on_difference (const char *id, const char *kind, const char *here, const char *there, gpointer user_data)
{
  Comparison *self = user_data;

  self->n_differences++;
  if (self->is_json)
    cli_print_json (g_variant_new_parsed ("{'id': %s, 'difference': %s, 'here': %s, 'there': %s}", id, kind, here,
                                          there),
                    FALSE);
  else
    cli_table_add (self->table, CLI_STYLE_BAD, g_uuid_string_is_valid (id) ? cli_text_short_id (id) : id,
                   cli_against_get_words (kind), find_title (here), there);
}

static void
compare (Comparison *self, const char *id, const CliHere *here)
{
  if (g_hash_table_add (self->compared, g_strdup (id)))
    cli_against_compare (id, here, g_hash_table_lookup (self->there, id), on_difference, self);
}

static void
compare_document (Comparison *self, GVariant *document)
{
  CliHere here = { NULL };

  if (read_document (document, &here))
    compare (self, cli_get_string (document, "id"), &here);
}

/* What the list did not have: it is removed, for another destination, or of somebody else. */
static gboolean
compare_one (Comparison *self, OutboxClient *client, const char *id, GError **error)
{
  g_autoptr (GVariant) got = NULL;
  g_autoptr (GVariant) history = NULL;
  g_autoptr (GVariant) entries = NULL;
  CliHere here = { NULL };

  if (g_uuid_string_is_valid (id))
    {
      got = cli_call (client, "Uploads", "Get", g_variant_new ("(s)", id), error);
      if (!got && !g_error_matches (*error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
        return FALSE;
      g_clear_error (error);
    }
  if (got)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (got, 0);

      compare_document (self, document);
      return TRUE;
    }
  if (g_uuid_string_is_valid (id))
    history = cli_call (client, "Uploads", "History", g_variant_new ("(s)", id), error);
  g_clear_error (error);
  entries = history ? g_variant_get_child_value (history, 0) : NULL;
  compare (self, id, entries && read_entries (entries, &here) ? &here : NULL);

  return TRUE;
}

static gboolean
compare_listed (Comparison *self, OutboxClient *client, const char *destination, GError **error)
{
  GVariant *filter = destination ? g_variant_new_parsed ("{'destination': <%s>}", destination) : NULL;
  g_autoptr (GPtrArray) uploads = cli_list_uploads (client, filter, error);

  for (guint i = 0; uploads && i < uploads->len; i++)
    compare_document (self, outbox_upload_get_document (uploads->pdata[i]));

  return uploads != NULL;
}

/* @id: (nullable): that one alone */
static gboolean
compare_all (Comparison *self, OutboxClient *client, const char *id, const char *destination, GError **error)
{
  g_autofree const char **told = NULL;

  if (id)
    return compare_one (self, client, id, error);
  if (!compare_listed (self, client, destination, error))
    return FALSE;
  told = (const char **) g_hash_table_get_keys_as_array (self->there, NULL);
  for (guint i = 0; told[i]; i++)
    if (!g_hash_table_contains (self->compared, told[i]) && !compare_one (self, client, told[i], error))
      return FALSE;

  return TRUE;
}

int
cli_log_against (OutboxClient *client, const char *path, const char *id, const char *destination, gboolean is_json)
{
  const char *const headings[] = { _ ("UPLOAD"), _ ("DIFFERENCE"), _ ("HERE"), _ ("SERVER"), NULL };
  g_autoptr (GError) error = NULL;
  g_auto (Comparison) comparison = { .is_json = is_json };

  comparison.there = read_log (path, &error);
  comparison.compared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  comparison.table = cli_table_new (headings);
  if (!comparison.there || !compare_all (&comparison, client, id, destination, &error))
    return cli_fail (error);
  if (comparison.n_differences == 0)
    g_printerr (ngettext ("No difference: %u upload compared.\n", "No difference: %u uploads compared.\n",
                          g_hash_table_size (comparison.compared)),
                g_hash_table_size (comparison.compared));
  else if (!is_json)
    cli_table_print (comparison.table);

  return comparison.n_differences == 0 ? CLI_DONE : CLI_FAILED;
}
