/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an attempt is given, what it reports on the way, and how it ended: all that a protocol and the queue know of each
 * other.
 */
#pragma once

#include "model/upload.h"
#include "transfer/outcome.h"
#include "transfer/pace.h"

G_BEGIN_DECLS

/* What an attempt is given. A copy of its own, since it crosses to a worker thread. */
typedef struct
{
  char *id;
  char *path; /* of the spool's copy */
  char *name;
  char *media_type;
  char *sha256;
  char *group;
  char *protocol;        /* its name */
  char *resume;          /* where to go on, in the words of the protocol that wrote it; NULL: from the start */
  char *url;             /* of the destination: headers go to its origin alone */
  GStrv also;            /* URLs of other origins where the server may keep uploads, or NULL */
  char *confirm_url;     /* of the destination, or NULL */
  GVariant *headers;     /* a{ss}: the destination's own */
  GVariant *metadata;    /* a{ss} */
  ObPace *pace;          /* or NULL: as fast as it goes; shared */
  gint64 modified_at_ms; /* 0: not known */
  guint64 size_bytes;
  guint64 furthest_bytes; /* the most that the server ever had */
  guint n_lost;           /* times that it lost what it had confirmed, since then */
  guint64 offset_bytes;   /* what the server had, as far as is known */
  gboolean is_stored;     /* the server was heard to have every byte: it is asked before anything is sent */
  gint64 heard_ms; /* how long ago the server was heard to have every byte, and was then waited for; -1: it is not */
  gboolean is_worked_on; /* the server was heard to work on the whole of it: it is not asked to begin with that again */
  gboolean
      asks_first; /* it is not known what was done at the server: ask for a receipt before anything is made there */
  gboolean leaves_url; /* nothing has answered where it resumes for so long that it is given up, if that is still so */
  gboolean is_again;   /* an earlier attempt may have reached the server, its answer lost */
  gboolean is_termination; /* nothing is sent: what the server has of it is given up */
  gboolean is_trial;       /* nothing is sent: see transfer/trial.h */
} ObJob;

void ob_job_free (ObJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObJob, ob_job_free)

/* What became of a resume text that an attempt reports. */
typedef enum
{
  OB_CREATED_STOP,    /* it is not durable: stop */
  OB_CREATED_DURABLE, /* go on */
  OB_CREATED_TAKEN,   /* it is another upload's, whose bytes these would be taken for; nothing was recorded */
} ObCreated;

/* What an attempt reports, called on the worker thread. */
typedef struct
{
  /* The server has begun an upload, which is gone on with by @resume: any clean text of at most 16 KiB that no other upload has;
   * NULL: it has lost what there was. Returns once that is durable, or it is not to be. */
  ObCreated (*created) (const char *resume, gpointer user_data);
  /* The offset that the server confirmed, and what went out for it since the last call. */
  void (*progress) (guint64 offset_bytes, guint64 wire_bytes, gpointer user_data);
  /* The server has every byte. Returns once that is durable; FALSE: stop. */
  gboolean (*stored) (gpointer user_data);
  /* Something that the upload's journal is to tell: one word for programs, and a person's words. */
  void (*noted) (const char *event, const char *message, gpointer user_data);
} ObCheckpoints;

typedef struct
{
  gboolean is_done; /* receipt says so; otherwise outcome does */
  gboolean is_cancelled;
  gboolean has_moved;       /* the offset grew */
  gboolean has_credentials; /* the destination has headers of its own: a refusal may be about them */
  ObOutcome outcome;
  char *code;    /* one word for programs */
  char *message; /* for a person: the server's words, or the system's */
  ObReceipt receipt;
  gboolean is_url_heard;  /* the upload URL has answered */
  gboolean is_url_silent; /* nothing answers there, and the destination, which is another server, does */
  gboolean is_unknown;    /* the confirm URL has never heard of it */
} ObAttemptResult;

ObAttemptResult *ob_attempt_result_new (void);
void ob_attempt_result_free (ObAttemptResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObAttemptResult, ob_attempt_result_free)

G_END_DECLS
