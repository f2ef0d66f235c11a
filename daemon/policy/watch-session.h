/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watches for sleep, shutdown and logout by logind, and delays the first two. Main thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

#define OB_TYPE_SESSION_WATCHER (ob_session_watcher_get_type ())
G_DECLARE_FINAL_TYPE (ObSessionWatcher, ob_session_watcher, OB, SESSION_WATCHER, GObject)

/**
 * ob_session_watcher_new:
 * @system_bus: (nullable): a session that goes on
 *
 * Sleep and shutdown wait for ob_watcher_let_go(), at most for as long as logind is set to (InhibitDelayMaxSec, 5 s).
 * A logout waits for nobody: with the last session of a person who does not linger, their manager ends this process about
 * ten seconds later (UserStopDelaySec). A locked screen is no reason to stop, and not looked at.
 */
ObWatcher *ob_session_watcher_new (GDBusConnection *system_bus);

/* Holds a shutdown back, with these words for whoever wants it, until they are %NULL: logind does not shut the device down at all, or
 * where this user may not block it, waits a moment. */
void ob_session_watcher_hold_shutdown (ObSessionWatcher *watcher, const char *words);

G_END_DECLS
