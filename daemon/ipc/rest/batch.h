/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes that make one event: of each upload the last, of the holds the last. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObBatch ObBatch;

ObBatch *ob_batch_new (void);
void ob_batch_free (ObBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObBatch, ob_batch_free)

/* @json: its document, which is shared */
void ob_batch_add_upload (ObBatch *batch, const char *id, GRefString *json);
void ob_batch_add_removed (ObBatch *batch, const char *id);
/* @json: an array of all that there are, which is shared */
void ob_batch_set_holds (ObBatch *batch, GRefString *json);

/* Moves what @later has into @batch; it is empty then. */
void ob_batch_merge (ObBatch *batch, ObBatch *later);
void ob_batch_clear (ObBatch *batch);

gboolean ob_batch_is_empty (const ObBatch *batch);

/* Returns: about how many bytes it has */
gsize ob_batch_get_bytes (const ObBatch *batch);

/* Returns: (transfer full): an object of `uploads` (new or changed), `removed` (ids) and, where they changed, `holds` */
char *ob_batch_write (const ObBatch *batch);

G_END_DECLS
