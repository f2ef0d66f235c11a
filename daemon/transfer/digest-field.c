/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads Repr-Digest. Pure, any thread.
 */
#include "transfer/digest-field.h"

#include <string.h>

#define NAME "sha-256"
#define DIGEST_BYTES 32

/* Returns: (transfer full) (nullable): of ":BASE64:" */
static char *
read_bytes (const char *value, gsize length)
{
  g_autofree char *encoded = NULL;
  g_autofree guchar *bytes = NULL;
  g_autofree char *again = NULL;
  GString *digest;
  gsize n_bytes;

  if (length < 2 || value[0] != ':' || value[length - 1] != ':')
    return NULL;
  encoded = g_strndup (value + 1, length - 2);
  bytes = g_base64_decode (encoded, &n_bytes);
  again = g_base64_encode (bytes, n_bytes);
  /* GLib skips what is not Base64. */
  if (n_bytes != DIGEST_BYTES || !g_str_equal (again, encoded))
    return NULL;
  digest = g_string_new (NULL);
  for (gsize i = 0; i < n_bytes; i++)
    g_string_append_printf (digest, "%02x", bytes[i]);

  return g_string_free (digest, FALSE);
}

/* Parameters of a member follow a semicolon; Base64 has none. */
static char *
read_member (const char *member, gboolean *is_ours)
{
  const char *equals = strchr (member, '=');
  const char *value = equals ? equals + 1 : "";

  *is_ours = equals && (gsize) (equals - member) == strlen (NAME) && strncmp (member, NAME, strlen (NAME)) == 0;

  return *is_ours ? read_bytes (value, strcspn (value, "; ")) : NULL;
}

char *
ob_digest_read_field (const char *field)
{
  g_auto (GStrv) members = field ? g_strsplit (field, ",", -1) : NULL;
  g_autofree char *digest = NULL;
  guint n_ours = 0;

  for (char **member = members; member && *member; member++)
    {
      gboolean is_ours;
      g_autofree char *found = read_member (g_strstrip (*member), &is_ours);

      n_ours += is_ours;
      if (found)
        {
          g_free (digest);
          digest = g_steal_pointer (&found);
        }
    }

  return n_ours == 1 ? g_steal_pointer (&digest) : NULL;
}
