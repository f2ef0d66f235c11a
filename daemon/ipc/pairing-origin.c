/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes an origin apart by hand, since a URL parser takes much that is none. Pure.
 */
#include "ipc/pairing-origin.h"

#include "base/text.h"
#include "dbus/error.h"

#include <gio/gio.h>
#include <libsoup/soup.h>
#include <string.h>

#define ORIGIN_MAX_BYTES 512

/* Names have 253 at most; with scheme and port it has to be the name of an app (OB_APP_MAX_BYTES). */
#define HOST_MAX_BYTES 243
#define LABEL_MAX_BYTES 63

typedef struct
{
  gboolean is_secure;
  char *host;       /* owned; as it is kept and shown */
  gint64 port;      /* -1: the scheme's own */
  gboolean is_here; /* no other device can be it */
} Origin;

/* Letters, digits and inner hyphens (RFC 1123 section 2.1), and the underscore that names in use have. */
static gboolean
is_label (const char *label)
{
  gsize length = strlen (label);

  for (const char *c = label; *c; c++)
    if (!g_ascii_isalnum (*c) && !strchr ("-_", *c))
      return FALSE;

  return length > 0 && length <= LABEL_MAX_BYTES && label[0] != '-' && label[length - 1] != '-';
}

/* Browsers read a host whose last label is a number as an IPv4 address (WHATWG URL, "ends in a number"): 127.1 and 0x7f.1 are
 * spellings of 127.0.0.1. */
static gboolean
ends_in_number (const char *label)
{
  return strspn (label, "0123456789") == strlen (label)
         || (g_str_has_prefix (label, "0x") && strspn (label + 2, "0123456789abcdef") == strlen (label + 2));
}

static gboolean
is_name (const char *host)
{
  g_auto (GStrv) labels = g_strsplit (host, ".", -1);
  guint n_labels = g_strv_length (labels);

  for (guint i = 0; i < n_labels; i++)
    if (!is_label (labels[i]))
      return FALSE;

  return n_labels > 0 && strlen (host) <= HOST_MAX_BYTES && !ends_in_number (labels[n_labels - 1]);
}

/* @text: without brackets. */
static gboolean
read_address (const char *text, GSocketFamily family, Origin *origin)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  g_autofree char *written = NULL;

  if (!address || g_inet_address_get_family (address) != family)
    return FALSE;
  written = g_inet_address_to_string (address);
  origin->is_here = g_inet_address_get_is_loopback (address);
  origin->host = family == G_SOCKET_FAMILY_IPV6 ? g_strdup_printf ("[%s]", written) : g_steal_pointer (&written);

  return TRUE;
}

static gboolean
read_name (const char *text, Origin *origin)
{
  g_autofree char *ascii = g_hostname_to_ascii (text);
  g_autofree char *lower = ascii ? g_ascii_strdown (ascii, -1) : NULL;

  if (!lower || !is_name (lower))
    return FALSE;
  origin->is_here = g_str_equal (lower, "localhost") || g_str_has_suffix (lower, ".localhost");
  origin->host = g_steal_pointer (&lower);

  return TRUE;
}

static gboolean
read_host (const char *text, Origin *origin)
{
  gsize length = strlen (text);
  g_autofree char *inside = NULL;

  if (text[0] != '[')
    return read_address (text, G_SOCKET_FAMILY_IPV4, origin) || read_name (text, origin);
  if (length < 2 || text[length - 1] != ']' || strchr (text, '%'))
    return FALSE;
  inside = g_strndup (text + 1, length - 2);

  return read_address (inside, G_SOCKET_FAMILY_IPV6, origin);
}

/* @text: (nullable): after the colon; NULL: there is none */
static gboolean
read_port (const char *text, Origin *origin)
{
  guint64 port = 0;

  origin->port = -1;
  if (!text)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &port, NULL) || !g_ascii_isdigit (*text))
    return FALSE;
  if (port != (origin->is_secure ? 443 : 80))
    origin->port = (gint64) port;

  return TRUE;
}

static gboolean
read_origin (const char *header, Origin *origin)
{
  const char *rest, *colon, *bracket;
  g_autofree char *host = NULL;

  /* GLib reads and writes beyond the end of a host that is no UTF-8. */
  if (strlen (header) > ORIGIN_MAX_BYTES || !ob_text_is_clean (header))
    return FALSE;
  origin->is_secure = g_ascii_strncasecmp (header, "https://", strlen ("https://")) == 0;
  if (!origin->is_secure && g_ascii_strncasecmp (header, "http://", strlen ("http://")) != 0)
    return FALSE;
  rest = strstr (header, "://") + strlen ("://");
  bracket = strrchr (rest, ']');
  colon = strchr (bracket ? bracket : rest, ':');
  host = colon ? g_strndup (rest, colon - rest) : g_strdup (rest);

  return read_port (colon ? colon + 1 : NULL, origin) && read_host (host, origin);
}

char *
ob_pairing_dup_origin (const char *header, GError **error)
{
  Origin origin = { 0 };
  g_autofree char *host = NULL;
  gboolean is_read = header && read_origin (header, &origin);

  host = g_steal_pointer (&origin.host);
  if (!is_read)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                 "origin: it has to be http:// or https:// with a host, and a port where it is not the usual one");
  else if (!origin.is_secure && !origin.is_here)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                 "origin: %s is not encrypted, so that anybody on the way could be the page; use https", host);
  else if (origin.port < 0)
    return g_strdup_printf ("%s://%s", origin.is_secure ? "https" : "http", host);
  else
    return g_strdup_printf ("%s://%s:%" G_GINT64_FORMAT, origin.is_secure ? "https" : "http", host, origin.port);

  return NULL;
}

char *
ob_pairing_dup_app (const char *origin)
{
  const char *rest = strstr (origin, "//");

  return rest ? g_strdup_printf ("%.*s%s", (int) (rest - origin), origin, rest + 2) : g_strdup (origin);
}

char *
ob_pairing_dup_site (const char *origin)
{
  g_autoptr (GUri) uri = g_uri_parse (origin, SOUP_HTTP_URI_FLAGS, NULL);
  const char *host = uri ? g_uri_get_host (uri) : origin;
  const char *domain = g_hostname_is_ip_address (host) ? host : soup_tld_get_base_domain (host, NULL);
  const char *dot = strrchr (host, '.');

  /* A network of its own has suffixes that no list has. */
  if (!domain && dot)
    {
      const char *before = g_strrstr_len (host, dot - host, ".");

      domain = before ? before + 1 : host;
    }

  return g_strdup (domain ? domain : host);
}
