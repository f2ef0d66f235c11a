/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificate of the benchmarks' sink, and the private mount that makes it trusted. Main thread, before any other.
 */
#include "authority.h"

#include "report.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

/* Where GnuTLS looks for the system's authorities. */
#define SYSTEM_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"
#define IS_TRUSTED "OUTBOX_BENCH_IS_TRUSTED"

static gboolean
write_proc (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean is_good = fd >= 0 && write (fd, text, strlen (text)) == (gssize) strlen (text);

  if (fd >= 0)
    (void) close (fd);

  return is_good;
}

/* Mounts of this process and its children. Who is not root becomes it in a namespace where everybody keeps their ids. */
static gboolean
leave_mounts (void)
{
  g_autofree char *uid_map = g_strdup_printf ("%u %u 1", geteuid (), geteuid ());
  g_autofree char *gid_map = g_strdup_printf ("%u %u 1", getegid (), getegid ());
  gboolean is_root = geteuid () == 0;

  if (unshare (CLONE_NEWNS | (is_root ? 0 : CLONE_NEWUSER)) != 0)
    return FALSE;
  if (!is_root
      && (!write_proc ("/proc/self/setgroups", "deny") || !write_proc ("/proc/self/uid_map", uid_map)
          || !write_proc ("/proc/self/gid_map", gid_map)))
    return FALSE;

  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static gboolean
make_certificate (const Bench *bench)
{
  const char *const argv[]
      = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
          "-subj", "/CN=outbox-bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", bench->key, "-out",
          bench->certificate, NULL };
  g_autoptr (GSubprocess) openssl = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL);

  return openssl && g_subprocess_wait_check (openssl, NULL, NULL);
}

void
bench_trust_own_certificate (Bench *bench, char *argv[])
{
  bench->certificate = g_build_filename (bench->folder, "sink.pem", NULL);
  bench->key = g_build_filename (bench->folder, "sink.key", NULL);
  if (g_getenv (IS_TRUSTED))
    return;
  if (make_certificate (bench) && leave_mounts ()
      && mount (bench->certificate, SYSTEM_AUTHORITIES, NULL, MS_BIND, NULL) == 0)
    {
      /* Starting anew gives up what the namespace allows: else the daemon could not tell who calls. */
      (void) g_setenv (IS_TRUSTED, "1", TRUE);
      (void) execv ("/proc/self/exe", argv);
    }
  g_clear_pointer (&bench->certificate, g_free);
}
