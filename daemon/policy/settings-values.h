/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads values of settings that are of no rule. Each sets its field, by an empty value to what it is where nothing is said, and returns
 * what is expected instead of a bad value; %NULL for a good one. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* guint64: a number; empty: 0, no limit */
const char *ob_value_read_count (gpointer field, const char *value);

/* gint64: ObKeeping.keep_ms */
const char *ob_value_read_keep (gpointer field, const char *value);

/* gint64: ObKeeping.list_ms; guint64: ObKeeping.list_most */
const char *ob_value_read_list_days (gpointer field, const char *value);
const char *ob_value_read_list_most (gpointer field, const char *value);

/* gint64: ObReminderSettings.after_ms */
const char *ob_value_read_after (gpointer field, const char *value);

/* gboolean; empty: true */
const char *ob_value_read_truth (gpointer field, const char *value);

G_END_DECLS
