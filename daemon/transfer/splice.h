/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends bodies in larger pieces. libsoup uses g_output_stream_splice(), which copies 8 KiB at a time: a system call or TLS
 * record for each costs more than half of the processor time of an upload. GLib has no setting for it, so the class of
 * libsoup's body stream gets a splice function with a larger buffer.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Works once libsoup has made its first body stream. Does nothing before that, or if libsoup has a splice function of
 * its own. Any thread. */
void ob_splice_widen (void);

G_END_DECLS
