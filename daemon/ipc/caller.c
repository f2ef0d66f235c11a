/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A caller's memory. Any thread.
 */
#include "ipc/caller.h"

void
ob_caller_free (ObCaller *caller)
{
  g_free (caller->app);
  g_free (caller);
}
