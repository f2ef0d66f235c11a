/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The news: rows of uploads that arrived after they had to wait, and of groups that have arrived as a whole, until a person has seen them.
 * A row goes with its upload or group. Main thread.
 */
#pragma once

#include "model/upload.h"
#include "store/database.h"

G_BEGIN_DECLS

/* What there is, told or not. */
typedef struct
{
  guint64 uploads;
  guint64 groups;
  guint64 group_uploads; /* in these groups */
  guint64 told;          /* of both, those that were told */
  gint64 first_ms;       /* when the first of those became news that are not told yet; 0: all are */
  gint64 last_ms;        /* and the last */
} ObNews;

/* Errors: Storage. */
gboolean ob_news_count (ObDatabase *database, ObNews *news, GError **error);

/* What is news already stays as it is. Errors: Storage, DiskFull. */
gboolean ob_news_add_upload (ObDatabase *database, const char *id, gint64 now_ms, GError **error);

/* Adds the group of an upload, if it has more than that one and all of them have arrived. Errors: Storage, DiskFull. */
gboolean ob_news_add_group_of (ObDatabase *database, const ObUpload *upload, gint64 now_ms, GError **error);

/* Of what is no news any more. */
typedef enum
{
  OB_NEWS_OF_UPLOADS = 1,
  OB_NEWS_OF_GROUPS = 2,
  OB_NEWS_OF_ALL = 3,
} ObNewsKind;

/* Errors: Storage, DiskFull. */
gboolean ob_news_forget_kind (ObDatabase *database, ObNewsKind kind, GError **error);
gboolean ob_news_forget_told (ObDatabase *database, GError **error);
gboolean ob_news_forget_before (ObDatabase *database, gint64 before_ms, GError **error);

/* Forgets, of the uploads of which the journal has rows after that sequence, and of their groups, what has not arrived any more, or
 * not as a whole. @is_changed: (out). Errors: Storage, DiskFull. */
gboolean ob_news_forget_untrue (ObDatabase *database, gint64 after, gboolean *is_changed, GError **error);

/* What became news until then has been told. Errors: Storage, DiskFull. */
gboolean ob_news_set_told (ObDatabase *database, gint64 until_ms, GError **error);

/**
 * ob_news_read_arrivals:
 * @sequence: (inout): looks at the journal's rows after it; then that of the last row looked at
 * @limit: how many rows to look at
 *
 * Returns: (transfer full) (nullable) (element-type utf8): ids of what arrived in these rows. Errors: Storage.
 */
GPtrArray *ob_news_read_arrivals (ObDatabase *database, gint64 *sequence, guint limit, GError **error);

G_END_DECLS
