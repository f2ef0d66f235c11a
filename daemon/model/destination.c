/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The destination record. No shared state.
 */
#include "model/destination.h"

#include "base/text.h"

#define NAME_MAX_BYTES 64
/* Room for a group's name of 4 KiB in a confirm URL, with each byte escaped. */
#define URL_MAX_BYTES (16 * 1024)

ObDestination *
ob_destination_new (const char *name)
{
  ObDestination *destination = g_new0 (ObDestination, 1);

  destination->name = g_strdup (name);
  destination->protocol = g_strdup ("tus");
  destination->url = g_strdup ("");
  destination->headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  destination->sign_in = g_variant_ref (destination->headers);
  ob_health_init (&destination->health);

  return destination;
}

void
ob_destination_free (ObDestination *destination)
{
  g_free (destination->name);
  g_free (destination->protocol);
  g_free (destination->url);
  g_free (destination->confirm_url);
  g_free (destination->amend_url);
  g_strfreev (destination->also);
  ob_health_clear (&destination->health);
  g_variant_unref (destination->headers);
  g_variant_unref (destination->sign_in);
  g_free (destination);
}

void
ob_destination_set_sign_in (ObDestination *destination, GVariant *shown)
{
  GVariant *sign_in = shown ? g_variant_ref (shown) : g_variant_ref_sink (g_variant_new ("a{ss}", NULL));

  g_variant_unref (destination->sign_in);
  destination->sign_in = sign_in;
}

gboolean
ob_destination_has_sign_in (const ObDestination *destination)
{
  return g_variant_n_children (destination->sign_in) > 0;
}

gboolean
ob_destination_is_sign_in_kind (const ObDestination *destination, const char *kind)
{
  const char *own = NULL;

  return g_variant_lookup (destination->sign_in, "kind", "&s", &own) && g_str_equal (own, kind);
}

gboolean
ob_destination_is_name (const char *name)
{
  gsize length = strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

  return length > 0 && length <= NAME_MAX_BYTES && name[length] == '\0';
}

/* libsoup copies it unescaped into the Host header: "a%0d%0ab" would become two lines. */
static gboolean
is_host (const char *host)
{
  gboolean is_address = strchr (host, ':') != NULL;

  for (const char *c = host; *c; c++)
    if (!g_ascii_isgraph (*c) || strchr ("/\\?#@<>\"^`{|}[]", *c) || (*c == '%' && !is_address))
      return FALSE;

  return *host != '\0';
}

gboolean
ob_destination_is_url (const char *url)
{
  g_autoptr (GUri) uri = NULL;

  if (strlen (url) > URL_MAX_BYTES || !ob_text_is_clean (url))
    return FALSE;
  uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);

  return uri && (g_str_equal (g_uri_get_scheme (uri), "http") || g_str_equal (g_uri_get_scheme (uri), "https"))
         && g_uri_get_host (uri) && is_host (g_uri_get_host (uri)) && g_uri_get_port (uri) != 0;
}

char *
ob_destination_dup_origin (const char *url)
{
  const char *host = strstr (url, "://");

  return host ? g_strndup (url, (gsize) (host + 3 - url) + strcspn (host + 3, "/?#")) : g_strdup (url);
}

gboolean
ob_destination_is_local (const ObDestination *destination)
{
  g_autoptr (GUri) uri = g_uri_parse (destination->url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = host ? g_inet_address_new_from_string (host) : NULL;

  if (address)
    return g_inet_address_get_is_loopback (address);

  return host && (g_ascii_strcasecmp (host, "localhost") == 0 || g_str_has_suffix (host, ".localhost"));
}

OutboxRung
ob_destination_get_promise (const ObDestination *destination)
{
  if (destination->receipt != OUTBOX_RUNG_NONE)
    return destination->receipt;

  return destination->confirm_url ? OUTBOX_RUNG_ATTACHED : OUTBOX_RUNG_STORED;
}
