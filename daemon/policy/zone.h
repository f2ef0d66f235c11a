/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The time zone of the device, which changes with a flight. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObZoneWatch ObZoneWatch;

/* @on_changed: called with the zone of now (borrowed), at once and when /etc/localtime was set; by TZ it never changes. Nothing wakes the
 * process as long as nothing in /etc changes. */
ObZoneWatch *ob_zone_watch_new (void (*on_changed) (GTimeZone *zone, gpointer user_data), gpointer user_data);
void ob_zone_watch_free (ObZoneWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObZoneWatch, ob_zone_watch_free)

G_END_DECLS
