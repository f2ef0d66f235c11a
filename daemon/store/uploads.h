/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of uploads. Main thread. Transactions are the caller's: several calls make one durable step.
 */
#pragma once

#include "model/upload.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Errors: Storage, DiskFull; KeyReused where (app, key) is taken already. */
gboolean ob_uploads_insert (ObDatabase *database, const ObUpload *upload, GError **error);

/* Writes every field that may change. Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_update (ObDatabase *database, const ObUpload *upload, GError **error);

/* Errors: NotFound, Storage, DiskFull. */
gboolean ob_uploads_delete (ObDatabase *database, const char *id, GError **error);

/* Returns: (transfer full) (nullable): the upload. Errors: NotFound, Storage. */
ObUpload *ob_uploads_get (ObDatabase *database, const char *id, GError **error);

/* Returns: (transfer full) (nullable): the upload with that submit key. Errors: NotFound, Storage. */
ObUpload *ob_uploads_get_by_key (ObDatabase *database, const char *app, const char *key, GError **error);

G_END_DECLS
