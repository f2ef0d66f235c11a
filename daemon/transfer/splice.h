/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bodies in larger pieces. libsoup gives a body to GLib's g_output_stream_splice(), which copies 8 KiB at a time: a
 * system call or a TLS record for each costs more than half of the processor time of an upload. There is no setting, so
 * the class of libsoup's body stream is given a splice of its own, the same with a larger buffer.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Once libsoup has made its first body stream; before that, and where libsoup has a splice of its own, it does nothing.
 * Any thread. */
void ob_splice_widen (void);

G_END_DECLS
