/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificate of the benchmarks' sink, and the private mount that makes it trusted. Main thread, before any other.
 */
#include "authority.h"

#include "namespace.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

/* Where GnuTLS looks for the system's authorities. */
#define SYSTEM_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"
#define IS_TRUSTED "OUTBOX_BENCH_IS_TRUSTED"

static gboolean
make_certificate (const Bench *bench)
{
  const char *const argv[]
      = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
          "-subj", "/CN=outbox-bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", bench->key, "-out",
          bench->certificate, NULL };
  int status;

  /* GSubprocess would begin a thread, and a process with two cannot leave its user namespace. */
  return g_spawn_sync (NULL, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                       NULL, &status, NULL)
         && g_spawn_check_wait_status (status, NULL);
}

void
bench_trust_own_certificate (Bench *bench, char *argv[])
{
  bench->certificate = g_build_filename (bench->folder, "sink.pem", NULL);
  bench->key = g_build_filename (bench->folder, "sink.key", NULL);
  if (g_getenv (IS_TRUSTED))
    return;
  if (make_certificate (bench) && bench_unshare (CLONE_NEWNS) && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
      && mount (bench->certificate, SYSTEM_AUTHORITIES, NULL, MS_BIND, NULL) == 0)
    {
      /* Starting anew gives up what the namespace allows: else the daemon could not tell who calls. */
      (void) g_setenv (IS_TRUSTED, "1", TRUE);
      (void) execv ("/proc/self/exe", argv);
    }
  g_clear_pointer (&bench->certificate, g_free);
}
