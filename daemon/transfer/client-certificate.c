/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib's certificates do not tell whether a key is their own, and TLS finds out only when a server asks: GnuTLS tells it here.
 */
#include "transfer/client-certificate.h"

#include "dbus/mark.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#define PEM_BEGIN "-----BEGIN "
#define PEM_CERTIFICATE PEM_BEGIN "CERTIFICATE-----"
#define PEM_ENCRYPTED_KEY PEM_BEGIN "ENCRYPTED PRIVATE KEY-----"
#define PEM_ENCRYPTED "Proc-Type: 4,ENCRYPTED"
#define PEM_KEY "PRIVATE KEY-----"
#define KEY_ID_BYTES 64

/* What nginx answers on the connection itself; other servers may be set to do the same. */
#define NGINX_CERTIFICATE_ERROR 495
#define NGINX_CERTIFICATE_REQUIRED 496

/* --- The files --- */

static ObPair
refuse (char **words, ObPair pair, const char *path, const char *why)
{
  *words = g_strdup_printf ("%s: %s", path, why);

  return pair;
}

static char *
dup_day (gint64 time_s)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_s);

  return time ? g_date_time_format (time, "%F") : g_strdup ("?");
}

/* The device's clock may be wrong, and is set later: whoever reads this again then gets another answer. */
static ObPair
check_time (gnutls_x509_crt_t x509, gint64 now_s, const char *path, char **words)
{
  gint64 from_s = gnutls_x509_crt_get_activation_time (x509), to_s = gnutls_x509_crt_get_expiration_time (x509);
  g_autofree char *from = dup_day (from_s), *to = dup_day (to_s);

  if (now_s > to_s)
    *words = g_strdup_printf (S_ ("%s: the certificate has expired on %s, or this device's clock is wrong"), path, to);
  else if (now_s < from_s)
    *words = g_strdup_printf (S_ ("%s: the certificate is not valid before %s, or this device's clock is wrong"), path,
                              from);

  return *words ? OB_PAIR_BAD : OB_PAIR_GOOD;
}

static ObPair
check_key (gnutls_x509_crt_t x509, gnutls_x509_privkey_t key, const char *path, char **words)
{
  guint8 ids[2][KEY_ID_BYTES];
  gsize sizes[2] = { KEY_ID_BYTES, KEY_ID_BYTES };

  if (gnutls_x509_crt_get_key_id (x509, GNUTLS_KEYID_USE_SHA256, ids[0], &sizes[0]) != 0
      || gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, ids[1], &sizes[1]) != 0)
    return refuse (words, OB_PAIR_BAD, path, S_ ("a key of this kind cannot be used"));
  if (sizes[0] != sizes[1] || memcmp (ids[0], ids[1], sizes[0]) != 0)
    return refuse (words, OB_PAIR_MISMATCHED, path, S_ ("the key does not belong to the certificate"));

  return OB_PAIR_GOOD;
}

/* A file may be cut while it is written, so that a text without its end is no fault that stays. */
static ObPair
check_texts (const char *certificate, const char *key, const char *certificate_path, const char *key_path, char **words)
{
  if (!strstr (certificate, PEM_BEGIN) && *certificate)
    return refuse (
        words, OB_PAIR_BAD, certificate_path,
        S_ ("no PEM file; one of PKCS #12 or DER is turned into PEM by \"openssl pkcs12\" or \"openssl x509\""));
  if (!strstr (certificate, PEM_CERTIFICATE))
    return refuse (words, OB_PAIR_MISMATCHED, certificate_path, S_ ("no certificate in it"));
  if (strstr (key, PEM_ENCRYPTED_KEY) || strstr (key, PEM_ENCRYPTED))
    return refuse (words, OB_PAIR_BAD, key_path, S_ ("the key has a password, and nobody is there to type it"));
  if (!strstr (key, PEM_KEY))
    return refuse (words, OB_PAIR_MISMATCHED, key_path, S_ ("no private key in it"));

  return OB_PAIR_GOOD;
}

static ObPair
check_pair (const char *certificate, const char *key, gint64 now_s, const char *certificate_path, const char *key_path,
            char **words)
{
  const gnutls_datum_t texts[2] = { { (unsigned char *) certificate, (unsigned int) strlen (certificate) },
                                    { (unsigned char *) key, (unsigned int) strlen (key) } };
  gnutls_x509_crt_t x509 = NULL;
  gnutls_x509_privkey_t private_key = NULL;
  ObPair pair;

  if (gnutls_x509_crt_init (&x509) != 0 || gnutls_x509_privkey_init (&private_key) != 0)
    pair = refuse (words, OB_PAIR_BAD, certificate_path, S_ ("there is no memory to read it"));
  else if (gnutls_x509_crt_import (x509, &texts[0], GNUTLS_X509_FMT_PEM) != 0)
    pair = refuse (words, OB_PAIR_MISMATCHED, certificate_path, S_ ("the certificate cannot be read"));
  else if (gnutls_x509_privkey_import (private_key, &texts[1], GNUTLS_X509_FMT_PEM) != 0)
    pair = refuse (words, OB_PAIR_MISMATCHED, key_path, S_ ("the private key cannot be read"));
  else if ((pair = check_key (x509, private_key, key_path, words)) == OB_PAIR_GOOD)
    pair = check_time (x509, now_s, certificate_path, words);
  if (private_key)
    gnutls_x509_privkey_deinit (private_key);
  if (x509)
    gnutls_x509_crt_deinit (x509);

  return pair;
}

/* GLib takes the key from the same text, wherever it stands in it. */
static GTlsCertificate *
make_tls (const char *certificate, const char *key, GError **error)
{
  char *both = certificate == key ? NULL : g_strconcat (key, "\n", certificate, NULL);
  GTlsCertificate *tls = g_tls_certificate_new_from_pem (both ? both : certificate, -1, error);

  if (both)
    explicit_bzero (both, strlen (both));
  g_free (both);

  return tls;
}

ObPair
ob_client_certificate_read (const char *certificate, const char *key, gint64 now_s, const char *certificate_path,
                            const char *key_path, GTlsCertificate **tls, char **words)
{
  g_autoptr (GError) error = NULL;
  ObPair pair;

  *tls = NULL;
  *words = NULL;
  pair = check_texts (certificate, key, certificate_path, key_path, words);
  if (pair == OB_PAIR_GOOD)
    pair = check_pair (certificate, key, now_s, certificate_path, key_path, words);
  if (pair != OB_PAIR_GOOD)
    return pair;
  *tls = make_tls (certificate, key, &error);

  return *tls ? OB_PAIR_GOOD : refuse (words, OB_PAIR_BAD, certificate_path, error->message);
}

/* --- A server's refusal --- */

/* GLib gives the alert of a server as words alone, which are GnuTLS's own, in the language of this process. */
static gboolean
is_alert (const GError *error)
{
  static const gnutls_alert_description_t alerts[]
      = { GNUTLS_A_BAD_CERTIFICATE,     GNUTLS_A_UNSUPPORTED_CERTIFICATE, GNUTLS_A_CERTIFICATE_REVOKED,
          GNUTLS_A_CERTIFICATE_EXPIRED, GNUTLS_A_CERTIFICATE_UNKNOWN,     GNUTLS_A_UNKNOWN_CA,
          GNUTLS_A_ACCESS_DENIED,       GNUTLS_A_CERTIFICATE_REQUIRED };

  if (error->domain != G_TLS_ERROR)
    return FALSE;
  if (error->code == G_TLS_ERROR_CERTIFICATE_REQUIRED)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (alerts); i++)
    {
      const char *name = gnutls_alert_get_name (alerts[i]);

      if (name && g_str_has_suffix (error->message, name))
        return TRUE;
    }

  return FALSE;
}

gboolean
ob_client_certificate_is_refused (guint status, const char *body, const GError *error)
{
  if (error)
    return is_alert (error);
  if (status == NGINX_CERTIFICATE_ERROR || status == NGINX_CERTIFICATE_REQUIRED)
    return TRUE;

  return status == 400 && body
         && (strstr (body, "No required SSL certificate was sent") || strstr (body, "The SSL certificate error"));
}
