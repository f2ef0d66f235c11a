/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From operands to files; with --recursive also the files in folders.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * cli_expand_files:
 * @paths: files and folders, ended by NULL
 * @is_recursive: folders stand for all that is in them
 * @is_whole: (out): FALSE: something is left out; it was told
 *
 * Returns: (transfer full) (element-type filename): files; what is in a folder is in the order of its bytes
 */
GPtrArray *cli_expand_files (char *const *paths, gboolean is_recursive, gboolean *is_whole);

G_END_DECLS
