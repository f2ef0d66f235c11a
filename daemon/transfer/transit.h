/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How far the bytes of an upload have come that are on the way: the peer's kernel has acknowledged them, the server has not
 * confirmed them yet. The body of a request says what was taken out of it, the watch of the connection what the socket still
 * holds, and whoever has an eye on the workers reads it. Nothing here is progress. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObTransit ObTransit;

ObTransit *ob_transit_new (void);
ObTransit *ob_transit_ref (ObTransit *transit);
void ob_transit_unref (ObTransit *transit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTransit, ob_transit_unref)

/* A body begins that has the upload's bytes from @offset_bytes on. */
void ob_transit_begin (ObTransit *transit, guint64 offset_bytes);

/* The server has answered, or never will: from here on its word counts alone. */
void ob_transit_end (ObTransit *transit);

/* @taken_bytes: of the body, so far; @held_bytes: of these, what the taker may not have written to the socket yet */
void ob_transit_note_taken (ObTransit *transit, guint64 taken_bytes, guint64 held_bytes);

/* @rest_bytes of the body are the last of the upload: once they are acknowledged, nothing but the server's word is missing.
 * @now_us: monotonic: where nothing of it is left, it is acknowledged now. */
void ob_transit_expect_end (ObTransit *transit, guint64 rest_bytes, gint64 now_us);

/* Whether the server has been left alone with the whole of an upload for a while, as of @now_us (monotonic): a program runs over
 * it there, and the place of whoever waits is of use to another. */
gboolean ob_transit_is_left (ObTransit *transit, gint64 now_us);

/* How long a server's word may take that is an ordinary one. */
#define OB_TRANSIT_ORDINARY_MS 5000

/* Looks at the socket that the body goes to. @fd: -1: there is none yet; @now_us: monotonic */
void ob_transit_look (ObTransit *transit, int fd, gint64 now_us);

/* Returns: up to which byte of the upload the peer's kernel has acknowledged at least; 0: nothing is on the way. */
guint64 ob_transit_get_sent_bytes (ObTransit *transit);

/* Pure. How much of a body is acknowledged at least: what was written less what the socket holds, in which the head of the
 * request may be, and in TLS more bytes than were written. Never less than @reached_bytes, what it was before. */
guint64 ob_transit_reach (guint64 reached_bytes, guint64 taken_bytes, guint64 held_bytes, guint64 queued_bytes);

G_END_DECLS
