/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writing. The process answers with an errno, 0 for a text that is on the disk.
 */
#include "base/fetch.h"
#include "base/files.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_LINKS 16
#define NEW ".new"

typedef struct
{
  const char *path;
  const char *text;
} Plan;

/* --- In the process: no memory allocation, no locks, no GLib --- */

static char path[PATH_MAX];     /* of the file that is written */
static char folder[PATH_MAX];   /* that it is in */
static char new_path[PATH_MAX]; /* beside it */

/* Joins two texts. Returns: errno */
static int
join (char *into, const char *first, gsize first_length, const char *second)
{
  if (first_length + strlen (second) >= PATH_MAX)
    return ENAMETOOLONG;
  memmove (into, first, first_length);
  strcpy (into + first_length, second);

  return 0;
}

/* Returns: how long the part of @path up to the last slash is, with it */
static gsize
get_folder_length (void)
{
  return (gsize) (strrchr (path, '/') - path) + 1;
}

/* Follows the file's own links, so that writing keeps them. Returns: errno */
static int
follow_links (void)
{
  static char target[PATH_MAX];
  gssize length;
  int error = 0;

  for (guint i = 0; error == 0; i++)
    {
      length = readlink (path, target, sizeof target - 1);
      if (length < 0)
        return errno == EINVAL || errno == ENOENT || errno == ENOTDIR ? 0 : errno;
      if (i == MOST_LINKS)
        return ELOOP;
      target[length] = '\0';
      error = join (path, path, target[0] == '/' ? 0 : get_folder_length (), target);
    }

  return error;
}

/* Returns: errno */
static int
make_folders (void)
{
  for (char *slash = strchr (folder + 1, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      int result;

      *slash = '\0';
      result = mkdir (folder, 0700);
      *slash = '/';
      if (result != 0 && errno != EEXIST)
        return errno;
    }

  return 0;
}

/* Returns: errno */
static int
write_and_sync (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0)
    {
      gssize written = write (fd, text, left);

      if (written < 0 && errno != EINTR)
        return errno;
      text += MAX (written, 0);
      left -= (gsize) MAX (written, 0);
    }

  return fsync (fd) == 0 ? 0 : errno;
}

/* Returns: errno */
static int
write_new (const char *text)
{
  int fd = open (new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  int error;

  if (fd < 0)
    return errno;
  error = write_and_sync (fd, text);
  if (close (fd) != 0 && error == 0)
    error = errno;

  return error;
}

/* Returns: errno */
static int
rename_new (void)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (rename (new_path, path) != 0)
    return errno;

  return fd < 0 || fsync (fd) != 0 ? errno : 0;
}

static int
replace (const Plan *plan)
{
  int error = join (path, plan->path, strlen (plan->path), "");

  if (error == 0)
    error = follow_links ();
  if (error == 0)
    error = join (folder, path, get_folder_length (), "");
  if (error == 0)
    error = join (new_path, path, strlen (path), NEW);
  if (error == 0)
    error = make_folders ();
  if (error != 0)
    return error;
  error = write_new (plan->text);
  if (error == 0)
    error = rename_new ();
  if (error != 0)
    (void) unlink (new_path);

  return error;
}

static void
send_error (gconstpointer data, int pipe)
{
  int error = replace (data);

  ob_errand_send (pipe, &error, sizeof error);
}

/* --- In this process --- */

ObErrand *
ob_fetch_replace_start (const char *file, const char *text, GError **error)
{
  const Plan plan = { file, text };

  return ob_errand_start (send_error, &plan, -1, error);
}

gboolean
ob_fetch_replace_parse (const char *file, GBytes *answer, GError **error)
{
  int saved_errno = EIO;

  if (answer && g_bytes_get_size (answer) == sizeof saved_errno)
    memcpy (&saved_errno, g_bytes_get_data (answer, NULL), sizeof saved_errno);
  if (saved_errno == 0)
    return TRUE;
  ob_file_set_error (error, saved_errno, S_ ("Cannot write %s: %s"), file);

  return FALSE;
}
