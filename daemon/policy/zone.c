/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watches the folder of /etc/localtime: setting the zone replaces the link, and a watch on the link would stay on the old
 * zone. Main thread.
 */
#include "policy/zone.h"

#include "policy/folder-watch.h"

struct _ObZoneWatch
{
  ObFolderWatch *folder;
  guint n_reads;
  void (*on_changed) (GTimeZone *zone, gpointer user_data);
  gpointer user_data;
};

/* GLib follows the link and takes a zone that was copied there for UTC. So read it by its path. GLib caches a zone by
 * its path while anybody uses it, so use another path than the last time. */
static GTimeZone *
read_zone (ObZoneWatch *watch)
{
  static const char *const paths[] = { "/etc/localtime", "/etc/./localtime" };
  GTimeZone *zone = NULL;

  if (!g_getenv ("TZ") && g_file_test (paths[0], G_FILE_TEST_IS_REGULAR)
      && !g_file_test (paths[0], G_FILE_TEST_IS_SYMLINK))
    zone = g_time_zone_new_identifier (paths[watch->n_reads++ % G_N_ELEMENTS (paths)]);

  return zone ? zone : g_time_zone_new_local ();
}

/* Tell after any change in /etc: computing the windows once more is cheaper than comparing two zones. */
static void
on_folder_changed (gpointer user_data)
{
  ObZoneWatch *watch = user_data;
  g_autoptr (GTimeZone) zone = read_zone (watch);

  watch->on_changed (zone, watch->user_data);
}

ObZoneWatch *
ob_zone_watch_new (void (*on_changed) (GTimeZone *zone, gpointer user_data), gpointer user_data)
{
  ObZoneWatch *watch = g_new0 (ObZoneWatch, 1);

  watch->on_changed = on_changed;
  watch->user_data = user_data;
  watch->folder = ob_folder_watch_new ("/etc", on_folder_changed, watch);
  on_folder_changed (watch);

  return watch;
}

void
ob_zone_watch_free (ObZoneWatch *watch)
{
  ob_folder_watch_free (watch->folder);
  g_free (watch);
}
