/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks an a{sv} from outside against a table of names and types. Pure.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  const char *type; /* a GVariant type string */
} ObOption;

/* Returns: whether every key of @options is in @table with that type. A NULL name ends @table. Errors: InvalidArgument,
 * naming the key. */
gboolean ob_options_check (GVariant *options, const ObOption *table, GError **error);

G_END_DECLS
