/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes the folders of a file at a WebDAV server (RFC 4918 section 9.3), where the destination's URL puts each group or upload into one
 * of its own: PUT makes none. Worker thread.
 */
#pragma once

#include "transfer/put-look.h"

G_BEGIN_DECLS

/* Returns: whether all of them may be there now; FALSE also if the URL has none. */
gboolean ob_put_make_folders (const ObPutPlace *place);

G_END_DECLS
