/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counts unread bytes. Pure.
 */
#include "ipc/dbus/window.h"

/* For a message's header, and what the bus needs to keep it. */
#define MESSAGE_BYTES 1024

/* Early enough that a subscriber that reads has answered before the window closes. */
#define PING_AFTER_BYTES (OB_WINDOW_BYTES / 2)

static gboolean
begin_ping (ObWindow *window)
{
  if (window->pinged_bytes > 0 || window->unread_bytes < PING_AFTER_BYTES)
    return FALSE;
  window->pinged_bytes = window->unread_bytes;

  return TRUE;
}

gboolean
ob_window_is_open (const ObWindow *window)
{
  return window->unread_bytes < OB_WINDOW_BYTES;
}

gboolean
ob_window_send (ObWindow *window, gsize bytes)
{
  window->unread_bytes += bytes + MESSAGE_BYTES;

  return begin_ping (window);
}

gboolean
ob_window_hear (ObWindow *window)
{
  window->unread_bytes -= window->pinged_bytes;
  window->pinged_bytes = 0;

  return begin_ping (window);
}
