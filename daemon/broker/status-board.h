/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The status board: what holds what, the public status that follows from it, and how the queue and its groups stand. It reads the
 * database and asks others; it remembers nothing, opens no turn and changes nothing. Main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/queue.h"
#include "broker/shared-holds.h"
#include "broker/storage.h"
#include "policy/status.h"
#include "store/groups.h"
#include "store/uploads.h"

G_BEGIN_DECLS

typedef struct _ObStatusBoard ObStatusBoard;

/* What everything in a lane may be held by, together with its destination and the queue. */
#define OB_SHARED_HOLDS_MAX 20

/* What it asks of others. */
typedef struct
{
  /* What holds the whole queue, bit r for OutboxReason r. */
  OutboxReasonSet (*get_queue_reasons) (gpointer user_data);

  /* What holds what has that stored state in a lane. Returns: how many. */
  guint (*get_lane_holds) (const char *destination, const char *rule, ObStored stored, ObHold holds[OB_LANE_HOLDS_MAX],
                           gpointer user_data);

  /* Adds what holds lanes. @app: (nullable): those in which it has uploads. @list: of ObSharedHold */
  void (*list_lane_holds) (const char *app, GArray *list, gpointer user_data);

  /* Returns: (transfer full): the ids of the uploads of which bytes are on the way. */
  GPtrArray *(*list_on_the_way) (gpointer user_data);

  /* Returns: up to which byte of an upload the peer's kernel has acknowledged; never less than its offset. */
  guint64 (*get_sent_bytes) (const ObUpload *upload, gpointer user_data);
} ObStatusFacts;

/* @queue, @destinations, @storage: borrowed. @facts: static. */
ObStatusBoard *ob_status_board_new (ObQueue *queue, ObDestinationTable *destinations, ObStorage *storage,
                                    const ObStatusFacts *facts, gpointer user_data);
void ob_status_board_free (ObStatusBoard *board);

/* --- Of one upload --- */

/* The public status of an upload, now. */
ObStatus ob_status_board_get (ObStatusBoard *board, const ObUpload *upload);

/* Returns: (transfer full) (element-type ObSharedHold): those that cover this one, its own included. */
GArray *ob_status_board_list_holds_of (ObStatusBoard *board, const ObUpload *upload);

/* --- Of a lane --- */

/* Everything that holds what has that stored state in a lane: the lane, its destination, the queue. Where only the server's
 * word is missing, no rule is in the way: a question is no load. Returns: how many. */
guint ob_status_board_get_holds (ObStatusBoard *board, const char *destination, const char *rule, ObStored stored,
                                 ObHold holds[OB_SHARED_HOLDS_MAX]);

/* Whether nothing holds what has that stored state in a lane, but what lets one try. */
gboolean ob_status_board_may_start (ObStatusBoard *board, const char *destination, const char *rule, ObStored stored);

/* --- Of all; O(lanes), whatever the length of the queue --- */

/* Returns: (transfer full) (element-type ObSharedHold): those that cover more than one upload.
 * @app: (nullable): of which it has any; NULL: all. */
GArray *ob_status_board_list_holds (ObStatusBoard *board, const char *app);

/* Number and bytes by public state. Errors: Storage. */
gboolean ob_status_board_summarise (ObStatusBoard *board, guint64 uploads[OUTBOX_N_STATES],
                                    guint64 bytes[OUTBOX_N_STATES], GError **error);

/* Returns: (transfer full) (element-type ObCount): the kinds of uploads whose public state is @state now. Errors: Storage. */
GArray *ob_status_board_find_kinds (ObStatusBoard *board, OutboxState state, GError **error);

/* --- Of groups --- */

/* How a group stands. */
typedef struct
{
  ObGroup *group; /* owned */
  guint64 uploads[OUTBOX_N_STATES];
  guint64 bytes[OUTBOX_N_STATES];
  guint64 reasons[OUTBOX_N_REASONS]; /* of those that are paused or retrying, how many have it as the first reason */
  guint64 offset_bytes;              /* confirmed by the servers */
  guint64 sent_bytes;                /* the same with what is on the way */
  gint64 until_ms;                   /* when the first that retries goes on; 0: not known */
  OutboxState state;                 /* of the group */
  OutboxState form_state;            /* where it has one; of several, of the one that has least arrived */
  gboolean has_form;
  gboolean needs_user;
} ObGroupStatus;

void ob_group_status_clear (ObGroupStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ObGroupStatus, ob_group_status_clear)

/* The one state of a group: of those that its uploads are in, the one that tells most of what goes on. Pure. */
OutboxState ob_group_state (const guint64 uploads[OUTBOX_N_STATES]);

/* O(lanes), whatever the size of the group. @app, @name: as ob_groups_find() has them. Errors: NotFound, InvalidArgument,
 * Storage. */
gboolean ob_status_board_get_group (ObStatusBoard *board, const char *app, const char *name, ObGroupStatus *status,
                                    GError **error);

/* Returns: (transfer full) (element-type ObGroupStatus): those that match; where an uploader is asked for, they count what it
 * handed over. Errors: Storage. */
GArray *ob_status_board_list_groups (ObStatusBoard *board, const ObGroupsFilter *filter, GError **error);

G_END_DECLS
