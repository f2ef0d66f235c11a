/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bounded pool that takes files into the spool. Used on the main thread, works on its own threads: on a caller's
 * descriptor no system call that its file system answers is made anywhere else, since it may never return.
 * store/ingest-turns.h decides who is next.
 */
#pragma once

#include "store/writer.h"

G_BEGIN_DECLS

typedef struct _ObIngest ObIngest;
typedef struct _ObIngestTask ObIngestTask;

/* The facts of a file before it is read. */
typedef struct
{
  guint64 size_bytes;
  gint64 modified_at_ms; /* 0: not known */
  char *media_type;      /* by its name and first bytes; never NULL */
} ObIngestFacts;

/* Called on the main thread, at most once, before the end: the file is good, and is being read. */
typedef void (*ObIngestLooked) (const ObIngestFacts *facts, gpointer user_data);

/* Makes the record to store beside the bytes. On a thread of the pool. @blocks: (nullable): the digests of its blocks,
 * if it has several. Returns: (transfer full). */
typedef char *(*ObIngestRecord) (const ObIngestFacts *facts, const ObSpoolCopy *copy, GBytes *blocks,
                                 gpointer thread_data);

/* Called on a thread of the pool once there is a digest, for work that reads too. */
typedef void (*ObIngestBeside) (const ObSpoolCopy *copy, gpointer thread_data);

/* Called on the main thread, once. @copy: (nullable): NULL if @error says why the file was not taken: as
 * ob_spool_copy(), DigestMismatch, or G_IO_ERROR_CANCELLED */
typedef void (*ObIngestDone) (const ObSpoolCopy *copy, const GError *error, gpointer user_data);

/* An order: what to do with a file. Strings are copied. */
typedef struct
{
  const char *id;   /* of the upload; NULL: compute the digest only, and store nothing */
  const char *app;  /* the app whose turn it takes */
  const char *name; /* of the file; its ending tells the media type */
  int fd;
  gboolean keeps_fd; /* @fd stays the caller's, open until @done. Otherwise the pool closes it, if it took the order */
  gboolean is_partial; /* @fd is the partial file of that id: digest it where it is, and move it into the spool */
  ObWriter *
      writer; /* (nullable): borrowed: it has written @fd, and moves it into the spool: nothing is read or written again */
  const char *expected_sha256; /* (nullable): refuse the file if it has another digest */
  ObIngestLooked looked;       /* (nullable) */
  ObIngestRecord record;       /* (nullable): NULL without @id */
  ObIngestBeside beside;       /* (nullable): NULL with @id */
  ObIngestDone done;
  gpointer user_data;   /* for the functions on the main thread */
  gpointer thread_data; /* (transfer full): for the functions on other threads; nobody else uses it before @done */
  GDestroyNotify thread_data_free; /* may be called on any thread, even */
} ObIngestOrder;

/* @spool: borrowed. */
ObIngest *ob_ingest_new (ObSpool *spool);

/* Waits two seconds for running tasks; threads that are still in a system call become strays. Waiting tasks are dropped.
 * Nothing is reported any more. */
void ob_ingest_free (ObIngest *ingest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObIngest, ob_ingest_free)

/**
 * ob_ingest_add:
 *
 * Errors: TooMany if more files wait than the pool takes, in all or of one app; then nothing is called, and the descriptor
 * stays the caller's.
 * Returns: (transfer none) (nullable): valid until @done was called
 */
ObIngestTask *ob_ingest_add (ObIngest *ingest, const ObIngestOrder *order, GError **error);

/* Ends the task soon, with G_IO_ERROR_CANCELLED unless it is done already. */
void ob_ingest_cancel (ObIngest *ingest, ObIngestTask *task);

/* Reports the end of all tasks now, as cancelled, and gives up threads that do not come back. */
void ob_ingest_give_up (ObIngest *ingest);

/* Returns: how many bytes have been copied so far */
gint64 ob_ingest_get_copied_bytes (ObIngestTask *task);

/* Closes a caller's descriptor on a thread, since its file system may block that. */
void ob_ingest_close (ObIngest *ingest, int fd);

G_END_DECLS
