/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A visit as libsoup gets it: one checked request, and no byte after it. Its head is given, its body comes from the socket
 * up to the length that the head tells, and then the stream has ended, whatever else was sent. A peer that neither sends what it
 * has announced nor takes its answer is left after a while, since libsoup waits for ever. Main thread.
 */
#pragma once

#include "ipc/rest/watches.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define OB_VISIT_STREAM_SILENCE_MOST_S 30

#define OB_TYPE_VISIT_STREAM (ob_visit_stream_get_type ())
G_DECLARE_FINAL_TYPE (ObVisitStream, ob_visit_stream, OB, VISIT_STREAM, GIOStream)

/**
 * ob_visit_stream_new:
 * @watch: borrowed until it is closed
 * @head: what libsoup reads first: the head, and what came of the body with it
 * @body_bytes: how many of the body are still to come
 * @hides_leave: keep libsoup's "100 Continue" from a client that has not asked for it
 * @closed: called once, when it is closed or gone, with how many bytes of the body nobody has read. The connection is left open
 *
 * Returns: (transfer full)
 */
GIOStream *ob_visit_stream_new (GSocketConnection *connection, ObWatch *watch, GBytes *head, guint64 body_bytes,
                                gboolean hides_leave, void (*closed) (guint64 unread_bytes, gpointer user_data),
                                gpointer user_data);

G_END_DECLS
