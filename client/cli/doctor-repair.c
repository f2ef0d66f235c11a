/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox doctor --repair: only what cannot lose a byte. The service may be killed at any moment; a damaged queue is renamed and made
 * again from the copies; files are opened for their owner, and closed to others.
 */
#include "doctor.h"

#include "config.h"

#include <glib/gi18n.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEND_MOST_MS 60000
#define SYSTEMD_MOST_MS 10000

/* Returns: a descriptor of the service's process; -1 where that number is of something else by now */
static int
open_process (guint process)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/comm", process);
  int fd = (int) syscall (SYS_pidfd_open, (pid_t) process, 0);
  g_autofree char *name = NULL;

  /* Not "exe": the kernel keeps that from others where a process may leave no core. */
  if (fd >= 0 && g_file_get_contents (path, &name, NULL, NULL) && g_str_equal (g_strchomp (name), "outboxd"))
    return fd;
  if (fd >= 0)
    (void) close (fd);

  return -1;
}

/* A service that is asked to end has attempts to stop. */
static gboolean
end_process (int fd, int number, guint most_ms)
{
  struct pollfd end = { fd, POLLIN, 0 };

  return syscall (SYS_pidfd_send_signal, fd, number, NULL, 0) == 0 && poll (&end, 1, (int) most_ms) == 1;
}

static gboolean
end_silent (CliDoctor *doctor)
{
  int fd = doctor->is_silent && doctor->process != 0 ? open_process (doctor->process) : -1;
  gboolean has_ended;

  if (fd < 0)
    return FALSE;
  has_ended = end_process (fd, SIGTERM, doctor->most_ms) || end_process (fd, SIGKILL, doctor->most_ms);
  (void) close (fd);
  if (has_ended)
    g_printerr ("%s\n", _ ("The service that did not answer was ended, and is being restarted."));

  return has_ended;
}

static gboolean
start_unit (CliDoctor *doctor)
{
  g_autoptr (GVariant) results = NULL;

  if (!doctor->is_unit_failed)
    return FALSE;
  results = cli_doctor_call (doctor, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                             "org.freedesktop.systemd1.Manager", "ResetFailedUnit",
                             g_variant_new ("(s)", "outboxd.service"), SYSTEMD_MOST_MS, NULL);
  if (results)
    g_printerr ("%s\n", _ ("systemd restarts the service."));

  return results != NULL;
}

static gboolean
mend_folder (void)
{
  const char *elsewhere = g_getenv ("OUTBOXD");
  const char *argv[] = { elsewhere && *elsewhere ? elsewhere : OB_DAEMON, "--mend", NULL };
  g_autofree char *output = cli_doctor_run (argv, MEND_MOST_MS, NULL);
  g_autoptr (JsonNode) node = output ? json_from_string (output, NULL) : NULL;
  JsonObject *mended = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const guint n_opened = mended ? (guint) json_object_get_int_member_with_default (mended, "access", 0) : 0;
  const gboolean is_marked = mended && json_object_get_boolean_member_with_default (mended, "database", FALSE);

  if (n_opened > 0)
    {
      g_printerr (ngettext ("%u file or folder is accessible to you again, and to nobody else.",
                            "%u files or folders are accessible to you again, and to nobody else.", n_opened),
                  n_opened);
      g_printerr ("\n");
    }
  if (is_marked)
    g_printerr ("%s\n", _ ("The damaged queue file is set aside, and the queue is rebuilt from the saved copies."));

  return n_opened > 0 || is_marked;
}

gboolean
cli_doctor_repair (CliDoctor *doctor)
{
  gboolean is_mended = end_silent (doctor);

  is_mended |= mend_folder ();
  is_mended |= start_unit (doctor);
  if (!is_mended)
    g_printerr ("%s\n", _ ("There was nothing that could be repaired without you."));
  g_printerr ("\n");

  return is_mended;
}
