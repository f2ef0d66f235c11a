/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watches the folder of the program. Main thread.
 */
#include "removal.h"

#include "policy/folder-watch.h"

#include <errno.h>
#include <unistd.h>

struct _ObRemoval
{
  char *path;
  guint after_s;
  ObFolderWatch *watch; /* NULL: there is no path, or it has been told */
  guint timer;          /* since when it has been missing */
  void (*on_removed) (gpointer user_data);
  gpointer user_data;
};

char *
ob_removal_dup_program (void)
{
  return g_file_read_link ("/proc/self/exe", NULL);
}

static gboolean
is_missing (const ObRemoval *self)
{
  return access (self->path, F_OK) != 0 && errno == ENOENT;
}

static gboolean
on_time (gpointer user_data)
{
  ObRemoval *self = user_data;

  self->timer = 0;
  if (is_missing (self))
    {
      g_clear_pointer (&self->watch, ob_folder_watch_free);
      self->on_removed (self->user_data);
    }

  return G_SOURCE_REMOVE;
}

static void
on_changed (gpointer user_data)
{
  ObRemoval *self = user_data;

  if (!is_missing (self))
    g_clear_handle_id (&self->timer, g_source_remove);
  else if (self->timer == 0)
    self->timer = g_timeout_add_seconds (self->after_s, on_time, self);
}

ObRemoval *
ob_removal_watch (const char *path, guint after_s, void (*on_removed) (gpointer user_data), gpointer user_data)
{
  ObRemoval *self = g_new0 (ObRemoval, 1);
  g_autofree char *folder = path ? g_path_get_dirname (path) : NULL;

  self->path = g_strdup (path);
  self->after_s = after_s;
  self->on_removed = on_removed;
  self->user_data = user_data;
  if (folder)
    self->watch = ob_folder_watch_new (folder, on_changed, self);

  return self;
}

void
ob_removal_free (ObRemoval *self)
{
  g_clear_pointer (&self->watch, ob_folder_watch_free);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_free (self->path);
  g_free (self);
}
