/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a server has an upload, kept in the record beside the copy as well as in the row: a queue that has lost the row, or has an
 * older one, still goes on there, and sends nothing a second time. Any thread, also one that was given up: paths alone are used.
 */
#pragma once

#include "transfer/job.h"

G_BEGIN_DECLS

/**
 * ob_place_keep:
 * @copy_path: of the copy in the spool, which has a record
 * @resume: what leads back to the upload at the server (transfer/job.h)
 *
 * The record with the place takes that of the one without; it is on the disk when this returns. A disk that has taken the row and does
 * not take the record is no reason not to send: that is logged.
 */
void ob_place_keep (const char *copy_path, const char *resume);

/**
 * ob_place_take_up:
 * @job: one that may know no place
 * @created: the checkpoint, which stores it in the row
 *
 * Has the job go on at the place that was kept last, if there is one.
 */
void ob_place_take_up (ObJob *job, ObCreated (*created) (const char *resume, gpointer user_data), gpointer user_data);

/* Returns: whether the record has a place */
gboolean ob_place_is_known (const char *copy_path);

G_END_DECLS
