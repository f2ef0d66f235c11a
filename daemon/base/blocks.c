/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Digests of blocks, by xxHash. No shared state.
 */
#include "base/blocks.h"

#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

#include <gnutls/crypto.h>
#include <xxhash.h>

struct _ObBlockMaker
{
  XXH3_state_t *hash; /* owned; of the block that is not full yet */
  gsize filled_bytes;
  GByteArray *digests; /* owned */
};

/* As the library stores them: the same on every machine. */
G_STATIC_ASSERT (sizeof (XXH64_canonical_t) == OB_BLOCK_DIGEST_BYTES);

ObBlockMaker *
ob_block_maker_new (void)
{
  ObBlockMaker *maker = g_new0 (ObBlockMaker, 1);

  maker->hash = XXH3_createState ();
  if (!maker->hash)
    g_error ("No memory for a digest");
  (void) XXH3_64bits_reset (maker->hash);
  maker->digests = g_byte_array_new ();

  return maker;
}

void
ob_block_maker_free (ObBlockMaker *maker)
{
  (void) XXH3_freeState (maker->hash);
  g_byte_array_unref (maker->digests);
  g_free (maker);
}

static void
end_block (ObBlockMaker *maker)
{
  XXH64_canonical_t digest;

  XXH64_canonicalFromHash (&digest, XXH3_64bits_digest (maker->hash));
  g_byte_array_append (maker->digests, digest.digest, sizeof digest.digest);
  (void) XXH3_64bits_reset (maker->hash);
  maker->filled_bytes = 0;
}

void
ob_block_maker_add (ObBlockMaker *maker, const void *bytes, gsize size_bytes)
{
  const char *next = bytes;

  while (size_bytes > 0)
    {
      gsize part = MIN (size_bytes, OB_BLOCK_BYTES - maker->filled_bytes);

      (void) XXH3_64bits_update (maker->hash, next, part);
      maker->filled_bytes += part;
      next += part;
      size_bytes -= part;
      if (maker->filled_bytes == OB_BLOCK_BYTES)
        end_block (maker);
    }
}

GBytes *
ob_block_maker_end (ObBlockMaker *maker)
{
  GByteArray *digests;

  if (maker->filled_bytes > 0)
    end_block (maker);
  digests = maker->digests;
  maker->digests = g_byte_array_new ();

  return g_byte_array_free_to_bytes (digests);
}

static guint64
count_blocks (guint64 size_bytes)
{
  return size_bytes / OB_BLOCK_BYTES + (size_bytes % OB_BLOCK_BYTES > 0);
}

gboolean
ob_blocks_fit (GBytes *digests, guint64 size_bytes)
{
  return g_bytes_get_size (digests) == count_blocks (size_bytes) * OB_BLOCK_DIGEST_BYTES;
}

char *
ob_blocks_dup_text (GBytes *digests)
{
  gsize size_bytes;
  const guchar *bytes = g_bytes_get_data (digests, &size_bytes);

  return g_base64_encode (bytes, size_bytes);
}

GBytes *
ob_blocks_read_text (const char *text, guint64 size_bytes)
{
  gsize got_bytes;
  guchar *bytes = g_base64_decode (text, &got_bytes);
  g_autoptr (GBytes) digests = g_bytes_new_take (bytes, got_bytes);

  return ob_blocks_fit (digests, size_bytes) ? g_steal_pointer (&digests) : NULL;
}

static GBytes *
digest_of_whole (const char *sha256)
{
  guint8 digest[OB_SHA256_BYTES];

  return ob_text_read_sha256 (sha256, digest) ? g_bytes_new (digest, OB_BLOCK_DIGEST_BYTES) : NULL;
}

GBytes *
ob_blocks_load (const char *record_path, guint64 size_bytes, const char *sha256)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  gsize text_bytes;
  const char *digests;

  if (size_bytes == 0)
    return g_bytes_new (NULL, 0);
  if (size_bytes <= OB_BLOCK_BYTES)
    return digest_of_whole (sha256);
  text = ob_file_read_own (record_path, OB_RECORD_MAX_BYTES, &text_bytes, NULL);
  if (!text || !(root = ob_json_parse (text, text_bytes, NULL)) || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  digests = ob_json_get_text (json_node_get_object (root), OB_BLOCKS_MEMBER);

  return digests ? ob_blocks_read_text (digests, size_bytes) : NULL;
}

static gboolean
make_digest (guint64 file_bytes, const void *block, gsize size_bytes, guint8 digest[OB_SHA256_BYTES])
{
  XXH64_canonical_t hash;

  if (file_bytes <= OB_BLOCK_BYTES)
    return gnutls_hash_fast (GNUTLS_DIG_SHA256, block, size_bytes, digest) == 0;
  XXH64_canonicalFromHash (&hash, XXH3_64bits (block, size_bytes));
  memcpy (digest, hash.digest, sizeof hash.digest);

  return TRUE;
}

gboolean
ob_blocks_match (GBytes *digests, guint64 file_bytes, guint64 index, const void *block, gsize size_bytes)
{
  const guint8 *known = g_bytes_get_data (digests, NULL);
  guint8 digest[OB_SHA256_BYTES];

  return index < g_bytes_get_size (digests) / OB_BLOCK_DIGEST_BYTES
         && make_digest (file_bytes, block, size_bytes, digest)
         && memcmp (digest, known + index * OB_BLOCK_DIGEST_BYTES, OB_BLOCK_DIGEST_BYTES) == 0;
}
