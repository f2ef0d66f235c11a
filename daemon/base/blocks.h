/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The digests of a file's blocks, which tell before a block is sent whether it still is what was handed over. Each is the
 * block's 64-bit XXH3, which costs a tenth of SHA-256 and is enough against decaying disks; whoever can write to the copy
 * can write its record too. A file of one block has no digest of its own: the first 8 bytes of its SHA-256 serve. Any
 * thread; a maker has one at a time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define OB_BLOCK_BYTES (1024 * 1024)
#define OB_BLOCK_DIGEST_BYTES 8

/* The name of the digests in a record. */
#define OB_BLOCKS_MEMBER "blocks_xxh3"

/* The limit for a record, which is nearly all digests: those of a file of 15 TiB take 160 MiB. */
#define OB_RECORD_MAX_BYTES (256 * 1024 * 1024)

typedef struct _ObBlockMaker ObBlockMaker;

/* Returns: (transfer full) */
ObBlockMaker *ob_block_maker_new (void);
void ob_block_maker_free (ObBlockMaker *maker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObBlockMaker, ob_block_maker_free)

/* Adds the next bytes of the file, in pieces of any size. */
void ob_block_maker_add (ObBlockMaker *maker, const void *bytes, gsize size_bytes);

/* Returns: (transfer full): the digests of all blocks, one after the other. The maker can be used again. */
GBytes *ob_block_maker_end (ObBlockMaker *maker);

/* Returns: whether @digests has one for each block of a file of that size. */
gboolean ob_blocks_fit (GBytes *digests, guint64 size_bytes);

/* Returns: (transfer full): the digests as a record has them; the other way round (nullable): %NULL for a text that is
 * not of such a file */
char *ob_blocks_dup_text (GBytes *digests);
GBytes *ob_blocks_read_text (const char *text, guint64 size_bytes);

/**
 * ob_blocks_load:
 * @record_path: of the record beside a copy
 * @sha256: of the whole file, hexadecimal
 *
 * Reads a file, but for a copy of one block.
 *
 * Returns: (transfer full) (nullable): NULL where the record, as those of version 0.1.0, has none
 */
GBytes *ob_blocks_load (const char *record_path, guint64 size_bytes, const char *sha256);

/* Returns: whether block @index of a file of @file_bytes is as its digest says. */
gboolean ob_blocks_match (GBytes *digests, guint64 file_bytes, guint64 index, const void *block, gsize size_bytes);

G_END_DECLS
