/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a Location leads. GLib's criticals, and libsoup's with them, end the test: whatever is let through must be good for a
 * message.
 */
#include "transfer/url.h"

#include "model/destination.h"

#include <libsoup/soup.h>

typedef struct
{
  const char *base;
  const char *reference;
  const char *expected; /* NULL: nowhere */
} Row;

static const Row relative_rows[] = {
  { "http://a.test/files/", "1", "http://a.test/files/1" },
  { "http://a.test/files/", "", "http://a.test/files/" },
  { "http://a.test/files/", "./1?x=y", "http://a.test/files/1?x=y" },
  { "http://a.test/files/", "?id=1", "http://a.test/files/?id=1" },
  { "http://a.test/files/", "/up/1", "http://a.test/up/1" },
  { "http://a.test/files/", "1#new", "http://a.test/files/1" },
  { "http://a.test/files/", "#new", "http://a.test/files/" },
  { "http://a.test/files/", "../../../1", "http://a.test/1" },
  { "http://a.test/files/", "//b.test/1", "http://b.test/1" },
  { "http://a.test/files/", "https://b.test/1", "https://b.test/1" },
  { "http://a.test/files/", "HTTP://b.test/1", "http://b.test/1" },
  { "http://a.test/files/", "http://b.test:/1", "http://b.test/1" },
  { "http://a.test/files/", "http://[::1]:81/1", "http://[::1]:81/1" },
  { "http://a.test/files/", "http://b.test?x", "http://b.test/?x" },
  { "https://a.test/files/", "//b.test/1", "https://b.test/1" },
  { "https://a.test/files/", "http://a.test/files/1", "https://a.test/files/1" },
  { "https://a.test:8443/files/", "http://a.test:8080/files/1?x=y", "https://a.test:8443/files/1?x=y" },
  { "https://a.test/files/", "http://A.TEST/files/1", "https://a.test/files/1" },
};

/* Bytes that are in no URL are escaped where a server means a path by them. */
static const Row odd_rows[] = {
  { "http://a.test/files/", "/a b", "http://a.test/a%20b" },
  { "http://a.test/files/", "/\xe9", "http://a.test/%E9" },
  { "http://a.test/files/", "/\xc3\xbc", "http://a.test/%C3%BC" },
  { "http://a.test/files/", "/%0d%0ax", "http://a.test/%0D%0Ax" },
  { "http://a.test/files/", "http://\xc3\xbc.test/1", "http://xn--tda.test/1" },
};

static const Row bad_rows[] = {
  { "http://a.test/files/", "a:////b", NULL },
  { "http://a.test/files/", "http:///1", NULL },
  { "http://a.test/files/", "http://", NULL },
  { "http://a.test/files/", "http:", NULL },
  { "http://a.test/files/", "http:1", NULL },
  { "http:/files/", "//", NULL },
  { "http:/files/", "/..//1", NULL },
  { "http://a.test/files/", "http:/..//1", NULL },
  { "http://a.test/files/", "https://:443/1", NULL },
  { "http://a.test/files/", "http://u@/1", NULL },
  { "http://a.test/files/", "http://[", NULL },
  { "http://a.test/files/", "http://b.test:0/1", NULL },
  { "http://a.test/files/", "http://b.test:99999/1", NULL },
  { "http://a.test/files/", "http://b.test:-1/1", NULL },
  { "http://a.test/files/", "localhost:4719/1", NULL },
  { "http://a.test/files/", "ftp://b.test/1", NULL },
  { "http://a.test/files/", "file:///etc/passwd", NULL },
  { "http://a.test/files/", "javascript:1", NULL },
  { "http://a.test/files/", "http:\\\\b.test\\1", NULL },
  { "http://a.test/files/", "http://b c/1", NULL },
  { "http://a.test/files/", "http://b%20c/1", NULL },
  { "http://a.test/files/", "http://b%0d%0aX-Evil:1/1", NULL },
  { "http://a.test/files/", "http://b%00c/1", NULL },
  { "http://a.test/files/", "http://b%2fc/1", NULL },
  { "http://a.test/files/", "http://\xff/1", NULL },
  { "http://a.test/files/", "/1\r\nX-Evil: 1", NULL },
  { "http://a.test/files/", "/1\x1b[2J", NULL },
  { "http://a.test/files/", "/%zz", NULL },
  { "https://a.test/files/", "http://b.test/files/1", NULL },
  { "https://a.test/files/", "http:///1", NULL },
  { "", "http://b.test/1", NULL },
  { "a.test", "1", NULL },
};

static void
check_row (const Row *row)
{
  g_autofree char *url = ob_url_resolve (row->base, row->reference);
  g_autofree char *shown = g_strescape (row->reference, NULL);
  g_autoptr (SoupMessage) message = url ? soup_message_new ("HEAD", url) : NULL;

  g_test_message ("%.60s at %s", shown, row->base);
  g_assert_cmpstr (url, ==, row->expected);
  g_assert_true (!url || message);
}

static void
test_a_location_leads_where_rfc_3986_says (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (relative_rows); i++)
    check_row (&relative_rows[i]);
}

static void
test_odd_bytes_are_escaped (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (odd_rows); i++)
    check_row (&odd_rows[i]);
}

static void
test_what_is_no_url_leads_nowhere (void)
{
  g_autofree char *path = g_strnfill (8 * 1024, 'x');
  const Row too_long = { "http://a.test/", path, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (bad_rows); i++)
    check_row (&bad_rows[i]);
  check_row (&too_long);
}

/* Whoever says it: a person's setting, a row of the database. */
static void
test_a_bad_url_is_taken_from_nobody (void)
{
  const char *const bad[]
      = { "a:////b", "http:///1", "http://:80/", "http://b%0d%0aX:1/", "http://b%20c/", "http://b/\r\nX: 1", "b" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ob_destination_is_url (bad[i]));
  g_assert_true (ob_destination_is_url ("http://[fe80::1%25lo]:3/"));
  g_assert_true (ob_destination_is_url ("http://b.test/d\xc3\xa9p\xc3\xb4t/"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/url/a-location-leads-where-rfc-3986-says", test_a_location_leads_where_rfc_3986_says);
  g_test_add_func ("/url/odd-bytes-are-escaped", test_odd_bytes_are_escaped);
  g_test_add_func ("/url/what-is-no-url-leads-nowhere", test_what_is_no_url_leads_nowhere);
  g_test_add_func ("/url/a-bad-url-is-taken-from-nobody", test_a_bad_url_is_taken_from_nobody);

  return g_test_run ();
}
