/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uses inotify(7). It cannot watch a folder that does not exist, so the nearest existing folder above is watched until the
 * next one on the path appears. GFileMonitor is not used: its thread looks at every file that appears, and hangs on one
 * that leads to a dead network folder; that thread also delivers signals and the ends of child processes. Main thread.
 */
#include "policy/folder-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

/* A file that is written is told of once it is whole. */
#define EVENTS_OF_FILES (IN_CREATE | IN_DELETE | IN_MOVE | IN_CLOSE_WRITE | IN_ATTRIB)
#define EVENTS_ON_THE_WAY (IN_CREATE | IN_MOVED_TO)
#define EVENTS_OF_ITSELF (IN_DELETE_SELF | IN_MOVE_SELF)
#define NO_WATCH (-1)

struct _ObFolderWatch
{
  char *path;
  char *nearest; /* the path itself, or as much of it as exists */
  char *awaited; /* the next folder of the path that has to appear; NULL: the whole path exists */
  int number;    /* inotify's number for nearest; watches of the same folder share it */
  gboolean is_moved;
  gboolean is_changed;
  void (*on_changed) (gpointer user_data);
  gpointer user_data;
};

/* A person has few inotify instances for all programs together, so all watches share one, which lives as long as any of
 * them. */
typedef struct
{
  int fd;
  guint source;
  GPtrArray *watches; /* of ObFolderWatch */
} Inotify;

static Inotify *inotify;

/* --- What the kernel is asked --- */

static gboolean
is_folder (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* Returns: (transfer full): as much of the path as exists. @awaited: (out) (transfer full): the next folder that has to
 * appear, or NULL */
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

static void
let_go (ObFolderWatch *watch)
{
  int number = watch->number;

  g_clear_pointer (&watch->nearest, g_free);
  g_clear_pointer (&watch->awaited, g_free);
  watch->number = NO_WATCH;
  for (guint i = 0; i < inotify->watches->len; i++)
    if (((ObFolderWatch *) inotify->watches->pdata[i])->number == number)
      return;
  if (number != NO_WATCH)
    (void) inotify_rm_watch (inotify->fd, number);
}

/* Look once more after the watch is set, for what changed just before. */
static void
watch_nearest (ObFolderWatch *watch)
{
  do
    {
      guint32 events;

      let_go (watch);
      watch->nearest = find_nearest (watch->path, &watch->awaited);
      events = EVENTS_OF_ITSELF | (watch->awaited ? EVENTS_ON_THE_WAY : EVENTS_OF_FILES);
      watch->number = inotify_add_watch (inotify->fd, watch->nearest, events | IN_ONLYDIR | IN_MASK_ADD);
      if (watch->number == NO_WATCH && errno != ENOENT && errno != ENOTDIR)
        {
          g_warning ("Cannot watch %s: %s", watch->nearest, g_strerror (errno));
          return;
        }
    }
  while (!is_folder (watch->nearest) || (watch->awaited && is_folder (watch->awaited)));
}

/* --- What it tells --- */

static void
note (ObFolderWatch *watch, const struct inotify_event *event)
{
  gboolean is_lost = event->mask & IN_Q_OVERFLOW;
  gboolean is_of_itself = event->mask & (EVENTS_OF_ITSELF | IN_IGNORED | IN_UNMOUNT);

  if (!is_lost && event->wd != watch->number)
    return;
  /* Above the folder itself, only the next one on the path matters. */
  if (!is_lost && !is_of_itself && watch->awaited)
    {
      g_autofree char *name = g_path_get_basename (watch->awaited);

      is_of_itself = event->len > 0 && g_str_equal (event->name, name);
      if (!is_of_itself)
        return;
    }
  watch->is_moved |= is_lost || is_of_itself;
  watch->is_changed = TRUE;
}

/* A callback may end a watch, even the last one, which ends the shared instance. */
static void
tell (void)
{
  for (guint i = 0; inotify && i < inotify->watches->len; i++)
    {
      ObFolderWatch *watch = inotify->watches->pdata[i];

      if (!watch->is_changed)
        continue;
      watch->is_changed = FALSE;
      if (watch->is_moved)
        watch_nearest (watch);
      watch->is_moved = FALSE;
      watch->on_changed (watch->user_data);
      i = G_MAXUINT; /* start over: the list has changed */
    }
}

static gboolean
on_events (int fd, GIOCondition condition, gpointer user_data)
{
  union
  {
    struct inotify_event event;
    char bytes[4096];
  } buffer;
  gssize size = read (fd, &buffer, sizeof buffer);
  const struct inotify_event *event;

  for (gssize at = 0; at < size; at += (gssize) sizeof *event + event->len)
    {
      event = (const struct inotify_event *) (const void *) (buffer.bytes + at);
      for (guint i = 0; i < inotify->watches->len; i++)
        note (inotify->watches->pdata[i], event);
    }
  tell ();

  return G_SOURCE_CONTINUE;
}

/* --- Its life --- */

static void
join (ObFolderWatch *watch)
{
  if (!inotify)
    {
      inotify = g_new0 (Inotify, 1);
      inotify->watches = g_ptr_array_new ();
      inotify->fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
      if (inotify->fd >= 0)
        inotify->source = g_unix_fd_add (inotify->fd, G_IO_IN, on_events, NULL);
    }
  g_ptr_array_add (inotify->watches, watch);
}

static void
leave (ObFolderWatch *watch)
{
  (void) g_ptr_array_remove (inotify->watches, watch);
  if (inotify->watches->len > 0)
    return;
  g_clear_handle_id (&inotify->source, g_source_remove);
  if (inotify->fd >= 0)
    (void) close (inotify->fd);
  g_ptr_array_unref (inotify->watches);
  g_clear_pointer (&inotify, g_free);
}

ObFolderWatch *
ob_folder_watch_new (const char *path, void (*on_changed) (gpointer user_data), gpointer user_data)
{
  ObFolderWatch *watch = g_new0 (ObFolderWatch, 1);

  watch->path = g_canonicalize_filename (path, NULL);
  watch->number = NO_WATCH;
  watch->on_changed = on_changed;
  watch->user_data = user_data;
  join (watch);
  watch_nearest (watch);

  return watch;
}

void
ob_folder_watch_free (ObFolderWatch *watch)
{
  let_go (watch);
  leave (watch);
  g_free (watch->path);
  g_free (watch);
}
