/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many of what is on its way together have arrived: "6 of 22". Everything that has ever arrived would be no answer to that. A member of
 * the queue; main thread.
 */
#pragma once

#include "broker/queue.h"

G_BEGIN_DECLS

typedef struct _ObArrivals ObArrivals;

extern const ObMember ob_arrivals_member;

/* @queue: borrowed. */
ObArrivals *ob_arrivals_new (ObQueue *queue);
void ob_arrivals_free (ObArrivals *arrivals);

/* One more has arrived; that is on the disk. */
void ob_arrivals_note (ObArrivals *arrivals);

/* Returns: how many, since something was handed over when nothing was left, or after an hour in which nothing was handed over and
 * nothing arrived: what waits for days does not add those days up. After a start it counts from when the oldest of what is left was handed
 * over, at most twelve hours ago. */
guint64 ob_arrivals_get (ObArrivals *arrivals);

G_END_DECLS
