/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What servers have said of an upload, as members of its document. Main thread.
 */
#pragma once

#include "model/upload.h"

G_BEGIN_DECLS

/* Adds the receipt, what was said when its server was asked again, and what became of a change that it was told of. */
void ob_document_add_answers (GVariantBuilder *builder, const ObUpload *upload);

G_END_DECLS
