/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public form of a trial's findings. Main thread.
 */
#include "ipc/document.h"

#include "dbus/command.h"

static void
add_string (GVariantBuilder *builder, const char *name, const char *value)
{
  if (value && *value)
    g_variant_builder_add (builder, "{sv}", name, g_variant_new_string (value));
}

static void
add_boolean (GVariantBuilder *builder, const char *name, gboolean value)
{
  g_variant_builder_add (builder, "{sv}", name, g_variant_new_boolean (value));
}

/* Returns: (transfer full): the command that removes what is in an upload's way, or that tells when it is gone */
static char *
dup_command (const ObTrialReport *report)
{
  if (report->reason == OUTBOX_REASON_SIGN_IN)
    return outbox_reason_dup_command (report->reason, OUTBOX_SCOPE_DESTINATION, report->destination);
  if (report->is_address && report->is_of_confirm_url)
    return g_strdup_printf ("outbox destination set %s --confirm-url URL", report->destination);
  if (report->is_address)
    return outbox_reason_dup_command (OUTBOX_REASON_WRONG_ADDRESS, OUTBOX_SCOPE_DESTINATION, report->destination);

  return g_strdup_printf ("outbox destination test %s", report->destination);
}

static void
add_trouble (GVariantBuilder *builder, const ObTrialReport *report)
{
  g_autofree char *command = dup_command (report);

  add_string (builder, "state", outbox_state_get_info (report->state)->name);
  add_string (builder, "reason", outbox_reason_get_info (report->reason)->name);
  add_string (builder, "code", report->code);
  add_string (builder, "message", report->message);
  add_string (builder, "command", command);
}

/* An upload is not in its way: it has neither state nor reason. */
static void
add_amend (GVariantBuilder *builder, const ObTrialReport *report)
{
  g_autofree char *command = g_strdup_printf ("outbox destination set %s --amend-url URL", report->destination);

  if (report->is_amend_url_good || report->amend_trouble)
    add_boolean (builder, "amend", report->is_amend_url_good);
  if (!report->amend_trouble || report->has_trouble)
    return;
  add_string (builder, "code", "amend-url");
  add_string (builder, "message", report->amend_trouble);
  add_string (builder, "command", command);
}

GVariant *
ob_document_trial (const ObTrialReport *report)
{
  GVariantBuilder builder, holds;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_init (&holds, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < report->holds->len; i++)
    g_variant_builder_add_value (&holds, ob_document_hold (&g_array_index (report->holds, ObSharedHold, i), FALSE));
  add_string (&builder, "name", report->destination);
  add_boolean (&builder, "good", report->is_good);
  add_boolean (&builder, "asked", report->is_asked);
  add_string (&builder, "connected", report->connected);
  add_string (&builder, "encrypted", report->encrypted);
  add_string (&builder, "protocol", report->protocol);
  if (report->max_bytes > 0)
    g_variant_builder_add (&builder, "{sv}", "max_size", g_variant_new_uint64 (report->max_bytes));
  if (report->is_confirm_url_good)
    add_boolean (&builder, "confirm", TRUE);
  add_amend (&builder, report);
  if (report->has_trouble)
    add_trouble (&builder, report);
  g_variant_builder_add (&builder, "{sv}", "holds", g_variant_builder_end (&holds));

  return g_variant_builder_end (&builder);
}
