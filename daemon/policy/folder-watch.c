/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uses inotify(7). It cannot watch a folder that does not exist, so the nearest existing folder above is watched until the
 * next one on the path appears. Following the path may hang on a dead network folder, so a process does it (base/errand.h): it
 * has the same inotify instance, and a watch that it adds is this process's. GFileMonitor is not used: its thread looks at every
 * file that appears, and hangs on one that leads to such a folder; that thread also delivers signals and the ends of child
 * processes. Main thread.
 */
#include "policy/folder-watch.h"

#include "base/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is written is told of once it is whole. */
#define EVENTS_OF_FILES (IN_CREATE | IN_DELETE | IN_MOVE | IN_CLOSE_WRITE | IN_ATTRIB)
#define EVENTS_ON_THE_WAY (IN_CREATE | IN_MOVED_TO)
#define EVENTS_OF_ITSELF (IN_DELETE_SELF | IN_MOVE_SELF)
#define NO_WATCH (-1)

/* Where no process could be started, or the system has no watch left for this person, it is tried again after this time; whatever
 * has changed meanwhile is told of then. */
#define AGAIN_S 30

/* The findings of the process. */
typedef struct
{
  int number;             /* inotify's, of the nearest folder; watches of the same folder share it */
  int error;              /* errno, if there is no number */
  guint32 nearest_length; /* how much of the path exists: all, or up to a slash */
} Found;

struct _ObFolderWatch
{
  char *path;
  Found found;
  ObErrand *errand;   /* (nullable): it finds that out anew */
  guint begin_source; /* runs until one is started: the first, or the next where none could be */
  gboolean is_missed; /* meanwhile the kernel told of a folder that nobody knew yet: it may be this one's */
  gboolean is_moved;
  gboolean is_changed;
  void (*on_changed) (gpointer user_data);
  gpointer user_data;
};

/* A person has few inotify instances for all programs together, so all watches share one, which lives as long as any of
 * them. */
typedef struct
{
  int fd;    /* -1: the system gave none */
  int error; /* errno, if it gave none */
  guint source;
  GPtrArray *watches; /* of ObFolderWatch */
} Inotify;

static Inotify *inotify;

/* --- In the process: no memory allocation, no locks, no GLib --- */

typedef struct
{
  int inotify;
  const char *path;
} Plan;

static gboolean
is_folder (const char *path)
{
  struct stat info;

  return stat (path, &info) == 0 && S_ISDIR (info.st_mode);
}

/* Cuts the path down to what exists. */
static void
cut (char *path)
{
  while (path[1] != '\0' && !is_folder (path))
    {
      char *slash = strrchr (path, '/');

      slash[slash == path ? 1 : 0] = '\0';
    }
}

/* Returns: how long the part of the path is that ends behind the nearest folder's next name */
static gsize
find_next (const char *path, gsize nearest_length)
{
  gsize begin = nearest_length > 1 ? nearest_length + 1 : 1;

  return begin + strcspn (path + begin, "/");
}

/* Returns: whether the folder below the nearest has appeared meanwhile */
static gboolean
has_next (const char *path, gsize nearest_length)
{
  static char next[PATH_MAX];
  gsize length = find_next (path, nearest_length);

  memcpy (next, path, length);
  next[length] = '\0';

  return is_folder (next);
}

/* Look once more after the watch is set, for what changed just before. */
static void
send_found (gconstpointer data, int pipe)
{
  static char nearest[PATH_MAX];
  const Plan *plan = data;
  Found found = { NO_WATCH, ENAMETOOLONG, 0 };
  gboolean is_whole;

  if (strlen (plan->path) < sizeof nearest)
    do
      {
        guint32 events = EVENTS_OF_ITSELF;

        strcpy (nearest, plan->path);
        cut (nearest);
        found.nearest_length = (guint32) strlen (nearest);
        is_whole = plan->path[found.nearest_length] == '\0';
        events |= is_whole ? EVENTS_OF_FILES : EVENTS_ON_THE_WAY;
        found.number = inotify_add_watch (plan->inotify, nearest, events | IN_ONLYDIR | IN_MASK_ADD);
        found.error = found.number == NO_WATCH ? errno : 0;
        if (found.error != 0 && found.error != ENOENT && found.error != ENOTDIR)
          break;
      }
    while (!is_folder (nearest) || (!is_whole && has_next (plan->path, found.nearest_length)));
  ob_errand_send (pipe, &found, sizeof found);
}

/* --- What the kernel is asked --- */

static void
let_go (ObFolderWatch *watch)
{
  int number = watch->found.number;

  watch->found.number = NO_WATCH;
  for (guint i = 0; i < inotify->watches->len; i++)
    if (((ObFolderWatch *) inotify->watches->pdata[i])->found.number == number)
      return;
  if (number != NO_WATCH)
    (void) inotify_rm_watch (inotify->fd, number);
}

static void tell (void);
static void find (ObFolderWatch *watch);
static void open_instance (void);
static gboolean on_time_to_begin (gpointer user_data);

static gboolean
is_of_limit (int error)
{
  return error == ENOSPC || error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* Other programs of the person may have taken all watches, and nobody knows when they give some back. */
static void
note_error (ObFolderWatch *watch, int old_error)
{
  if (watch->found.error == EBADF && inotify->fd < 0)
    watch->found.error = inotify->error;
  if (watch->found.error != 0 && watch->found.error != old_error)
    g_warning ("Cannot watch %s: %s", watch->path, g_strerror (watch->found.error));
  if (is_of_limit (watch->found.error) && watch->begin_source == 0)
    watch->begin_source = g_timeout_add_seconds (AGAIN_S, on_time_to_begin, watch);
}

static void
on_found (GBytes *answer, gpointer user_data)
{
  ObFolderWatch *watch = user_data;
  Found found = { NO_WATCH, EIO, 0 };
  int old_error = watch->found.error;

  g_clear_pointer (&watch->errand, ob_errand_free);
  if (answer && g_bytes_get_size (answer) == sizeof found)
    memcpy (&found, g_bytes_get_data (answer, NULL), sizeof found);
  if (found.number != watch->found.number)
    let_go (watch);
  watch->found = found;
  note_error (watch, old_error);
  if (watch->is_missed)
    find (watch);
  watch->is_changed = TRUE;
  tell ();
}

/* Has a process find the nearest folder, and watch it. */
static void
find (ObFolderWatch *watch)
{
  Plan plan = { -1, watch->path };
  g_autoptr (GError) error = NULL;

  open_instance ();
  plan.inotify = inotify->fd;
  watch->is_missed = FALSE;
  watch->errand = ob_errand_start (send_found, &plan, inotify->fd, &error);
  if (watch->errand)
    ob_errand_collect (watch->errand, sizeof (Found), on_found, watch);
  else
    {
      g_warning ("Cannot watch %s: %s", watch->path, error->message);
      if (watch->begin_source == 0)
        watch->begin_source = g_timeout_add_seconds (AGAIN_S, on_time_to_begin, watch);
    }
}

/* --- What it tells --- */

/* Returns: whether the event is about the next folder of a path that does not exist yet */
static gboolean
is_of_next (const ObFolderWatch *watch, const struct inotify_event *event)
{
  gsize begin = watch->found.nearest_length > 1 ? watch->found.nearest_length + 1 : 1;
  gsize length = find_next (watch->path, watch->found.nearest_length) - begin;

  return event->len > 0 && strlen (event->name) == length && strncmp (event->name, watch->path + begin, length) == 0;
}

static void
note (ObFolderWatch *watch, const struct inotify_event *event)
{
  gboolean is_lost = event->mask & IN_Q_OVERFLOW;
  gboolean is_of_itself = event->mask & (EVENTS_OF_ITSELF | IN_IGNORED | IN_UNMOUNT);
  gboolean is_whole = watch->path[watch->found.nearest_length] == '\0';

  if (!is_lost && event->wd != watch->found.number)
    {
      watch->is_missed |= watch->errand != NULL;
      return;
    }
  /* Above the folder itself, only the next one on the path matters. */
  if (!is_lost && !is_of_itself && !is_whole)
    {
      is_of_itself = is_of_next (watch, event);
      if (!is_of_itself)
        return;
    }
  watch->is_moved |= is_lost || is_of_itself;
  watch->is_changed = TRUE;
}

/* A watch whose folder has moved tells when it knows the new one. */
static void
follow (ObFolderWatch *watch)
{
  watch->is_moved = FALSE;
  if (watch->errand)
    watch->is_missed = TRUE;
  else
    find (watch);
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
        {
          follow (watch);
          continue;
        }
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
open_instance (void)
{
  if (inotify->fd >= 0)
    return;
  inotify->fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  inotify->error = inotify->fd < 0 ? errno : 0;
  if (inotify->fd >= 0)
    inotify->source = g_unix_fd_add (inotify->fd, G_IO_IN, on_events, NULL);
}

static void
join (ObFolderWatch *watch)
{
  if (!inotify)
    {
      inotify = g_new0 (Inotify, 1);
      inotify->watches = g_ptr_array_new ();
      inotify->fd = -1;
      open_instance ();
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

/* Not at once: a start has more urgent things to do than to make a process for each folder. */
static gboolean
on_time_to_begin (gpointer user_data)
{
  ObFolderWatch *watch = user_data;

  watch->begin_source = 0;
  find (watch);

  return G_SOURCE_REMOVE;
}

ObFolderWatch *
ob_folder_watch_new (const char *path, void (*on_changed) (gpointer user_data), gpointer user_data)
{
  ObFolderWatch *watch = g_new0 (ObFolderWatch, 1);

  watch->path = g_canonicalize_filename (path, NULL);
  watch->found.number = NO_WATCH;
  watch->on_changed = on_changed;
  watch->user_data = user_data;
  join (watch);
  watch->begin_source = g_idle_add_full (G_PRIORITY_LOW, on_time_to_begin, watch, NULL);

  return watch;
}

void
ob_folder_watch_free (ObFolderWatch *watch)
{
  g_clear_handle_id (&watch->begin_source, g_source_remove);
  g_clear_pointer (&watch->errand, ob_errand_free);
  let_go (watch);
  leave (watch);
  g_free (watch->path);
  g_free (watch);
}
