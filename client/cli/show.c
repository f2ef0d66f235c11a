/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox show
 */
#include "cli.h"
#include "print.h"
#include "progress.h"

#include "config.h"

#include <glib/gi18n.h>

static void
add_string (CliFacts *facts, GVariant *document, const char *key, const char *name)
{
  const char *value = NULL;

  (void) g_variant_lookup (document, key, "&s", &value);
  cli_facts_add (facts, name, value);
}

static void
add_time (CliFacts *facts, GVariant *document, const char *key, const char *name)
{
  g_autofree char *text = NULL;
  gint64 at_ms = 0;

  (void) g_variant_lookup (document, key, "x", &at_ms);
  text = cli_text_dup_time (at_ms);
  cli_facts_add (facts, name, text);
}

/* Whatever waits has a hold, which says what helps; so does what has failed. */
static gboolean
is_stopped (OutboxUpload *upload)
{
  const OutboxState state = outbox_upload_get_state (upload);

  return state == OUTBOX_STATE_PAUSED || state == OUTBOX_STATE_RETRYING || state == OUTBOX_STATE_FAILED;
}

static void
print_label (OutboxUpload *upload)
{
  CliStyle style = cli_style_of (outbox_upload_get_state (upload), outbox_upload_get_needs_user (upload));
  g_autofree char *name = cli_text_dup_safe (outbox_upload_get_name (upload));
  g_autofree char *label = cli_progress_dup_label (upload, G_MAXUINT);

  g_print ("%s%s%s\n", cli_style_begin (CLI_STYLE_BOLD), name, cli_style_end (CLI_STYLE_BOLD));
  g_print ("%s%s%s\n", cli_style_begin (style), label, cli_style_end (style));
}

static void
add_status (CliFacts *facts, OutboxUpload *upload)
{
  const OutboxReasonInfo *reason = outbox_reason_get_info (outbox_upload_get_reason (upload));
  const OutboxStateInfo *state = outbox_state_get_info (outbox_upload_get_state (upload));
  gboolean has_reason = outbox_upload_get_reason (upload) != OUTBOX_REASON_NONE;

  cli_facts_add (facts, _ ("what happens"), _ (has_reason ? reason->next : state->next));
  cli_facts_add (facts, _ ("what you can do"), _ (has_reason ? reason->person : state->person));
}

/* Its size is not known yet, only what has come. */
static gboolean
is_being_saved (OutboxUpload *upload)
{
  return outbox_upload_get_state (upload) == OUTBOX_STATE_SAVING;
}

static void
add_progress (CliFacts *facts, OutboxUpload *upload, GVariant *document)
{
  guint64 bytes = is_being_saved (upload) ? outbox_upload_get_saved (upload) : outbox_upload_get_size (upload);
  g_autofree char *size = g_format_size_full (bytes, G_FORMAT_SIZE_LONG_FORMAT);
  g_autofree char *confirmed = g_format_size (outbox_upload_get_offset (upload));
  g_autofree char *sent = NULL;
  g_autofree char *line = NULL;
  guint64 wire_bytes = 0;
  guint attempts = 0;

  cli_facts_add (facts, _ ("size"), size);
  (void) g_variant_lookup (document, "wire_bytes", "t", &wire_bytes);
  (void) g_variant_lookup (document, "attempts", "u", &attempts);
  if (attempts == 0)
    return;
  sent = g_format_size (wire_bytes);
  line = g_strdup_printf (ngettext ("%s on the server; %s sent in %u attempt",
                                    "%s on the server; %s sent in %u attempts", attempts),
                          confirmed, sent, attempts);
  cli_facts_add (facts, _ ("progress"), line);
}

static void
add_metadata (CliFacts *facts, GVariant *document)
{
  g_autoptr (GVariant) metadata = g_variant_lookup_value (document, "metadata", G_VARIANT_TYPE ("a{ss}"));
  const char *key, *value;
  GVariantIter iter;

  if (!metadata)
    return;
  g_variant_iter_init (&iter, metadata);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    {
      g_autofree char *safe = cli_text_dup_safe (key);
      g_autofree char *name = g_strconcat ("  ", safe, NULL);

      cli_facts_add (facts, name, value);
    }
}

static void
add_receipt (CliFacts *facts, GVariant *document)
{
  g_autoptr (GVariant) receipt = g_variant_lookup_value (document, "receipt", G_VARIANT_TYPE_VARDICT);

  if (!receipt)
    return;
  add_time (facts, receipt, "confirmed_at", _ ("confirmed"));
  add_string (facts, receipt, "confirmed_by", _ ("confirmed by"));
  add_string (facts, receipt, "record", _ ("record"));
  add_string (facts, receipt, "digest", _ ("server's digest"));
  add_string (facts, receipt, "url", _ ("stored at"));
}

/* What became of a change of which the server had to be told by a request of its own. */
static void
add_amendment (CliFacts *facts, GVariant *document, gboolean is_done)
{
  g_autoptr (GVariant) amendment = g_variant_lookup_value (document, "amendment", G_VARIANT_TYPE_VARDICT);
  const char *result = amendment ? cli_get_string (amendment, "result") : "";
  g_autofree char *message = cli_text_dup_message (amendment ? cli_get_string (amendment, "message") : "");
  const char *words = g_str_equal (result, "taken")     ? _ ("the server has taken it")
                      : g_str_equal (result, "refused") ? _ ("the server has refused it")
                      : g_str_equal (result, "gave-up") ? _ ("given up: the server has not taken it for a week")
                      : is_done                         ? _ ("on its way to the server")
                                                        : _ ("goes to the server when the file has arrived");
  g_autofree char *line = *message ? g_strdup_printf (_ ("%s: %s"), words, message) : g_strdup (words);

  if (amendment)
    cli_facts_add (facts, _ ("changed after it was sent"), line);
}

static gboolean
is_damaged (GVariant *document)
{
  g_autofree const char **reasons = NULL;

  return g_variant_lookup (document, "reasons", "^a&s", &reasons)
         && g_strv_contains (reasons, outbox_reason_get_info (OUTBOX_REASON_FILE_CHANGED)->name);
}

static void
print_facts (OutboxUpload *upload)
{
  GVariant *document = outbox_upload_get_document (upload);
  const OutboxState state = outbox_upload_get_state (upload);
  g_autofree char *error = outbox_upload_dup_error (upload);
  g_autoptr (CliFacts) facts = cli_facts_new ();
  gboolean has_local_copy = FALSE, is_in_memory = FALSE, is_only_copy;

  if (!is_stopped (upload))
    add_status (facts, upload);
  if (state != OUTBOX_STATE_DONE && state != OUTBOX_STATE_FAILED)
    cli_facts_add (facts, _ ("last error"), error);
  add_progress (facts, upload, document);
  add_string (facts, document, "media_type", _ ("type"));
  add_string (facts, document, "sha256", _ ("SHA-256"));
  (void) g_variant_lookup (document, "local_copy", "b", &has_local_copy);
  (void) g_variant_lookup (document, "in_memory", "b", &is_in_memory);
  is_only_copy = has_local_copy && outbox_upload_get_state (upload) != OUTBOX_STATE_DONE;
  cli_facts_add (facts, _ ("on this device"),
                 is_damaged (document)     ? _ ("a damaged copy")
                 : is_in_memory            ? _ ("only in memory: lost when the device is switched off")
                 : is_only_copy            ? _ ("the only copy until the server confirms it")
                 : has_local_copy          ? _ ("a safe copy")
                 : is_being_saved (upload) ? _ ("what has come so far")
                                           : _ ("no copy"));
  add_string (facts, document, "destination", _ ("destination"));
  add_string (facts, document, "group_title", _ ("group"));
  add_string (facts, document, "group", _ ("group key"));
  add_metadata (facts, document);
  add_amendment (facts, document, state == OUTBOX_STATE_DONE);
  add_string (facts, document, "app", _ ("app"));
  add_string (facts, document, "id", _ ("ID"));
  add_time (facts, document, "modified_at", _ ("created"));
  add_time (facts, document, "created_at", _ ("added"));
  add_time (facts, document, "until", _ ("continues at"));
  add_receipt (facts, document);
  cli_facts_print (facts);
}

/* Prints the holds that cover it, and what would help. The first of them is what its label says. */
static void
print_holds (OutboxClient *client, OutboxUpload *upload)
{
  const char *id = outbox_upload_get_id (upload);
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GVariant) explanation = NULL;
  g_autoptr (GVariant) holds = NULL;

  if (outbox_upload_get_state (upload) == OUTBOX_STATE_FAILED)
    cli_help_print_failed (upload);
  if (outbox_upload_get_state (upload) == OUTBOX_STATE_DONE || outbox_upload_get_state (upload) == OUTBOX_STATE_FAILED)
    return;
  results = cli_call (client, "Policy", "Explain", g_variant_new ("(s)", id), NULL);
  explanation = results ? g_variant_get_child_value (results, 0) : NULL;
  holds = explanation ? g_variant_lookup_value (explanation, "holds", G_VARIANT_TYPE ("aa{sv}")) : NULL;
  for (gsize i = 0; holds && i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);

      const OutboxReason reason = outbox_reason_from_name (cli_get_string (hold, "reason"));

      if (g_str_equal (cli_get_string (hold, "scope"), "upload") || reason == outbox_upload_get_reason (upload))
        cli_print_trouble (hold, reason);
      else
        cli_print_hold (hold);
    }
}

int
cli_show (int argc, char *argv[])
{
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print the document as JSON"), NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = NULL;
  g_auto (GStrv) ids = NULL;
  g_autoptr (GVariant) results = NULL;
  g_autoptr (GVariant) document = NULL;
  g_autoptr (OutboxUpload) upload = NULL;

  if (!cli_parse (&argc, &argv, entries, NULL, 1, 1))
    return CLI_USAGE;
  client = cli_open (&error);
  ids = client ? cli_resolve (client, argv + 1, &error) : NULL;
  results = ids ? cli_call (client, "Uploads", "Get", g_variant_new ("(s)", ids[0]), &error) : NULL;
  if (!results)
    return cli_fail (error);
  document = g_variant_get_child_value (results, 0);
  upload = outbox_upload_new_for_document (document);
  if (is_json)
    cli_print_json (document, TRUE);
  else
    {
      print_label (upload);
      print_holds (client, upload);
      g_print ("\n");
      print_facts (upload);
    }

  return CLI_DONE;
}
