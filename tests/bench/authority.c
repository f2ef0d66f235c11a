/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificate of the benchmarks' sink, and the private mount that makes it trusted. Main thread, before any other.
 */
#include "authority.h"

#include "namespace.h"
#include "support/certificate.h"

#include <sched.h>
#include <unistd.h>

#define IS_TRUSTED "OUTBOX_BENCH_IS_TRUSTED"

void
bench_trust_own_certificate (Bench *bench, char *argv[])
{
  bench->certificate = g_build_filename (bench->folder, "sink.pem", NULL);
  bench->key = g_build_filename (bench->folder, "sink.key", NULL);
  if (g_getenv (IS_TRUSTED))
    return;
  if (test_certificate_make (bench->certificate, bench->key) && bench_unshare (CLONE_NEWNS)
      && test_certificate_trust (bench->certificate))
    {
      /* Starting anew gives up what the namespace allows: else the daemon could not tell who calls. */
      (void) g_setenv (IS_TRUSTED, "1", TRUE);
      (void) execv ("/proc/self/exe", argv);
    }
  g_clear_pointer (&bench->certificate, g_free);
}
