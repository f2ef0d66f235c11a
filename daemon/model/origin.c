/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds origins by GLib's URL parser. What is shown is made from the text alone, so that a URL which no parser takes is not
 * shown whole. Pure.
 */
#include "model/origin.h"

#include "model/destination.h"

/* Host names are equal in any case, with or without a dot at the end, in Unicode or ASCII (RFC 5891). */
static char *
dup_host (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  g_autofree char *ascii = NULL;
  g_autofree char *lower = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (address)
    {
      text = g_inet_address_to_string (address);
      return strchr (text, ':') ? g_strdup_printf ("[%s]", text) : g_steal_pointer (&text);
    }
  ascii = g_hostname_to_ascii (host);
  lower = g_ascii_strdown (ascii ? ascii : host, -1);
  length = strlen (lower);
  if (length > 1 && lower[length - 1] == '.')
    lower[length - 1] = '\0';

  return strchr (lower, ':') ? g_strdup_printf ("[%s]", lower) : g_steal_pointer (&lower);
}

char *
ob_origin_dup (const char *url)
{
  g_autoptr (GUri) uri = NULL;
  g_autofree char *host = NULL;
  gint port;

  /* Some programs read a backslash as a slash, and so see another host. */
  if (!url || strchr (url, '\\') || !ob_destination_is_url (url))
    return NULL;
  uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  host = dup_host (g_uri_get_host (uri));
  port = g_uri_get_port (uri);
  if (port < 0)
    port = g_str_equal (g_uri_get_scheme (uri), "https") ? 443 : 80;

  return g_strdup_printf ("%s://%s:%d", g_uri_get_scheme (uri), host, port);
}

gboolean
ob_origin_is_same (const char *a, const char *b)
{
  g_autofree char *of_a = ob_origin_dup (a);
  g_autofree char *of_b = ob_origin_dup (b);

  return of_a && of_b && g_str_equal (of_a, of_b);
}

gboolean
ob_origin_is_allowed (const char *url, const char *home, const char *const *also)
{
  if (ob_origin_is_same (url, home))
    return TRUE;
  for (; also && *also; also++)
    if (ob_origin_is_same (url, *also))
      return TRUE;

  return FALSE;
}

static gboolean
is_place (const char *value, gsize length)
{
  static const char *const places[] = { "{id}", "{group}", "{sha256}" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (strlen (places[i]) == length && strncmp (value, places[i], length) == 0)
      return TRUE;

  return FALSE;
}

/* Appends a part of a query, of @length bytes. */
static void
append_part (GString *shown, const char *part, gsize length)
{
  const char *equals = memchr (part, '=', length);
  gsize name_length = equals ? (gsize) (equals + 1 - part) : 0;

  g_string_append_len (shown, part, (gssize) name_length);
  if (is_place (part + name_length, length - name_length))
    g_string_append_len (shown, part + name_length, (gssize) (length - name_length));
  else if (length > name_length)
    g_string_append (shown, "…");
}

/* A path can have parameters as well (RFC 3986 section 3.3): ";jsessionid=…" is as secret as a query. */
static void
append_path (GString *shown, const char *path, gsize length)
{
  const char *end = path + length;

  while (path < end)
    {
      gsize plain = MIN (strcspn (path, ";"), (gsize) (end - path));

      g_string_append_len (shown, path, (gssize) plain);
      path += plain;
      if (path == end)
        return;
      g_string_append_c (shown, *path++);
      plain = MIN (strcspn (path, ";/"), (gsize) (end - path));
      append_part (shown, path, plain);
      path += plain;
    }
}

static void
append_query (GString *shown, const char *query)
{
  for (;;)
    {
      gsize length = strcspn (query, "&;#");

      append_part (shown, query, length);
      query += length;
      if (*query == '\0' || *query == '#')
        return;
      g_string_append_c (shown, *query++);
    }
}

char *
ob_origin_dup_shown (const char *url)
{
  const char *host = url ? strstr (url, "://") : NULL;
  gsize authority_length, plain_length;
  const char *at, *rest;
  GString *shown;

  if (!url)
    return NULL;
  shown = g_string_new (NULL);
  host = host ? host + 3 : url;
  g_string_append_len (shown, url, host - url);
  authority_length = strcspn (host, "/\\?#");
  at = g_strrstr_len (host, (gssize) authority_length, "@");
  rest = at ? at + 1 : host;
  plain_length = strcspn (rest, "?#");
  append_path (shown, rest, plain_length);
  rest += plain_length;
  if (*rest == '?')
    {
      g_string_append_c (shown, '?');
      append_query (shown, rest + 1);
    }

  return g_string_free (shown, FALSE);
}
