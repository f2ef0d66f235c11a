/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Servers, each an nginx, that ask for a client certificate in the handshake: what is shown to which, and what becomes of uploads while
 * there is none that is taken.
 */
#include "support/broker.h"
#include "support/certificate.h"
#include "support/command.h"
#include "support/document.h"
#include "support/namespace.h"
#include "support/nginx.h"

#include <glib/gstdio.h>
#include <string.h>

#define DAY_S 86400
#define SIZE_BYTES (300 * 1000)

/* Made before there are other threads. */
static TestAuthority authority;

/* Certificates of devices: the first is one that the server takes. */
static const TestCertificate clients[] = {
  { "device.example", -DAY_S, DAY_S, "device" },
  { "device.example", -DAY_S, DAY_S, "foreign" },
  { "device.example", -2 * DAY_S, -DAY_S, "expired" },
  { "device.example", DAY_S, 2 * DAY_S, "too-young" },
};

enum
{
  GOOD,
  FOREIGN,
  EXPIRED,
  TOO_YOUNG
};

typedef struct
{
  TestBroker *broker;
  TestNginx *nginx; /* NULL: it is not installed */
  char *certificate;
  char *key;
  guint n_files;
} Scene;

/* --- Scene --- */

static char *
dup_client_path (Scene *scene, guint client, const char *end)
{
  g_autofree char *name = g_strdup_printf ("client-%u.%s", client, end);

  return g_build_filename (scene->broker->folder, name, NULL);
}

static void
copy (const char *from, const char *to)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (from, &text, NULL, NULL));
  g_assert_true (g_file_set_contents_full (to, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

/* The key goes to its place a moment after the certificate, as it does where both are renewed. */
static void
put_client (Scene *scene, guint certificate, guint key)
{
  g_autofree char *from = dup_client_path (scene, certificate, "pem");
  g_autofree char *key_from = dup_client_path (scene, key, "key");

  copy (from, scene->certificate);
  copy (key_from, scene->key);
}

static void
write_conf (Scene *scene, const char *text)
{
  g_autofree char *folder = g_build_filename (scene->broker->folder, "outbox", NULL);
  g_autofree char *path = g_build_filename (folder, "sign-in.conf", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
name_files (Scene *scene)
{
  g_autofree char *text = g_strdup_printf ("[depot]\ncertificate=%s\nkey=%s\n", scene->certificate, scene->key);

  write_conf (scene, text);
}

static char *
dup_directives (Scene *scene, const char *verify)
{
  g_autofree char *pass = test_nginx_pass_to (test_peer_get_url (scene->broker->peer), FALSE);
  g_autofree char *good = dup_client_path (scene, GOOD, "pem");

  return g_strdup_printf ("ssl_verify_client %s; ssl_client_certificate %s; %s", verify, good, pass);
}

/* @verify: how nginx asks for a certificate. Returns: whether there is an nginx */
static gboolean
set_up (Scene *scene, const char *verify)
{
  g_autofree char *directives = NULL;

  scene->broker = test_broker_new ();
  scene->certificate = g_build_filename (scene->broker->folder, "device.crt", NULL);
  scene->key = g_build_filename (scene->broker->folder, "device.key", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *certificate = dup_client_path (scene, i, "pem");
      g_autofree char *key = dup_client_path (scene, i, "key");

      g_assert_true (test_certificate_make_of (certificate, key, &clients[i]));
    }
  directives = dup_directives (scene, verify);
  scene->nginx = test_nginx_start_secure (scene->broker->folder, authority.certificate, authority.key, directives);
  if (!scene->nginx)
    return FALSE;
  test_peer_control (scene->broker->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
  test_broker_set_destination (scene->broker, test_nginx_get_url (scene->nginx), NULL);

  return TRUE;
}

static void
scene_clear (Scene *scene)
{
  test_broker_free (scene->broker);
  g_clear_pointer (&scene->nginx, test_nginx_free);
  g_free (scene->certificate);
  g_free (scene->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static void
submit (Scene *scene)
{
  g_autofree char *name = g_strdup_printf ("%u.jpg", scene->n_files);
  g_autofree char *path = test_broker_make_file (scene->broker, name, SIZE_BYTES, scene->n_files++);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = test_broker_submit (scene->broker, path, NULL, &error);

  g_assert_no_error (error);
}

static gboolean
are_all_held (gpointer user_data)
{
  TestBroker *broker = ((const Scene *) user_data)->broker;

  return test_broker_count (broker, "paused") + test_broker_count (broker, "done") == test_broker_count (broker, "all")
         && test_broker_count (broker, "paused") > 0;
}

/* All that have not arrived wait for a sign-in, in words that have @part. */
static void
wait_for_hold (Scene *scene, const char *part)
{
  g_autofree char *shown = NULL;

  test_wait_until (are_all_held, scene, 30);
  shown = test_command (scene->broker, "destination show depot --json", 0);
  test_assert_has (shown, "\"sign-in\"");
  test_assert_has (shown, part);
}

static void
sign_in (Scene *scene, const char *options)
{
  g_autofree char *words = g_strdup_printf ("destination sign-in depot %s", options);
  g_autofree char *said = test_command (scene->broker, words, 0);

  test_assert_has (said, "Signed in");
}

static void
assert_once (Scene *scene)
{
  g_assert_cmpuint (test_peer_count_uploads (scene->broker->peer), ==, scene->n_files);
  g_assert_cmpint (test_peer_get_number (scene->broker->peer, "body_bytes"), ==, scene->n_files * SIZE_BYTES);
}

/* Returns: the bytes that the server has of its only upload */
static gint64
get_stored_bytes (TestPeer *peer)
{
  g_autoptr (JsonNode) facts = test_peer_describe (peer);
  JsonArray *uploads = json_object_get_array_member (json_node_get_object (facts), "uploads");

  return json_object_get_int_member (json_array_get_object_element (uploads, 0), "offset");
}

/* --- Cases --- */

static void
test_a_server_that_asks_for_one (void)
{
  g_auto (Scene) scene = { 0 };

  if (!set_up (&scene, "optional_no_ca"))
    return;
  submit (&scene);
  test_broker_wait_for_all (scene.broker, "done", 30);
}

static void
test_one_that_must_have_one (void)
{
  g_auto (Scene) scene = { 0 };
  g_autofree char *shown = NULL;

  if (!set_up (&scene, "on"))
    return;
  submit (&scene);
  submit (&scene);
  wait_for_hold (&scene, "The server wants a certificate of this device");
  put_client (&scene, GOOD, GOOD);
  name_files (&scene);
  sign_in (&scene, "--certificate");
  test_broker_wait_for_all (scene.broker, "done", 30);
  assert_once (&scene);
  shown = test_command (scene.broker, "destination show depot", 0);
  test_assert_has (shown, "tls");
}

/* A pair that can be used is put in their place, and nobody signs in. */
static void
test_new_files_let_all_go_on (void)
{
  static const struct
  {
    guint certificate, key;
    const char *words;
  } rows[] = {
    { FOREIGN, FOREIGN, "The server does not take this device's certificate" },
    { EXPIRED, EXPIRED, "the certificate has expired on" },
    { TOO_YOUNG, TOO_YOUNG, "not valid before" },
    { GOOD, FOREIGN, "the key does not belong to the certificate" },
  };
  g_auto (Scene) scene = { 0 };

  if (!set_up (&scene, "on"))
    return;
  name_files (&scene);
  put_client (&scene, GOOD, GOOD);
  sign_in (&scene, "--certificate");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      put_client (&scene, rows[i].certificate, rows[i].key);
      /* What is in memory is a minute old at most; a sign-in has it read now. */
      sign_in (&scene, "--certificate");
      submit (&scene);
      submit (&scene);
      wait_for_hold (&scene, rows[i].words);
      put_client (&scene, GOOD, GOOD);
      test_broker_wait_for_all (scene.broker, "done", 30);
    }
  assert_once (&scene);
}

static void
test_nothing_to_show (void)
{
  g_auto (Scene) scene = { 0 };

  if (!set_up (&scene, "on"))
    return;
  sign_in (&scene, "--certificate");
  submit (&scene);
  wait_for_hold (&scene, "has a certificate for depot");
  write_conf (&scene, "[depot]\ncertificate=pkcs11:token=card\n");
  sign_in (&scene, "--certificate");
  wait_for_hold (&scene, "name PEM files");
  name_files (&scene);
  sign_in (&scene, "--certificate");
  wait_for_hold (&scene, "device.crt: No such file");
  put_client (&scene, GOOD, GOOD);
  test_broker_wait_for_all (scene.broker, "done", 30);
  assert_once (&scene);
}

/* The server stops to take the certificate in the middle of an upload, and what it has by then stays there. */
static void
test_an_upload_goes_on_where_it_was (void)
{
  g_auto (Scene) scene = { 0 };
  gint64 body_bytes, offset_bytes;

  if (!set_up (&scene, "on"))
    return;
  name_files (&scene);
  put_client (&scene, GOOD, GOOD);
  sign_in (&scene, "--certificate");
  test_peer_control (scene.broker->peer, "{\"fault\":\"cut-after\",\"bytes\":200000,\"method\":\"PATCH\",\"count\":1}");
  submit (&scene);
  test_broker_wait_for_all (scene.broker, "retrying", 30);
  put_client (&scene, FOREIGN, FOREIGN);
  sign_in (&scene, "--certificate");
  test_broker_retry (scene.broker);
  wait_for_hold (&scene, "does not take");
  offset_bytes = get_stored_bytes (scene.broker->peer);
  g_assert_cmpint (offset_bytes, >, 0);
  body_bytes = test_peer_get_number (scene.broker->peer, "body_bytes");
  put_client (&scene, GOOD, GOOD);
  test_broker_wait_for_all (scene.broker, "done", 30);
  g_assert_cmpint (test_peer_get_number (scene.broker->peer, "body_bytes") - body_bytes, ==, SIZE_BYTES - offset_bytes);
  g_assert_cmpuint (test_peer_count_uploads (scene.broker->peer), ==, 1);
}

/* Another server that may keep uploads asks for a certificate, too, and takes none: it is not the one that the sign-in was made for. */
static void
test_it_is_shown_nowhere_else (void)
{
  g_auto (Scene) scene = { 0 };
  g_autoptr (TestNginx) other = NULL;
  g_autofree char *pass = NULL, *directives = NULL, *main_directives = NULL, *words = NULL, *said = NULL;
  g_autofree char *folder = NULL, *redirected = NULL;

  if (!set_up (&scene, "on"))
    return;
  name_files (&scene);
  put_client (&scene, GOOD, GOOD);
  sign_in (&scene, "--certificate");
  pass = test_nginx_pass_to (test_peer_get_url (scene.broker->peer), FALSE);
  directives = g_strconcat ("ssl_verify_client optional_no_ca; if ($ssl_client_serial) { return 500; } ", pass, NULL);
  folder = g_build_filename (scene.broker->folder, "elsewhere", NULL);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  other = test_nginx_start_secure (folder, authority.certificate, authority.key, directives);
  main_directives = dup_directives (&scene, "on");
  redirected = g_strdup_printf ("proxy_redirect ~^/files/(.*)$ %s$1; %s", test_nginx_get_url (other), main_directives);
  test_nginx_change (scene.nginx, redirected);
  words = g_strdup_printf ("destination set depot --also %s", test_nginx_get_url (other));
  said = test_command (scene.broker, words, 0);
  submit (&scene);
  test_broker_wait_for_all (scene.broker, "done", 30);
  assert_once (&scene);
}

/* By PUT, with a name and a password beside it. */
static void
test_put_with_a_password_too (void)
{
  g_auto (Scene) scene = { 0 };
  g_autofree char *words = NULL, *set = NULL, *line = NULL, *said = NULL;
  g_auto (TestCommand) command = { NULL };
  g_autoptr (GUri) uri = NULL;

  if (!set_up (&scene, "on"))
    return;
  name_files (&scene);
  put_client (&scene, GOOD, GOOD);
  uri = g_uri_parse (test_nginx_get_url (scene.nginx), G_URI_FLAGS_NONE, NULL);
  words = g_strdup_printf ("destination set depot --protocol http --confirm-url '' --url https://127.0.0.1:%d/put/{id}",
                           g_uri_get_port (uri));
  set = test_command (scene.broker, words, 0);
  test_peer_control (scene.broker->peer,
                     "{\"fault\":\"require-header\",\"name\":\"Authorization\",\"value\":\"Basic YW5hOmhvcnNl\"}");
  command
      = test_command_start_line (scene.broker,
                                 "sh -c 'echo horse | \"$OUTBOX\" destination sign-in depot --certificate --user ana'");
  said = test_command_finish (&command, 0);
  submit (&scene);
  test_broker_wait_for_all (scene.broker, "done", 30);
}

static void
skip (void)
{
  g_test_skip ("no mount namespace, or no openssl");
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *path;
    void (*test) (void);
  } cases[] = {
    { "/mutual-tls/a-server-that-asks-for-one", test_a_server_that_asks_for_one },
    { "/mutual-tls/one-that-must-have-one", test_one_that_must_have_one },
    { "/mutual-tls/new-files-let-all-go-on", test_new_files_let_all_go_on },
    { "/mutual-tls/nothing-to-show", test_nothing_to_show },
    { "/mutual-tls/an-upload-goes-on-where-it-was", test_an_upload_goes_on_where_it_was },
    { "/mutual-tls/it-is-shown-nowhere-else", test_it_is_shown_nowhere_else },
    { "/mutual-tls/put-with-a-password-too", test_put_with_a_password_too },
  };
  gboolean is_inside = test_namespace_enter (argv);
  int result;

  g_test_init (&argc, &argv, NULL);
  if (is_inside)
    test_namespace_run ("ip link set lo up");
  is_inside = is_inside && test_authority_make (&authority);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_func (cases[i].path, is_inside ? cases[i].test : skip);
  result = g_test_run ();
  if (is_inside)
    test_authority_free (&authority);

  return result;
}
