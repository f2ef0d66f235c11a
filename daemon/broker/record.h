/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The record beside the bytes: what an app said of its file, so that the row can be made again from it. Pure, but
 * for ob_record_load().
 */
#pragma once

#include "model/upload.h"
#include "store/spool.h"

G_BEGIN_DECLS

/* Returns: (transfer full): a{sv}: what is known before the file is read. Any thread may have it. */
GVariant *ob_record_prepare (const ObUpload *upload);

/* What was read of the file. The first two count where the app has not said them. */
typedef struct
{
  const char *media_type;
  gint64 modified_at_ms; /* 0: not known */
  guint64 size_bytes;
  const char *sha256;
  GBytes *blocks; /* or NULL */
} ObRecordFacts;

/* Adds it. Returns: (transfer full): JSON. */
char *ob_record_write (GVariant *prepared, const ObRecordFacts *facts);

/* Returns: (transfer full) (nullable): an upload that is still saving. Errors: InvalidArgument. */
ObUpload *ob_record_read (const char *text, gsize size_bytes, GError **error);

/* The same of what ob_record_prepare() gave, as JSON: its media type is NULL where the app has not said it, and of its bytes
 * nothing is known. */
ObUpload *ob_record_read_prepared (const char *text, gsize size_bytes, GError **error);

/* What the spool keeps of an upload, read from there. Returns: (transfer full) (nullable): an upload that is still saving. Errors:
 * those of the disk, InvalidArgument. */
ObUpload *ob_record_load (ObSpool *spool, const char *id, GError **error);

G_END_DECLS
