/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading. The process sends frames: one a file, and one at the end, without which the answer is not whole.
 */
#include "base/fetch.h"

#include "base/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SUFFIX ".conf"
#define LIST_BYTES (32 * 1024)

typedef struct
{
  guint32 path;       /* its index; that of the NULL after the last at the end */
  guint32 name_bytes; /* of the file in a folder; 0: the path itself */
  guint32 text_bytes;
  int error;
  guint32 is_roots;
} Frame;

/* As the kernel has it: getdents64(2). */
typedef struct
{
  guint64 number;
  gint64 next;
  unsigned short size;
  unsigned char type;
  char name[];
} Entry;

/* --- In the process: no memory allocation, no locks, no GLib --- */

static char text[OB_FETCH_MOST_BYTES + 1];
static char parent[PATH_MAX];
static ObWitnessAnswer answer;

/* From a user namespace root's files are nobody's, as are those of other people: a witness outside it tells which. */
static gboolean
is_roots (int fd)
{
  const ObWitnessQuestion question = { .kind = OB_WITNESS_ROOTS };
  struct stat info;

  if (fstat (fd, &info) != 0 || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return FALSE;
  if (info.st_uid == 0 || info.st_uid == geteuid () || !ob_witness_is_there ())
    return info.st_uid == 0;

  return ob_witness_ask (&question, fd, &answer) == 0 && answer.is_told;
}

/* Of the folder that @name is in. */
static gboolean
is_in_roots_folder (int folder, const char *name)
{
  const char *slash = strrchr (name, '/');
  gboolean is_so;
  int fd;

  if (folder != AT_FDCWD)
    return is_roots (folder);
  if (!slash || (gsize) (slash - name) >= sizeof parent)
    return FALSE;
  memcpy (parent, name, (gsize) (slash - name));
  parent[slash - name] = '\0';
  fd = open (slash == name ? "/" : parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  is_so = is_roots (fd);
  (void) close (fd);

  return is_so;
}

/* Returns: errno; 0: the whole file is in @text */
static int
read_text (int folder, const char *name, Frame *frame)
{
  guint32 *size_bytes = &frame->text_bytes;
  struct stat info;
  int fd = -1;
  gssize got;

  /* Look before opening: opening a device may do something. */
  if (fstatat (folder, name, &info, 0) != 0)
    return errno == ENOTDIR ? ENOENT : errno;
  if (!S_ISREG (info.st_mode))
    return EFBIG;
  fd = openat (folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0)
    return errno;
  frame->is_roots = is_roots (fd) && is_in_roots_folder (folder, name);
  do
    {
      got = read (fd, text + *size_bytes, sizeof text - *size_bytes);
      *size_bytes += (guint32) MAX (got, 0);
    }
  while (got > 0 || (got < 0 && errno == EINTR));

  return got < 0 ? errno : *size_bytes > OB_FETCH_MOST_BYTES ? EFBIG : 0;
}

static void
send_text (int folder, const char *name, Frame frame, int pipe)
{
  frame.error = read_text (folder, name, &frame);
  if (frame.error != 0)
    frame.text_bytes = 0;
  ob_errand_send (pipe, &frame, sizeof frame);
  ob_errand_send (pipe, name, frame.name_bytes);
  ob_errand_send (pipe, text, frame.text_bytes);
}

static gboolean
is_wanted (const char *name)
{
  gsize length = strlen (name);

  return name[0] != '.' && length > strlen (SUFFIX) && strcmp (name + length - strlen (SUFFIX), SUFFIX) == 0;
}

static void
send_folder (const char *path, guint32 index, int pipe)
{
  union
  {
    Entry entry; /* for its alignment */
    char bytes[LIST_BYTES];
  } list;
  int folder = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const Frame unreadable = { .path = index, .error = errno };
  long size;

  if (folder < 0 && errno != ENOENT && errno != ENOTDIR)
    ob_errand_send (pipe, &unreadable, sizeof unreadable);
  while (folder >= 0 && (size = syscall (SYS_getdents64, folder, list.bytes, sizeof list.bytes)) > 0)
    for (long at = 0; at < size;)
      {
        const Entry *entry = (const Entry *) (const void *) (list.bytes + at);

        if (is_wanted (entry->name))
          send_text (folder, entry->name, (Frame){ .path = index, .name_bytes = (guint32) strlen (entry->name) }, pipe);
        at += entry->size;
      }
}

static void
send_all (gconstpointer data, int pipe)
{
  const char *const *paths = data;
  Frame frame = { .path = 0 };

  for (; paths[frame.path]; frame.path++)
    if (paths[frame.path][strlen (paths[frame.path]) - 1] == '/')
      send_folder (paths[frame.path], frame.path, pipe);
    else
      send_text (AT_FDCWD, paths[frame.path], frame, pipe);
  ob_errand_send (pipe, &frame, sizeof frame);
}

/* --- In this process --- */

void
ob_fetched_free (ObFetched *fetched)
{
  if (fetched->text)
    explicit_bzero (fetched->text, fetched->size_bytes);
  g_free (fetched->path);
  g_free (fetched->text);
  g_free (fetched);
}

ObErrand *
ob_fetch_start (const char *const *paths, GError **error)
{
  return ob_errand_start (send_all, paths, -1, error);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const ObFetched *const *) a)->path, (*(const ObFetched *const *) b)->path);
}

static ObFetched *
make_fetched (const char *path, const Frame *frame, const char *bytes)
{
  ObFetched *fetched = g_new0 (ObFetched, 1);
  g_autofree char *name = g_strndup (bytes, frame->name_bytes);

  fetched->path = g_strconcat (path, name, NULL);
  fetched->error = frame->error;
  fetched->is_roots = frame->is_roots != 0;
  if (frame->error != 0)
    return fetched;
  fetched->text = g_malloc (frame->text_bytes + 1);
  memcpy (fetched->text, bytes + frame->name_bytes, frame->text_bytes);
  fetched->text[frame->text_bytes] = '\0';
  fetched->size_bytes = frame->text_bytes;

  return fetched;
}

GPtrArray *
ob_fetch_parse (const char *const *paths, GBytes *answer)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_fetched_free);
  guint32 n_paths = g_strv_length ((char **) paths);
  gsize left = 0;
  const char *next = answer ? g_bytes_get_data (answer, &left) : NULL;
  guint32 path = 0;
  guint first = 0; /* of this path */
  Frame frame;

  while (left >= sizeof frame)
    {
      memcpy (&frame, next, sizeof frame);
      next += sizeof frame;
      left -= sizeof frame;
      if (frame.path > path)
        {
          /* Folders come in the order of the disk. */
          if (first < all->len)
            qsort (all->pdata + first, all->len - first, sizeof (gpointer), compare);
          first = all->len;
          path = frame.path;
        }
      if (path == n_paths)
        return g_steal_pointer (&all);
      if (left < (gsize) frame.name_bytes + frame.text_bytes)
        break;
      g_ptr_array_add (all, make_fetched (paths[path], &frame, next));
      next += frame.name_bytes + frame.text_bytes;
      left -= frame.name_bytes + frame.text_bytes;
    }

  return NULL;
}
