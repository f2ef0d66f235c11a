/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes a file that comes in by pieces (store/partial.h), computes its digests on the way, and resumes after a restart.
 * Blocking; one thread at a time.
 */
#pragma once

#include "store/partial.h"

G_BEGIN_DECLS

typedef struct _ObWriter ObWriter;

/* @partial: (transfer full): from ob_partial_new(). Errors: as ob_partial_begin(). Returns: (transfer full) (nullable) */
ObWriter *ob_writer_begin (ObSpool *spool, ObPartial *partial, GError **error);

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

/* Closes the file; ob_writer_resume() can go on with it. */
void ob_writer_free (ObWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObWriter, ob_writer_free)

/* Returns: borrowed: the record as it is on the disk, with its durable offset */
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

/* Moves the file into the spool with @record. On failure it stays partial and may be finished again. Errors: DiskFull,
 * Storage. */
gboolean ob_writer_finish (ObWriter *writer, const char *record, GError **error);

/* Removes the file. */
void ob_writer_cancel (ObWriter *writer);

G_END_DECLS
