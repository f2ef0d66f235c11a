/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request of tus that is under way: what it is about, its answers, and its piece. tus.c and tus-creation.c decide what becomes of it.
 * Main thread.
 */
#pragma once

#include "ipc/rest/exchange.h"
#include "ipc/rest/tus-head.h"
#include "ipc/rest/tus-upload.h"

/* How much of a body may wait for the disk; as much again is being written. */
#define OB_TUS_WAITING_MAX_BYTES (256 * 1024)

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

  /* See ob_tus_commit(). */
  void (*committed) (gpointer tus, guint64 offset);
} Tus;

/* @head: (transfer full). Returns: borrowed: it is the exchange's part */
Tus *ob_tus_begin_request (ObExchange *exchange, ObTusHead *head);
void ob_tus_unref (gpointer tus);

/* Returns: the method of its route */
const char *ob_tus_get_method (const Tus *tus);

SoupMessageHeaders *ob_tus_get_answer (const Tus *tus);
void ob_tus_answer (const Tus *tus, guint status);

/* Answers, with the offset; 201 for a creation. */
void ob_tus_answer_offset (const Tus *tus, guint64 offset);

void ob_tus_refuse (const Tus *tus, guint status, const char *detail);

/* Nothing happens where the visit is over. */
void ob_tus_fail (const Tus *tus, const GError *error);

/* Its body is the next piece of the upload, which must not be busy. */
void ob_tus_begin_piece (Tus *tus);

/* Commits the upload, all of which is here. @committed: called once, if somebody waits for the answer still; a failure is answered */
void ob_tus_commit (Tus *tus, void (*committed) (gpointer tus, guint64 offset));

G_END_DECLS
