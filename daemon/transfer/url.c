/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks and resolves URLs from a server. Pure.
 */
#include "transfer/url.h"

#include "model/destination.h"

#include <libsoup/soup.h>
#include <string.h>

/* Servers take a request line of up to 8 KiB. */
#define URL_MAX_BYTES (8 * 1024)

/* A server behind a proxy that ends TLS may answer with an http URL for its own https one: keep https on the same host. */
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

/* Bytes of a path in any encoding are escaped; a control character makes it no URL. */
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
  /* GLib asserts if a path begins with two slashes and there is no host before it. */
  if (!to || !g_uri_get_host (from) || !g_uri_get_host (to))
    return NULL;
  if (g_str_equal (g_uri_get_scheme (from), "https") && g_str_equal (g_uri_get_scheme (to), "http"))
    url = keep_https (from, to);
  else
    /* Fragments are never sent (RFC 9110 section 7.1): URLs that differ in it alone are the same. */
    url = g_uri_to_string_partial (to, G_URI_HIDE_FRAGMENT);

  return url && strlen (url) <= URL_MAX_BYTES && ob_destination_is_url (url) ? g_steal_pointer (&url) : NULL;
}
