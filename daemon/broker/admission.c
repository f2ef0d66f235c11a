/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gives a new row its lane, and its history the first entry.
 */
#include "broker/admission.h"

#include "store/journal.h"
#include "store/uploads.h"

gboolean
ob_admission_add (ObGate *gate, ObDatabase *database, ObUpload *upload, const char *event, const char *why,
                  gint64 at_ms, GError **error)
{
  ob_gate_admit (gate, upload);
  upload->sequence = ob_journal_append (database, at_ms, upload, event, upload->stored, upload->reason, why, error);

  return upload->sequence > 0 && ob_uploads_insert (database, upload, error);
}
