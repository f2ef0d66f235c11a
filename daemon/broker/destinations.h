/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The destinations: what they are set to, and how they are, which is when they are tried again and what holds them. A member of
 * the queue; main thread.
 */
#pragma once

#include "broker/destination-settings.h"
#include "broker/queue.h"
#include "policy/status.h"

G_BEGIN_DECLS

typedef struct _ObDestinationTable ObDestinationTable;

/* Who listens; inside a change, which may yet be taken back. */
typedef struct
{
  /* What a person has set is to be written beside the database. */
  void (*settings_changed) (gpointer user_data);

  /* It is paused, or another server's: attempts that know it as it was are to end. */
  void (*left) (const char *name, gpointer user_data);
} ObDestinationEvents;

extern const ObMember ob_destination_table_member;

/* @queue: borrowed. @events: static. */
ObDestinationTable *ob_destination_table_new (ObQueue *queue, const ObDestinationEvents *events, gpointer user_data);
void ob_destination_table_free (ObDestinationTable *table);

/* Borrowed: name → ObDestination. */
GHashTable *ob_destination_table_get_all (ObDestinationTable *table);

/* Returns: (nullable): borrowed until the next change. Who changes its health saves it. */
ObDestination *ob_destination_table_find (ObDestinationTable *table, const char *name);

/* @name: (nullable): NULL: the default. Errors: NotFound, NoDestination. */
ObDestination *ob_destination_table_demand (ObDestinationTable *table, const char *name, GError **error);

/* Whether the protocol of a destination can have written that resume text, as far as is known. */
gboolean ob_destination_table_may_resume (ObDestinationTable *table, const char *name, const char *resume);

/* What of its own holds it. Returns: how many. */
guint ob_destination_table_get_holds (ObDestinationTable *table, const ObDestination *destination, ObHold holds[3]);

/* --- Inside a change --- */

/* Saves a destination and tells of its holds in the journal. @message: (nullable): the cause, in words. Errors: Storage,
 * DiskFull. */
gboolean ob_destination_table_save (ObDestinationTable *table, const ObDestination *destination, const char *message,
                                    GError **error);

/* Ends a back-off before its time. @destination: (nullable). Errors: Storage, DiskFull. */
gboolean ob_destination_table_hasten (ObDestinationTable *table, ObDestination *destination, const char *message,
                                      GError **error);

/* --- A network that has come back --- */

/* So long a network has to be up before it is believed to stay: one that comes and goes ends no back-off. */
#define OB_DESTINATIONS_STEADY_MS 10000

/* At @steady_at_ms, as Unix milliseconds, the back-offs end of all that need a network; 0: there is none any more. The time of
 * a member: ob_queue_set_alarm() where no turn follows. */
void ob_destination_table_expect_network (ObDestinationTable *table, gint64 steady_at_ms);

/* --- Commands --- */

/* Errors: InvalidArgument, NotFound, WrongState (of `remove`, where something has not arrived), Storage, DiskFull. */
void ob_destination_table_set (ObDestinationTable *table, const char *name, const ObDestinationSettings *settings,
                               ObQueueDone done, gpointer user_data);
void ob_destination_table_remove (ObDestinationTable *table, const char *name, ObQueueDone done, gpointer user_data);
void ob_destination_table_pause (ObDestinationTable *table, const char *name, gboolean is_paused, ObQueueDone done,
                                 gpointer user_data);

G_END_DECLS
