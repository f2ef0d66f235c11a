/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When to try again, and when to give up: pure functions of counts and times.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_RETRY_GIVE_UP_MS (G_GINT64_CONSTANT (7) * 24 * 3600 * 1000)

/* A server cannot delay an upload for longer, whatever its Retry-After says. */
#define OB_RETRY_AFTER_MAX_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

/**
 * ob_retry_delay_ms:
 * @failures: failed attempts without progress, in a row; at least 1
 * @retry_after_ms: what the server asked for (RFC 9110 section 10.2.3), or -1
 * @spread: a random number from 0 to 1, for the ±10 % that keeps many clients from coming back together
 *
 * Returns: how long to wait, in milliseconds. A server's wish can make it longer, to a day at most, and never
 * shorter: nought, or a date that is past where a clock is wrong, must not bring the next request at once.
 */
gint64 ob_retry_delay_ms (guint failures, gint64 retry_after_ms, double spread);

/* As ob_retry_delay_ms(), for asking a server again that processes a whole file: after 1, 2, 4, 8 and then 15 minutes. */
gint64 ob_retry_patience_ms (guint looks, gint64 retry_after_ms, double spread);

/**
 * ob_retry_get_idle_ms:
 * @tried_at_ms: when the last attempt in vain ended
 * @now_ms: when this one did, by the same clock, which may have been set in between
 *
 * Returns: how much of the time in between does not count as tried, since the device was off, the network missing, or the clock
 * set; negative if the clock was set back
 */
gint64 ob_retry_get_idle_ms (gint64 tried_at_ms, gint64 now_ms);

/**
 * ob_retry_must_give_up:
 * @progress_at_ms: when something moved last, or the first attempt in vain began
 * @failures: failed attempts without progress, in a row
 * @limit_ms: how long it may go on
 *
 * Returns: whether nothing has moved for so long that a person must look. Setting the clock alone never brings that about:
 * set forward, the whole back-off must still have been tried.
 */
gboolean ob_retry_must_give_up (gint64 progress_at_ms, gint64 now_ms, guint failures, gint64 limit_ms);

/**
 * ob_retry_count_silence:
 * @since_ms: what the last one returned, or 0
 * @is_heard: the upload URL, on another server than the destination, has answered in this attempt
 * @is_silent: nothing answers there, and the destination does
 * @tried_at_ms: when the last attempt in vain ended
 * @now_ms: when this one did
 *
 * Counts only time in which it was tried: not what ob_retry_get_idle_ms() leaves out, nor time in which the destination was
 * silent too.
 *
 * Returns: since when nothing has answered there, moved by the time that does not count; 0: it has answered
 */
gint64 ob_retry_count_silence (gint64 since_ms, gboolean is_heard, gboolean is_silent, gint64 tried_at_ms,
                               gint64 now_ms);

/* Returns: whether the upload URL has been silent for a day of trying, so that it is given up for a new one. */
gboolean ob_retry_must_leave_url (gint64 since_ms, gint64 now_ms);

G_END_DECLS
