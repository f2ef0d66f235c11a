/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of recordings share: recordings.c (memory), recording-create.c, recording-commit.c, recording-streams.c. Main thread.
 */
#pragma once

#include "broker/recordings.h"

G_BEGIN_DECLS

typedef struct
{
  ObRecordings *all; /* borrowed */
  char *id;
  char *app;
  char *key;               /* (nullable) */
  gboolean has_media_type; /* the app has said it */
  gboolean is_dropped;     /* its row is gone while its commit goes on */
  ObIngestTask *task;      /* borrowed: of the commit that goes on; NULL: none */
  ObRecordingDone done;    /* of that commit */
  gpointer user_data;
  char *media_type; /* as its bytes told */
  gint64 modified_at_ms;
  gint64 seen_bytes; /* of a stream, when its hours were last counted; -1: not yet */
} ObRecording;

/* The objects that recordings use. All borrowed. */
typedef struct
{
  ObQueue *queue;
  ObDatabase *database;
  ObSpool *spool;
  ObIngest *ingest;
  const ObRecordingsHost *host;
  gpointer user_data; /* for the host */
  gboolean is_ending;
} ObRecordingsTools;

const ObRecordingsTools *ob_recordings_get_tools (ObRecordings *self);

/* Returns: (transfer none) (nullable) */
ObRecording *ob_recordings_find (ObRecordings *self, const char *id);
ObRecording *ob_recordings_find_key (ObRecordings *self, const char *app, const char *key);

/* Returns: how many the app has */
guint ob_recordings_count (ObRecordings *self, const char *app);

/* @upload: with the media type that the app said, or none */
ObRecording *ob_recordings_add (ObRecordings *self, const ObUpload *upload);

/* It is no recording any more; what was recorded stays. */
void ob_recordings_forget (ObRecordings *self, const char *id);

/* Begins to watch the folder for closed files. */
void ob_recordings_start_watch (ObRecordings *self);

/* As ob_recordings_review(), a moment later: an app that closed its file may be about to commit it. */
void ob_recordings_review_soon (ObRecordings *self);
void ob_recordings_review_one (ObRecording *recording);

/* @on_hour: (nullable): called with the recordings every hour in which there are any */
void ob_recordings_set_on_hour (ObRecordings *self, GSourceFunc on_hour);

/* Returns: (transfer container) (element-type ObRecording): all of them at this moment */
GList *ob_recordings_list (ObRecordings *self);

/* Guesses the media type by the name alone, before there are bytes. */
void ob_recordings_guess_type (ObUpload *upload);

G_END_DECLS
