/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * openssl, and a private mount. GnuTLS makes those that have expired, which openssl's command cannot. Main thread, before any other.
 */
#include "support/certificate.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <gnutls/x509.h>
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

static gboolean
add_name (gnutls_x509_crt_t certificate, const char *name)
{
  struct in_addr address;

  if (inet_pton (AF_INET, name, &address) == 1)
    return gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, &address, sizeof address,
                                                 GNUTLS_FSAN_SET)
           == 0;

  return gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, name, (unsigned int) strlen (name),
                                               GNUTLS_FSAN_SET)
         == 0;
}

static gboolean
fill (gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const TestCertificate *facts)
{
  const time_t now_s = (time_t) (g_get_real_time () / G_USEC_PER_SEC);
  const guint32 serial = g_random_int () | 1;
  g_autofree char *name = g_strconcat ("CN=", facts->signer, NULL);

  return gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0) == 0
         && gnutls_x509_crt_set_version (certificate, 3) == 0
         && gnutls_x509_crt_set_serial (certificate, &serial, sizeof serial) == 0
         && gnutls_x509_crt_set_dn (certificate, name, NULL) == 0
         && gnutls_x509_crt_set_activation_time (certificate, now_s + (time_t) facts->from_s) == 0
         && gnutls_x509_crt_set_expiration_time (certificate, now_s + (time_t) facts->to_s) == 0
         && gnutls_x509_crt_set_ca_status (certificate, 1) == 0 && add_name (certificate, facts->name)
         && gnutls_x509_crt_set_key (certificate, key) == 0
         && gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0) == 0;
}

gboolean
test_certificate_make_of (const char *certificate_path, const char *key_path, const TestCertificate *facts)
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  gnutls_datum_t texts[2] = { { NULL, 0 } };
  gboolean is_made;

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_crt_init (&certificate), ==, 0);
  is_made = fill (certificate, key, facts) && gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &texts[0]) == 0
            && gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &texts[1]) == 0
            && g_file_set_contents (certificate_path, (const char *) texts[0].data, texts[0].size, NULL)
            && g_file_set_contents (key_path, (const char *) texts[1].data, texts[1].size, NULL);
  gnutls_free (texts[0].data);
  gnutls_free (texts[1].data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);

  return is_made;
}

gboolean
test_certificate_trust (const char *certificate)
{
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
         && mount (certificate, SYSTEM_AUTHORITIES, NULL, MS_BIND, NULL) == 0;
}

void
test_authority_free (TestAuthority *authority)
{
  (void) g_unlink (authority->certificate);
  (void) g_unlink (authority->key);
  (void) g_rmdir (authority->folder);
  g_free (authority->folder);
  g_free (authority->certificate);
  g_free (authority->key);
}

gboolean
test_authority_make (TestAuthority *authority)
{
  authority->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  authority->certificate = g_build_filename (authority->folder, "pem", NULL);
  authority->key = g_build_filename (authority->folder, "key", NULL);

  if (test_certificate_make (authority->certificate, authority->key) && test_certificate_trust (authority->certificate))
    return TRUE;
  test_authority_free (authority);

  return FALSE;
}
