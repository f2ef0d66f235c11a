/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The status board: which holds cover what, the public status that follows, and the state of the queue and its groups. It
 * reads the database and asks others; it remembers nothing, opens no turn and changes nothing. Main thread.
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

/* The most holds of a lane together with its destination and the queue. */
#define OB_SHARED_HOLDS_MAX 20

/* Its questions to others. */
typedef struct
{
  /* Returns: the reasons that hold the whole queue, bit r for OutboxReason r */
  OutboxReasonSet (*get_queue_reasons) (gpointer user_data);

  /* Returns: how many holds it sets for uploads in that stored state in a lane */
  guint (*get_lane_holds) (const ObLane *lane, ObStored stored, ObHold holds[OB_LANE_HOLDS_MAX], gpointer user_data);

  /* Adds the holds of lanes. @app: (nullable): only of lanes with its uploads. @list: of ObSharedHold */
  void (*list_lane_holds) (const char *app, GArray *list, gpointer user_data);

  /* Returns: (transfer full): ids of uploads with bytes on the way */
  GPtrArray *(*list_on_the_way) (gpointer user_data);

  /* Returns: up to which byte the peer's kernel has acknowledged; never less than the offset */
  guint64 (*get_sent_bytes) (const ObUpload *upload, gpointer user_data);
} ObStatusFacts;

/* @queue, @destinations, @storage: borrowed. @facts: static. */
ObStatusBoard *ob_status_board_new (ObQueue *queue, ObDestinationTable *destinations, ObStorage *storage,
                                    const ObStatusFacts *facts, gpointer user_data);
void ob_status_board_free (ObStatusBoard *board);

/* --- Of one upload --- */

/* Returns: the present public status of an upload */
ObStatus ob_status_board_get (ObStatusBoard *board, const ObUpload *upload);

/* Returns: (transfer full) (element-type ObSharedHold): the holds that cover the upload, its own included */
GArray *ob_status_board_list_holds_of (ObStatusBoard *board, const ObUpload *upload);

/* --- Of a lane --- */

/* Sets the holds of the lane, its destination and the queue for uploads in that stored state. Where only the server's
 * answer is missing, no rule counts: a question is no load. Returns: how many */
guint ob_status_board_get_holds (ObStatusBoard *board, const ObLane *lane, ObStored stored,
                                 ObHold holds[OB_SHARED_HOLDS_MAX]);

/* Returns: whether an upload in that stored state may start: no hold covers it, except one that lets one upload try. */
gboolean ob_status_board_may_start (ObStatusBoard *board, const ObLane *lane, ObStored stored);

/* --- Of all; O(lanes), whatever the length of the queue --- */

/* Returns: (transfer full) (element-type ObSharedHold): holds of more than one upload. @app: (nullable): only those that
 * cover uploads of it */
GArray *ob_status_board_list_holds (ObStatusBoard *board, const char *app);

/* Number and bytes of uploads by public state. Errors: Storage. */
gboolean ob_status_board_summarise (ObStatusBoard *board, guint64 uploads[OUTBOX_N_STATES],
                                    guint64 bytes[OUTBOX_N_STATES], GError **error);

/* The queue in numbers, without a name. */
typedef struct
{
  guint64 uploads[OUTBOX_N_STATES];
  guint64 bytes[OUTBOX_N_STATES];
  guint64 waiting_uploads[OUTBOX_N_REASONS]; /* paused or retrying, by the first reason */
  guint64 waiting_bytes[OUTBOX_N_REASONS];
  guint64 failed_uploads[OUTBOX_N_REASONS];
  guint64 failed_bytes[OUTBOX_N_REASONS];
  gboolean needs_person; /* something has failed, or a hold of what waits needs a person, or a recording was left */
} ObStatistics;

/* O(lanes and failures). Errors: Storage. */
gboolean ob_status_board_count (ObStatusBoard *board, ObStatistics *statistics, GError **error);

/* Returns: (transfer full) (element-type ObCount): the kinds of uploads in the public state @state now. Errors: Storage. */
GArray *ob_status_board_find_kinds (ObStatusBoard *board, OutboxState state, GError **error);

/* --- Of groups --- */

/* How a group stands. */
typedef struct
{
  ObGroup *group; /* owned */
  guint64 uploads[OUTBOX_N_STATES];
  guint64 bytes[OUTBOX_N_STATES];
  guint64 reasons[OUTBOX_N_REASONS]; /* of its paused and retrying uploads, how many have it as their first reason */
  guint64 offset_bytes;              /* confirmed by servers */
  guint64 sent_bytes;                /* confirmed or on the way */
  gint64 until_ms;                   /* when its first retry is due; 0: not known */
  OutboxState state;                 /* of the group as a whole */
  OutboxState form_state;            /* of its form, if it has one; of several, of the one least far */
  gboolean has_form;
  gboolean needs_user;
} ObGroupStatus;

void ob_group_status_clear (ObGroupStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ObGroupStatus, ob_group_status_clear)

/* Pure. Returns: the state of a group: of its uploads' states the one that tells most */
OutboxState ob_group_state (const guint64 uploads[OUTBOX_N_STATES]);

/* Of the whole queue, as if it was one group without a name; its bytes on the way are not added up. O(lanes). Errors: Storage. */
gboolean ob_status_board_count_all (ObStatusBoard *board, ObGroupStatus *all, GError **error);

/* O(lanes), however large the group is. @app, @name: as in ob_groups_find(). Errors: NotFound, InvalidArgument, Storage. */
gboolean ob_status_board_get_group (ObStatusBoard *board, const char *app, const char *name, ObGroupStatus *status,
                                    GError **error);

/* Returns: whether an upload has failed, or a hold of what waits needs a person. O(lanes). */
gboolean ob_status_board_needs_person (ObStatusBoard *board);

/* Returns: (transfer full) (element-type ObGroupStatus): the groups that match; with an uploader, they count only its
 * uploads. Errors: Storage. */
GArray *ob_status_board_list_groups (ObStatusBoard *board, const ObGroupsFilter *filter, GError **error);

G_END_DECLS
