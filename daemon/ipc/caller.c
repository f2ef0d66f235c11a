/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of a caller, and the error of one that is not known. Any thread.
 */
#include "ipc/caller.h"

#include "dbus/error.h"

ObCaller *
ob_caller_copy (const ObCaller *caller)
{
  ObCaller *copy = g_new (ObCaller, 1);

  *copy = *caller;
  copy->app = g_strdup (caller->app);

  return copy;
}

void
ob_caller_free (ObCaller *caller)
{
  g_free (caller->app);
  g_free (caller);
}

void
ob_caller_set_unknown (GError **error, const char *why)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "It cannot be told which app calls: %s", why);
}
