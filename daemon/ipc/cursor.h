/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Cursors that clients give back: where a list goes on, and from where a subscriber wants to be told. Pure. Errors of all:
 * InvalidArgument, naming the option.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "epoch-number", from a document, a signal or Watch. */
gboolean ob_cursor_read_sequence (const char *text, gint64 *epoch, gint64 *number, GError **error);

/* For uploads: the number of the page's last one; empty is 0, the beginning. */
gboolean ob_cursor_read_upload (const char *text, gint64 *after, GError **error);
char *ob_cursor_dup_upload (gint64 after);

/* For groups: "app/key" of the page's last one. App ids have no slash. */
char *ob_cursor_dup_group (const char *app, const char *key);

/* @app: (out) (transfer full) (nullable): %NULL, as @key, at the beginning. @key: (out) (transfer none): points into
 * @text */
gboolean ob_cursor_read_group (const char *text, char **app, const char **key, GError **error);

G_END_DECLS
