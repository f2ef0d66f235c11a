/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for an event. Main thread.
 */
#include "support/wait.h"

static gboolean
on_too_late (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

void
test_wait_until (gboolean (*is_true) (gpointer), gpointer user_data, guint most_s)
{
  gboolean is_late = FALSE;
  guint timer = g_timeout_add_seconds (most_s, on_too_late, &is_late);

  while (!is_true (user_data) && !is_late)
    g_main_context_iteration (NULL, TRUE);
  if (!is_late)
    (void) g_source_remove (timer);
  g_assert_false (is_late);
}
