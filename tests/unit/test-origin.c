/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Origins: which URLs are one place, where bytes may go, and what of a URL may be shown.
 */
#include "model/origin.h"

typedef struct
{
  const char *url;
  const char *expected; /* NULL: none */
} OriginRow;

static const OriginRow origin_rows[] = {
  { "http://a.test/files/", "http://a.test:80" },
  { "https://a.test/files/", "https://a.test:443" },
  { "https://a.test:443", "https://a.test:443" },
  { "http://a.test:443/", "http://a.test:443" },
  { "http://a.test:/", "http://a.test:80" },
  { "HTTPS://A.Test./x", "https://a.test:443" },
  { "http://bücher.test/", "http://xn--bcher-kva.test:80" },
  { "http://BÜCHER.test/", "http://xn--bcher-kva.test:80" },
  { "http://xn--bcher-kva.test/", "http://xn--bcher-kva.test:80" },
  { "http://[::1]/", "http://[::1]:80" },
  { "http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080" },
  { "http://[2001:DB8::1]/", "http://[2001:db8::1]:80" },
  { "http://127.0.0.1:1080/", "http://127.0.0.1:1080" },
  { "http://user:secret@a.test/", "http://a.test:80" },
  { "http://a.test@b.test/", "http://b.test:80" },
  { "http://a.test#@b.test/", "http://a.test:80" },
  { "http://a.test?@b.test/", "http://a.test:80" },
  { "http://a.test\\@b.test/", NULL },
  { "localhost:4719/files/1", NULL },
  { "//a.test/files/1", NULL },
  { "/files/1", NULL },
  { "ftp://a.test/", NULL },
  { "file:///etc/passwd", NULL },
  { "http:///files/1", NULL },
  { "http://", NULL },
  { "http://a.test:99999/", NULL },
  { "http://a b.test/", NULL },
  { "http://a.test\r\nX: y/", NULL },
  { "", NULL },
  { NULL, NULL },
};

static void
test_origins (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (origin_rows); i++)
    {
      g_autofree char *origin = ob_origin_dup (origin_rows[i].url);

      g_test_message ("%s", origin_rows[i].url);
      g_assert_cmpstr (origin, ==, origin_rows[i].expected);
      g_assert_cmpint (ob_origin_is_same (origin_rows[i].url, origin_rows[i].url), ==, origin != NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (origin_rows); i++)
    for (guint j = 0; j < G_N_ELEMENTS (origin_rows); j++)
      g_assert_cmpint (ob_origin_is_same (origin_rows[i].url, origin_rows[j].url), ==,
                       (origin_rows[i].expected && g_strcmp0 (origin_rows[i].expected, origin_rows[j].expected) == 0));
}

static void
test_where_bytes_may_go (void)
{
  static const char *const also[] = { "https://store.test/any/path", "http://b.test:8080", NULL };
  static const struct
  {
    const char *url;
    gboolean is_allowed;       /* by the destination https://a.test/files/ alone */
    gboolean is_allowed_there; /* with the list */
  } rows[] = {
    { "https://a.test/files/1", TRUE, TRUE },        { "https://A.TEST.:443/other", TRUE, TRUE },
    { "https://u:p@a.test/files/1", TRUE, TRUE },    { "http://a.test/files/1", FALSE, FALSE },
    { "https://a.test:8443/files/1", FALSE, FALSE }, { "https://a.test.evil.test/", FALSE, FALSE },
    { "https://a.test@evil.test/", FALSE, FALSE },   { "https://store.test/1", FALSE, TRUE },
    { "https://sub.store.test/1", FALSE, FALSE },    { "http://store.test/1", FALSE, FALSE },
    { "http://b.test:8080/1", FALSE, TRUE },         { "http://b.test/1", FALSE, FALSE },
    { "localhost:4719/files/1", FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].url);
      g_assert_cmpint (ob_origin_is_allowed (rows[i].url, "https://a.test/files/", NULL), ==, rows[i].is_allowed);
      g_assert_cmpint (ob_origin_is_allowed (rows[i].url, "https://a.test/files/", also), ==, rows[i].is_allowed_there);
    }
}

static void
test_what_is_shown (void)
{
  static const struct
  {
    const char *url;
    const char *expected;
  } rows[] = {
    { "https://a.test/files/1", "https://a.test/files/1" },
    { "https://user:secret@a.test/files/", "https://a.test/files/" },
    { "https://secret@a.test", "https://a.test" },
    { "https://a@secret@b.test/x@y", "https://b.test/x@y" },
    { "https://a.test/f?token=secret", "https://a.test/f?token=…" },
    { "https://a.test/f?a=secret&b=secret;c=&d", "https://a.test/f?a=…&b=…;c=&…" },
    { "https://a.test/f?secret", "https://a.test/f?…" },
    { "https://a.test/f?a=secret=secret", "https://a.test/f?a=…" },
    { "https://a.test?k=secret#secret", "https://a.test?k=…" },
    { "https://a.test/f#secret", "https://a.test/f" },
    { "https://a.test/c?id={id}&s={sha256}&g={group}&k=secret", "https://a.test/c?id={id}&s={sha256}&g={group}&k=…" },
    { "https://a.test/c?id={id}secret", "https://a.test/c?id=…" },
    { "https://a.test/f;k=secret/x;secret;a=/y;{id}?k=secret", "https://a.test/f;k=…/x;…;a=/y;{id}?k=…" },
    { "https://a.test/f;k=secret#secret", "https://a.test/f;k=…" },
    { "user:secret@a.test/f?k=secret", "a.test/f?k=…" },
    { "no URL at all", "no URL at all" },
    { "?secret", "?…" },
    { "", "" },
    { NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *shown = ob_origin_dup_shown (rows[i].url);

      g_assert_cmpstr (shown, ==, rows[i].expected);
      g_assert_true (!shown || !strstr (shown, "secret"));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/origin/which-urls-are-one-place", test_origins);
  g_test_add_func ("/origin/where-bytes-may-go", test_where_bytes_may_go);
  g_test_add_func ("/origin/what-is-shown", test_what_is_shown);

  return g_test_run ();
}
