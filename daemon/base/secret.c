/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes random bits from GnuTLS, at the level that it has for keys. Any thread.
 */
#include "base/secret.h"

#include "base/text.h"

#include "dbus/error.h"

#include <gnutls/crypto.h>
#include <string.h>

#define SECRET_BYTES 32
#define CODE_LETTERS "BCDFGHJKLMNPQRSTVWXZ"
#define CODE_LENGTH 8

static gboolean
fill (guint8 *bytes, gsize size_bytes, GError **error)
{
  int code = gnutls_rnd (GNUTLS_RND_KEY, bytes, size_bytes);

  if (code == 0)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "The system gives no random bits: %s", gnutls_strerror (code));

  return FALSE;
}

char *
ob_secret_new (GError **error)
{
  guint8 bytes[SECRET_BYTES];
  char *text;

  if (!fill (bytes, sizeof bytes, error))
    return NULL;
  text = g_base64_encode (bytes, sizeof bytes);
  gnutls_memset (bytes, 0, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';

  return text;
}

/* Bytes from 240 on are left out: with them the first letters would come more often than the others. */
char *
ob_secret_new_code (GError **error)
{
  const guint n_letters = strlen (CODE_LETTERS);
  GString *code = g_string_new (NULL);
  guint8 byte;

  while (code->len < CODE_LENGTH + 1)
    {
      if (!fill (&byte, 1, error))
        {
          (void) g_string_free (code, TRUE);
          return NULL;
        }
      if (byte < 256 / n_letters * n_letters)
        g_string_append_c (code, CODE_LETTERS[byte % n_letters]);
      if (code->len == CODE_LENGTH / 2)
        g_string_append_c (code, '-');
    }

  return g_string_free (code, FALSE);
}

char *
ob_secret_dup_code (const char *typed)
{
  GString *code = g_string_new (NULL);

  for (; *typed; typed++)
    if (!strchr (" -", *typed))
      g_string_append_c (code, g_ascii_toupper (*typed));
  if (code->len == CODE_LENGTH)
    g_string_insert_c (code, CODE_LENGTH / 2, '-');

  return g_string_free (code, FALSE);
}

char *
ob_secret_dup_digest (const char *secret)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
}

gboolean
ob_secret_is_same (const char *a, const char *b)
{
  gsize length = a ? strlen (a) : 0;

  return a && b && strlen (b) == length && gnutls_memcmp (a, b, length) == 0;
}

char *
ob_secret_dup_proof (const char *digest, const char *text)
{
  guint8 key[OB_SHA256_BYTES];
  char *proof;

  if (!digest || !ob_text_read_sha256 (digest, key))
    return NULL;
  proof = g_compute_hmac_for_string (G_CHECKSUM_SHA256, key, sizeof key, text, -1);
  gnutls_memset (key, 0, sizeof key);

  return proof;
}

void
ob_secret_free (char *secret)
{
  if (secret)
    gnutls_memset (secret, 0, strlen (secret));
  g_free (secret);
}
