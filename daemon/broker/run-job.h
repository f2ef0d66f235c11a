/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every attempt is given, whatever it is to do: its caller adds that.
 */
#pragma once

#include "model/destination.h"
#include "model/upload.h"
#include "transfer/job.h"

G_BEGIN_DECLS

/* Of its destination alone. @destination: (nullable). Returns: (transfer full) */
ObJob *ob_run_job_new (const char *id, const ObDestination *destination);

/* Of its upload as well. @destination: (nullable). Returns: (transfer full) */
ObJob *ob_run_job_new_of (const ObUpload *upload, const ObDestination *destination);

G_END_DECLS
