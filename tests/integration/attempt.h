/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One upload to a receiver of its own, by attempts as a worker would run them, and what their checkpoints made durable.
 * Main thread, unless a test says so.
 */
#pragma once

#include "support/peer.h"
#include "transfer/attempt.h"

#define SIZE_BYTES (9 * 1024 * 1024 + 321)

typedef struct
{
  char *folder;
  char *ledger_path;
  TestPeer *peer;
  ObConnection *connection;
  ObTransit *transit; /* the connection's */
  ObJob *job;
  ObStop *stop;     /* or NULL */
  char *server_url; /* what the checkpoints made durable */
  char *noted;      /* the last event for the journal */
  guint64 offset_bytes;
  guint64 wire_bytes;
  ObChecked checked;
  guint backwards;
  guint n_created;
  guint n_begun; /* chunks whose ends were made durable before they went */
  guint n_stored;
  OutboxRung promise; /* of the destination; none: what it can give */
} Attempt;

void attempt_set_up (Attempt *fixture, gconstpointer data);
void attempt_tear_down (Attempt *fixture, gconstpointer data);

/* Connects anew, and knows nothing of any server: another one may have the port of one that is gone. */
void attempt_connect (Attempt *fixture);

/* Other bytes than the SIZE_BYTES that it begins with. */
void attempt_write_file (Attempt *fixture, gsize size_bytes);

/* Returns: (transfer full): how it ended */
ObAttemptResult *attempt_run (Attempt *fixture);

/* The same on a thread of its own, for a server that is served by the main context. */
ObAttemptResult *attempt_run_aside (Attempt *fixture);

/* Runs attempts, as the broker would after its back-off. Returns: how many it took. */
guint attempt_run_until_done (Attempt *fixture, guint most_attempts);

/* A counter of the receiver. */
gint64 attempt_get_number (Attempt *fixture, const char *name);

/* Exactly one finished upload, byte-exact, with its metadata. */
void attempt_assert_arrived (Attempt *fixture);
