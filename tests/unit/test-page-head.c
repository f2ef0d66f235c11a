/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the fields of a head tell of the page that sends it.
 */
#include "ipc/rest/page-head.h"

#define PORT 7363
#define HERE "127.0.0.1:7363"
#define DASHBOARD "http://outbox.localhost:7363"

static ObPageHead
read_host (const char *host)
{
  const ObPageFields fields = { .method = "GET", .host = host };

  return ob_page_head_read (&fields, PORT, DASHBOARD);
}

static void
test_hosts (void)
{
  static const char *const good[] = { HERE, "localhost:7363", "outbox.localhost:7363" };
  static const char *const bad[] = { "127.0.0.1",
                                     "localhost",
                                     "127.0.0.1:7364",
                                     "127.0.0.1:07363",
                                     "127.0.0.1:",
                                     "LOCALHOST:7363",
                                     "localhost.:7363",
                                     "evil.example:7363",
                                     "127.0.0.1.example:7363",
                                     "0.0.0.0:7363",
                                     "[::1]:7363",
                                     "127.1:7363",
                                     "2130706433:7363",
                                     "0x7f.1:7363",
                                     "x.localhost:7363",
                                     "xoutbox.localhost:7363",
                                     "outbox.localhost.example:7363",
                                     "127.0.0.2:7363",
                                     "127.0.0.1:7363:7363",
                                     "" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_auto (ObPageHead) head = read_host (good[i]);

      g_assert_cmpuint (head.status, ==, 0);
      g_assert_null (head.origin);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_auto (ObPageHead) head = read_host (bad[i]);

      g_test_message ("%s", bad[i]);
      g_assert_cmpuint (head.status, ==, 403);
    }
}

static void
test_origins (void)
{
  static const struct
  {
    const char *origin, *site, *host;
    guint status;
    const char *found;
    gboolean is_own;
  } rows[] = {
    { "https://capture.example", "cross-site", HERE, 0, "https://capture.example", FALSE },
    { "https://capture.example", NULL, HERE, 0, "https://capture.example", FALSE },
    { "http://localhost:8080", "same-site", "localhost:7363", 0, "http://localhost:8080", FALSE },
    { "https://[2001:db8::1]:8443", "cross-site", HERE, 0, "https://[2001:db8::1]:8443", FALSE },
    { NULL, NULL, HERE, 0, NULL, FALSE },
    { NULL, "none", HERE, 0, NULL, FALSE },
    { NULL, "cross-site", HERE, 0, NULL, FALSE },
    { NULL, "same-origin", "outbox.localhost:7363", 0, "http://outbox.localhost:7363", TRUE },
    { "http://outbox.localhost:7363", "same-origin", "outbox.localhost:7363", 0, "http://outbox.localhost:7363", TRUE },
    { "http://127.0.0.1:7363", "same-site", "localhost:7363", 0, "http://127.0.0.1:7363", TRUE },
    { "https://outbox.localhost:7363", "cross-site", HERE, 0, "https://outbox.localhost:7363", FALSE },
    { "https://capture.example", "same-origin", HERE, 403, NULL, FALSE },
    { "http://127.0.0.1:7363", "same-origin", "localhost:7363", 403, NULL, FALSE },
    { "null", "cross-site", HERE, 403, NULL, FALSE },
    { "", "cross-site", HERE, 403, NULL, FALSE },
    { "http://capture.example", "cross-site", HERE, 403, NULL, FALSE },
    { "https://capture.example:443", "cross-site", HERE, 403, NULL, FALSE },
    { "HTTPS://capture.example", "cross-site", HERE, 403, NULL, FALSE },
    { "https://capture.example/", "cross-site", HERE, 403, NULL, FALSE },
    { "https://capture.example.", "cross-site", HERE, 403, NULL, FALSE },
    { "https://capture.example https://evil.example", "cross-site", HERE, 403, NULL, FALSE },
    { "https://evil@capture.example", "cross-site", HERE, 403, NULL, FALSE },
    { "https://b\303\274cher.example", "cross-site", HERE, 403, NULL, FALSE },
    { "https://\377.example", "cross-site", HERE, 403, NULL, FALSE },
    { "chrome-extension://abcdefgh", "cross-site", HERE, 403, NULL, FALSE },
    { "file://", "cross-site", HERE, 403, NULL, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObPageFields fields
          = { .method = "GET", .host = rows[i].host, .origin = rows[i].origin, .site = rows[i].site };
      g_auto (ObPageHead) head = ob_page_head_read (&fields, PORT, DASHBOARD);

      g_test_message ("%u", i);
      g_assert_cmpuint (head.status, ==, rows[i].status);
      if (head.status != 0)
        continue;
      g_assert_cmpstr (head.origin, ==, rows[i].found);
      g_assert_true (head.is_own == rows[i].is_own);
    }
}

static void
test_tokens (void)
{
  g_autofree char *longest = g_strnfill (128, 'a');
  g_autofree char *of_most = g_strconcat ("Bearer ", longest, NULL);
  g_autofree char *of_more = g_strconcat ("Bearer ", longest, "a", NULL);
  const struct
  {
    const char *authorization;
    guint status;
    const char *token;
  } rows[] = {
    { NULL, 0, NULL },
    { "Bearer abc-DEF_0", 0, "abc-DEF_0" },
    { "bearer abc", 0, "abc" },
    { of_most, 0, longest },
    { of_more, 401, NULL },
    { "Bearer", 401, NULL },
    { "Bearer ", 401, NULL },
    { "Bearer  abc", 401, NULL },
    { "Bearer abc def", 401, NULL },
    { "Bearer abc, Bearer def", 401, NULL },
    { "Bearer ' OR 1=1 --", 401, NULL },
    { "Basic YTpi", 401, NULL },
    { "abc", 401, NULL },
    { "", 401, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObPageFields fields = { .method = "GET", .host = HERE, .authorization = rows[i].authorization };
      g_auto (ObPageHead) head = ob_page_head_read (&fields, PORT, DASHBOARD);

      g_test_message ("%s", rows[i].authorization);
      g_assert_cmpuint (head.status, ==, rows[i].status);
      g_assert_cmpstr (head.token, ==, rows[i].token);
    }
}

static void
test_what_is_no_fetch (void)
{
  static const struct
  {
    const char *site, *mode, *dest;
    gboolean is_fetch, is_visible;
  } rows[] = {
    { NULL, NULL, NULL, TRUE, TRUE },
    { "cross-site", "cors", "empty", TRUE, FALSE },
    { "same-origin", "cors", "empty", TRUE, TRUE },
    { "same-origin", "same-origin", "empty", TRUE, TRUE },
    { "same-origin", "no-cors", "script", FALSE, TRUE },
    { "none", "navigate", "document", FALSE, TRUE },
    { "cross-site", "navigate", "document", FALSE, TRUE },
    { "cross-site", "navigate", "iframe", FALSE, FALSE },
    { "cross-site", "navigate", "embed", FALSE, FALSE },
    { "cross-site", "no-cors", "empty", FALSE, FALSE },
    { "cross-site", "no-cors", "image", FALSE, FALSE },
    { "same-site", "no-cors", "script", FALSE, FALSE },
    { "cross-site", "cors", "script", FALSE, FALSE },
    { "cross-site", "websocket", "websocket", FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObPageFields fields
          = { .method = "GET", .host = HERE, .site = rows[i].site, .mode = rows[i].mode, .dest = rows[i].dest };
      g_auto (ObPageHead) head = ob_page_head_read (&fields, PORT, DASHBOARD);

      g_test_message ("%s %s %s", rows[i].site, rows[i].mode, rows[i].dest);
      g_assert_true (head.is_fetch == rows[i].is_fetch);
      g_assert_true (head.is_visible == rows[i].is_visible);
    }
}

static void
test_what_is_a_preflight (void)
{
  static const struct
  {
    const char *method, *origin, *wanted;
    gboolean is_preflight;
  } rows[] = {
    { "OPTIONS", "https://capture.example", "PATCH", TRUE },
    { "OPTIONS", "https://capture.example", NULL, FALSE },
    { "OPTIONS", NULL, "PATCH", FALSE },
    { "OPTIONS", "null", "PATCH", FALSE },
    { "POST", "https://capture.example", "PATCH", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObPageFields fields
          = { .method = rows[i].method, .host = HERE, .origin = rows[i].origin, .wanted_method = rows[i].wanted };
      g_auto (ObPageHead) head = ob_page_head_read (&fields, PORT, DASHBOARD);

      g_assert_true (head.is_preflight == rows[i].is_preflight);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/page-head/hosts", test_hosts);
  g_test_add_func ("/page-head/origins", test_origins);
  g_test_add_func ("/page-head/tokens", test_tokens);
  g_test_add_func ("/page-head/what-is-no-fetch", test_what_is_no_fetch);
  g_test_add_func ("/page-head/what-is-a-preflight", test_what_is_a_preflight);

  return g_test_run ();
}
