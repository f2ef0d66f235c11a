/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * a{sv} from outside, checked against a table of names and types. Pure.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  const char *type; /* a GVariant type string */
} ObOption;

/* Whether every key of @options stands in @table with its type. @table ends with a NULL name. Errors: InvalidArgument,
 * naming the key. */
gboolean ob_options_check (GVariant *options, const ObOption *table, GError **error);

G_END_DECLS
