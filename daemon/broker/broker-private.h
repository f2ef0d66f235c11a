/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the broker share: broker.c (life, answers), commands.c, submit.c, attempts.c, recovery.c. Main thread.
 */
#pragma once

#include "broker/broker.h"

#include "broker/turn.h"
#include "broker/workers.h"
#include "store/ingest.h"

G_BEGIN_DECLS

struct _ObBroker
{
  GObject parent_instance;

  ObDatabase *database; /* borrowed, as are the next three */
  ObSpool *spool;
  ObClock *clock;
  ObNetwork *network;
  ObTurn *turn;             /* owned, as is the rest */
  ObIngest *ingest;
  ObWorkers *workers;
  GHashTable *destinations; /* name → ObDestination */
  GHashTable *active;       /* id → ObActive: attempts that run or are about to */
  GHashTable *saving;       /* id → ObSaving: files on their way into the spool */
  GHashTable *touched;      /* ids to tell of after the commit; value: whether it is new */
  GCancellable *background; /* of the comparison of spool and database */
  gboolean is_flush_waiting;
  gboolean are_holds_touched;
  gboolean is_paused;
  gboolean is_started;
};

typedef struct
{
  char *id;
  char *destination;
  GCancellable *cancellable;
} ObActive;

typedef struct _ObSaving ObSaving;

/* Tells of an upload, schedules, and sets the alarm, once after the commit. */
void ob_broker_touch (ObBroker *self, const char *id, gboolean is_new);
void ob_broker_touch_holds (ObBroker *self);

/* Whether a destination holds its uploads now, and why: at most four holds. Returns: how many. */
guint ob_broker_get_destination_holds (ObBroker *self, const ObDestination *destination, ObHold holds[4]);

/* Saves a destination and tells of its holds in the journal. Inside a turn. */
gboolean ob_broker_save_destination (ObBroker *self, const ObDestination *destination, OutboxReason reason,
                                     const char *message, GError **error);

/* attempts.c */
extern const ObWorkersEvents ob_broker_workers_events;
void ob_broker_schedule (ObBroker *self);
void ob_broker_wake (ObBroker *self);
void ob_broker_set_alarm (ObBroker *self);
void ob_broker_cancel_attempt (ObBroker *self, const char *id);
void ob_broker_cancel_attempts (ObBroker *self, const char *destination);
void ob_active_free (ObActive *active);
ObJob *ob_broker_make_job (ObBroker *self, const ObUpload *upload);
void ob_broker_clear_copy (ObBroker *self, const char *id);

/* submit.c */
void ob_saving_free (ObSaving *saving);
void ob_broker_cancel_saving (ObBroker *self, const char *id);

/* recovery.c */
void ob_broker_recover (ObBroker *self);
void ob_broker_compare_spool (ObBroker *self);

G_END_DECLS
