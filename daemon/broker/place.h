/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a server has an upload, kept in the record beside the copy as well as in the row: a queue that has lost the row, or has an
 * older one, still goes on there, and sends nothing a second time. Any thread, also one that was given up: paths alone are used.
 */
#pragma once

#include "transfer/job.h"

G_BEGIN_DECLS

/* Stores a place in the row, or that there is none: the checkpoint `created` (transfer/job.h) without the record. @is_kept: the record
 * has named it */
typedef ObCreated (*ObPlaceTell) (const char *resume, gboolean is_kept, gpointer user_data);

/**
 * ob_place_change:
 * @has_begun: whether this attempt has made an upload at the server; kept from call to call, at first FALSE
 * @resume: (nullable): as an attempt reports it
 *
 * The row has the place, and then the record, where the one with the place takes that of the one without; both are on the disk when
 * this returns.
 *
 * A flipped bit in the row leads to nothing, as does an upload that the server has lost, and the server cannot tell which. The record
 * can: where it has another place than the one that the attempt began with and gives up, the row gets that, and the attempt stops, so
 * that the next one asks there. Once: then both have the same.
 */
ObCreated ob_place_change (const ObJob *job, gboolean *has_begun, const char *resume, ObPlaceTell tell,
                           gpointer user_data);

/**
 * ob_place_look_elsewhere:
 * @result: of the attempt
 *
 * The same where the attempt's place leads to something that is not the server: it is no reason to give the place up, nor to hold the
 * destination, while the record has another one.
 */
void ob_place_look_elsewhere (const ObJob *job, gboolean has_begun, ObAttemptResult *result, ObPlaceTell tell,
                              gpointer user_data);

/**
 * ob_place_take_up:
 * @job: one that may know no place
 *
 * Has the job go on at the place that was kept last, if there is one.
 */
void ob_place_take_up (ObJob *job, ObPlaceTell tell, gpointer user_data);

/* Returns: whether the record has a place */
gboolean ob_place_is_known (const char *copy_path);

G_END_DECLS
