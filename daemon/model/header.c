/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables of names of headers. Pure.
 */
#include "model/header.h"

#include "base/text.h"

#include <string.h>

gboolean
ob_header_is_name (const char *name)
{
  gsize length = strlen (name);

  for (const char *c = name; *c; c++)
    if (!g_ascii_isalnum (*c) && !strchr ("!#$%&'*+-.^_`|~", *c))
      return FALSE;

  return length > 0;
}

gboolean
ob_header_is_value (const char *value)
{
  return ob_text_is_clean (value);
}

gboolean
ob_header_is_own (const char *name)
{
  static const char *const names[] = { "connection",
                                       "content-length",
                                       "content-encoding",
                                       "content-range",
                                       "expect",
                                       "keep-alive",
                                       "proxy-connection",
                                       "te",
                                       "trailer",
                                       "transfer-encoding",
                                       "upgrade",
                                       "idempotency-key",
                                       "if-match",
                                       "if-none-match",
                                       "range",
                                       "x-http-method-override",
                                       NULL };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_strv_contains (names, lower) || g_str_has_prefix (lower, "tus-") || g_str_has_prefix (lower, "upload-");
}

/* Servers name theirs as they like: a name that only looks like one is kept as a secret too, which costs nothing. */
gboolean
ob_header_is_credential (const char *name)
{
  static const char *const parts[] = { "auth",     "cookie", "credential", "jwt",     "key",       "passphrase",
                                       "password", "passwd", "secret",     "session", "signature", "token" };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (lower, parts[i]))
      return TRUE;

  return FALSE;
}
