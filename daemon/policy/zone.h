/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The device's time zone, which may change while it travels. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObZoneWatch ObZoneWatch;

/* @on_changed: called with the present zone (borrowed), at once and whenever /etc/localtime is set. A zone set by TZ
 * never changes. The process does not wake while nothing in /etc changes. */
ObZoneWatch *ob_zone_watch_new (void (*on_changed) (GTimeZone *zone, gpointer user_data), gpointer user_data);
void ob_zone_watch_free (ObZoneWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObZoneWatch, ob_zone_watch_free)

G_END_DECLS
