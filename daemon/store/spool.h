/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker's own copies: `spool/<id>` has the bytes, `spool/<id>.json` the record that can rebuild the row. A copy grows
 * in `incoming/` and is renamed into the spool when it is whole, so that the spool never has half a file. `settings.json`
 * can rebuild what is not an upload; `reserve` holds room on the disk for the database.
 */
#pragma once

#include "store/digester.h"
#include "store/source.h"

G_BEGIN_DECLS

typedef struct _ObSpool ObSpool;

/**
 * ob_spool_open:
 * @data_folder: the broker's folder; created if need be
 * @error: Storage, DiskFull
 *
 * Removes what an earlier process left in `incoming/`, since it was never accepted.
 *
 * Returns: (transfer full) (nullable): the spool; its functions may be called on any thread
 */
ObSpool *ob_spool_open (const char *data_folder, GError **error);

/* Opens it on a disk that cannot be written: nothing is created or removed. Errors: Storage. */
ObSpool *ob_spool_open_to_read (const char *data_folder, GError **error);
void ob_spool_free (ObSpool *spool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSpool, ob_spool_free)

/* Holds %OB_COPY_RESERVE_BYTES in a file of its own, if the disk has room for it, so that the queue can go on when
 * another program fills the disk. */
void ob_spool_take_reserve (ObSpool *spool);

/* Gives the reserve up when the system says that the disk or the quota is full. It is taken again when removals have
 * made room. Returns: whether there was one. */
gboolean ob_spool_give_reserve (ObSpool *spool);

/* As ob_fd_get_room(), of the disk with the copies. */
gboolean ob_spool_get_room (ObSpool *spool, guint64 *free_bytes, guint64 *size_bytes);

/**
 * ob_spool_copy:
 * @spool: a spool
 * @id: the upload's id
 * @fd: a readable descriptor of a regular file; its position is neither used nor moved
 * @cancellable: (nullable): ends the copy early
 * @copied_bytes: (nullable): grows while the copy does, for other threads to read (atomically)
 * @copy: (out caller-allocates): size and digest
 * @error: InvalidArgument for what is no readable regular file, Busy for one that changed meanwhile, DiskFull (also
 *     where less than %OB_COPY_RESERVE_BYTES would be left), Storage
 *
 * Copies the whole file into `incoming/`; holes stay holes, and a file system that can share blocks does. Blocks for
 * as long as that takes. It is synced by ob_spool_commit(). Nothing is left behind on failure.
 */
gboolean ob_spool_copy (ObSpool *spool, const char *id, int fd, GCancellable *cancellable, gint64 *copied_bytes,
                        ObSpoolCopy *copy, GError **error);

/* The same for a file that is open already. @blocks: (out) (optional) (nullable): the digests of its blocks if it has
 * several; may be set on failure too */
gboolean ob_spool_copy_source (ObSpool *spool, const char *id, const ObSource *source, GCancellable *cancellable,
                               gint64 *copied_bytes, ObSpoolCopy *copy, GBytes **blocks, GError **error);
gboolean ob_spool_digest_source (const ObSource *source, GCancellable *cancellable, gint64 *copied_bytes,
                                 ObSpoolCopy *copy, GError **error);

/* Reads a file for its digest alone. Errors: as ob_spool_copy(). @fd: borrowed */
gboolean ob_spool_digest (int fd, GCancellable *cancellable, ObSpoolCopy *copy, GError **error);

/* The state of a copy in the spool. */
typedef enum
{
  OB_KEPT_GOOD,    /* the bytes are those that were handed over */
  OB_KEPT_MISSING, /* there is no such file */
  OB_KEPT_DAMAGED, /* it has other bytes or no record, or cannot be read */
} ObKept;

#define OB_N_KEPT (OB_KEPT_DAMAGED + 1)

/**
 * ob_spool_examine:
 * @sha256: (nullable): the digest of the bytes handed over; NULL: not known, any bytes are good
 * @found: (out caller-allocates): size and digest of the copy, if it could be read
 *
 * Reads the whole copy, and blocks meanwhile.
 */
ObKept ob_spool_examine (ObSpool *spool, const char *id, const char *sha256, GCancellable *cancellable,
                         ObSpoolCopy *found);

/* Moves a copy and its record into the spool. On TRUE both survive a power cut. Calls on several threads share one sync
 * of the folder. It replaces an earlier copy of that id. On failure nothing is left behind, and an earlier copy stays. */
gboolean ob_spool_commit (ObSpool *spool, const char *id, const char *record, GError **error);

/* The same for a file of Outbox's own at @path on the same disk. On failure it is back at @path; where the disk
 * refuses that too, in the spool with its record. */
gboolean ob_spool_commit_file (ObSpool *spool, const char *id, const char *path, const char *record, GError **error);

/* Removes a copy that was not committed. */
void ob_spool_discard (ObSpool *spool, const char *id);

/* Removes bytes and record. A missing copy is no error. */
gboolean ob_spool_remove (ObSpool *spool, const char *id, GError **error);

/* Removes a record without bytes, which a crash left behind and which means nothing. */
void ob_spool_drop_lone_record (ObSpool *spool, const char *id);

/* Returns: whether the path still leads to the folder that was opened, and no other disk was mounted over it. */
gboolean ob_spool_is_there (ObSpool *spool);

/* Returns: whether bytes and record are both there. */
gboolean ob_spool_has (ObSpool *spool, const char *id);

/* Moves the content of another spool here. A missing folder is empty. Errors: as ob_spool_copy() and ob_spool_commit();
 * what was moved before stays here. */
gboolean ob_spool_join (ObSpool *spool, const char *folder, GError **error);

/* Saves what could not be rebuilt from the uploads: destinations, and what a person has paused. Replaces the whole text;
 * it survives a power cut. */
gboolean ob_spool_save_settings (ObSpool *spool, const char *text, GError **error);

/* Returns: (transfer full) (nullable): that text */
char *ob_spool_load_settings (ObSpool *spool, gsize *size_bytes);

/* Returns: (transfer none): the folder, on the spool's own disk, in whose folders files lie until they are moved into it. */
const char *ob_spool_get_staging (ObSpool *spool);

/* Returns: (transfer full): where ob_spool_copy() leaves the bytes */
char *ob_spool_get_incoming_path (ObSpool *spool, const char *id);

/* Returns: (transfer full): the path of the bytes, which need not exist */
char *ob_spool_get_path (ObSpool *spool, const char *id);

G_END_DECLS
