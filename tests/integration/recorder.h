/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An app that records: Create and Commit, and a process that writes a chunk for each order. Main thread.
 */
#pragma once

#include "support/command.h"

G_BEGIN_DECLS

/* @options: floating. Returns: (transfer full) (nullable): the id. @fd: (out) (transfer full): the file, to write */
char *recorder_create (TestBroker *broker, GVariant *options, int *fd, GError **error);
char *recorder_create_named (TestBroker *broker, const char *name, int *fd);

/* @code: of the error; -1: there must be none. @sha256: (nullable) */
void recorder_commit (TestBroker *broker, const char *id, const char *sha256, int code);

/* Returns: (transfer full) (nullable): a text of the upload's document */
char *recorder_dup_text (TestBroker *broker, const char *id, const char *name);

/* Waits until the recording is told as saving, with that reason. */
void recorder_wait_until_told (TestBroker *broker, const char *id, const char *reason);

/* Waits until all uploads are done, of which this one must have these bytes. */
void recorder_assert_arrived (TestBroker *broker, const char *id, const char *sha256, guint64 size_bytes);

/* --- The process --- */

typedef struct
{
  GPid pid;
  int orders;
  int reports;
} Recorder;

/* Takes @fd, which the process alone has then. */
Recorder recorder_start (int fd, gsize chunk_bytes);

/* Has it write a chunk, and waits for that. */
void recorder_record_chunk (Recorder *recorder);

void recorder_end (Recorder *recorder, gboolean is_killed);

/* Returns: (transfer full): the SHA-256 of what it has written after so many chunks */
char *recorder_digest_chunks (gsize chunk_bytes, guint n_chunks);

G_END_DECLS
