/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who is next of the files that wait to be saved: apps take turns, large files hold up no small one, and those whose reads
 * do not come back hold up nobody. Decides alone; starts nothing. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* So many run at once. One more than a single app may have, so that another's next file never waits for the first one's. An app in
 * company has one small file at a time, since its other threads would take the processors and the disk from whoever hands over
 * a single file meanwhile; it is alone again when the last so many files were its own. */
#define OB_INGEST_SMALL_IN_COMPANY 1
#define OB_INGEST_ALONE_AFTER 32
#define OB_INGEST_SMALL_OF_APP 4
#define OB_INGEST_SMALL_MAX (OB_INGEST_SMALL_OF_APP + 1)
#define OB_INGEST_LARGE_OF_APP 2
#define OB_INGEST_LARGE_MAX (OB_INGEST_LARGE_OF_APP + 1)

/* What is stuck is not among these: others take its place, up to so many in all. */
#define OB_INGEST_RUNNING_MAX 12
#define OB_INGEST_STUCK_OF_APP 8
#define OB_INGEST_STUCK_OF_MOUNT 2

/* A file that waits or runs. Embedded in what the caller has of it. */
typedef struct
{
  const char *app; /* borrowed, as long as the place is in use */
  guint64 mount;   /* that the file is on; 0: not known */
  gboolean is_large;
  gboolean is_running;
  gboolean is_stuck;
} ObIngestPlace;

typedef struct _ObIngestTurns ObIngestTurns;

ObIngestTurns *ob_ingest_turns_new (void);

/* Places are the caller's. */
void ob_ingest_turns_free (ObIngestTurns *turns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObIngestTurns, ob_ingest_turns_free)

/* @place: (transfer none): waits from now on, behind those of its app. */
void ob_ingest_turns_add (ObIngestTurns *turns, ObIngestPlace *place);

/* Returns: (transfer none) (nullable): the next that may run, which runs from now on. */
ObIngestPlace *ob_ingest_turns_take (ObIngestTurns *turns);

/* It has ended, or waits no more. */
void ob_ingest_turns_remove (ObIngestTurns *turns, ObIngestPlace *place);

/* How many wait; of one app, or of all (NULL). */
guint ob_ingest_turns_count_waiting (ObIngestTurns *turns, const char *app);

/* Returns: (transfer none): of ObIngestPlace: those that run. */
GPtrArray *ob_ingest_turns_get_running (ObIngestTurns *turns);

G_END_DECLS
