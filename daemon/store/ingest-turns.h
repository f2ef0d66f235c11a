/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides which waiting file is saved next: apps take turns, large files do not hold up small ones, and a file whose reads
 * hang holds up nobody. It only decides, and starts nothing. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many files run at once: one more than a single app may have, so that another app's next file never waits. While
 * other apps hand over files too, an app has one small file at a time, since more threads of it would take processors
 * and disk from an app with a single file; it counts as alone again when so many files in a row were its own. */
#define OB_INGEST_SMALL_IN_COMPANY 1
#define OB_INGEST_ALONE_AFTER 32
#define OB_INGEST_SMALL_OF_APP 4
#define OB_INGEST_SMALL_MAX (OB_INGEST_SMALL_OF_APP + 1)
#define OB_INGEST_LARGE_OF_APP 2
#define OB_INGEST_LARGE_MAX (OB_INGEST_LARGE_OF_APP + 1)

/* Stuck files do not count above: others take their place, up to so many in all. */
#define OB_INGEST_RUNNING_MAX 12
#define OB_INGEST_STUCK_OF_APP 8
#define OB_INGEST_STUCK_OF_MOUNT 2

/* A file that waits or runs. Embedded in the caller's own struct. */
typedef struct
{
  const char *app; /* borrowed while the place is in use */
  guint64 mount;   /* of the file; 0: not known */
  gboolean is_large;
  gboolean is_running;
  gboolean is_stuck;
} ObIngestPlace;

typedef struct _ObIngestTurns ObIngestTurns;

ObIngestTurns *ob_ingest_turns_new (void);

/* The places belong to the caller. */
void ob_ingest_turns_free (ObIngestTurns *turns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObIngestTurns, ob_ingest_turns_free)

/* @place: (transfer none): waits from now on, after the others of its app */
void ob_ingest_turns_add (ObIngestTurns *turns, ObIngestPlace *place);

/* Returns: (transfer none) (nullable): the next that may run; it counts as running from now on */
ObIngestPlace *ob_ingest_turns_take (ObIngestTurns *turns);

/* Takes out a place that has ended, or waits no more. */
void ob_ingest_turns_remove (ObIngestTurns *turns, ObIngestPlace *place);

/* Returns: how many wait, of one app or (NULL) of all */
guint ob_ingest_turns_count_waiting (ObIngestTurns *turns, const char *app);

/* Returns: (transfer none) (element-type ObIngestPlace): those that run */
GPtrArray *ob_ingest_turns_get_running (ObIngestTurns *turns);

G_END_DECLS
