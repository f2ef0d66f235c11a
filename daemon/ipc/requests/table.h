/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of operations that callers can ask for through any door, named like the bus's methods, such as "Uploads.Get". Main
 * thread.
 */
#pragma once

#include "ipc/requests/request.h"

G_BEGIN_DECLS

gboolean ob_request_is_known (const char *name);

/* Returns: how many requests there are */
guint ob_request_count (void);

/* NotSupported: the bus has the name, and this version does not do it. */
void ob_request_set_unknown (GError **error, const char *name);

/**
 * ob_request_run:
 * @name: one that ob_request_is_known()
 *
 * Errors: NotAllowed where the table of access refuses the caller; InvalidArgument where an argument is missing, unknown or of
 * another type; and those of the operation.
 */
void ob_request_run (const char *name, const ObRequest *request);

G_END_DECLS
