/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one way in for rows: whatever brings an upload (a submitted file, a recording, a file or a row that was found) has its
 * row made here. No state. Main thread.
 */
#pragma once

#include "broker/gate.h"
#include "store/database.h"

G_BEGIN_DECLS

/**
 * ob_admission_add:
 * @upload: gets its lane, and the sequence of its first entry
 * @event: "added": an app waits for the answer; "adopted": the bytes are the broker's already
 * @why: (nullable): for the journal
 * @at_ms: Unix time
 *
 * Inside the caller's change. A limit of what an app may have in the queue would be checked here, for "added" alone: after
 * a refusal the ways in undo what they did, and give the app the error.
 *
 * Errors: Storage, DiskFull.
 */
gboolean ob_admission_add (ObGate *gate, ObDatabase *database, ObUpload *upload, const char *event, const char *why,
                           gint64 at_ms, GError **error);

G_END_DECLS
