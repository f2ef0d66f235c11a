/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person has set, as a text beside the database that outlives it: destinations, and what is paused. Pure.
 */
#pragma once

#include "model/destination.h"

G_BEGIN_DECLS

/* @destinations: name → ObDestination. Returns: (transfer full): JSON, with the headers' secrets. */
char *ob_settings_write (GHashTable *destinations, gboolean is_paused);

/* Returns: (transfer full) (nullable) (element-type ObDestination): the destinations that are good. Errors: InvalidArgument. */
GPtrArray *ob_settings_read (const char *text, gsize size_bytes, gboolean *is_paused, GError **error);

G_END_DECLS
