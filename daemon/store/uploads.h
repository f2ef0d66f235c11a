/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of uploads. Main thread. Transactions are the caller's: several calls make one durable step.
 */
#pragma once

#include "model/upload.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Returns: the place of the next upload in the order of arrival. */
gint64 ob_uploads_take_number (ObDatabase *database);

/* Sets the number, where it has none yet. Errors: Storage, DiskFull; KeyReused where (app, key) is taken already. */
gboolean ob_uploads_insert (ObDatabase *database, ObUpload *upload, GError **error);

/* Writes every field that may change. Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_update (ObDatabase *database, const ObUpload *upload, GError **error);

/* Writes every field, those that never change too: what was found in a damaged row. Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_put_right (ObDatabase *database, const ObUpload *upload, GError **error);

/* A destination has moved from one origin (scheme, host and port) to another: what was begun there goes on at the new one.
 * Walks through the queue. Errors: Storage, DiskFull. */
gboolean ob_uploads_move_server (ObDatabase *database, const char *destination, const char *old_origin,
                                 const char *new_origin, GError **error);

/* Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_delete (ObDatabase *database, const char *id, GError **error);

/* Returns: (transfer full) (nullable): the upload. Errors: NotFound, Storage. */
ObUpload *ob_uploads_get (ObDatabase *database, const char *id, GError **error);

/* Whether there is such an upload; cheaper than to get it. */
gboolean ob_uploads_has (ObDatabase *database, const char *id);

/* Returns: (transfer full) (nullable): the upload with that submit key. Errors: NotFound, Storage. */
ObUpload *ob_uploads_get_by_key (ObDatabase *database, const char *app, const char *key, GError **error);

/* The first of its own holds that a person is told of. The numbers stand in the database. */
typedef enum
{
  OB_OWN_HOLD_NONE = 0,
  OB_OWN_HOLD_PAUSE = 1, /* alone, or with its group */
  OB_OWN_HOLD_NOT_BEFORE = 2,
  OB_OWN_HOLD_RETRY = 3,
} ObOwnHold;

/* How many uploads there are of a kind. */
typedef struct
{
  const char *destination; /* interned */
  const char *rule;        /* interned */
  ObStored stored;
  ObOwnHold own_hold;
  guint64 uploads;
  guint64 bytes;
  guint64 offset_bytes; /* confirmed by servers; of groups alone */
} ObCount;

/* What List filters by; NULL and FALSE match everything. */
typedef struct
{
  const char *group;
  const char *group_app; /* whose group it is */
  const char *app;
  const char *destination;
  const GArray *kinds;    /* of ObCount: what is of one of them */
  gboolean is_unfinished; /* not done */
} ObUploadsFilter;

/**
 * ob_uploads_list:
 * @after: (inout): the number to begin after; where to begin the next time, or 0 at the end
 *
 * A filter may match few of many: it looks at a span of numbers, so that no call takes long. The span begins at the next row
 * that is there, so that a page without a filter is never empty before the end.
 *
 * Returns: (transfer full) (element-type ObUpload): at most @limit of them, perhaps none, in order of arrival. Errors:
 * Storage.
 */
GPtrArray *ob_uploads_list (ObDatabase *database, const ObUploadsFilter *filter, gint64 *after, guint limit,
                            GError **error);

/* Sets of uploads that are found without a walk through the others. */
typedef enum
{
  OB_UPLOADS_INTERRUPTED,  /* saving or uploading when the process ended */
  OB_UPLOADS_TO_CLEAR,     /* done, and still with a copy in the spool */
  OB_UPLOADS_DUE,          /* whose retry is due at @value, in Unix milliseconds */
  OB_UPLOADS_DUE_TO_BEGIN, /* whose not-before has come at @value */
} ObUploadsSet;

/* Returns: (transfer full) (element-type ObUpload). Errors: Storage. */
GPtrArray *ob_uploads_find (ObDatabase *database, ObUploadsSet set, gint64 value, guint limit, GError **error);

/* Returns: when the next hold of an upload ends, in Unix milliseconds, or 0. */
gint64 ob_uploads_next_wake_ms (ObDatabase *database);

/* Whether an app has an upload, in any state, for that destination. @rule: (nullable): and in the lane of that rule. */
gboolean ob_uploads_has_app (ObDatabase *database, const char *app, const char *destination, const char *rule);

/* Whether an address at a server is that of another upload than @id, in any state, or is still to be given up there. */
gboolean ob_uploads_is_url_taken (ObDatabase *database, const char *server_url, const char *id);

/* Number and bytes of the uploads that failed since their saved copy is gone or damaged; O(these). Errors: Storage. */
gboolean ob_uploads_count_lost (ObDatabase *database, guint64 *uploads, guint64 *bytes, GError **error);

/* Returns: (transfer full) (element-type ObCount): a few rows, whatever the length of the queue. Errors: Storage. */
GArray *ob_uploads_count (ObDatabase *database, GError **error);

/* The same of one group. @app: (nullable): only what that app handed over. */
GArray *ob_uploads_count_group (ObDatabase *database, const char *group_app, const char *group, const char *app,
                                GError **error);

/* Returns: (transfer full) (nullable): the form of a group, of several the one that is furthest from having arrived. Errors:
 * NotFound, Storage. */
ObUpload *ob_uploads_get_form (ObDatabase *database, const char *group_app, const char *group, GError **error);

G_END_DECLS
