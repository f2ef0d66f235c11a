/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections that were given up while their network was gone. Their server has not heard of it, and keeps the upload
 * locked as long as it believes in them. They are parked, nothing is written to them, and they are reset as soon as a new
 * connection to the same server shows that it can hear. The workers share the parking; any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* When it is full, the oldest is reset, heard or not. */
#define OB_PARKING_MAX 16

typedef struct _ObParking ObParking;

ObParking *ob_parking_new (void);
ObParking *ob_parking_ref (ObParking *parking);

/* The last reference resets what is parked. */
void ob_parking_unref (ObParking *parking);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObParking, ob_parking_unref)

/* Parks a duplicate of the TCP socket @fd, and keeps the kernel from sending what is queued in it. */
void ob_parking_park (ObParking *parking, int fd);

/* @fd: a connection that was just made. Resets the parked ones that lead to the same address and port. */
void ob_parking_release (ObParking *parking, int fd);

/* Resets all of them at once, heard or not: they could wake up on a network that may not be used. */
void ob_parking_drop (ObParking *parking);

guint ob_parking_count (ObParking *parking);

/* Sends a RST instead of what is still queued, and wakes a thread that waits for the socket. */
void ob_parking_reset (int fd);

G_END_DECLS
