/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UUIDv7 by method 1 of RFC 9562 section 6.2: a counter in rand_a keeps the order within a millisecond. libuuid has it only
 * since 2.41, and Debian 12 has an older one. Randomness comes from GnuTLS. Any thread.
 */
#include "base/identity.h"

#include <gnutls/crypto.h>

/* Takes the next (time, counter) pair. Pairs only grow, even if the clock is set back. */
static guint64
next_tick (gint64 now_ms)
{
  static GMutex lock;
  static guint64 last;
  guint64 tick = (guint64) now_ms << 12;

  g_mutex_lock (&lock);
  last = MAX (last + 1, tick);
  tick = last;
  g_mutex_unlock (&lock);

  return tick;
}

char *
ob_id_new (gint64 now_ms)
{
  guint64 tick = next_tick (now_ms);
  guint64 time_ms = tick >> 12;
  guint64 random = 0;

  if (gnutls_rnd (GNUTLS_RND_NONCE, &random, sizeof random) != 0)
    g_error ("No randomness can be had");
  random = (random & G_GUINT64_CONSTANT (0x3fffffffffffffff)) | G_GUINT64_CONSTANT (0x8000000000000000);

  return g_strdup_printf ("%08x-%04x-7%03x-%04x-%012" G_GINT64_MODIFIER "x", (guint) (time_ms >> 16),
                          (guint) (time_ms & 0xffff), (guint) (tick & 0xfff), (guint) (random >> 48),
                          random & G_GUINT64_CONSTANT (0xffffffffffff));
}

gboolean
ob_id_is_valid (const char *id)
{
  for (guint i = 0; i < OB_ID_LENGTH; i++)
    {
      gboolean is_dash = i == 8 || i == 13 || i == 18 || i == 23;

      if (is_dash ? id[i] != '-' : !g_ascii_isdigit (id[i]) && (id[i] < 'a' || id[i] > 'f'))
        return FALSE;
    }

  return id[OB_ID_LENGTH] == '\0' && id[14] == '7' && strchr ("89ab", id[19]);
}
