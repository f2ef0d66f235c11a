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

/* The limits are there for what never comes. Where many tests share a slow machine, OUTBOX_TEST_PATIENCE has all of them be waited
 * out that many times. */
static guint
get_patience (void)
{
  const char *text = g_getenv ("OUTBOX_TEST_PATIENCE");
  guint64 patience;

  return text && g_ascii_string_to_unsigned (text, 10, 1, 100, &patience, NULL) ? (guint) patience : 1;
}

void
test_wait_until_named (const char *name, gboolean (*is_true) (gpointer), gpointer user_data, guint most_s)
{
  gboolean is_late = FALSE, has_come;
  const guint limit_s = most_s * get_patience ();
  guint timer = g_timeout_add_seconds (limit_s, on_too_late, &is_late);
  guint ticker = g_timeout_add (LOOK_AGAIN_MS, on_look_again, NULL);

  while (!(has_come = is_true (user_data)) && !is_late)
    g_main_context_iteration (NULL, TRUE);
  if (!is_late)
    (void) g_source_remove (timer);
  (void) g_source_remove (ticker);
  if (!has_come)
    g_error ("waited %u s in vain for %s", limit_s, name);
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
