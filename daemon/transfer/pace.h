/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How fast bytes may leave. All attempts under one rule share its pace, so that two of them are together no faster than
 * one; it can change while they run. It says how long to wait, and never waits itself. Any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* An attempt that paused may catch up on no more than this, so that no burst follows a pause. */
#define OB_PACE_BURST_MS 125

typedef struct _ObPace ObPace;

/* @rate_bytes_per_s: 0: no limit */
ObPace *ob_pace_new (guint64 rate_bytes_per_s);
ObPace *ob_pace_ref (ObPace *pace);
void ob_pace_unref (ObPace *pace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPace, ob_pace_unref)

/* Bytes that wait already leave at the old rate. */
void ob_pace_set_rate (ObPace *pace, guint64 rate_bytes_per_s);
guint64 ob_pace_get_rate (ObPace *pace);

/**
 * ob_pace_take:
 * @wanted_bytes: how many would go
 * @now_us: monotonic
 * @delay_us: (out): how long to wait before they do
 *
 * Returns: how many may go then: all, or a piece that keeps the stream even
 */
gsize ob_pace_take (ObPace *pace, gsize wanted_bytes, gint64 now_us, gint64 *delay_us);

G_END_DECLS
