/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes over files in pieces that were begun while the path of the data folder led elsewhere. A program may still write one
 * there: that one is left until the program has closed it. Main thread.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

/* Moves those of @data_folder, which need not exist, that no program writes. Errors: as ob_spool_copy(); what was moved
 * before stays here. */
gboolean ob_partial_join (ObSpool *spool, const char *data_folder, GError **error);

/* Returns: whether a program still writes one of those there. */
gboolean ob_partial_is_in_use (const char *data_folder);

G_END_DECLS
