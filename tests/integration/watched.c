/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A watcher under test. Main thread.
 */
#include "watched.h"

#include "support/wait.h"

typedef struct
{
  Watched *watched;
  const char *pattern;
} Expectation;

static void
read_it (Watched *watched)
{
  ObConditions conditions;

  ob_conditions_init (&conditions);
  ob_watcher_read (watched->watcher, &conditions);
  g_free (watched->text);
  watched->text = watched->describe (&conditions);
  g_test_message ("%s", watched->text);
}

static void
on_watcher_changed (ObWatcher *watcher, gpointer user_data)
{
  Watched *watched = user_data;

  watched->n_changes++;
  read_it (watched);
}

Watched *
watched_new (ObWatcher *watcher, char *(*describe) (const ObConditions *conditions))
{
  Watched *watched = g_new0 (Watched, 1);

  watched->watcher = watcher;
  watched->describe = describe;
  g_signal_connect (watcher, "changed", G_CALLBACK (on_watcher_changed), watched);
  read_it (watched);

  return watched;
}

void
watched_free (Watched *watched)
{
  g_assert_finalize_object (watched->watcher);
  g_free (watched->text);
  g_free (watched);
}

static gboolean
is_as_expected (gpointer data)
{
  const Expectation *expectation = data;

  return g_pattern_match_simple (expectation->pattern, expectation->watched->text);
}

void
watched_wait_for (Watched *watched, const char *pattern, guint most_s)
{
  Expectation expectation = { watched, pattern };

  g_test_message ("until %s", pattern);
  test_wait_until (is_as_expected, &expectation, most_s);
}

char *
watched_dup_sources (Watched *watched)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) sources = NULL;

  ob_watcher_list_sources (watched->watcher, builder);
  sources = g_strv_builder_end (builder);

  return g_strjoinv (",", sources);
}
