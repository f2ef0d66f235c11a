/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that does its work by tus and by PUT, says at /confirm what it has, and tells lies where its script says so. On
 * threads of its own.
 */
#pragma once

#include "support/threaded-server.h"

/* What becomes of a request before its scripted answer. */
typedef enum
{
  LIAR_WORKS, /* it does as asked, and says something else */
  LIAR_IDLES, /* it does nothing of it */
  LIAR_CUTS,  /* it does as asked, and ends the connection without a word */
  LIAR_LOSES, /* it clears away what it has, and then does as asked */
} LiarAct;

typedef struct
{
  const char *
      when; /* the method; ASK: at the confirm URL; AMEND: at the amend URL, where version 2 is taken; NULL: ends the script */
  guint first; /* requests of that kind, from 1 */
  guint last;  /* 0: all that follow */
  LiarAct act;
  /* Status and headers with | between, then || and the body. $ID, $BIGID, $SHA, $BIGSHA, $REPR, $SIZE, $HOST and 200 KiB of $BLANKS are
   * filled in.
   * NULL: the truth. */
  const char *says;
} LiarLine;

#define LIAR_MOST_LINES 4

typedef struct
{
  const LiarLine *script;
  const char *id;
  const char *sha256;
  gsize size_bytes;
  TestThreadedServer *server;
  guint16 port;
  GMutex lock;
  GHashTable *requests; /* kind → how many */
  GPtrArray *uploads;   /* of GByteArray: by tus, NULL where it was cleared away */
  GByteArray *file;     /* by PUT; NULL: none */
  guint n_whole;        /* files that it once had whole, each at a URL of its own */
  guint n_kept;         /* questions that it was asked to keep until it knows more */
} Liar;

/* @script: borrowed, as are the next two. The main context has to run while it is asked. */
Liar *liar_start (const LiarLine *script, const char *id, const char *sha256, gsize size_bytes);
void liar_free (Liar *liar);
guint liar_count (Liar *liar, const char *kind);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Liar, liar_free)
