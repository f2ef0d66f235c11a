/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The document of a sign-in that a person is in the middle of: what has to be seen, on whatever screen there is. Main thread.
 */
#include "ipc/document-sign-in.h"

static void
add (GVariantBuilder *builder, const char *key, const char *text)
{
  if (text)
    g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (text));
}

GVariant *
ob_document_signing_in (const ObSignInView *view)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add (&builder, "url", view->url);
  add (&builder, "full_url", view->full_url);
  add (&builder, "code", view->code);
  if (view->url)
    g_variant_builder_add (&builder, "{sv}", "expires_at", g_variant_new_int64 (view->expires_at_ms));
  add (&builder, "message", view->message);

  return g_variant_builder_end (&builder);
}
