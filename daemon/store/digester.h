/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Computes the digests of a file in one pass: the SHA-256 of the whole, and those of its blocks (base/blocks.h). Private to
 * the store. One thread at a time.
 */
#pragma once

#include "base/text.h"

G_BEGIN_DECLS

/* Size and digest of the bytes that were copied. */
typedef struct
{
  guint64 size_bytes;
  char sha256[OB_SHA256_HEX_LENGTH + 1]; /* lower-case hexadecimal */
} ObSpoolCopy;

typedef struct _ObDigester ObDigester;

/* Errors: Failed if GnuTLS has no SHA-256. Returns: (transfer full) (nullable) */
ObDigester *ob_digester_new (gboolean wants_blocks, GError **error);
void ob_digester_free (ObDigester *digester);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDigester, ob_digester_free)

/* Adds the next bytes of the file. */
void ob_digester_add (ObDigester *digester, const void *bytes, gsize size_bytes);

/* Ends it, and sets size and digest of @copy. @blocks: (out) (optional): the digests of the blocks, if they are wanted
 * and there are several; otherwise unchanged */
void ob_digester_end (ObDigester *digester, ObSpoolCopy *copy, GBytes **blocks);

/* Returns: whether @copy has the expected digest. @expected_sha256: (nullable): hexadecimal; NULL accepts any. Errors:
 * DigestMismatch. */
gboolean ob_digest_check (const ObSpoolCopy *copy, const char *expected_sha256, GError **error);

G_END_DECLS
