/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Members of documents. Pure.
 */
#include "base/members.h"

void
ob_members_add_text (GVariantBuilder *builder, const char *name, const char *value)
{
  if (value)
    g_variant_builder_add (builder, "{sv}", name, g_variant_new_string (value));
}

void
ob_members_add_time (GVariantBuilder *builder, const char *name, gint64 at_ms)
{
  if (at_ms > 0)
    g_variant_builder_add (builder, "{sv}", name, g_variant_new_int64 (at_ms));
}
