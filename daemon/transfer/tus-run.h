/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the steps of one run of tus share. Private to tus.c, which begins and sends, tus-chunks.c, which sizes chunks, and tus-end.c, which finds out whether
 * an upload is whole, finished or gone. Worker thread.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

#define OB_TUS_CHUNK_MIN_BYTES (G_GUINT64_CONSTANT (64) * 1024)
#define OB_TUS_CHUNK_FIRST_BYTES (G_GUINT64_CONSTANT (4) * 1024 * 1024)
#define OB_TUS_CHUNK_FIRST_MOST_BYTES (G_GUINT64_CONSTANT (16) * 1024 * 1024)
#define OB_TUS_CHUNK_MAX_BYTES (G_GUINT64_CONSTANT (64) * 1024 * 1024)

typedef enum
{
  STEP_CREATE,
  STEP_LOOK,
  STEP_SEND,
  STEP_FINISH,
  STEP_STORED,
  STEP_END,
} ObTusStep;

typedef struct
{
  ObConnection *connection;
  const ObJob *job;
  const ObCheckpoints *checkpoints;
  gpointer user_data;
  ObAttemptResult *result;
  ObStop *stop;
  int fd;           /* of the copy; -1: not open yet */
  GBytes *digests;  /* of the blocks of the copy; owned, or NULL */
  char *server_url; /* the upload URL; owned, or NULL */
  guint64 offset_bytes;
  guint64 furthest_bytes; /* the most that the server ever confirmed */
  guint64 chunk_bytes;
  guint64 handed_bytes;  /* went out in all runs, and whatever else of requests was counted with it */
  ObChecked checked;     /* what of the offset came with checksums */
  guint64 given_bytes;   /* the most that this URL can have; G_MAXUINT64: not known, an earlier run sent to it */
  guint64 limit_bytes;   /* the largest chunk: by the server's limit, or by what gets through a buffering proxy */
  guint losses;          /* chunks in a row of which nothing arrived */
  guint resends;         /* repetitions of one damaged chunk */
  guint restarts;        /* how often the upload URL was gone */
  guint locked;          /* how often it was locked since the offset last grew */
  guint64 seen_bytes;    /* offset at the last look, which is not believed yet */
  guint n_lost;          /* how often the server lost confirmed bytes since the furthest offset */
  gboolean is_working;   /* the server has just been left to process the whole file */
  gboolean tries_post;   /* PATCH was refused: POST is tried */
  gboolean is_end_given; /* the last chunk was sent, and nobody knows what became of it */
  ObServerFacts facts;
} ObTusRun;

/* The answer lacks the protocol's headers: it was not a tus server that answered. */
ObTusStep ob_tus_end_by_stranger (ObTusRun *tus);

/* The server wants uploads at an address that is no URL, or that is not listed for the destination. @url: (nullable) */
ObTusStep ob_tus_end_elsewhere (ObTusRun *tus, const char *url);

/* The server gave the upload a URL that another upload has, or its own address. */
ObTusStep ob_tus_end_at_others (ObTusRun *tus);

/* The server has another upload at this one's URL. Gives the URL up, unless there is a receipt. */
ObTusStep ob_tus_end_not_ours (ObTusRun *tus);

/* Ends the attempt by trouble that may be this upload's alone; another upload will tell. */
ObTusStep ob_tus_end_in_doubt (ObTusRun *tus, const char *code, const char *message);

/* Returns: the first step: asks what the server has, if it may have something */
ObTusStep ob_tus_begin (ObTusRun *tus);

/* Returns: the step after the server said that there is no such upload. @refused_bytes: of the chunk that it said so to, and did not
 * take; 0: it was asked */
ObTusStep ob_tus_gone (ObTusRun *tus, guint64 refused_bytes);

/* Returns: the step after a request to the upload URL that nothing answered */
ObTusStep ob_tus_end_silent (ObTusRun *tus);

/* Returns: the step after a look that found every byte at the server */
ObTusStep ob_tus_get_whole_step (const ObTusRun *tus);

/* Counts a loss of confirmed bytes. Returns: whether to stop sending for now, as @tus->result says. */
gboolean ob_tus_note_loss (ObTusRun *tus);

/* Ends the attempt: the server has every byte and still processes them. */
ObTusStep ob_tus_end_working (ObTusRun *tus);

/* Has the server finish an upload of which it has every byte. */
ObTusStep ob_tus_finish (ObTusRun *tus);

/* Chooses by the rate of before. It may be from another network, so the first chunk is only a part of what it promises. */
void ob_tus_choose_first_chunk (ObTusRun *tus);

/* Notes how fast bytes went, for the next chunk, and for the next attempt, which may run on another worker. */
void ob_tus_note_rate (ObTusRun *tus, guint64 moved_bytes, gint64 elapsed_us);

/* Chunks of @chunk_bytes do not get through: takes smaller ones, for the next upload to this server too. */
void ob_tus_shrink_chunks (ObTusRun *tus, guint64 chunk_bytes);

/* A chunk of @chunk_bytes is about to be sent. Returns: FALSE: the attempt is over */
gboolean ob_tus_begin_chunk (ObTusRun *tus, guint64 chunk_bytes);

/* The server has @offset_bytes: tells that, and that @wire_bytes went out since it was told last. */
void ob_tus_tell_offset (ObTusRun *tus, guint64 offset_bytes, guint64 wire_bytes);

/* Notes in the receipt where the upload is, and whether every byte of it came with a checksum; and whether its URL is wrong. */
void ob_tus_note_end (const ObTusRun *tus);

G_END_DECLS
