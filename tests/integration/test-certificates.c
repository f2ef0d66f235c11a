/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon at a server with a certificate that it must not believe, in a real TLS handshake: not a byte of a file goes there, the
 * destination says why in words, no upload fails, and all arrive when the certificate has been mended.
 */
#include "dbus/error.h"
#include "support/broker.h"
#include "support/certificate.h"
#include "support/document.h"
#include "support/namespace.h"
#include "support/nginx.h"

#include <glib/gstdio.h>

#define UPLOADS 3
#define MOST_S 60
#define DAY_S (24 * 3600)
#define SIGNER "outbox-test"

typedef struct
{
  const char *name;
  TestCertificate certificate;
  gboolean is_trusted;
  const char *words; /* in what a person reads */
} Row;

static const Row rows[] = {
  { "for-another-name", { "elsewhere.example", -DAY_S, DAY_S, SIGNER }, TRUE, "for another name" },
  { "for-another-address", { "127.0.0.2", -DAY_S, DAY_S, SIGNER }, TRUE, "for another name" },
  { "expired", { "127.0.0.1", -2 * DAY_S, -DAY_S, SIGNER }, TRUE, "has expired" },
  { "not-valid-yet", { "127.0.0.1", DAY_S, 2 * DAY_S, SIGNER }, TRUE, "not valid yet" },
  { "of-nobody", { "127.0.0.1", -DAY_S, DAY_S, "nobody" }, FALSE, "nobody whom this device trusts" },
  { "forged", { "127.0.0.1", -DAY_S, DAY_S, SIGNER }, FALSE, "not signed by whom it names" },
};

/* Made before there are other threads: the good one, then one a row. */
static char *folder;

static char *
path_of (guint number, const char *what)
{
  g_autofree char *name = g_strdup_printf ("%u.%s", number, what);

  return g_build_filename (folder, name, NULL);
}

static gboolean
make (guint number, const TestCertificate *facts, GString *trusted)
{
  g_autofree char *certificate = path_of (number, "pem");
  g_autofree char *key = path_of (number, "key");
  g_autofree char *text = NULL;

  if (!test_certificate_make_of (certificate, key, facts) || !g_file_get_contents (certificate, &text, NULL, NULL))
    return FALSE;
  if (trusted)
    g_string_append (trusted, text);

  return TRUE;
}

static gboolean
make_all (void)
{
  static const TestCertificate good = { "127.0.0.1", -DAY_S, DAY_S, SIGNER };
  g_autoptr (GString) trusted = g_string_new (NULL);
  g_autofree char *authorities = NULL;

  folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  authorities = path_of (0, "authorities");
  if (!make (0, &good, trusted))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (!make (i + 1, &rows[i].certificate, rows[i].is_trusted ? trusted : NULL))
      return FALSE;

  return g_file_set_contents (authorities, trusted->str, -1, NULL) && test_certificate_trust (authorities);
}

static void
remove_all (void)
{
  static const char *const kinds[] = { "pem", "key", "authorities" };

  for (guint i = 0; i <= G_N_ELEMENTS (rows); i++)
    for (guint j = 0; j < G_N_ELEMENTS (kinds); j++)
      {
        g_autofree char *path = path_of (i, kinds[j]);

        (void) g_unlink (path);
      }
  (void) g_rmdir (folder);
  g_free (folder);
}

/* Puts the certificate with that number, and its key, where nginx reads it. */
static void
install (guint number, const char *certificate, const char *key)
{
  const char *const to[] = { certificate, key };
  const char *const kinds[] = { "pem", "key" };

  for (guint i = 0; i < G_N_ELEMENTS (to); i++)
    {
      g_autofree char *from = path_of (number, kinds[i]);
      g_autofree char *text = NULL;

      g_assert_true (g_file_get_contents (from, &text, NULL, NULL));
      g_assert_true (g_file_set_contents (to[i], text, -1, NULL));
    }
}

static char *
dup_holds (TestBroker *broker)
{
  g_autoptr (GVariant) holds = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_queue_call_holds_sync (broker->queue, &holds, NULL, &error);
  g_assert_no_error (error);

  return g_variant_print (holds, FALSE);
}

static gboolean
is_held (gpointer data)
{
  g_autofree char *holds = dup_holds (data);

  return strstr (holds, "<'certificate'>") != NULL;
}

/* The hold is there before each attempt that was under way beside the first has ended. */
static gboolean
are_all_paused (gpointer data)
{
  return test_broker_count (data, "paused") == UPLOADS;
}

/* Returns: (transfer full): their ids */
static GStrv
submit_all (TestBroker *broker)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  for (guint i = 0; i < UPLOADS; i++)
    {
      g_autofree char *name = g_strdup_printf ("IMG_%03u.jpg", i);
      g_autofree char *path = test_broker_make_file (broker, name, 20000 + i, i);
      g_autoptr (GError) error = NULL;
      g_autofree char *id = test_broker_submit (broker, path, NULL, &error);

      g_assert_no_error (error);
      g_strv_builder_add (ids, id);
    }

  return g_strv_builder_end (ids);
}

static void
test_a_certificate (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *pass = test_nginx_pass_to (test_peer_get_url (broker->peer), FALSE);
  g_autofree char *certificate = g_build_filename (broker->folder, "server.pem", NULL);
  g_autofree char *key = g_build_filename (broker->folder, "server.key", NULL);
  g_autoptr (TestNginx) nginx = NULL;
  g_autofree char *holds = NULL;
  g_auto (GStrv) ids = NULL;
  g_autoptr (GError) error = NULL;

  install ((guint) (row - rows) + 1, certificate, key);
  nginx = test_nginx_start_secure (broker->folder, certificate, key, pass);
  if (!nginx)
    return;
  test_peer_control (broker->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
  test_broker_set_destination (broker, test_nginx_get_url (nginx), NULL);
  ids = submit_all (broker);
  test_wait_until (is_held, broker, MOST_S);
  holds = dup_holds (broker);
  g_test_message ("%s", holds);
  g_assert_nonnull (strstr (holds, row->words));
  g_assert_cmpuint (test_broker_count (broker, "failed"), ==, 0);
  test_wait_until (are_all_paused, broker, MOST_S);
  g_assert_cmpint (test_peer_count_requests (broker->peer, "POST"), ==, 0);

  install (0, certificate, key);
  test_nginx_change (nginx, pass);
  outbox_dbus_uploads_call_retry_sync (broker->uploads, (const char *const *) ids, NULL, &error);
  g_assert_no_error (error);
  test_broker_wait_for_all (broker, "done", MOST_S);
  g_assert_cmpint (test_peer_count_requests (broker->peer, "POST"), ==, UPLOADS);
  test_broker_stop (broker);
}

static void
skip (void)
{
  g_test_skip ("no mount namespace");
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);
  int result;

  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  (void) OUTBOX_ERROR;
  if (is_inside)
    test_namespace_run ("ip link set lo up");
  is_inside = is_inside && make_all ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/certificates/", rows[i].name, NULL);

      if (is_inside)
        g_test_add_data_func (path, &rows[i], test_a_certificate);
      else
        g_test_add_func (path, skip);
    }
  result = g_test_run ();
  if (folder)
    remove_all ();

  return result;
}
