/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker's own copy of the files of the rules in force, for a start at which those do not answer, or are bad. Main thread.
 */
#pragma once

#include "base/fetch.h"

G_BEGIN_DECLS

/* @path: one of the broker's own files. @texts: (element-type ObFetched). Writes it unless it says so already. */
void ob_kept_rules_write (const char *path, GPtrArray *texts);

/* Returns: (transfer full) (nullable) (element-type ObFetched) */
GPtrArray *ob_kept_rules_read (const char *path);

G_END_DECLS
