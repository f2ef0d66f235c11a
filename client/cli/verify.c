/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox verify and outbox free: the server is asked again, and the answers are waited for.
 */
#include "command.h"
#include "print.h"

#include "config.h"

#include <glib/gi18n.h>

#define DAY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

typedef struct
{
  GHashTable *open;    /* ids without an answer yet */
  GPtrArray *answered; /* of OutboxUpload */
} Answers;

static void
answers_clear (Answers *answers)
{
  g_clear_pointer (&answers->open, g_hash_table_unref);
  g_clear_pointer (&answers->answered, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answers, answers_clear)

/* Returns: (transfer full) (nullable): what the server has answered; NULL: nothing yet */
static GVariant *
get_answer (OutboxUpload *upload)
{
  GVariant *verified = g_variant_lookup_value (outbox_upload_get_document (upload), "verified", G_VARIANT_TYPE_VARDICT);

  if (verified && !g_str_equal (cli_get_string (verified, "result"), "asked"))
    return verified;
  g_clear_pointer (&verified, g_variant_unref);

  return NULL;
}

static void
on_changed (OutboxClient *client, OutboxUpload *upload, gpointer user_data)
{
  Answers *answers = user_data;
  g_autoptr (GVariant) answer = get_answer (upload);

  if (answer && g_hash_table_remove (answers->open, outbox_upload_get_id (upload)))
    g_ptr_array_add (answers->answered, g_object_ref (upload));
}

static void
on_removed (OutboxClient *client, const char *id, const char *sequence, gpointer user_data)
{
  (void) g_hash_table_remove (((Answers *) user_data)->open, id);
}

static gboolean
is_over (gpointer user_data)
{
  return g_hash_table_size (((Answers *) user_data)->open) == 0;
}

static gboolean
watch (OutboxClient *client, Answers *answers, GError **error)
{
  g_object_connect (client, "signal::changed", on_changed, answers, "signal::removed", on_removed, answers, NULL);

  return outbox_client_watch_sync (client, NULL, NULL, error);
}

/* Returns: whether the server has as much as its destination promises */
static gboolean
print_answer (OutboxUpload *upload)
{
  g_autoptr (GVariant) answer = get_answer (upload);
  const char *result = cli_get_string (answer, "result");
  g_autofree char *name = cli_text_dup_safe (outbox_upload_get_name (upload));
  g_autofree char *message = cli_text_dup_message (cli_get_string (answer, "message"));
  g_autofree char *there
      = outbox_rung_label (outbox_rung_from_name (cli_get_string (answer, "rung")), OUTBOX_LABEL_TERMINAL);
  gboolean is_good = g_str_equal (result, "confirmed");
  const char *words = is_good                           ? there
                      : g_str_equal (result, "less")    ? _ ("The server has it, but confirms less than it should")
                      : g_str_equal (result, "gone")    ? _ ("The server no longer has it")
                      : g_str_equal (result, "changed") ? _ ("The server has something else instead")
                                                        : _ ("The server does not say");

  g_print ("%.8s %s: %s%s%s\n", outbox_upload_get_id (upload), name, words, *message ? ": " : "", message);

  return is_good;
}

static int
tell (const Answers *answers, gboolean is_json)
{
  GVariantBuilder list;
  gboolean is_good = TRUE;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < answers->answered->len; i++)
    {
      OutboxUpload *upload = answers->answered->pdata[i];
      g_autoptr (GVariant) answer = get_answer (upload);

      g_variant_builder_add_value (&list, outbox_upload_get_document (upload));
      is_good &= is_json ? g_str_equal (cli_get_string (answer, "result"), "confirmed") : print_answer (upload);
    }
  if (is_json)
    {
      g_autoptr (GVariant) documents = g_variant_ref_sink (g_variant_builder_end (&list));

      cli_print_json (documents, TRUE);
    }
  g_variant_builder_clear (&list);

  return is_good ? CLI_DONE : CLI_FAILED;
}

/* Asks, and waits until the server has answered for each. */
static int
ask (OutboxClient *client, const char *method, GStrv ids, gboolean is_json)
{
  g_auto (Answers) answers = { g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                               g_ptr_array_new_with_free_func (g_object_unref) };
  g_autoptr (GError) error = NULL;
  guint n_ids = g_strv_length (ids);

  if (!watch (client, &answers, &error))
    return cli_fail (error);
  for (guint i = 0; i < n_ids; i++)
    g_hash_table_add (answers.open, g_strdup (ids[i]));
  if (cli_command_call (client, method, (const char *const *) ids, n_ids, NULL, &error) < n_ids)
    return cli_fail (error);
  cli_wait (is_over, &answers);
  g_signal_handlers_disconnect_by_data (client, &answers);

  return tell (&answers, is_json);
}

static gboolean
is_meant (OutboxUpload *upload, gboolean needs_copy, gint64 before_ms)
{
  gboolean has_copy = FALSE;
  gint64 done_at_ms = 0;

  (void) g_variant_lookup (outbox_upload_get_document (upload), "local_copy", "b", &has_copy);
  (void) g_variant_lookup (outbox_upload_get_document (upload), "done_at", "x", &done_at_ms);

  return (has_copy || !needs_copy) && done_at_ms <= before_ms;
}

/* Returns: (transfer full) (nullable): ids of what is done. @group: (nullable) */
static GStrv
list_done (OutboxClient *client, const char *group, gboolean needs_copy, gint64 before_ms, GError **error)
{
  GVariant *filter = group ? g_variant_new_parsed ("{'state': <'done'>, 'group': <%s>}", group)
                           : g_variant_new_parsed ("{'state': <'done'>}");
  g_autoptr (GPtrArray) uploads = cli_list_uploads (client, filter, error);
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  for (guint i = 0; uploads && i < uploads->len; i++)
    if (is_meant (uploads->pdata[i], needs_copy, before_ms))
      g_strv_builder_add (ids, outbox_upload_get_id (uploads->pdata[i]));

  return uploads ? g_strv_builder_end (ids) : NULL;
}

static int
run (const char *method, char *const *operands, const char *group, gint64 before_ms, gboolean is_json)
{
  gboolean needs_copy = g_str_equal (method, "Free");
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_auto (GStrv) ids = NULL;

  if (client)
    ids = operands[0] ? cli_resolve (client, operands, &error)
                      : list_done (client, group, needs_copy, before_ms, &error);
  if (!ids)
    return cli_fail (error);
  if (ids[0])
    return ask (client, method, ids, is_json);
  g_print ("%s\n", is_json      ? "[]"
                   : needs_copy ? _ ("Nothing that is done has a copy on this device.")
                                : _ ("Nothing is done."));

  return CLI_DONE;
}

int
cli_verify (int argc, char *argv[])
{
  g_autofree char *group = NULL;
  gboolean is_all = FALSE, is_json = FALSE;
  const GOptionEntry entries[] = {
    { "group", 'g', 0, G_OPTION_ARG_STRING, &group, N_ ("All of this group that is done"), N_ ("KEY") },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &is_all, N_ ("Everything that is done"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print the documents as JSON"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries,
                  _ ("Sends nothing. What the server no longer has is sent again only by \"outbox retry\"."), 0,
                  G_MAXINT - 1))
    return CLI_USAGE;
  if ((argc > 1) + is_all + (group != NULL) != 1)
    return cli_usage (argv[0], _ ("give IDs, --group or --all"));

  return run ("Verify", argv + 1, group, G_MAXINT64, is_json);
}

int
cli_free (int argc, char *argv[])
{
  g_autofree char *group = NULL;
  gboolean is_json = FALSE;
  int days = 0;
  const GOptionEntry entries[] = {
    { "older-than", 0, 0, G_OPTION_ARG_INT, &days, N_ ("Only what has been done for this many days"), N_ ("DAYS") },
    { "group", 'g', 0, G_OPTION_ARG_STRING, &group, N_ ("All of this group that is done"), N_ ("KEY") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, N_ ("Print the documents as JSON"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries,
                  _ ("A copy is removed only if the server, asked once more, has as much as its destination promises."),
                  0, G_MAXINT - 1))
    return CLI_USAGE;
  if (days < 0 || (argc > 1 && (group || days > 0)))
    return cli_usage (argv[0], _ ("give IDs, or --group and --older-than"));

  return run ("Free", argv + 1, group, g_get_real_time () / 1000 - days * DAY_MS, is_json);
}
