/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Places that were given out and come back from outside: where a list goes on, and from when a subscriber wants to know. Pure.
 * Errors of all: InvalidArgument, naming the option.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "epoch-number", of a document, a signal or Watch. */
gboolean ob_cursor_read_sequence (const char *text, gint64 *epoch, gint64 *number, GError **error);

/* Of a page of uploads: the number of its last one; empty is 0, the begin. */
gboolean ob_cursor_read_upload (const char *text, gint64 *after, GError **error);
char *ob_cursor_dup_upload (gint64 after);

/* Of a page of groups: "app/key" of its last one. No id of an app has a slash. */
char *ob_cursor_dup_group (const char *app, const char *key);

/* @app: (out) (transfer full) (nullable): %NULL, as @key, is the begin. @key: (out) (transfer none): a part of @text */
gboolean ob_cursor_read_group (const char *text, char **app, const char **key, GError **error);

G_END_DECLS
