/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Members of documents, a{sv}, of which those are left out that say nothing. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @value: (nullable): NULL: it is left out */
void ob_members_add_text (GVariantBuilder *builder, const char *name, const char *value);

/* @at_ms: Unix milliseconds; 0 or less: there is none */
void ob_members_add_time (GVariantBuilder *builder, const char *name, gint64 at_ms);

G_END_DECLS
