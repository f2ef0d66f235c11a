/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command that helps an upload on, and what is told of one that has failed.
 */
#include "cli.h"
#include "print.h"

#include "dbus/command.h"

char *
cli_help_dup_command (OutboxUpload *upload)
{
  GVariant *document = outbox_upload_get_document (upload);
  const OutboxReason reason = outbox_upload_get_reason (upload);
  const char *destination = cli_get_string (document, "destination");
  g_autofree char *lane = g_strdup_printf ("%s/%s", destination, cli_get_string (document, "rule"));
  char *own
      = outbox_reason_dup_command (reason, OUTBOX_SCOPE_UPLOAD, cli_text_short_id (outbox_upload_get_id (upload)));
  char *of_all = outbox_reason_dup_command (reason, OUTBOX_SCOPE_QUEUE, "");

  if (!of_all)
    of_all = outbox_reason_dup_command (reason, OUTBOX_SCOPE_DESTINATION, destination);
  if (!of_all)
    of_all = outbox_reason_dup_command (reason, OUTBOX_SCOPE_LANE, lane);
  /* The document does not tell whose pause or back-off it is. */
  if (own && of_all)
    g_clear_pointer (&own, g_free);
  else if (!own)
    return of_all;
  g_free (of_all);

  return own;
}

void
cli_help_print_failed (OutboxUpload *upload)
{
  g_autofree char *error = outbox_upload_dup_error (upload);
  g_autofree char *command = cli_help_dup_command (upload);
  g_autoptr (GVariant) trouble = g_variant_ref_sink (
      g_variant_new_parsed ("{'message': <%s>, 'command': <%s>}", error ? error : "", command ? command : ""));

  cli_print_trouble (trouble, outbox_upload_get_reason (upload));
}
