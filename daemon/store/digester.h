/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The digests of a file in one pass over its bytes: the SHA-256 of the whole, and those of its blocks (base/blocks.h). Private
 * to the store. One thread at a time.
 */
#pragma once

#include "base/text.h"

G_BEGIN_DECLS

/* What a copy turned out to be. */
typedef struct
{
  guint64 size_bytes;
  char sha256[OB_SHA256_HEX_LENGTH + 1]; /* lower-case hexadecimal */
} ObSpoolCopy;

typedef struct _ObDigester ObDigester;

/* Errors: Failed where the library has no SHA-256. Returns: (transfer full) (nullable) */
ObDigester *ob_digester_new (gboolean wants_blocks, GError **error);
void ob_digester_free (ObDigester *digester);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDigester, ob_digester_free)

/* The file's next bytes. */
void ob_digester_add (ObDigester *digester, const void *bytes, gsize size_bytes);

/* Ends it; @copy then has size and digest. @blocks: (out) (optional): the digests of the blocks, where they are wanted and there
 * are several; else left as it was. */
void ob_digester_end (ObDigester *digester, ObSpoolCopy *copy, GBytes **blocks);

/* Whether it is what was expected. @expected_sha256: (nullable): hexadecimal; anything is. Errors: DigestMismatch. */
gboolean ob_digest_check (const ObSpoolCopy *copy, const char *expected_sha256, GError **error);

G_END_DECLS
