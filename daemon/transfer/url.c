/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * URLs that a server says. Pure.
 */
#include "transfer/url.h"

#include "model/destination.h"

#include <libsoup/soup.h>
#include <string.h>

/* Servers take a line of a request up to 8 KiB. */
#define URL_MAX_BYTES (8 * 1024)

/* Of an http URL below an https one. */
static char *
keep_https (GUri *from, GUri *to)
{
  g_autoptr (GUri) secure = NULL;

  if (g_ascii_strcasecmp (g_uri_get_host (from), g_uri_get_host (to)) != 0)
    return NULL;
  secure = g_uri_build (SOUP_HTTP_URI_FLAGS, "https", NULL, g_uri_get_host (from), g_uri_get_port (from),
                        g_uri_get_path (to), g_uri_get_query (to), NULL);

  return g_uri_to_string (secure);
}

/* A path may be bytes of any encoding, which are escaped; a line end or another control character is in no URL. */
static gboolean
has_control (const char *text)
{
  for (; *text; text++)
    if (g_ascii_iscntrl (*text))
      return TRUE;

  return FALSE;
}

char *
ob_url_resolve (const char *base, const char *reference)
{
  g_autoptr (GUri) from = g_uri_parse (base, SOUP_HTTP_URI_FLAGS, NULL);
  g_autoptr (GUri) to = NULL;
  g_autofree char *url = NULL;

  if (from && strlen (reference) <= URL_MAX_BYTES && !has_control (reference))
    to = g_uri_parse_relative (from, reference, SOUP_HTTP_URI_FLAGS, NULL);
  /* A path that begins with two slashes and has no host before it makes no text: GLib asserts that. */
  if (!to || !g_uri_get_host (from) || !g_uri_get_host (to))
    return NULL;
  if (g_str_equal (g_uri_get_scheme (from), "https") && g_str_equal (g_uri_get_scheme (to), "http"))
    url = keep_https (from, to);
  else
    /* A fragment is never sent (RFC 9110 section 7.1): two URLs that differ in it alone are one. */
    url = g_uri_to_string_partial (to, G_URI_HIDE_FRAGMENT);

  return url && strlen (url) <= URL_MAX_BYTES && ob_destination_is_url (url) ? g_steal_pointer (&url) : NULL;
}
