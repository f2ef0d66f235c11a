/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of a request of tus share: tus.c, and tus-creation.c for a creation. Main thread.
 */
#pragma once

#include "ipc/rest/tus-head.h"
#include "ipc/rest/tus-upload.h"
#include "ipc/rest/tus.h"

G_BEGIN_DECLS

/* A request of tus that is under way. */
typedef struct
{
  ObExchange *exchange; /* borrowed; NULL: the visit is over */
  ObTusHead head;
  ObTusUpload *upload;  /* owned; NULL: it is not known yet */
  char *location;       /* owned; of what was created; NULL: nothing was */
  GVariant *submission; /* owned; of a creation: its options */
  gboolean is_sending;  /* its piece is the one that the upload takes */
  gboolean is_whole;    /* the body has come */
  gulong chunks;        /* the handler that hears of them */
} Tus;

void ob_tus_unref (gpointer tus);

/* Answers, with the offset; 201 for a creation. */
void ob_tus_answer_offset (const Tus *tus, guint64 offset);

void ob_tus_refuse (const Tus *tus, guint status, const char *detail);

/* Nothing happens where the visit is over. */
void ob_tus_fail (const Tus *tus, const GError *error);

/* Its body is the next piece of the upload, which must not be busy. */
void ob_tus_begin_piece (Tus *tus);

/* Commits the upload, all of which is here, and answers. */
void ob_tus_complete (Tus *tus);

/* The head of a creation is here. */
void ob_tus_take_creation (Tus *tus);

G_END_DECLS
