/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes on the way: the peer's kernel has acknowledged them, the server has not confirmed them. The body says how much was
 * taken from it, the connection's watch how much the socket still holds, and the workers read the result. None of it is
 * progress. Any thread.
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

/* The server has answered, or never will: from here on only its word counts. */
void ob_transit_end (ObTransit *transit);

/* @taken_bytes: of the body so far. @held_bytes: those of them that are perhaps not yet written to the socket */
void ob_transit_note_taken (ObTransit *transit, guint64 taken_bytes, guint64 held_bytes);

/* Once @rest_bytes of the body are acknowledged, only the server's answer is missing. @now_us: monotonic; if @rest_bytes
 * is 0, that is the case now. */
void ob_transit_expect_end (ObTransit *transit, guint64 rest_bytes, gint64 now_us);

/* Returns: whether the server has had the whole upload for a while and still processes it, as of @now_us (monotonic).
 * The attempt's place can then be given to another. */
gboolean ob_transit_is_left (ObTransit *transit, gint64 now_us);

/* An ordinary answer takes no longer than this. */
#define OB_TRANSIT_ORDINARY_MS 5000

/* Looks at the body's socket. @fd: -1 if there is none yet. @now_us: monotonic */
void ob_transit_look (ObTransit *transit, int fd, gint64 now_us);

/* Returns: the upload's bytes that the peer's kernel has acknowledged at least; 0 if nothing is on the way */
guint64 ob_transit_get_sent_bytes (ObTransit *transit);

/* Pure. Returns: how much of a body is acknowledged at least: the bytes written less those that the socket holds. The
 * socket may hold the request's header too, and in TLS more bytes than were written, so the result never falls below
 * @reached_bytes, the last one. */
guint64 ob_transit_reach (guint64 reached_bytes, guint64 taken_bytes, guint64 held_bytes, guint64 queued_bytes);

G_END_DECLS
