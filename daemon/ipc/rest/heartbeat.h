/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One timer for everybody who has to say regularly that it is still there, so that many idle streams wake the daemon as often as one.
 * Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Proxies and browsers take a connection for dead after half a minute of silence, or later. */
#define OB_HEARTBEAT_S 25

typedef struct _ObHeartbeat ObHeartbeat;

/* @every_s: seconds between two beats */
ObHeartbeat *ob_heartbeat_new (guint every_s);

/* Nobody may be in it any more. */
void ob_heartbeat_free (ObHeartbeat *heartbeat);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObHeartbeat, ob_heartbeat_free)

/* @beat: called at every beat until ob_heartbeat_remove(); the first comes within the time of one. It may add and remove nobody.
 * @member: the data of it, which is not there yet */
void ob_heartbeat_add (ObHeartbeat *heartbeat, void (*beat) (gpointer member), gpointer member);

void ob_heartbeat_remove (ObHeartbeat *heartbeat, gpointer member);

G_END_DECLS
