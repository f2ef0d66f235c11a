/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of a client certificate: where sign-in.conf names them, what may be in them, and which answers are about it.
 */
#include "base/fetch.h"
#include "policy/sign-in-file.h"
#include "support/certificate.h"
#include "transfer/client-certificate.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define DAY_S 86400
#define YEARS_S (G_GINT64_CONSTANT (40) * 365 * DAY_S)

/* --- sign-in.conf --- */

static ObFetched *
make_file (const char *path, const char *text, int error)
{
  ObFetched *file = g_new0 (ObFetched, 1);

  file->path = g_strdup (path);
  file->text = g_strdup (text);
  file->size_bytes = text ? strlen (text) : 0;
  file->error = error;

  return file;
}

/* @admins: (nullable), as is @own: there is no such file */
static char *
find (const char *admins, const char *own, int own_error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_fetched_free);
  g_autoptr (ObCertificatePaths) paths = NULL;
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (files, make_file ("/etc/s.conf", admins, admins ? 0 : ENOENT));
  g_ptr_array_add (files, make_file ("/home/s.conf", own, own ? 0 : own_error));
  paths = ob_sign_in_file_find_certificate (files, "depot", &error);

  return paths ? g_strdup_printf ("%s %s", paths->certificate, paths->key) : g_strdup (error->message);
}

static void
test_where_they_are (void)
{
  static const struct
  {
    const char *admins, *own;
    int own_error;
    const char *found;
  } rows[] = {
    { "[depot]\ncertificate=/c\nkey=/k\n", NULL, ENOENT, "/c /k" },
    { "[depot]\ncertificate=/c\n", NULL, ENOENT, "/c /c" },
    { "[depot]\ncertificate=/c\nkey=/k\n", "[depot]\ncertificate=/own\n", 0, "/own /own" },
    { "[depot]\ncertificate=/c\n", "[other]\ncertificate=/own\n", 0, "/c /c" },
    { "[depot]\ncertificate=/c\n", "", 0, "/c /c" },
    { "[depot]\ntoken-command=/bin/true\n", NULL, ENOENT, "No sign-in.conf has a certificate for depot" },
    { NULL, NULL, ENOENT, "No sign-in.conf has a certificate for depot" },
    { "[depot]\ncertificate=/c\n", NULL, EACCES, "/home/s.conf: Permission denied" },
    { "[depot]\nkey=/k\n", NULL, ENOENT, "/etc/s.conf: key: there is no certificate beside it" },
    { "[depot]\ncertificate=c.pem\n", NULL, ENOENT, "/etc/s.conf: certificate and key are absolute paths of files" },
    { "[depot]\ncertificate=/folder/\n", NULL, ENOENT, "/etc/s.conf: certificate and key are absolute paths of files" },
    { "[depot]\ncertificate=/c\nkey=\n", NULL, ENOENT, "/etc/s.conf: certificate and key are absolute paths of files" },
    { "[depot]\ncertificate=/c\nkey=pkcs11:object=k\n", NULL, ENOENT,
      "/etc/s.conf: a certificate on a card (pkcs11:) cannot be used: name PEM files" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *found = find (rows[i].admins, rows[i].own, rows[i].own_error);

      g_assert_cmpstr (found, ==, rows[i].found);
    }
}

/* --- The files --- */

static void
make_pair (const TestCertificate *facts, char **certificate, char **key)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "c", NULL);
  g_autofree char *key_path = g_build_filename (folder, "k", NULL);

  g_assert_true (test_certificate_make_of (path, key_path, facts));
  g_assert_true (g_file_get_contents (path, certificate, NULL, NULL));
  g_assert_true (g_file_get_contents (key_path, key, NULL, NULL));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_unlink (key_path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

typedef struct
{
  const char *certificate, *key;
  ObPair is;
  const char *words; /* the begin of them */
  gint64 later_s;    /* the clock */
} Row;

static void
check (const Row *row)
{
  g_autoptr (GTlsCertificate) tls = NULL;
  g_autofree char *words = NULL;
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC + row->later_s;

  g_assert_cmpint (ob_client_certificate_read (row->certificate, row->key, now_s, "/c", "/k", &tls, &words), ==,
                   row->is);
  g_assert_cmpint (tls != NULL, ==, row->is == OB_PAIR_GOOD);
  if (row->words)
    g_assert_true (words && g_str_has_prefix (words, row->words));
  else
    g_assert_null (words);
}

static void
test_what_is_in_them (void)
{
  static const TestCertificate device = { "a.example", -DAY_S, DAY_S, "a" },
                               other = { "b.example", -DAY_S, DAY_S, "b" };
  g_autofree char *certificate = NULL, *key = NULL, *others = NULL, *others_key = NULL;
  g_autofree char *both = NULL, *chain = NULL, *cut = NULL, *cut_key = NULL;

  make_pair (&device, &certificate, &key);
  make_pair (&other, &others, &others_key);
  both = g_strconcat (key, certificate, NULL);
  chain = g_strconcat (certificate, others, NULL);
  cut = g_strndup (certificate, strlen (certificate) / 2);
  cut_key = g_strndup (key, strlen (key) / 2);
  {
    const Row rows[] = {
      { certificate, key, OB_PAIR_GOOD, NULL, 0 },
      { both, both, OB_PAIR_GOOD, NULL, 0 },
      { chain, key, OB_PAIR_GOOD, NULL, 0 },
      /* One of them is being replaced. */
      { certificate, others_key, OB_PAIR_MISMATCHED, "/k: the key does not belong", 0 },
      { cut, key, OB_PAIR_MISMATCHED, "/c: the certificate cannot be read", 0 },
      { "", key, OB_PAIR_MISMATCHED, "/c: no certificate in it", 0 },
      { key, key, OB_PAIR_MISMATCHED, "/c: no certificate in it", 0 },
      { certificate, cut_key, OB_PAIR_MISMATCHED, "/k: the private key cannot be read", 0 },
      { certificate, "", OB_PAIR_MISMATCHED, "/k: no private key in it", 0 },
      { certificate, certificate, OB_PAIR_MISMATCHED, "/k: no private key in it", 0 },
      /* A person has to see to it. */
      { "\x30\x82\x01", key, OB_PAIR_BAD, "/c: no PEM file", 0 },
      { certificate, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", OB_PAIR_BAD, "/k: the key has a password", 0 },
      { certificate, "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", OB_PAIR_BAD,
        "/k: the key has a password", 0 },
      { certificate, key, OB_PAIR_BAD, "/c: the certificate has expired on ", 2 * DAY_S },
      { certificate, key, OB_PAIR_BAD, "/c: the certificate is not valid before ", -2 * DAY_S },
      /* Years by which a clock can be wrong. */
      { certificate, key, OB_PAIR_BAD, "/c: the certificate has expired on ", YEARS_S },
      { certificate, key, OB_PAIR_BAD, "/c: the certificate is not valid before ", -YEARS_S },
    };

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
      check (&rows[i]);
  }
}

/* --- Refusals --- */

static void
test_which_answers_are_about_it (void)
{
  static const struct
  {
    guint status;
    const char *body;
    int code; /* of G_TLS_ERROR; -1: there is no error */
    const char *words;
    gboolean is_about_it;
  } rows[] = {
    { 400, "<center><h1>400 Bad Request</h1></center>\n<center>No required SSL certificate was sent</center>", -1, NULL,
      TRUE },
    { 400, "<center>The SSL certificate error</center>", -1, NULL, TRUE },
    { 495, NULL, -1, NULL, TRUE },
    { 496, "", -1, NULL, TRUE },
    { 400, "<center><h1>400 Bad Request</h1></center>", -1, NULL, FALSE },
    { 400, NULL, -1, NULL, FALSE },
    { 403, "The SSL certificate error", -1, NULL, FALSE },
    { 200, "The SSL certificate error", -1, NULL, FALSE },
    { 0, NULL, G_TLS_ERROR_MISC, "Peer sent fatal TLS alert: CA is unknown", TRUE },
    { 0, NULL, G_TLS_ERROR_MISC, "Peer sent fatal TLS alert: Certificate is required", TRUE },
    { 0, NULL, G_TLS_ERROR_MISC, "Peer sent fatal TLS alert: Certificate is expired", TRUE },
    { 0, NULL, G_TLS_ERROR_CERTIFICATE_REQUIRED, "whatever", TRUE },
    { 0, NULL, G_TLS_ERROR_MISC, "Peer sent fatal TLS alert: Handshake failed", FALSE },
    { 0, NULL, G_TLS_ERROR_BAD_CERTIFICATE, "Unacceptable TLS certificate", FALSE },
    { 0, NULL, G_TLS_ERROR_NOT_TLS, "Peer failed to perform TLS handshake", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error
          = rows[i].code >= 0 ? g_error_new_literal (G_TLS_ERROR, rows[i].code, rows[i].words) : NULL;

      g_test_message ("%u %s", rows[i].status, rows[i].words ? rows[i].words : rows[i].body);
      g_assert_cmpint (ob_client_certificate_is_refused (rows[i].status, rows[i].body, error), ==, rows[i].is_about_it);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client-certificate/where-they-are", test_where_they_are);
  g_test_add_func ("/client-certificate/what-is-in-them", test_what_is_in_them);
  g_test_add_func ("/client-certificate/which-answers-are-about-it", test_which_answers_are_about_it);

  return g_test_run ();
}
