/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Waiting for an event. Main thread.
 */
#include "support/wait.h"

/* A file that appears or goes says nothing to the main loop. */
#define LOOK_AGAIN_MS 100

static gboolean
on_too_late (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
test_wait_until (gboolean (*is_true) (gpointer), gpointer user_data, guint most_s)
{
  gboolean is_late = FALSE;
  guint timer = g_timeout_add_seconds (most_s, on_too_late, &is_late);
  guint ticker = g_timeout_add (LOOK_AGAIN_MS, on_look_again, NULL);

  while (!is_true (user_data) && !is_late)
    g_main_context_iteration (NULL, TRUE);
  if (!is_late)
    (void) g_source_remove (timer);
  (void) g_source_remove (ticker);
  g_assert_false (is_late);
}

static gboolean
on_over (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

void
test_wait_ms (guint ms)
{
  gboolean is_over = FALSE;

  (void) g_timeout_add (ms, on_over, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
}

void
test_wait_on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

void
test_wait_for_result (GAsyncResult **result, guint most_s)
{
  test_wait_until (is_set, result, most_s);
}
