/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watches the power supply: the battery by UPower, the profile by power-profiles-daemon. Main thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

#define OB_TYPE_POWER_WATCHER (ob_power_watcher_get_type ())
G_DECLARE_FINAL_TYPE (ObPowerWatcher, ob_power_watcher, OB, POWER_WATCHER, GObject)

/* @system_bus: (nullable): without one it reads mains and no profile */
ObWatcher *ob_power_watcher_new (GDBusConnection *system_bus);

G_END_DECLS
