/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * openssl, and a private mount. Main thread, before any other.
 */
#include "support/certificate.h"

#include <sys/mount.h>

/* Where GnuTLS looks for the system's authorities. */
#define SYSTEM_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

gboolean
test_certificate_make (const char *certificate, const char *key)
{
  const char *const argv[] = { "openssl",
                               "req",
                               "-x509",
                               "-newkey",
                               "ec",
                               "-pkeyopt",
                               "ec_paramgen_curve:prime256v1",
                               "-nodes",
                               "-days",
                               "2",
                               "-subj",
                               "/CN=outbox-test",
                               "-addext",
                               "subjectAltName=IP:127.0.0.1",
                               "-keyout",
                               key,
                               "-out",
                               certificate,
                               NULL };
  int status;

  /* GSubprocess would begin a thread, and a process with two cannot leave its user namespace. */
  return g_spawn_sync (NULL, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                       NULL, &status, NULL)
         && g_spawn_check_wait_status (status, NULL);
}

gboolean
test_certificate_trust (const char *certificate)
{
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
         && mount (certificate, SYSTEM_AUTHORITIES, NULL, MS_BIND, NULL) == 0;
}
