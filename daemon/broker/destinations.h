/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The destinations: their settings, and their health, which decides when they are tried again and what holds them. A member
 * of the queue; main thread.
 */
#pragma once

#include "broker/destination-settings.h"
#include "broker/queue.h"
#include "policy/status.h"

G_BEGIN_DECLS

typedef struct _ObDestinationTable ObDestinationTable;

/* The listener's functions, called inside a change, which may yet be rolled back. */
typedef struct
{
  /* A setting has changed, and is to be written to the file beside the database. */
  void (*settings_changed) (gpointer user_data);

  /* The destination is paused or at another server: attempts with its old settings are to end. */
  void (*left) (const char *name, gpointer user_data);

  /* The destination has no sign-in any more: it is removed, or at another server. */
  void (*signed_out) (const char *name, gpointer user_data);
} ObDestinationEvents;

extern const ObMember ob_destination_table_member;

/* @queue: borrowed. @events: static. */
ObDestinationTable *ob_destination_table_new (ObQueue *queue, const ObDestinationEvents *events, gpointer user_data);
void ob_destination_table_free (ObDestinationTable *table);

/* Borrowed: name → ObDestination. */
GHashTable *ob_destination_table_get_all (ObDestinationTable *table);

/* Returns: (nullable): borrowed until the next change. A caller that changes its health also saves it. */
ObDestination *ob_destination_table_find (ObDestinationTable *table, const char *name);

/* @name: (nullable): NULL means the default. Errors: NotFound, NoDestination. */
ObDestination *ob_destination_table_demand (ObDestinationTable *table, const char *name, GError **error);

/* Returns: whether the destination's protocol could have written that resume text, as far as is known. */
gboolean ob_destination_table_may_resume (ObDestinationTable *table, const char *name, const char *resume);

/* Returns: how many of its own holds it sets */
guint ob_destination_table_get_holds (ObDestinationTable *table, const ObDestination *destination, ObHold holds[3]);

/* --- Inside a change --- */

/* Saves the destination and writes its holds to the journal. @message: (nullable): the cause, for a person. Errors:
 * Storage, DiskFull. */
gboolean ob_destination_table_save (ObDestinationTable *table, const ObDestination *destination, const char *message,
                                    GError **error);

/* Ends a back-off early. @destination: (nullable). Errors: Storage, DiskFull. */
gboolean ob_destination_table_hasten (ObDestinationTable *table, ObDestination *destination, const char *message,
                                      GError **error);

/* A person pauses or resumes it; the latter also ends its back-off. Errors: NotFound, Storage, DiskFull. */
gboolean ob_destination_table_pause (ObDestinationTable *table, const char *name, gboolean is_paused, GError **error);

/* What ob_destination_table_set() does once it has checked the settings. Errors: Storage, DiskFull. */
gboolean ob_destination_table_apply (ObDestinationTable *table, const char *name, const ObDestinationSettings *settings,
                                     GError **error);

/* The destination has that sign-in from now on, and is tried with it. @shown: (nullable): a{ss}, as ob_sign_in_dup_shown() gives it;
 * NULL: it has none any more. @message: for the journal. Errors: NotFound, Storage, DiskFull. */
gboolean ob_destination_table_sign_in (ObDestinationTable *table, const char *name, GVariant *shown,
                                       const char *message, GError **error);

/* --- A network that has come back --- */

/* A network must last so long before it ends back-offs: one that comes and goes must not. */
#define OB_DESTINATIONS_STEADY_MS 10000

/* At @steady_at_ms (Unix milliseconds) the back-offs of destinations that need a network end; 0: the network is gone. It
 * changes when the member is woken: call ob_queue_set_alarm() unless a turn follows. */
void ob_destination_table_expect_network (ObDestinationTable *table, gint64 steady_at_ms);

/* --- Commands --- */

/* Errors: InvalidArgument, NotFound, WrongState (`remove` while something has not arrived), Storage, DiskFull. */
void ob_destination_table_set (ObDestinationTable *table, const char *name, const ObDestinationSettings *settings,
                               ObQueueDone done, gpointer user_data);
void ob_destination_table_remove (ObDestinationTable *table, const char *name, ObQueueDone done, gpointer user_data);

G_END_DECLS
