/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that come in by pieces over tus, on their way to the disk: one writer each, from Create to Commit. A piece is written by a
 * thread as it comes, and flushed now and then (ob_writer_sync_on_the_way()) and at its end; with the last byte of the file it is
 * committed. Main thread.
 *
 *   what can happen                                           what becomes of the bytes
 *   a piece is cut off: its client goes or is taken over      those that came are kept and flushed
 *   so is one with a checksum, which nothing has checked; or  none of the piece is kept
 *     its checksum is another
 *   the disk is full, or fails                                those before are kept, as far as they can be flushed
 *   the daemon is killed                                      those up to the last flush are kept
 *   it is killed between the last flush and the commit, or    the next start commits it, or the next HEAD; or when the disk
 *     the commit fails                                        works again
 *   the upload is removed meanwhile                           none is kept
 *   nothing comes for a minute                                the file is closed; the next piece opens it again
 */
#pragma once

#include "broker/broker.h"

G_BEGIN_DECLS

typedef struct _ObTusUploads ObTusUploads;
typedef struct _ObTusUpload ObTusUpload;

/* @broker: must outlive it. */
ObTusUploads *ob_tus_uploads_new (ObBroker *broker);

/* Waits for what the threads write at this moment. */
void ob_tus_uploads_free (ObTusUploads *uploads);

/* Returns: (transfer full): the upload with that id, which is not looked at */
ObTusUpload *ob_tus_uploads_get (ObTusUploads *uploads, const char *id);
void ob_tus_upload_unref (ObTusUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTusUpload, ob_tus_upload_unref)

const char *ob_tus_upload_get_id (const ObTusUpload *upload);

/* Looks at the record of a file that is not whole. @size_bytes: (out): -1: not known yet. @durable_bytes: (out): so much survives a
 * power cut. Errors: NotFound where it is no upload of tus, or none any more; Storage. */
gboolean ob_tus_upload_look (ObTusUpload *upload, gint64 *size_bytes, guint64 *durable_bytes, GError **error);

/* --- A piece --- */

typedef struct
{
  gint64 size_bytes;       /* of the file; -1: not told with this piece */
  GChecksumType algorithm; /* of the next */
  GBytes *checksum;        /* (nullable): borrowed */

  /* There is room for more bytes. */
  void (*drained) (gpointer user_data);

  /* Called once. @offset: so much is on the disk. @error: of the error table; DigestMismatch for another checksum; Busy where it was
   * taken over */
  void (*done) (guint64 offset, const GError *error, gpointer user_data);
  gpointer user_data;
} ObTusPiece;

/* Returns: whether a piece is coming, or is being committed */
gboolean ob_tus_upload_is_busy (ObTusUpload *upload);

/* It must not be busy. */
void ob_tus_upload_begin (ObTusUpload *upload, const ObTusPiece *piece);

/* Commits the file, all of which was on the disk before. It must not be busy. @piece: only its functions count */
void ob_tus_upload_commit (ObTusUpload *upload, const ObTusPiece *piece);

/* Returns: how many bytes wait */
gsize ob_tus_upload_add (ObTusUpload *upload, GBytes *bytes);

/* No more comes. @is_whole: all of the piece has come */
void ob_tus_upload_end (ObTusUpload *upload, gboolean is_whole);

/* Ends a piece in favour of another request, and calls when nothing is under way. @settled: called once, perhaps before this returns */
void ob_tus_upload_take_over (ObTusUpload *upload, void (*settled) (gpointer user_data), gpointer user_data);

/* Closes the file. It must not be busy. */
void ob_tus_upload_close (ObTusUpload *upload);

G_END_DECLS
