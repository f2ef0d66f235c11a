/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `.flatpak-info` at a process's root tells which sandboxed app it is; without it the process is of the host. Everything is
 * read through one folder of /proc, which stays that process's. It counts only if the process is as old as its connection,
 * and if the bus's own handle of it (dbus 1.16) says that it is alive. Any thread.
 */
#include "ipc/process.h"

#include "base/mounts.h"
#include "base/witness.h"
#include "dbus/error.h"
#include "ipc/app.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INFO_MAX_BYTES (64 * 1024)
#define TEXT_MAX_BYTES (16 * 1024)
#define PATH_MAX_BYTES 4096
#define MOUNTS_MAX_BYTES (1024 * 1024)

static gpointer
refuse (GError **error, const char *why)
{
  ob_caller_set_unknown (error, why);

  return NULL;
}

gint64
ob_process_get_now_us (void)
{
  struct timespec now;

  if (clock_gettime (CLOCK_BOOTTIME, &now) != 0)
    return 0;

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Closes @fd. Returns: (transfer full) (nullable): at most @most_bytes of it and a NUL */
static char *
read_and_close (int fd, gsize most_bytes, gsize *size_bytes)
{
  g_autofree char *text = fd >= 0 ? g_malloc (most_bytes + 1) : NULL;
  gsize size = 0;
  gssize got = -1;

  while (text && size < most_bytes && (got = read (fd, text + size, most_bytes - size)) > 0)
    size += (gsize) got;
  if (fd >= 0)
    (void) close (fd);
  if (!text || got < 0)
    return NULL;
  text[size] = '\0';
  if (size_bytes)
    *size_bytes = size;

  return g_steal_pointer (&text);
}

static char *
read_text (int process, const char *name, gsize *size_bytes)
{
  return read_and_close (openat (process, name, O_RDONLY | O_CLOEXEC), TEXT_MAX_BYTES, size_bytes);
}

/* --- Fields of /proc/PID/stat --- */

typedef enum
{
  STAT_SESSION = 6,
  STAT_TERMINAL = 7,
  STAT_START = 22, /* in ticks since the device started */
} StatField;

/* The second field may have blanks and brackets; the third is a letter, the others are numbers. */
static gint64
get_stat (const char *stat, StatField field)
{
  const char *rest = stat ? strrchr (stat, ')') : NULL;
  g_auto (GStrv) fields = rest && rest[1] == ' ' ? g_strsplit (rest + 2, " ", -1) : NULL;

  return fields && g_strv_length (fields) > (guint) field - 3 ? g_ascii_strtoll (fields[field - 3], NULL, 10) : 0;
}

static gboolean
is_younger (const char *stat, gint64 connected_us)
{
  gint64 ticks_a_second = sysconf (_SC_CLK_TCK);
  gint64 start_ticks = get_stat (stat, STAT_START);

  return connected_us > 0 && ticks_a_second > 0
         && start_ticks / ticks_a_second * G_USEC_PER_SEC
                    + start_ticks % ticks_a_second * G_USEC_PER_SEC / ticks_a_second
                > connected_us;
}

/* --- Programs of the host --- */

/* A terminal's unit does not tell what runs in it: there the session's leader, the shell, is in the same unit. */
static gboolean
is_in_terminal_of (const char *stat, const char *cgroup)
{
  g_autofree char *path = NULL;
  g_autofree char *of_leader = NULL;

  if (get_stat (stat, STAT_TERMINAL) == 0)
    return FALSE;
  path = g_strdup_printf ("/proc/%" G_GINT64_FORMAT "/cgroup", get_stat (stat, STAT_SESSION));
  of_leader = read_and_close (open (path, O_RDONLY | O_CLOEXEC), TEXT_MAX_BYTES, NULL);

  return g_strcmp0 (of_leader, cgroup) == 0;
}

/* If the program cannot be read, as one with capabilities, the kernel's short name of it can. */
static char *
read_program_name (int process)
{
  char program[PATH_MAX_BYTES];
  gssize length = readlinkat (process, "exe", program, sizeof program - 1);
  g_autofree char *name = NULL;

  if (length <= 0)
    {
      name = read_text (process, "comm", NULL);
      return name ? g_strdup (g_strchomp (name)) : NULL;
    }
  program[length] = '\0';
  name = g_path_get_basename (program);
  /* A program that an upgrade replaced while it runs is still that program. */
  if (g_str_has_suffix (name, " (deleted)"))
    name[strlen (name) - strlen (" (deleted)")] = '\0';

  return g_steal_pointer (&name);
}

static char *
find_host_app (int process, const char *stat, GError **error)
{
  g_autofree char *cgroup = read_text (process, "cgroup", NULL);
  char *app = cgroup && !is_in_terminal_of (stat, cgroup) ? ob_app_from_cgroup (cgroup) : NULL;
  g_autofree char *program = NULL;
  g_autofree char *arguments = NULL;
  gsize size_bytes = 0;

  if (app)
    return app;
  program = read_program_name (process);
  if (!program || *program == '\0')
    return refuse (error, "its process is not readable");
  arguments = read_text (process, "cmdline", &size_bytes);

  return ob_app_from_command (program, arguments ? arguments : "", size_bytes);
}

/* --- Sandboxes --- */

/* A process's root, and a file there, may be on a file system that the process has made itself, and that never answers. Its own table
 * of mounts is the kernel's word. */
static gboolean
may_hang (int process, int fd)
{
  g_autofree char *mounts = NULL;

  if (!ob_mounts_may_hang (fd))
    return FALSE;
  mounts = read_and_close (openat (process, "mountinfo", O_RDONLY | O_CLOEXEC), MOUNTS_MAX_BYTES, NULL);

  return !mounts || !ob_mounts_is_local_by (mounts, fd);
}

/* If the device's own root does not answer, nothing does. */
static gboolean
is_own_root (int root)
{
  int own = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  guint64 mount = own >= 0 ? ob_mounts_find (own) : 0;

  if (own >= 0)
    (void) close (own);

  return mount != 0 && ob_mounts_find (root) == mount;
}

/* @info: for its path alone, and closed. Returns: -1 with errno */
static int
open_info (int info)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", info);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int saved_errno = errno;

  (void) close (info);
  errno = saved_errno;

  return fd;
}

/* @info: for its path alone, and closed */
static char *
read_sandbox_app (int process, int info, GError **error)
{
  g_autofree char *text = NULL;
  struct stat status;
  char *app;
  gsize size_bytes = 0;

  if (may_hang (process, info) || fstat (info, &status) != 0 || !S_ISREG (status.st_mode))
    {
      (void) close (info);
      return refuse (error, "its sandbox information is no file, or on a file system that may not answer");
    }
  text = read_and_close (open_info (info), INFO_MAX_BYTES, &size_bytes);
  if (!text)
    return refuse (error, "its sandbox information is not readable");
  app = ob_app_from_sandbox_info (text, size_bytes);

  return app ? app : refuse (error, "its sandbox information has no name");
}

/* Sandboxes are made by bwrap, which sets this flag, and nothing clears it. A process whose root cannot be read for
 * another reason, such as capabilities, is of the host if the flag is not set. */
static gboolean
may_be_sandboxed (int process)
{
  g_autofree char *status = read_text (process, "status", NULL);

  return !status || !strstr (status, "\nNoNewPrivs:\t0\n");
}

static ObCaller *
identify (int process, const char *stat, GError **error)
{
  g_autoptr (ObCaller) caller = g_new0 (ObCaller, 1);
  int root = openat (process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int saved_errno = errno;
  int info = -1;

  if (root >= 0 && !is_own_root (root) && may_hang (process, root))
    {
      (void) close (root);
      return refuse (error, "its root is on a file system that may not answer");
    }
  if (root >= 0)
    {
      info = openat (root, ".flatpak-info", O_PATH | O_CLOEXEC | O_NOFOLLOW);
      saved_errno = errno;
      (void) close (root);
      if (info < 0 && saved_errno != ENOENT)
        return refuse (error, g_strerror (saved_errno));
    }
  else if (saved_errno != EACCES || may_be_sandboxed (process))
    return refuse (error, g_strerror (saved_errno));
  caller->kind = info >= 0 ? OB_CALLER_SANDBOXED : OB_CALLER_HOST;
  caller->app = info >= 0 ? read_sandbox_app (process, info, error) : find_host_app (process, stat, error);

  return caller->app ? g_steal_pointer (&caller) : NULL;
}

/* A pidfd becomes readable when its process has ended. */
static gboolean
has_ended (int pidfd)
{
  struct pollfd ended = { .fd = pidfd, .events = POLLIN };

  return poll (&ended, 1, 0) != 0;
}

ObCaller *
ob_process_look (guint32 pid, int pidfd, gint64 connected_us, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u", pid);
  int process = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (ObCaller) caller = NULL;
  g_autofree char *stat = NULL;

  if (process < 0)
    return refuse (error, g_strerror (errno));
  stat = read_text (process, "stat", NULL);
  if (!stat || is_younger (stat, connected_us))
    (void) refuse (error, "its process has ended");
  else
    caller = identify (process, stat, error);
  (void) close (process);
  if (caller && pidfd >= 0 && has_ended (pidfd))
    return refuse (error, "its process has ended");

  return g_steal_pointer (&caller);
}

/* --- From a user namespace --- */

/* Of a witness that is of another build, a kind may be one that is not known here. */
static ObCaller *
ask_witness (guint32 pid, int pidfd, gint64 connected_us, GError **error)
{
  const ObWitnessQuestion question = { .kind = OB_WITNESS_WHO, .pid = pid, .connected_us = connected_us };
  g_autofree ObWitnessAnswer *answer = g_new0 (ObWitnessAnswer, 1);
  const int failed = ob_witness_ask (&question, pidfd, answer);
  ObCaller *caller;

  if (failed != 0)
    {
      g_autofree char *why = g_strdup_printf ("outbox-witness does not tell: %s", g_strerror (failed));

      return refuse (error, why);
    }
  if (answer->caller > OB_CALLER_SANDBOXED || !g_utf8_validate (answer->text, -1, NULL))
    return refuse (error, "outbox-witness tells what is not known here");
  if (!answer->is_told)
    {
      g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, answer->text);
      return NULL;
    }
  caller = g_new0 (ObCaller, 1);
  caller->kind = answer->caller;
  caller->app = g_strdup (answer->text);

  return caller;
}

ObCaller *
ob_process_identify (guint32 pid, int pidfd, gint64 connected_us, GError **error)
{
  return ob_witness_is_there () ? ask_witness (pid, pidfd, connected_us, error)
                                : ob_process_look (pid, pidfd, connected_us, error);
}
