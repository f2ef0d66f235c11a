/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that come in by pieces and survive a restart: `partial/ID` has the bytes so far, `partial/ID.json` what is known of
 * them. Their owner decides who writes them: the broker (store/writer.h), or an app that was given the descriptor. No state
 * here; any thread, one at a time for each id. Blocking.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

/* The record of a partial file. */
typedef struct
{
  char *id;
  char *about;           /* a JSON object, for its owner's use */
  gint64 size_bytes;     /* of the whole file; -1: not known */
  guint64 durable_bytes; /* so much survives a power cut; 0 if an app writes it */
  gboolean is_streamed;  /* the broker writes it, from a stream: no app was given the file */
  gint64 begun_at_ms;
} ObPartial;

/* Returns: (transfer full). @about: (transfer full) */
ObPartial *ob_partial_new (const char *id, gint64 size_bytes, char *about, gint64 now_ms);
void ob_partial_free (ObPartial *partial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPartial, ob_partial_free)

/* Returns: whether the broker has written all of it, and only has to commit it */
gboolean ob_partial_is_whole (const ObPartial *partial);

/**
 * ob_partial_begin:
 *
 * Makes the record and, after it, the empty file: there is never a file without a record. Both survive a power cut when it
 * returns.
 *
 * Errors: Storage; DiskFull, also where @partial's size, or %OB_COPY_RESERVE_BYTES, would not be left.
 * Returns: the file, to write and read; -1 with @error, and nothing is left behind
 */
int ob_partial_begin (ObSpool *spool, const ObPartial *partial, GError **error);

/* Replaces the record; on return the new one survives a power cut. On failure the old one stays. Errors: Storage,
 * DiskFull. */
gboolean ob_partial_save (ObSpool *spool, const ObPartial *partial, GError **error);

/* Returns: (transfer full) (nullable): the record. Errors: NotFound; InvalidArgument if it is not a valid record;
 * Storage. */
ObPartial *ob_partial_load (ObSpool *spool, const char *id, GError **error);

/* Opens the bytes, if they are a regular file. @flags: O_RDONLY or O_RDWR. Errors: NotFound; Busy if a program has a lease on
 * them; Storage. Returns: -1 with @error. */
int ob_partial_open (ObSpool *spool, const char *id, int flags, GError **error);

/* Returns: whether a program has the file open or mapped for writing: then the kernel refuses a read lease (fcntl(2)), or a lease
 * of that program refuses us the file. FALSE if the file system knows no leases. */
gboolean ob_partial_has_writer (ObSpool *spool, const char *id);

/* Says that the file must be closed first. */
void ob_partial_set_busy (GError **error);

/* Cuts off what a stream has left behind its durable bytes: nobody was told of it, and a piece with a wrong checksum may be
 * among it. Gives back the room behind the end of a file that an app writes itself. Errors: Busy if it is open; Storage. */
gboolean ob_partial_cut (ObSpool *spool, const char *id, GError **error);

/* Returns: how many bytes it has so far */
guint64 ob_partial_get_bytes (ObSpool *spool, const char *id);

/* For a start. Returns: (transfer full) (element-type utf8): the ids of partial files. Removes records without a file,
 * which a crash left behind. */
GPtrArray *ob_partial_list (ObSpool *spool);

/* Moves the bytes into the spool with @record, as ob_spool_commit() does. On failure nothing changes. Errors: Storage,
 * DiskFull. */
gboolean ob_partial_finish (ObSpool *spool, const char *id, const char *record, GError **error);

/* Makes @path, a file of the same disk, the bytes of a new one. Both survive a power cut when it returns. Errors: Storage,
 * DiskFull; on failure the record may be there, which stands for nothing. */
gboolean ob_partial_take (ObSpool *spool, const ObPartial *partial, const char *path, GError **error);

/* Removes it; a missing one is no error. Errors: Storage. */
gboolean ob_partial_remove (ObSpool *spool, const char *id, GError **error);

/* Returns: (transfer full): the path of the bytes, which need not exist */
char *ob_partial_dup_path (ObSpool *spool, const char *id);

G_END_DECLS
