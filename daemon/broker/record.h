/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The record beside the bytes: what an app said of its file, from which the row can be made again. Pure, except
 * the last two.
 */
#pragma once

#include "model/upload.h"
#include "store/spool.h"

G_BEGIN_DECLS

/* Returns: (transfer full): a{sv}: what is known before the file is read; for any thread */
GVariant *ob_record_prepare (const ObUpload *upload);

/* What was read of the file. The first two count only if the app did not say them. */
typedef struct
{
  const char *media_type;
  gint64 modified_at_ms; /* 0: not known */
  guint64 size_bytes;
  const char *sha256;
  GBytes *blocks; /* or NULL */
} ObRecordFacts;

/* Completes the record. Returns: (transfer full): JSON */
char *ob_record_write (GVariant *prepared, const ObRecordFacts *facts);

/* Returns: (transfer full) (nullable): an upload that is still saving; with the receipt if it was done, and with the reason why that
 * counts no more. Errors: InvalidArgument. */
ObUpload *ob_record_read (const char *text, gsize size_bytes, GError **error);

/* The same from what ob_record_prepare() gave, as JSON. The media type is NULL if the app did not say it, and nothing is
 * known of the bytes. */
ObUpload *ob_record_read_prepared (const char *text, gsize size_bytes, GError **error);

/* Reads an upload's record and the facts of its copy from the spool. Returns: (transfer full) (nullable): an upload that
 * is still saving. Errors: those of the disk, InvalidArgument. */
ObUpload *ob_record_load (ObSpool *spool, const char *id, GError **error);

/* A copy that is not what its row says may be what its record says; then it is the row that is wrong, by as little as one bit,
 * and the file is good. Gives the row what copy and record agree on. Returns: whether the row had something else */
gboolean ob_record_mend_bytes (ObSpool *spool, ObUpload *row);

/* Has the record say of an upload what its row says: its name, its metadata and its priority, and whether
 * its server is still to be told of that. It is on the disk when this returns; a disk
 * that has taken the row and does not take the record is logged. */
void ob_record_amend (ObSpool *spool, const ObUpload *upload);

G_END_DECLS
