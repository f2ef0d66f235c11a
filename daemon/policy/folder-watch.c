/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By GFileMonitor, which polls where there is no folder: so the nearest that there is is watched until the next one on the
 * way comes. Main thread.
 */
#include "policy/folder-watch.h"

struct _ObFolderWatch
{
  char *path;
  char *nearest; /* what is watched: path, or what of it there is */
  char *awaited; /* the folder on the way that is to come; NULL: path is there */
  GFileMonitor *monitor;
  void (*on_changed) (gpointer user_data);
  gpointer user_data;
};

static void watch_nearest (ObFolderWatch *watch);

static gboolean
is_folder (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* Returns: (transfer full): the part of the path that is there. @awaited: (transfer full): what has to come next, or NULL. */
static char *
find_nearest (const char *path, char **awaited)
{
  char *nearest = g_strdup (path);

  *awaited = NULL;
  while (!is_folder (nearest) && strlen (nearest) > 1)
    {
      g_free (*awaited);
      *awaited = nearest;
      nearest = g_path_get_dirname (nearest);
    }

  return nearest;
}

static gboolean
is_at (GFile *file, const char *path)
{
  const char *at = file ? g_file_peek_path (file) : NULL;

  return at && path && g_str_equal (at, path);
}

static void
on_event (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
  ObFolderWatch *watch = user_data;
  gboolean is_of_itself = is_at (file, watch->nearest);

  /* What is being written is told once more when it is whole. */
  if (event == G_FILE_MONITOR_EVENT_CHANGED)
    return;
  /* On the way to the folder nothing else matters. */
  if (watch->awaited && !is_of_itself && !is_at (file, watch->awaited) && !is_at (other, watch->awaited))
    return;
  if (watch->awaited || is_of_itself)
    watch_nearest (watch);
  watch->on_changed (watch->user_data);
}

static void
drop_monitor (ObFolderWatch *watch)
{
  if (watch->monitor)
    {
      g_signal_handlers_disconnect_by_data (watch->monitor, watch);
      (void) g_file_monitor_cancel (watch->monitor);
    }
  g_clear_object (&watch->monitor);
  g_clear_pointer (&watch->nearest, g_free);
  g_clear_pointer (&watch->awaited, g_free);
}

/* What came or went before the monitor was there is seen by looking once more. */
static void
watch_nearest (ObFolderWatch *watch)
{
  do
    {
      g_autoptr (GFile) folder = NULL;
      g_autoptr (GError) error = NULL;

      drop_monitor (watch);
      watch->nearest = find_nearest (watch->path, &watch->awaited);
      folder = g_file_new_for_path (watch->nearest);
      watch->monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_NONE, NULL, &error);
      if (!watch->monitor)
        {
          g_warning ("Cannot watch %s: %s", watch->nearest, error->message);
          return;
        }
      g_signal_connect (watch->monitor, "changed", G_CALLBACK (on_event), watch);
    }
  while (!is_folder (watch->nearest) || (watch->awaited && is_folder (watch->awaited)));
}

ObFolderWatch *
ob_folder_watch_new (const char *path, void (*on_changed) (gpointer user_data), gpointer user_data)
{
  ObFolderWatch *watch = g_new0 (ObFolderWatch, 1);

  watch->path = g_canonicalize_filename (path, NULL);
  watch->on_changed = on_changed;
  watch->user_data = user_data;
  watch_nearest (watch);

  return watch;
}

void
ob_folder_watch_free (ObFolderWatch *watch)
{
  drop_monitor (watch);
  g_free (watch->path);
  g_free (watch);
}
