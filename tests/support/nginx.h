/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An nginx between the daemon and a server: a proxy that buffers, or a network's sign-in page. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _TestNginx TestNginx;

/* Starts one below @parent, with @directives in its server block. NULL: it is not installed, and the test is skipped by
 * its name. */
TestNginx *test_nginx_start (const char *parent, const char *directives);
void test_nginx_free (TestNginx *nginx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestNginx, test_nginx_free)

/* The same with TLS, HTTP/2 offered. */
TestNginx *test_nginx_start_secure (const char *parent, const char *certificate, const char *key,
                                    const char *directives);

/* Ends it, every connection with it, and starts it with other directives at the same address. */
void test_nginx_change (TestNginx *nginx, const char *directives);

/* http://127.0.0.1:PORT/files/, or https */
const char *test_nginx_get_url (TestNginx *nginx);

/* What a captive portal does, as directives: an answer to everything that is no answer of the server's. */
typedef struct
{
  const char *name;
  const char *directives;
} TestPortal;

extern const TestPortal test_portals[];
extern const guint test_n_portals;

/* Returns: (transfer full): directives that pass everything on to @server_url. */
char *test_nginx_pass_to (const char *server_url, gboolean is_buffering);

G_END_DECLS
