/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections that were given up while their network was gone, so that their server has not heard of it: it sits on the
 * upload for as long as it believes in them. They are parked, and reset as soon as another connection to that server shows
 * that it can hear. Nothing is written to them any more. Shared by the workers; any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Beyond that the oldest is reset, heard or not. */
#define OB_PARKING_MAX 16

typedef struct _ObParking ObParking;

ObParking *ob_parking_new (void);
ObParking *ob_parking_ref (ObParking *parking);

/* Resets what is in it. */
void ob_parking_unref (ObParking *parking);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObParking, ob_parking_unref)

/* @fd: a TCP socket; a duplicate is kept. The kernel is kept from sending what is queued in it. */
void ob_parking_park (ObParking *parking, int fd);

/* @fd: a connection that has just been made. Resets those that are parked and lead to the same address and port. */
void ob_parking_release (ObParking *parking, int fd);

/* Resets all of them at once, heard or not: a network must not be used that they could come to life on. */
void ob_parking_drop (ObParking *parking);

guint ob_parking_count (ObParking *parking);

/* Sends a RST in place of whatever is still queued, and wakes who waits for the socket. */
void ob_parking_reset (int fd);

G_END_DECLS
