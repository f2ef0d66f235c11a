/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an attempt gets, what it reports on the way, and how it ended: the only thing that protocols and the queue know of
 * each other.
 */
#pragma once

#include "model/upload.h"
#include "transfer/badge.h"
#include "transfer/outcome.h"
#include "transfer/pace.h"

G_BEGIN_DECLS

/* The job of an attempt. It owns everything in it, since it crosses to a worker thread. */
typedef struct
{
  char *id;
  char *path; /* of the copy in the spool */
  char *name;
  char *media_type;
  char *sha256;
  char *group;
  char *protocol;        /* the protocol's name */
  char *resume;          /* resume text: where to go on, as the protocol reported it; NULL: from the start */
  char *destination;     /* its name */
  char *url;             /* of the destination; its headers and the credential go to this origin alone */
  GStrv also;            /* URLs of other origins where the server may keep uploads, or NULL */
  char *confirm_url;     /* of the destination, or NULL */
  char *amend_url;       /* of an amendment: of the destination */
  OutboxRung promise;    /* that a receipt must reach before the upload is done */
  GVariant *headers;     /* a{ss}: the destination's own */
  ObBadge *badge;        /* shows what the checkpoint gives; NULL before the first request */
  GVariant *metadata;    /* a{ss} */
  ObPace *pace;          /* shared; NULL: no limit of speed */
  gint64 modified_at_ms; /* 0: not known */
  guint64 size_bytes;
  guint64 furthest_bytes;    /* the most bytes that the server ever confirmed */
  guint amended;             /* how often what is said of it has changed */
  guint attempt;             /* which one of the upload it is, from 1; 0: none that is counted */
  guint64 wire_bytes;        /* that went out for it before; at least those of the file itself */
  guint n_lost;              /* how often the server lost confirmed bytes since then */
  guint64 offset_bytes;      /* bytes that the server has, as far as is known */
  ObChecked checked;         /* what of them came with checksums */
  gboolean is_stored;        /* the server once confirmed every byte: ask it before sending anything */
  gint64 heard_ms;           /* how long ago the server confirmed every byte and was left to finish; -1: it was not */
  gboolean is_worked_on;     /* the server said that it works on the whole file: do not have it finish a second time */
  gboolean asks_first;       /* the upload's history is lost: ask for a receipt before anything is made at the server */
  gboolean is_place_unknown; /* nor is known where the server has it: the record of the copy may tell */
  gboolean sends_anew;       /* a person wants it sent though nobody says whether the server has it */
  gboolean leaves_url;    /* the resume URL has been silent for so long that it is given up if it is silent once more */
  gboolean is_again;      /* an earlier attempt may have reached the server without hearing its answer */
  gboolean keeps_copy;    /* its copy stays here when it is done, and its record is to have the receipt */
  gboolean was_confirmed; /* it is sent again after it was done: what its record says of that is past */
  ObReceipt had;          /* of a check: what was confirmed before: its rung, and by whom */
  gboolean is_doubted;    /* of a check: it was said once already that the file is gone */
  gboolean is_termination; /* sends nothing: has the server delete what it has of the upload */
  gboolean is_check;       /* sends nothing: see transfer/check.h */
  gboolean is_amendment;   /* sends nothing: see transfer/amend.h */
  gboolean is_trial;       /* sends nothing: see transfer/trial.h */
} ObJob;

void ob_job_free (ObJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObJob, ob_job_free)

/* The fate of a resume text that an attempt reported. */
typedef enum
{
  OB_CREATED_STOP,    /* it could not be stored: stop */
  OB_CREATED_DURABLE, /* it is on the disk: go on */
  OB_CREATED_TAKEN,   /* another upload has the same one, and would get these bytes; nothing was stored */
} ObCreated;

/* The reports of an attempt, called on its worker thread. */
typedef struct
{
  /* The server has begun an upload, and @resume leads back to it: any clean text of at most 16 KiB that no other upload
   * has. NULL: the server has lost it. Blocks until that is on the disk, or cannot be stored. */
  ObCreated (*created) (const char *resume, gpointer user_data);
  /* The server confirmed @offset_bytes; @wire_bytes went out since the last call. @checked: (nullable): the protocol has none */
  void (*progress) (guint64 offset_bytes, guint64 wire_bytes, const ObChecked *checked, gpointer user_data);
  /* A chunk is about to go, with its checksum or without, as @checked says now. Blocks until that is on the disk. Returns: FALSE:
   * stop. */
  gboolean (*begins) (const ObChecked *checked, gpointer user_data);
  /* The server has every byte. Blocks until that is on the disk. Returns: FALSE: stop. */
  gboolean (*stored) (gpointer user_data);
  /* Adds a line to the upload's journal: one word for programs, and words for a person. */
  void (*noted) (const char *event, const char *message, gpointer user_data);
  /* Asks for what the destination's server wants to be shown, before the first request, and when that is due. Blocks until it is known. Returns:
   * (transfer full) (nullable): NULL: stop. */
  ObCredential *(*credentials) (const ObJob *job, gpointer user_data);
} ObCheckpoints;

/* What a server has of an upload that was done. */
typedef enum
{
  OB_CHECK_NONE,   /* it was not asked, or did not answer */
  OB_CHECK_THERE,  /* as far as the rung of the receipt */
  OB_CHECK_GONE,   /* it does not have it any more */
  OB_CHECK_OTHER,  /* it has other bytes in its place */
  OB_CHECK_UNTOLD, /* it does not tell, and asking again would not help */
} ObCheck;

typedef struct
{
  gboolean is_done; /* the receipt is valid; otherwise outcome says what happened */
  gboolean is_cancelled;
  gboolean has_moved;       /* the server confirmed more bytes than before */
  gboolean has_credentials; /* the destination has a sign-in or headers of its own, so a refusal may be about them */
  ObOutcome outcome;
  char *code;    /* one word for programs */
  char *message; /* for a person: the server's words, or the system's */
  ObReceipt receipt;
  ObCredential *refused;   /* the one that the server did not take, if another can be had; or NULL */
  gboolean is_url_heard;   /* the upload URL answered */
  gboolean is_url_silent;  /* it is at another server than the destination, is silent, and the destination answers */
  gboolean is_url_strange; /* what answers at the upload URL is no tus server; at the destination there is one */
  ObCheck check;           /* of a check */
  gboolean is_unchecked;   /* the server compares checksums, and took some of the bytes without one */
  gboolean is_unknown;     /* the confirm URL has never heard of the upload */
  gboolean is_waited_for;  /* the confirm URL kept the question until it had an answer, or for as long as was asked */
} ObAttemptResult;

ObAttemptResult *ob_attempt_result_new (void);
void ob_attempt_result_free (ObAttemptResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObAttemptResult, ob_attempt_result_free)

G_END_DECLS
