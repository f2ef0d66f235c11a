/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes settings apart. Pure.
 */
#include "broker/embedded-secrets.h"

#include "base/secret.h"
#include "base/text.h"
#include "model/header.h"
#include "model/origin.h"

#include <string.h>

/* Returns: (nullable): the "@" that ends the user and password of a URL, which begin at @begin (out) */
static char *
find_userinfo (char *url, char **begin)
{
  char *host = url ? strstr (url, "://") : NULL;
  gsize length;

  if (!host)
    return NULL;
  *begin = host + 3;
  length = strcspn (*begin, "/?#");

  return g_strrstr_len (*begin, (gssize) length, "@");
}

/* Returns: (transfer full): the text without its escapes, or with them where it would be no clean text otherwise */
static char *
dup_plain (const char *text)
{
  char *plain = g_uri_unescape_string (text, NULL);

  if (plain && ob_text_is_clean (plain) && !strchr (plain, ':'))
    return plain;
  ob_secret_free (plain);

  return g_strdup (text);
}

static ObSignIn *
make_basic (const char *userinfo)
{
  ObSignIn *sign_in = ob_sign_in_new (OB_SIGN_IN_BASIC);
  const char *colon = strchr (userinfo, ':');
  char *user = g_strndup (userinfo, colon ? (gsize) (colon - userinfo) : strlen (userinfo));
  char *plain_user = dup_plain (user);
  char *password = g_uri_unescape_string (colon ? colon + 1 : "", NULL);

  ob_sign_in_set (sign_in, "username", plain_user);
  ob_sign_in_set (sign_in, "password", password && ob_text_is_clean (password) ? password : colon ? colon + 1 : "");
  ob_secret_free (password);
  ob_secret_free (plain_user);
  ob_secret_free (user);

  return sign_in;
}

/* Takes the user and the password out of a URL. Returns: (transfer full) (nullable) */
static ObSignIn *
take_userinfo (char *url)
{
  char *begin, *at = find_userinfo (url, &begin);
  ObSignIn *sign_in;

  if (!at)
    return NULL;
  *at = '\0';
  sign_in = make_basic (begin);
  explicit_bzero (begin, (gsize) (at - begin));
  memmove (begin, at + 1, strlen (at + 1) + 1);

  return sign_in;
}

/* @headers: (inout) (nullable): a{ss}, those that are no credentials afterwards. Returns: (transfer full) (nullable) */
static ObSignIn *
take_headers (GVariant **headers)
{
  g_autoptr (ObSignIn) sign_in = ob_sign_in_new (OB_SIGN_IN_HEADER);
  gboolean has_any = FALSE;
  const char *name, *value;
  GVariantBuilder rest;
  GVariantIter iter;

  if (!*headers)
    return NULL;
  g_variant_builder_init (&rest, G_VARIANT_TYPE ("a{ss}"));
  g_variant_iter_init (&iter, *headers);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    if (ob_header_is_credential (name))
      {
        g_autofree char *key = g_strconcat (OB_SIGN_IN_HEADER_PREFIX, name, NULL);

        ob_sign_in_set (sign_in, key, value);
        has_any = TRUE;
      }
    else
      {
        g_variant_builder_add (&rest, "{ss}", name, value);
      }
  g_variant_unref (*headers);
  *headers = g_variant_ref_sink (g_variant_builder_end (&rest));

  return has_any ? g_steal_pointer (&sign_in) : NULL;
}

/* A header comes before the URL, whose user and password libsoup used only when it was asked. */
static ObSignIn *
take (GVariant **headers, char *url, char *confirm_url, char *amend_url, char **also)
{
  g_autoptr (ObSignIn) of_headers = take_headers (headers);
  g_autoptr (ObSignIn) of_url = take_userinfo (url);
  g_autoptr (ObSignIn) of_confirm_url = take_userinfo (confirm_url);
  g_autoptr (ObSignIn) of_amend_url = take_userinfo (amend_url);

  for (; also && *also; also++)
    {
      g_autoptr (ObSignIn) dropped = take_userinfo (*also);
    }
  /* A server may still repeat what it is not shown any more. */
  if (of_headers && of_url)
    ob_sign_in_set (of_headers, "password", ob_sign_in_get (of_url, "password"));
  if (of_headers)
    return g_steal_pointer (&of_headers);
  if (of_url)
    return g_steal_pointer (&of_url);

  if (of_confirm_url && url && ob_origin_is_same (url, confirm_url))
    return g_steal_pointer (&of_confirm_url);

  return of_amend_url && url && ob_origin_is_same (url, amend_url) ? g_steal_pointer (&of_amend_url) : NULL;
}

gboolean
ob_embedded_secrets_are_in (const ObDestination *destination)
{
  const char *name;
  GVariantIter iter;
  char *begin;

  g_variant_iter_init (&iter, destination->headers);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, NULL))
    if (ob_header_is_credential (name))
      return TRUE;
  for (char **also = destination->also; also && *also; also++)
    if (find_userinfo (*also, &begin))
      return TRUE;

  return find_userinfo (destination->url, &begin) || find_userinfo (destination->confirm_url, &begin)
         || find_userinfo (destination->amend_url, &begin);
}

ObSignIn *
ob_embedded_secrets_take (ObDestination *destination)
{
  return take (&destination->headers, destination->url, destination->confirm_url, destination->amend_url,
               destination->also);
}

ObSignIn *
ob_embedded_secrets_take_from_settings (ObDestinationSettings *settings)
{
  return take (&settings->headers, (char *) settings->url, (char *) settings->confirm_url, (char *) settings->amend_url,
               (char **) settings->also);
}
