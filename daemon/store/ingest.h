/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bounded pool that takes files into the spool. Made and used on the main thread, works on its own; large files have
 * threads apart, so that they hold up no small one.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObIngest ObIngest;

/* Returns: (transfer full): the record to put beside the bytes. Called on a thread of the pool, with @user_data that
 * nobody else uses until the callback. */
typedef char *(*ObIngestRecord) (const ObSpoolCopy *copy, gpointer user_data);

/* Called on the main thread, once. @error: (nullable): why nothing was taken; see ob_spool_copy() and DigestMismatch. */
typedef void (*ObIngestDone) (const ObSpoolCopy *copy, const GError *error, gpointer user_data);

/* Called on a thread of the pool with what was read, before the callback: for what has to be read beside it. */
typedef void (*ObIngestLook) (const ObSpoolCopy *copy, gpointer user_data);

/* @spool: borrowed. */
ObIngest *ob_ingest_new (ObSpool *spool);

/* Waits for what runs; what waits is given up and not reported. */
void ob_ingest_free (ObIngest *ingest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObIngest, ob_ingest_free)

/**
 * ob_ingest_add:
 * @id: the upload's id
 * @fd: (transfer full): the file
 * @expected_sha256: (nullable): refuses anything else
 * @cancellable: ends it early
 * @copied_bytes: grows while the copy does (atomic); lives until @done
 *
 * Errors: TooMany where more wait than the pool takes; then nothing is called.
 */
gboolean ob_ingest_add (ObIngest *ingest, const char *id, int fd, const char *expected_sha256,
                        GCancellable *cancellable, gint64 *copied_bytes, ObIngestRecord make_record, ObIngestDone done,
                        gpointer user_data, GError **error);

/**
 * ob_ingest_digest:
 * @fd: the file; stays open until @done
 * @look: called where there is a digest
 *
 * The same for the digest alone: nothing comes into the spool.
 */
gboolean ob_ingest_digest (ObIngest *ingest, int fd, const char *expected_sha256, GCancellable *cancellable,
                           ObIngestLook look, ObIngestDone done, gpointer user_data, GError **error);

G_END_DECLS
