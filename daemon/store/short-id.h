/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds uploads by a part of their id, as people type it.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/**
 * ob_short_id_find:
 * @part: the first or the last characters of an id, at least four of them
 *
 * Finds the one upload whose id begins or ends so, by an index: the length of the queue does not matter.
 *
 * Returns: (transfer full) (nullable): its whole id. Errors: NotFound; InvalidArgument with some of them, where there are
 * several; Storage
 */
char *ob_short_id_find (ObDatabase *database, const char *part, GError **error);

G_END_DECLS
