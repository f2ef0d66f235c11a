/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one way on which bytes that the broker is sent get to the disk: writes them once, computes their digests on the way, and moves
 * the file into the spool. A file that comes in pieces (store/partial.h) is resumed after a restart; of one that comes in one go
 * nothing is left unless it is finished. Blocking; one thread at a time, but for the references.
 */
#pragma once

#include "store/partial.h"

G_BEGIN_DECLS

/* What comes in small pieces is gathered until there is so much to append: each time costs a thread's wake-up. */
#define OB_WRITER_PIECE_BYTES (64 * 1024)

typedef struct _ObWriter ObWriter;

/* @partial: (transfer full): from ob_partial_new(). Errors: as ob_partial_begin(). Returns: (transfer full) (nullable) */
ObWriter *ob_writer_begin (ObSpool *spool, ObPartial *partial, GError **error);

/* Begins a file that comes in one go, and has no record: it is gone with its writer, and with the process. @size_bytes: how many are
 * announced, of which none may be missing at its end. Errors: Storage; DiskFull, where these, or %OB_COPY_RESERVE_BYTES, would not be
 * left. Returns: (transfer full) (nullable) */
ObWriter *ob_writer_begin_once (ObSpool *spool, guint64 size_bytes, GError **error);

/**
 * ob_writer_resume:
 * @cancellable: (nullable): ends the reading
 *
 * Goes on at the durable offset of the record. Bytes after it are cut off, since a power cut may have kept any part of them. A
 * file that ends before it has lost bytes that somebody relies on, which is an error. The bytes are read once for their
 * digests.
 *
 * Errors: NotFound; InvalidArgument for what is no record; Storage, also for a file that is too short; G_IO_ERROR_CANCELLED.
 * Returns: (transfer full) (nullable): with an error all is left as it was
 */
ObWriter *ob_writer_resume (ObSpool *spool, const char *id, GCancellable *cancellable, GError **error);

/* The last one closes the file; ob_writer_resume() can go on with one in pieces. Any thread. */
ObWriter *ob_writer_ref (ObWriter *writer);
void ob_writer_unref (ObWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObWriter, ob_writer_unref)

/* Returns: borrowed: of a file in pieces: the record as it is on the disk, with its durable offset */
const ObPartial *ob_writer_get_partial (ObWriter *writer);

/* Says in the record that the broker writes the file, and how large it will be; both survive a power cut. @size_bytes: -1: not known
 * yet. Errors: InvalidArgument where it has more already, or another size was told; DiskFull, Storage. */
gboolean ob_writer_set_size (ObWriter *writer, gint64 size_bytes, GError **error);

/* Returns: how many bytes were appended */
guint64 ob_writer_get_offset (ObWriter *writer);

/* Appends bytes, without waiting for the disk. On failure none of them are added, and they may be tried again. Errors:
 * InvalidArgument beyond the size that was told; DiskFull, also if %OB_COPY_RESERVE_BYTES would not be left; Storage. */
gboolean ob_writer_append (ObWriter *writer, const void *bytes, gsize size_bytes, GError **error);

/* Makes everything appended, and the record that says so, survive a power cut. Errors: DiskFull, Storage. */
gboolean ob_writer_sync (ObWriter *writer, GError **error);

/* The same where so many bytes have come since the last time, and so long ago: a sync stops what comes for a moment, so of what comes
 * fast there are more bytes between two. */
#define OB_WRITER_SYNC_BYTES (8 * 1024 * 1024)
#define OB_WRITER_SYNC_EVERY_US G_USEC_PER_SEC
gboolean ob_writer_sync_on_the_way (ObWriter *writer, GError **error);

/* Nothing is appended any more. Errors: Storage. Returns: a descriptor to read the file by, which says to others that nobody writes it;
 * -1 with @error */
int ob_writer_seal (ObWriter *writer, GError **error);

/**
 * ob_writer_end:
 * @expected_sha256: (nullable): hexadecimal; anything else is refused
 * @copy: (out caller-allocates): size and digest
 * @blocks: (out): the digests of its blocks, where it has more than one
 *
 * All bytes have been appended. Call it once, before ob_writer_finish().
 *
 * Errors: InvalidArgument where it does not have the size that was told, DigestMismatch, DiskFull where the database would not
 * have its room.
 */
gboolean ob_writer_end (ObWriter *writer, const char *expected_sha256, ObSpoolCopy *copy, GBytes **blocks,
                        GError **error);

/* Moves the file into the spool with @record, as the upload @id, which is its own id where it came in pieces. On failure it stays
 * where it was and may be finished again. Errors: DiskFull, Storage. */
gboolean ob_writer_finish (ObWriter *writer, const char *id, const char *record, GError **error);

/* Removes the file. */
void ob_writer_cancel (ObWriter *writer);

G_END_DECLS
