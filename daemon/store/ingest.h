/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bounded pool that takes files into the spool. Made and used on the main thread, works on its own threads: no system
 * call that a file system answers is made of a caller's descriptor anywhere else. Who is next: store/ingest-turns.h.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObIngest ObIngest;
typedef struct _ObIngestTask ObIngestTask;

/* What a first look at a file tells, before it is read. */
typedef struct
{
  guint64 size_bytes;
  gint64 modified_at_ms; /* 0: not known */
  char *media_type;      /* by its name and first bytes; never NULL */
} ObIngestFacts;

/* Called on the main thread, at most once, before the end: there is such a file. It is being read already. */
typedef void (*ObIngestLooked) (const ObIngestFacts *facts, gpointer user_data);

/* @blocks: (nullable): the digests of its blocks, where it has more than one.
 * Returns: (transfer full): the record to put beside the bytes. On a thread of the pool. */
typedef char *(*ObIngestRecord) (const ObIngestFacts *facts, const ObSpoolCopy *copy, GBytes *blocks,
                                 gpointer thread_data);

/* On a thread of the pool, where there is a digest: for what has to be read beside it. */
typedef void (*ObIngestBeside) (const ObSpoolCopy *copy, gpointer thread_data);

/* Called on the main thread, once. @copy: (nullable): NULL where @error is set: why nothing was taken; see ob_spool_copy(),
 * and DigestMismatch, and G_IO_ERROR_CANCELLED. */
typedef void (*ObIngestDone) (const ObSpoolCopy *copy, const GError *error, gpointer user_data);

/* What is to be done with a file. Strings are copied. */
typedef struct
{
  const char *id;   /* the upload's; NULL: only the digest is wanted, and nothing comes into the spool */
  const char *app;  /* whose turn it takes */
  const char *name; /* of the file */
  int fd;
  gboolean keeps_fd; /* it is the caller's, open until @done. Else the pool closes it, and only if it took it */
  gboolean
      is_partial; /* @fd is a file in pieces, of that id: it is digested where it is, and comes into the spool itself */
  const char *expected_sha256; /* (nullable): anything else is refused */
  ObIngestLooked looked;       /* (nullable) */
  ObIngestRecord record;       /* NULL without @id */
  ObIngestBeside beside;       /* (nullable): NULL with @id */
  ObIngestDone done;
  gpointer user_data;              /* of what is called on the main thread */
  gpointer thread_data;            /* (transfer full): of what is called on others; nobody else uses it until @done */
  GDestroyNotify thread_data_free; /* may be called on any thread, and later than @done */
} ObIngestOrder;

/* @spool: borrowed. */
ObIngest *ob_ingest_new (ObSpool *spool);

/* Waits for what runs, for two seconds: threads that are still in a system call then become strays. What waits is given up.
 * Nothing is reported any more. */
void ob_ingest_free (ObIngest *ingest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObIngest, ob_ingest_free)

/**
 * ob_ingest_add:
 *
 * Errors: TooMany where more wait than the pool takes, in all or of one app; then nothing is called, and the descriptor is
 * the caller's.
 * Returns: (transfer none) (nullable): valid until @done was called
 */
ObIngestTask *ob_ingest_add (ObIngest *ingest, const ObIngestOrder *order, GError **error);

/* It ends soon, with G_IO_ERROR_CANCELLED if it had not been done. */
void ob_ingest_cancel (ObIngest *ingest, ObIngestTask *task);

/* Tells of the end of everything now, as if it were cancelled, and lets go of threads that do not come back. */
void ob_ingest_give_up (ObIngest *ingest);

/* How much of it is here. */
gint64 ob_ingest_get_copied_bytes (ObIngestTask *task);

/* Closes a caller's descriptor, which its file system may hold up. */
void ob_ingest_close (ObIngest *ingest, int fd);

G_END_DECLS
