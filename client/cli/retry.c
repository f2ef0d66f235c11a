/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox retry
 */
#include "command.h"

#include "config.h"

#include <glib/gi18n.h>

/* Returns: whether it is paused after an error of its destination that is tried again by itself: a try now helps. A sign-in or a
 * full server needs a person to do something else first. */
static gboolean
waits_after_error (OutboxUpload *upload)
{
  static const OutboxReason errors[]
      = { OUTBOX_REASON_WRONG_ADDRESS, OUTBOX_REASON_CERTIFICATE, OUTBOX_REASON_PROXY, OUTBOX_REASON_LOSING_BYTES };
  g_autofree const char **reasons = NULL;

  if (!g_variant_lookup (outbox_upload_get_document (upload), "reasons", "^a&s", &reasons))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    if (g_strv_contains (reasons, outbox_reason_get_info (errors[i])->name))
      return TRUE;

  return FALSE;
}

/* Adds the ids of the uploads in a state; of those that are paused, the ones that wait after an error. */
static gboolean
add_ids (OutboxClient *client, OutboxState state, GStrvBuilder *ids, GError **error)
{
  GVariant *filter = g_variant_new_parsed ("{'state': <%s>}", outbox_state_get_info (state)->name);
  g_autoptr (GPtrArray) uploads = cli_list_uploads (client, filter, error);

  for (guint i = 0; uploads && i < uploads->len; i++)
    if (state != OUTBOX_STATE_PAUSED || waits_after_error (uploads->pdata[i]))
      g_strv_builder_add (ids, outbox_upload_get_id (uploads->pdata[i]));

  return uploads != NULL;
}

static int
retry_all (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) client = cli_open (&error);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) ids = NULL;

  if (!client || !add_ids (client, OUTBOX_STATE_FAILED, builder, &error)
      || !add_ids (client, OUTBOX_STATE_RETRYING, builder, &error)
      || !add_ids (client, OUTBOX_STATE_PAUSED, builder, &error))
    return cli_fail (error);
  ids = g_strv_builder_end (builder);
  if (ids[0])
    return cli_command_apply (client, CLI_COMMAND_RETRY, ids, 0);
  g_print ("%s\n", _ ("Nothing has failed or waits after an error."));

  return cli_command_print_holds (client) ? CLI_FAILED : CLI_DONE;
}

int
cli_retry (int argc, char *argv[])
{
  gboolean is_all = FALSE;
  const GOptionEntry entries[] = {
    { "all", 'a', 0, G_OPTION_ARG_NONE, &is_all, N_ ("Everything that failed or waits after an error"), NULL },
    { NULL },
  };

  if (!cli_parse (&argc, &argv, entries, NULL, 0, G_MAXINT - 1))
    return CLI_USAGE;
  if ((argc > 1) == is_all)
    return cli_usage (argv[0], _ ("give IDs or --all"));

  return is_all ? retry_all () : cli_command_run (CLI_COMMAND_RETRY, argv + 1, 0);
}
