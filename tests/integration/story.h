/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A daemon at work on a disk that is logged: what it was asked and what it answered, each with the place in the log of the disk at
 * which that was. So it is known of every moment what its callers had been promised. Main thread.
 */
#pragma once

#include "support/command.h"
#include "support/logged-disk.h"

G_BEGIN_DECLS

/* An upload, or a setting that got another value. Places are in the log of the disk; G_MAXUINT64: never. */
typedef struct
{
  char *id;         /* of an upload */
  char *value;      /* of a setting: its new one */
  guint64 asked;    /* the caller was about to ask */
  guint64 answered; /* it had the answer */
  guint64 done;     /* it had been told that the server has it */
  guint64 removing; /* it was about to have it removed */
  guint64 removed;  /* it had been told that it is gone */
} StoryEvent;

typedef struct
{
  TestBroker *broker;
  TestLoggedDisk *disk; /* borrowed */
  GHashTable *digests;  /* id → SHA-256 of its bytes */
  GPtrArray *uploads;   /* of StoryEvent, as are these */
  GPtrArray *secrets;
  GPtrArray *pauses; /* "1" and "0" */
  GPtrArray *urls;   /* of the destination "yard" */
  char *ledger;      /* path of the server's */
  char *server_url;
  guint64 n_entries; /* that the disk had when power was cut */
} Story;

/* Begins with the daemon on the file system that is mounted at @data. */
Story *story_new (TestLoggedDisk *disk, const char *data);

/* Sizes, groups, a file that is moved, one that is removed, a recording, deliveries, settings and secrets, so often. */
void story_tell (Story *story, guint n_rounds);

/* Power is cut: the daemon dies, and nothing of @data is in use any more. */
void story_end (Story *story);
void story_free (Story *story);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Story, story_free)

/* Whether a setting may have that value where power was cut at that place. */
gboolean story_may_be (GPtrArray *values, const char *value, guint64 end);

G_END_DECLS
