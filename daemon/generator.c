/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A generator of a person's service manager (systemd.generator(7)): where they cannot have a user namespace, outboxd.service does without
 * one, and still starts. Devices that are to be safe switch them off (user.max_user_namespaces), and some leave them without powers (AppArmor).
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DROP_IN "50-outbox-no-user-namespace.conf"

static const char WITHOUT[] = "# Made by outbox: this person cannot have a user namespace.\n"
                              "[Service]\n"
                              "PrivateUsers=no\n"
                              "CapabilityBoundingSet=~\n"
                              "UnsetEnvironment=OUTBOX_WITNESS\n";

static int
write_text (const char *path, const char *text)
{
  const int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const int is_written = fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text);

  return (fd < 0 || close (fd) == 0) && is_written;
}

/* What every other user is in the namespace. It must not be this one: all would be taken for it. */
static unsigned long
read_overflow_uid (void)
{
  FILE *file = fopen ("/proc/sys/kernel/overflowuid", "re");
  unsigned long uid = 65534;

  if (file)
    {
      (void) fscanf (file, "%lu", &uid);
      (void) fclose (file);
    }

  return uid;
}

/* What the manager does for the unit. */
static int
become_alone (void)
{
  const unsigned long uid = geteuid (), gid = getegid ();
  char users[64], groups[64];

  (void) snprintf (users, sizeof users, "%lu %lu 1", uid, uid);
  (void) snprintf (groups, sizeof groups, "%lu %lu 1", gid, gid);

  return unshare (CLONE_NEWUSER) == 0 && write_text ("/proc/self/setgroups", "deny")
         && write_text ("/proc/self/uid_map", users) && write_text ("/proc/self/gid_map", groups)
         && prctl (PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) == 0;
}

static int
can_be_alone (void)
{
  pid_t child;
  int status;

  if (geteuid () == read_overflow_uid ())
    return 0;
  child = fork ();
  if (child == 0)
    _exit (become_alone () ? 0 : 1);

  return child > 0 && waitpid (child, &status, 0) == child && WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

/* argv: as a generator has it, the folder of ordinary priority first. */
int
main (int argc, char *argv[])
{
  char folder[4096], path[4096 + sizeof DROP_IN];

  if (argc < 2)
    {
      (void) fprintf (stderr, "outbox-generator: is run by the service manager, with the folder for its units\n");
      return 2;
    }
  if (can_be_alone ())
    return 0;
  (void) snprintf (folder, sizeof folder, "%s/outboxd.service.d", argv[1]);
  (void) snprintf (path, sizeof path, "%s/" DROP_IN, folder);
  (void) mkdir (folder, 0755);
  if (write_text (path, WITHOUT))
    return 0;
  (void) fprintf (stderr, "outbox-generator: ");
  perror (path);

  return 1;
}
