/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one way in for rows: whatever brings an upload (a submitted file, a recording, a file or a row that was found) has its
 * row made here. No state. Main thread.
 */
#pragma once

#include "broker/gate.h"
#include "store/uploads.h"

G_BEGIN_DECLS

/* What of an app's quota one more file would be too much for. */
typedef enum
{
  OB_EXCESS_NONE,
  OB_EXCESS_METADATA,
  OB_EXCESS_FILES,
  OB_EXCESS_SAVING,
  OB_EXCESS_BYTES,
} ObExcess;

/* Pure. @use: what the app has here already. @size_bytes: of the file; 0 where it is not known yet */
ObExcess ob_admission_judge (const ObQuota *quota, const ObAppUse *use, guint64 size_bytes, guint64 metadata_bytes);

/**
 * ob_admission_add:
 * @upload: gets its lane, and the sequence of its first entry
 * @event: "added": an app waits for the answer; "adopted": the bytes are the broker's already
 * @why: (nullable): for the journal
 * @at_ms: Unix time
 *
 * Inside the caller's change. What an app may have here is checked for "added" alone: after a refusal the ways in undo what they
 * did, and give the app the error. What is here already, and was found, stays.
 *
 * Errors: Quota, Storage, DiskFull.
 */
gboolean ob_admission_add (ObGate *gate, ObDatabase *database, ObUpload *upload, const char *event, const char *why,
                           gint64 at_ms, GError **error);

/* Whether an upload that is here already may have its metadata. Errors: Quota. */
gboolean ob_admission_check_metadata (ObGate *gate, const ObUpload *upload, GError **error);

G_END_DECLS
