/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recordings: files that an app writes itself, into the broker's own file, from Create to Commit. Each has a row in state
 * saving: with reason `recording` while somebody has the file open, else `unfinished`. A member of the queue for its alarm alone,
 * since nothing in its memory follows from a row; what a rollback took back of a row is found when rows and files are compared
 * again. Main thread.
 */
#pragma once

#include "broker/queue.h"
#include "model/upload.h"
#include "store/ingest.h"

G_BEGIN_DECLS

typedef struct _ObRecordings ObRecordings;

extern const ObMember ob_recordings_member;

/* How many unfinished ones an app may have. */
#define OB_RECORDINGS_OF_APP 32

/* A stream is a recording whose bytes the broker is sent (tus), so that it knows how far they are; its client goes on with it, and
 * was told when it is whole. One that nobody went on with is removed, with a row in the journal, after so many hours in which the
 * broker ran: hours are counted, since by a clock that jumps all of them would be old at once. What an app wrote itself stays. */
#define OB_RECORDINGS_IDLE_MOST_H (7 * 24)

/* Its questions to others. */
typedef struct
{
  /* Inside a change: makes the row of a new upload, with its lane and the first entry of its history. @event, @why (nullable),
   * @at_ms: of that entry. Errors: Storage, DiskFull. */
  gboolean (*add_row) (ObUpload *upload, const char *event, const char *why, gint64 at_ms, GError **error,
                       gpointer user_data);

  /* Inside a change: sets an upload's lane by what is known of it now. */
  void (*set_lane) (ObUpload *upload, gpointer user_data);

  /* Inside a change: ends an upload as a removal by a person does. Errors: Storage, DiskFull. */
  gboolean (*forget) (const ObUpload *upload, const char *why, GError **error, gpointer user_data);

  /* A file could not be written. */
  void (*troubled) (gpointer user_data);
} ObRecordingsHost;

/* @queue, @spool, @ingest: borrowed. @host: static. */
ObRecordings *ob_recordings_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, const ObRecordingsHost *host,
                                 gpointer user_data);
void ob_recordings_free (ObRecordings *recordings);

/* Takes up the recordings in the data folder. Call it before interrupted uploads are taken up. */
void ob_recordings_start (ObRecordings *recordings);

/* Begins and commits nothing from now on. */
void ob_recordings_stop (ObRecordings *recordings);

/* The database works again: takes up what could not be, and brings rows in step with who has the files open. */
void ob_recordings_review (ObRecordings *recordings);

/* Called once. @fd: (transfer full): the file, to read and write; -1 with @error, and of a stream that was there before */
typedef void (*ObCreateDone) (const char *id, int fd, const GError *error, gpointer user_data);

/**
 * ob_recordings_create:
 * @upload: (transfer full): checked, and new
 * @is_stream: the broker will be sent its bytes
 *
 * Answered when it is on the disk. An app that comes again with its key gets its recording again, as long as nobody has that
 * open; of a stream it gets the id alone, and no file, if that is told to be the same one as before.
 *
 * Errors: Busy, KeyReused, TooMany, DiskFull, Storage, NoBroker.
 */
void ob_recordings_create (ObRecordings *recordings, ObUpload *upload, gboolean is_stream, ObCreateDone done,
                           gpointer user_data);

/* Called once. */
typedef void (*ObRecordingDone) (const GError *error, gpointer user_data);

/**
 * ob_recordings_commit:
 * @sha256: (nullable): hexadecimal; anything else is refused
 * @writer: (nullable): of a stream, which has all of it: then the file is not read again
 *
 * Makes it an upload, by the rules for the size and the type that it has now. Answered when that is on the disk; the same again
 * for one that was committed before, as its app may not have heard.
 *
 * Errors: NotFound; Busy where it is still open, or mapped, to be written; DigestMismatch; WrongState for what is no recording;
 * Storage, DiskFull, TooMany, NoBroker. After any of them it is what it was.
 */
void ob_recordings_commit (ObRecordings *recordings, const char *id, const char *sha256, ObWriter *writer,
                           ObRecordingDone done, gpointer user_data);

/* Begins to commit each stream that is whole: after a kill between its last byte and the commit, or a disk that failed there. */
void ob_recordings_commit_whole (ObRecordings *recordings);

/* Begins to count hours while there are recordings; and one has passed in which the broker ran. */
void ob_recordings_start_hours (ObRecordings *recordings);
void ob_recordings_count_hour (ObRecordings *recordings);

/* Returns: before when the stream will not be removed if nobody goes on with it; 0: it is none, or is whole */
gint64 ob_recordings_get_expiry_ms (ObRecordings *recordings, const char *id);

gboolean ob_recordings_has (ObRecordings *recordings, const char *id);

/* Returns: whether the file is gone for sure; FALSE if it cannot be looked at. */
gboolean ob_recordings_is_gone (ObRecordings *recordings, const char *id);

/* Returns: its size so far */
guint64 ob_recordings_get_bytes (ObRecordings *recordings, const char *id);

/* Its row is gone: removes the file. */
void ob_recordings_drop (ObRecordings *recordings, const char *id);

G_END_DECLS
