/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A count. Any thread.
 */
#include "base/strays.h"

static gint strays; /* atomic; one count for the process */

void
ob_strays_add (void)
{
  g_atomic_int_inc (&strays);
}

void
ob_strays_remove (void)
{
  (void) g_atomic_int_add (&strays, -1);
}

guint
ob_strays_count (void)
{
  return (guint) g_atomic_int_get (&strays);
}
