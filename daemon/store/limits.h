/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The limits of numbers in rows. A damaged page, or another program, may leave any number, text or nothing in a column. A
 * value that no version of Outbox would write is repaired, and does not condemn the whole queue. A column's name means the
 * same in every table. Pure.
 */
#pragma once

#include "base/text.h"
#include "model/upload.h"

#include <sqlite3.h>

#include <glib.h>

G_BEGIN_DECLS

/* 9 PB: a number that every reader of JSON can hold, and a thousand of which can be added up. */
#define OB_LIMIT_SIZE ((G_GINT64_CONSTANT (1) << 53) - 1)

/* clang-format off */
/* Column, least, most, and what is read instead of a bad value. A bad state becomes one that waits: the server is then
 * asked. */
#define OB_LIMIT_TABLE \
  LIMIT (size, 0, OB_LIMIT_SIZE, 0) LIMIT (offset, 0, OB_LIMIT_SIZE, 0) LIMIT (bytes_sent, 0, OB_LIMIT_SIZE, 0) \
  LIMIT (furthest, 0, OB_LIMIT_SIZE, 0) LIMIT (checked, 0, OB_LIMIT_SIZE, 0) LIMIT (begun, 0, OB_LIMIT_SIZE, 0) \
  LIMIT (losses, 0, G_MAXINT32, 0) LIMIT (idle_hours, 0, G_MAXINT32, 0) \
  LIMIT (priority, -OB_PRIORITY_MOST, OB_PRIORITY_MOST, 0) \
  LIMIT (amended, 0, G_MAXINT32, 0) LIMIT (attempts, 0, G_MAXINT32, 0) LIMIT (failures, 0, G_MAXINT32, 0) LIMIT (count, 0, G_MAXINT32, 1) \
  LIMIT (state, 0, 5, 1) LIMIT (receipt_rung, 0, 3, 0) LIMIT (receipt, 0, 3, 0) \
  LIMIT (verified_rung, 0, 3, 0) LIMIT (verified_at, 0, OB_TIME_MAX_MS, 0) LIMIT (asked_at, 0, OB_TIME_MAX_MS, 0) LIMIT (update_at, 0, OB_TIME_MAX_MS, 0) \
  LIMIT (is_doubted, 0, 1, 0) LIMIT (frees, 0, 1, 0) LIMIT (is_moved, 0, 1, 0) \
  LIMIT (is_form, 0, 1, 0) LIMIT (is_paused, 0, 1, 0) LIMIT (is_group_paused, 0, 1, 0) LIMIT (is_default, 0, 1, 0) LIMIT (is_managed, 0, 1, 0) \
  LIMIT (has_local_copy, 0, 1, 1) LIMIT (may_manage, 0, 1, 0) \
  LIMIT (retry_at, 0, OB_TIME_MAX_MS, 0) LIMIT (not_before, 0, OB_TIME_MAX_MS, 0) \
  LIMIT (modified_at, 0, OB_TIME_MAX_MS, 0) LIMIT (created_at, 0, OB_TIME_MAX_MS, 0) \
  LIMIT (saved_at, 0, OB_TIME_MAX_MS, 0) LIMIT (updated_at, 0, OB_TIME_MAX_MS, 0) \
  LIMIT (done_at, 0, OB_TIME_MAX_MS, 0) LIMIT (progress_at, 0, OB_TIME_MAX_MS, 0) \
  LIMIT (error_at, 0, OB_TIME_MAX_MS, 0) LIMIT (confirmed_at, 0, OB_TIME_MAX_MS, 0) \
  LIMIT (since, 0, OB_TIME_MAX_MS, 0) LIMIT (at, 0, OB_TIME_MAX_MS, 0) \
  LIMIT (until_at, 0, OB_TIME_MAX_MS, 0) LIMIT (covers, 0, 31, 0) LIMIT (pauses, 0, 1, 0) \
  LIMIT (paired_at, 0, OB_TIME_MAX_MS, 0) LIMIT (silent_since, 0, OB_TIME_MAX_MS, 0) LIMIT (sequence, 0, OB_LIMIT_SIZE, 0) LIMIT (value, 0, OB_LIMIT_SIZE, 0)
/* clang-format on */

#define LIMIT(column, least, most, instead) OB_LIMIT_##column,
typedef enum
{
  OB_LIMIT_TABLE OB_N_LIMITS
} ObLimit;
#undef LIMIT

/* Returns: OB_N_LIMITS if no column of that name has limits */
ObLimit ob_limit_find (const char *column);

/**
 * ob_limit_read:
 * @type: SQLite's type of the value
 * @number: the value
 * @is_good: (out): whether the column may have it
 *
 * Returns: the number, or what is read in place of a bad one
 */
gint64 ob_limit_read (ObLimit limit, int type, gint64 number, gboolean *is_good);

G_END_DECLS
