/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The document of a sign-in that a person is in the middle of: what has to be seen, on whatever screen there is. Main thread.
 */
#include "ipc/document-sign-in.h"

#include "base/members.h"

GVariant *
ob_document_signing_in (const ObSignInView *view)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  ob_members_add_text (&builder, "url", view->url);
  ob_members_add_text (&builder, "full_url", view->full_url);
  ob_members_add_text (&builder, "code", view->code);
  if (view->url)
    g_variant_builder_add (&builder, "{sv}", "expires_at", g_variant_new_int64 (view->expires_at_ms));
  ob_members_add_text (&builder, "message", view->message);

  return g_variant_builder_end (&builder);
}
