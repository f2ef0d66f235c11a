/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that come in by pieces and survive a restart: `partial/ID` has the bytes so far, `partial/ID.json` what is known of
 * them. Who writes them, the broker (store/writer.h) or an app that was given the file, is the owner's affair. Nothing here has
 * a state of its own; any thread, one at a time for each id. Blocking.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

/* The record of one. */
typedef struct
{
  char *id;
  char *about;           /* JSON, an object: what its owner has to know of it */
  gint64 size_bytes;     /* that it is going to have; -1: not known */
  guint64 durable_bytes; /* up to where it is on the disk, whatever dies; 0 where an app writes it */
  gint64 begun_at_ms;
} ObPartial;

/* Returns: (transfer full). @about: (transfer full) */
ObPartial *ob_partial_new (const char *id, gint64 size_bytes, char *about, gint64 now_ms);
void ob_partial_free (ObPartial *partial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPartial, ob_partial_free)

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

/* Replaces the record, and returns when the new one survives a power cut. On failure the old one counts. Errors: Storage,
 * DiskFull. */
gboolean ob_partial_save (ObSpool *spool, const ObPartial *partial, GError **error);

/* Returns: (transfer full) (nullable). Errors: NotFound; InvalidArgument for what is no record of it; Storage. */
ObPartial *ob_partial_load (ObSpool *spool, const char *id, GError **error);

/* Opens the bytes, never anything else that has their name. @flags: O_RDONLY or O_RDWR. Errors: NotFound, Storage. Returns: -1
 * with @error. */
int ob_partial_open (ObSpool *spool, const char *id, int flags, GError **error);

/* Whether somebody has it open, or mapped, to write it: a read lease can be had where nobody has (fcntl(2)). FALSE also where the
 * file system knows no leases. */
gboolean ob_partial_has_writer (ObSpool *spool, const char *id);

/* Returns: how much of it there is. */
guint64 ob_partial_get_bytes (ObSpool *spool, const char *id);

/* At a start. Returns: (transfer full) (element-type utf8): the ids of those that have a file. A record without one stands for nothing, as
 * the process ended in between, and is removed. */
GPtrArray *ob_partial_list (ObSpool *spool);

/* Its bytes and @record, that of the spool, come into the spool as ob_spool_commit() brings them there. On failure it is as it
 * was. Errors: Storage, DiskFull. */
gboolean ob_partial_finish (ObSpool *spool, const char *id, const char *record, GError **error);

/* Forgets it. One that is not there is no error. Errors: Storage. */
gboolean ob_partial_remove (ObSpool *spool, const char *id, GError **error);

/* Returns: (transfer full): where the bytes are, or would be. */
char *ob_partial_dup_path (ObSpool *spool, const char *id);

G_END_DECLS
