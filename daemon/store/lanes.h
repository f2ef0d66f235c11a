/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The holds of each lane as the journal has last told them, so that a start tells only what has changed since. Main thread.
 */
#pragma once

#include "model/lane.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Calls @on_lane for each lane that is held. Errors: Storage. */
gboolean ob_lanes_load (ObDatabase *database,
                        void (*on_lane) (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data),
                        gpointer user_data, GError **error);

/* @reasons: bit r for OutboxReason r; 0 deletes the lane. Errors: Storage, DiskFull. */
gboolean ob_lanes_save (ObDatabase *database, const ObLane *lane, OutboxReasonSet reasons, GError **error);

G_END_DECLS
