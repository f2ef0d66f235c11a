/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The stored times of waits after an error. They are wall-clock times, and move when that clock is set. Main thread;
 * transactions are the caller's.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/**
 * ob_waits_shift:
 * @jump_ms: by how much the clock was set
 * @most_ms: no wait can end later: such a time was written while the clock was far off
 * @instead_ms: when such a wait ends instead
 *
 * Times are Unix milliseconds. Errors: Storage, DiskFull.
 */
gboolean ob_waits_shift (ObDatabase *database, gint64 jump_ms, gint64 most_ms, gint64 instead_ms, GError **error);

G_END_DECLS
