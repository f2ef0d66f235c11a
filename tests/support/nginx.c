/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * nginx on a socket that the test listens on, so that no port is guessed and nobody waits for it to be
 * ready. Owns the socket, the process and its folder. Main thread.
 */
#include "support/nginx.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>

#define INHERITED_FD 3

struct _TestNginx
{
  GSocket *listener;
  GSubprocess *process;
  char *program;
  char *folder;
  char *url;
  char *security; /* how it speaks TLS; empty: it does not */
  guint16 port;
};

static void
die_with_parent (gpointer user_data)
{
  /* It has a worker to take with it. */
  (void) prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static char *
write_configuration (TestNginx *nginx, const char *directives)
{
  const char *f = nginx->folder;
  char *path = g_build_filename (f, "nginx.conf", NULL);
  g_autofree char *text = g_strdup_printf (
      "daemon off; user root; worker_processes 1; pid %s/pid; error_log %s/error.log;\n"
      "events { worker_connections 64; }\n"
      "http { access_log off; client_max_body_size 0; proxy_http_version 1.1; default_type text/html;\n"
      "  client_body_temp_path %s/body; proxy_temp_path %s/proxy; fastcgi_temp_path %s/fastcgi;\n"
      "  uwsgi_temp_path %s/uwsgi; scgi_temp_path %s/scgi;\n"
      "  server { listen 127.0.0.1:%u %s; %s } }\n",
      f, f, f, f, f, f, f, nginx->port, nginx->security, directives);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));

  return path;
}

static void
start (TestNginx *nginx, const char *directives)
{
  g_autofree char *path = write_configuration (nginx, directives);
  g_autofree char *log = g_build_filename (nginx->folder, "error.log", NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  /* What nginx hands to its successor when it is upgraded. */
  g_subprocess_launcher_take_fd (launcher, dup (g_socket_get_fd (nginx->listener)), INHERITED_FD);
  g_subprocess_launcher_setenv (launcher, "NGINX", G_STRINGIFY (INHERITED_FD) ";", TRUE);
  nginx->process = g_subprocess_launcher_spawn (launcher, &error, nginx->program, "-p", nginx->folder, "-c", path, "-e",
                                                log, NULL);
  g_assert_no_error (error);
}

static void
end (TestNginx *nginx)
{
  g_subprocess_send_signal (nginx->process, SIGTERM);
  g_assert_true (g_subprocess_wait_check (nginx->process, NULL, NULL));
  g_clear_object (&nginx->process);
}

static void
listen_somewhere (TestNginx *nginx)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  nginx->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_bind (nginx->listener, wanted, FALSE, NULL));
  g_assert_true (g_socket_listen (nginx->listener, NULL));
  address = g_socket_get_local_address (nginx->listener, NULL);
  nginx->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  nginx->url = g_strdup_printf ("%s://127.0.0.1:%u/files/", *nginx->security ? "https" : "http", nginx->port);
}

/* It stands in a folder that is on root's path only. */
static char *
find_program (void)
{
  char *program = g_find_program_in_path ("nginx");

  if (!program && g_file_test ("/usr/sbin/nginx", G_FILE_TEST_IS_EXECUTABLE))
    program = g_strdup ("/usr/sbin/nginx");

  return program;
}

static TestNginx *
start_below (const char *parent, const char *security, const char *directives)
{
  g_autofree char *program = find_program ();
  TestNginx *nginx;

  if (!program)
    {
      g_test_skip ("nginx is not installed; tests/setup/install.sh test brings it");
      return NULL;
    }
  nginx = g_new0 (TestNginx, 1);
  nginx->program = g_steal_pointer (&program);
  nginx->security = g_strdup (security);
  nginx->folder = g_build_filename (parent, "nginx", NULL);
  g_assert_cmpint (g_mkdir (nginx->folder, 0700), ==, 0);
  listen_somewhere (nginx);
  start (nginx, directives);

  return nginx;
}

TestNginx *
test_nginx_start (const char *parent, const char *directives)
{
  return start_below (parent, "", directives);
}

TestNginx *
test_nginx_start_secure (const char *parent, const char *certificate, const char *key, const char *directives)
{
  g_autofree char *security
      = g_strdup_printf ("ssl http2; ssl_certificate %s; ssl_certificate_key %s", certificate, key);

  return start_below (parent, security, directives);
}

void
test_nginx_change (TestNginx *nginx, const char *directives)
{
  end (nginx);
  start (nginx, directives);
}

void
test_nginx_free (TestNginx *nginx)
{
  end (nginx);
  g_object_unref (nginx->listener);
  g_free (nginx->program);
  g_free (nginx->folder);
  g_free (nginx->url);
  g_free (nginx->security);
  g_free (nginx);
}

const char *
test_nginx_get_url (TestNginx *nginx)
{
  return nginx->url;
}

char *
test_nginx_pass_to (const char *server_url, gboolean is_buffering)
{
  g_autoptr (GUri) uri = g_uri_parse (server_url, G_URI_FLAGS_NONE, NULL);

  return g_strdup_printf ("location / { proxy_pass http://127.0.0.1:%d; proxy_set_header Host $http_host;"
                          " proxy_request_buffering %s; }",
                          g_uri_get_port (uri), is_buffering ? "on" : "off");
}

const TestPortal test_portals[] = {
  { "a-sign-in-page-with-200-is-no-success", "location / { return 200 '<html><body>Sign in</body></html>'; }" },
  { "a-redirect-to-a-sign-in-page-is-no-success",
    "location / { return 302 /login; } location = /login { return 200 '<html><body>Sign in</body></html>'; }" },
  { "a-204-of-something-else-is-no-success", "location / { return 204; }" },
  { "a-201-of-something-else-is-no-success", "location / { add_header Location /files/1; return 201 'made'; }" },
  { "a-201-without-a-place-is-no-success", "location / { return 201 'made'; }" },
};
const guint test_n_portals = G_N_ELEMENTS (test_portals);
