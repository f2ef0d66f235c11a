/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of limits of numbers in rows. Pure.
 */
#include "store/limits.h"

#include <string.h>

typedef struct
{
  const char *column;
  gint64 least;
  gint64 most;
  gint64 instead;
} Entry;

#define LIMIT(column, least, most, instead) [OB_LIMIT_##column] = { #column, least, most, instead },
static const Entry entries[OB_N_LIMITS] = { OB_LIMIT_TABLE };
#undef LIMIT

ObLimit
ob_limit_find (const char *column)
{
  guint i = 0;

  while (i < OB_N_LIMITS && strcmp (entries[i].column, column) != 0)
    i++;

  return i;
}

gint64
ob_limit_read (ObLimit limit, int type, gint64 number, gboolean *is_good)
{
  const Entry *entry = &entries[limit];

  *is_good = type == SQLITE_INTEGER && number >= entry->least && number <= entry->most;

  return *is_good ? number : entry->instead;
}
