/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The destinations: what they are set to, and how they are, which is when they are tried again and what holds them. A member of
 * the queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "model/destination.h"
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

/* Ends the back-offs that are over; where a network has come back, those of all that need one. Errors: Storage, DiskFull. */
gboolean ob_destination_table_wake (ObDestinationTable *table, gint64 now_ms, gboolean is_network_back, GError **error);

/* The clock was set by that much: back-offs are as long as they were meant to be. Errors: Storage, DiskFull. */
gboolean ob_destination_table_shift (ObDestinationTable *table, gint64 jump_ms, GError **error);

/* Returns: when the next back-off ends, as Unix milliseconds; 0: there is none. */
gint64 ob_destination_table_next_ms (ObDestinationTable *table, gint64 now_ms);

/* --- Commands --- */

/* What Destinations.Set may change; NULL: leave it. */
typedef struct
{
  const char *protocol;
  const char *url;
  const char *confirm_url; /* empty: none any more */
  const char *const *also; /* URLs of other origins at which it keeps uploads; of none: none any more */
  GVariant *headers;       /* a{ss} */
  gboolean sets_default;
  gboolean is_default;
} ObDestinationSettings;

/* Errors: InvalidArgument, NotFound, WrongState (of `remove`, where something has not arrived), Storage, DiskFull. */
void ob_destination_table_set (ObDestinationTable *table, const char *name, const ObDestinationSettings *settings,
                               ObQueueDone done, gpointer user_data);
void ob_destination_table_remove (ObDestinationTable *table, const char *name, ObQueueDone done, gpointer user_data);
void ob_destination_table_pause (ObDestinationTable *table, const char *name, gboolean is_paused, ObQueueDone done,
                                 gpointer user_data);

G_END_DECLS
