/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that a test hands over to a daemon that dies again and again: what was answered, what arrived, and whether an
 * offset ever went back without a journal row that says why. Main thread.
 */
#pragma once

#include "support/broker.h"

G_BEGIN_DECLS

typedef struct
{
  char *name;
  char *path;
  char *key;
  char *sha256;
  char *id; /* NULL: its submit was not answered */
  gsize size_bytes;
  gboolean is_asked;   /* a submit is on its way */
  gboolean is_removed; /* need not arrive */
} TestFile;

typedef struct
{
  TestBroker *broker;   /* borrowed */
  GPtrArray *files;     /* of TestFile */
  GHashTable *offsets;  /* id → the last offset that was told */
  GHashTable *setbacks; /* id → how often it was smaller than the one before */
  guint n_asked;
  guint signals;
  gint64 total_bytes;
} TestHandover;

TestHandover *test_handover_new (TestBroker *broker);
void test_handover_free (TestHandover *handover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestHandover, test_handover_free)

/* Makes a file; its bytes depend on @seed and its number. */
TestFile *test_handover_add (TestHandover *handover, gsize size_bytes, guint seed);

/* Asks the daemon for its signals, after each start. A daemon that dies meanwhile is not asked. */
void test_handover_watch (TestHandover *handover);

/* Hands over all that was not answered yet, without waiting, as apps do whose call failed: with the same key. */
void test_handover_ask (TestHandover *handover);

/* Waits for the answers, good or bad, of all that was asked. */
void test_handover_wait (TestHandover *handover, guint most_s);

/* Hands over everything; an id that was answered before must be answered again. Every submit must succeed. */
void test_handover_insist (TestHandover *handover);

/* Whether everything was answered, and is done. FALSE where the daemon does not answer. */
gboolean test_handover_is_done (TestHandover *handover);

/**
 * test_handover_assert_arrived:
 *
 * Each file is at the receiver, once and byte-exact, but those that were removed; nothing else is there, nothing is left
 * in the spool, and each offset that went back has its row in the journal.
 *
 * Returns: body bytes that arrived more than once
 */
gint64 test_handover_assert_arrived (TestHandover *handover);

G_END_DECLS
