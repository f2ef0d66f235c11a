/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents of web apps: those that were let in, and those that wait for a person's answer. Main thread.
 */
#include "ipc/document.h"

static void
begin (GVariantBuilder *builder, const char *origin, const char *state, gboolean may_manage)
{
  g_variant_builder_init (builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (builder, "{sv}", "app", g_variant_new_string (origin));
  g_variant_builder_add (builder, "{sv}", "state", g_variant_new_string (state));
  g_variant_builder_add (builder, "{sv}", "scope", g_variant_new_string (may_manage ? "manage" : "own"));
}

GVariant *
ob_document_app (const ObPairedApp *app, const ObAppUse *use)
{
  GVariantBuilder builder;

  begin (&builder, app->origin, "paired", app->may_manage);
  g_variant_builder_add (&builder, "{sv}", "paired_at", g_variant_new_int64 (app->paired_at_ms));
  g_variant_builder_add (&builder, "{sv}", "files", g_variant_new_uint32 ((guint32) MIN (use->files, G_MAXUINT32)));
  g_variant_builder_add (&builder, "{sv}", "bytes", g_variant_new_uint64 (use->bytes));

  return g_variant_builder_end (&builder);
}

GVariant *
ob_document_pairing_request (const ObPairingRequest *request, gint64 until_ms)
{
  GVariantBuilder builder;

  begin (&builder, request->origin, "waiting", request->may_manage);
  g_variant_builder_add (&builder, "{sv}", "request", g_variant_new_string (request->id));
  g_variant_builder_add (&builder, "{sv}", "code", g_variant_new_string (request->code));
  g_variant_builder_add (&builder, "{sv}", "until", g_variant_new_int64 (until_ms));

  return g_variant_builder_end (&builder);
}
