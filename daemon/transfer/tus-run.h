/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One run of tus: what its steps share. Private to tus.c, which begins and sends, and tus-end.c, which knows when an upload
 * is whole, finished, or gone. Worker thread.
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
  char *server_url; /* owned */
  guint64 offset_bytes;
  guint64 furthest_bytes; /* that it ever was */
  guint64 chunk_bytes;
  guint64
      given_bytes; /* the most that the upload URL can have; G_MAXUINT64: it is older than this run, that is not known */
  guint64 limit_bytes; /* of a chunk: the server's, or what sticks behind a buffering proxy */
  guint losses;        /* chunks in a row of which nothing arrived */
  guint resends;       /* of one damaged chunk */
  guint restarts;      /* times that the upload URL was gone */
  guint locked;        /* answers that it is locked, since the offset has grown */
  guint64 seen_bytes;  /* offset at the last look, not believed yet */
  guint n_lost;        /* times that bytes were lost which the server had confirmed, since the furthest offset ever */
  gboolean is_working; /* the server was left alone with the whole of it just now */
  gboolean tries_post; /* PATCH was refused */
  ObServerFacts facts;
} ObTusRun;

/* The protocol's own headers are missing: whoever answered, it was no tus server. */
ObTusStep ob_tus_end_by_stranger (ObTusRun *tus);

/* The server keeps uploads at an address that is none, or that nobody has listed. @url: (nullable) */
ObTusStep ob_tus_end_elsewhere (ObTusRun *tus, const char *url);

/* The server gave it an address that is another's, or everybody's. */
ObTusStep ob_tus_end_at_others (ObTusRun *tus);

/* What the server has at its address is another's: that address is given up, once nobody has a receipt for it. */
ObTusStep ob_tus_end_not_ours (ObTusRun *tus);

/* Ends the attempt by trouble of which another upload tells whether it is this one's alone. */
ObTusStep ob_tus_end_in_doubt (ObTusRun *tus, const char *code, const char *message);

/* The first step: a look at what the server has, wherever it may have something. */
ObTusStep ob_tus_begin (ObTusRun *tus);

/* The step after an answer that there is no such upload. */
ObTusStep ob_tus_gone (ObTusRun *tus);

/* The step after a request to the upload URL that nothing answers. */
ObTusStep ob_tus_end_silent (ObTusRun *tus);

/* The step after a look that found every byte at the server. */
ObTusStep ob_tus_get_whole_step (const ObTusRun *tus);

/* Counts a loss of bytes that the server had confirmed. Returns: whether nothing more is sent for now, as @tus->result says. */
gboolean ob_tus_note_loss (ObTusRun *tus);

/* Every byte is there, and the server has not done yet. */
ObTusStep ob_tus_end_working (ObTusRun *tus);

/* Has the server do what it does with a whole upload. */
ObTusStep ob_tus_finish (ObTusRun *tus);

G_END_DECLS
