/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of uploads. Main thread. Transactions are the caller's, so that several calls can make one durable step.
 */
#pragma once

#include "model/lane.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Returns: the next number in the order of arrival */
gint64 ob_uploads_take_number (ObDatabase *database);

/* Sets the number if it has none. Errors: Storage, DiskFull; KeyReused if (app, key) is taken. */
gboolean ob_uploads_insert (ObDatabase *database, ObUpload *upload, GError **error);

/* Writes every field that can change. Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_update (ObDatabase *database, const ObUpload *upload, GError **error);

/* Repairs a damaged row: writes every field, even those that never change. Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_put_right (ObDatabase *database, const ObUpload *upload, GError **error);

/* A destination has moved to another origin (scheme, host and port): changes the upload URLs of its uploads. Walks
 * through the queue. Errors: Storage, DiskFull. */
gboolean ob_uploads_move_server (ObDatabase *database, const char *destination, const char *old_origin,
                                 const char *new_origin, GError **error);

/* Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_delete (ObDatabase *database, const char *id, GError **error);

/* Returns: (transfer full) (nullable): the upload. Errors: NotFound, Storage. */
ObUpload *ob_uploads_get (ObDatabase *database, const char *id, GError **error);

/* Returns: whether the upload exists; cheaper than reading it. */
gboolean ob_uploads_has (ObDatabase *database, const char *id);

/* Returns: (transfer full) (nullable): the upload with that submit key. Errors: NotFound, Storage. */
ObUpload *ob_uploads_get_by_key (ObDatabase *database, const char *app, const char *key, GError **error);

/* The first of its own holds that a person is told of. The numbers are stored in the database. */
typedef enum
{
  OB_OWN_HOLD_NONE = 0,
  OB_OWN_HOLD_PAUSE = 1, /* by itself or with its group */
  OB_OWN_HOLD_NOT_BEFORE = 2,
  OB_OWN_HOLD_RETRY = 3,
} ObOwnHold;

/* The number of uploads of a kind. */
typedef struct
{
  ObLane lane;
  ObStored stored;
  ObOwnHold own_hold;
  guint64 uploads;
  guint64 bytes;
  guint64 offset_bytes; /* confirmed by servers; counted for groups alone */
} ObCount;

/* A filter of List; NULL and FALSE match everything. */
typedef struct
{
  const char *group;
  const char *group_app; /* the owner of the group */
  const char *app;
  const char *destination;
  const GArray *kinds;    /* of ObCount: uploads of any of these kinds */
  gboolean is_unfinished; /* not done */
} ObUploadsFilter;

/**
 * ob_uploads_list:
 * @after: (inout): the number to begin after; where to begin the next time, or 0 at the end
 *
 * Looks at a limited span of numbers, so that a filter that matches few of many uploads does not take long. The span begins at
 * the next existing row, so that a page without a filter is never empty before the end.
 *
 * Returns: (transfer full) (element-type ObUpload): at most @limit uploads, perhaps none, in order of arrival. Errors:
 * Storage.
 */
GPtrArray *ob_uploads_list (ObDatabase *database, const ObUploadsFilter *filter, gint64 *after, guint limit,
                            GError **error);

/* Sets of uploads that an index finds, without a walk through the others. */
typedef enum
{
  OB_UPLOADS_INTERRUPTED, /* saving or uploading when the process ended */
  OB_UPLOADS_TO_CLEAR, /* done up to @value, in Unix milliseconds, with a copy still in the spool; the oldest first */
  OB_UPLOADS_DUE,      /* whose retry is due at @value, in Unix milliseconds */
  OB_UPLOADS_DUE_TO_BEGIN, /* whose not-before time has come at @value */
} ObUploadsSet;

/* Returns: (transfer full) (element-type ObUpload). Errors: Storage. */
GPtrArray *ob_uploads_find (ObDatabase *database, ObUploadsSet set, gint64 value, guint limit, GError **error);

/* Returns: when the oldest of those with a copy still in the spool was done, or 0 */
gint64 ob_uploads_oldest_copy_ms (ObDatabase *database);

/* Returns: when the next own hold of an upload ends, in Unix milliseconds, or 0 */
gint64 ob_uploads_next_wake_ms (ObDatabase *database);

/* Returns: when the next upload that waits after an error is tried again, in Unix milliseconds, or 0 */
gint64 ob_uploads_next_retry_ms (ObDatabase *database);

/* Returns: whether the app has an upload in any state for that destination; and in that lane. */
gboolean ob_uploads_has_app_at (ObDatabase *database, const char *app, const char *destination);
gboolean ob_uploads_has_app_in_lane (ObDatabase *database, const char *app, const ObLane *lane);

/* Returns: whether a URL at a server is another upload's than @id, in any state, or of a termination that has not been
 * done. */
gboolean ob_uploads_is_url_taken (ObDatabase *database, const char *server_url, const char *id);

/* Number and bytes of uploads that failed because their saved copy is gone or damaged; reads only these. Errors:
 * Storage. */
/* Amendments that servers are still to be told of, and that they did not take. */
gboolean ob_uploads_count_untold (ObDatabase *database, guint64 *asked, guint64 *missed, GError **error);
gboolean ob_uploads_count_lost (ObDatabase *database, guint64 *uploads, guint64 *bytes, GError **error);

/* Number and bytes of uploads that failed, by reason; reads only these, from an index. Errors: Storage. */
gboolean ob_uploads_count_failed (ObDatabase *database, guint64 uploads[OUTBOX_N_REASONS],
                                  guint64 bytes[OUTBOX_N_REASONS], GError **error);

/* Returns: whether there is an upload that has neither arrived nor failed; O(lanes) */
gboolean ob_uploads_has_unended (ObDatabase *database);

/* Returns: how many have arrived since the oldest upload that has neither arrived nor failed was handed over, at the soonest at @since_ms;
 * 0 where there is no such upload. Reads them. */
guint64 ob_uploads_count_arrived_beside (ObDatabase *database, gint64 since_ms);

/* Returns: how many recordings nobody has open any more */
guint64 ob_uploads_count_unfinished (ObDatabase *database);

/* Returns: (transfer full) (element-type ObCount): a few rows, however long the queue is. Errors: Storage. */
GArray *ob_uploads_count (ObDatabase *database, GError **error);

/* The same for one group. @app: (nullable): only that app's uploads */
GArray *ob_uploads_count_group (ObDatabase *database, const char *group_app, const char *group, const char *app,
                                GError **error);

/* Returns: (transfer full) (nullable): the form of a group; of several, the one least far. Errors: NotFound, Storage. */
ObUpload *ob_uploads_get_form (ObDatabase *database, const char *group_app, const char *group, GError **error);

/* What an app has here that has not arrived yet. */
typedef struct
{
  guint64 files;
  guint64 bytes;
  guint64 saving; /* of these files, those that still come in */
} ObAppUse;

/* Counts it from the counters; O(lanes). Errors: Storage. */
gboolean ob_uploads_count_use (ObDatabase *database, const char *app, ObAppUse *use, GError **error);

G_END_DECLS
