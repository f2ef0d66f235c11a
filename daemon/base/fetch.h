/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small text files that are not the broker's own, such as those of the configuration: read and written by a process
 * (base/errand.h), since they may lie on a network folder that does not answer. Any thread.
 */
#pragma once

#include "base/errand.h"

G_BEGIN_DECLS

#define OB_FETCH_MOST_BYTES (1024 * 1024)

typedef struct
{
  char *path;
  char *text; /* NULL: see @error */
  gsize size_bytes;
  int error;         /* ENOENT: there is no such file; EFBIG: it is not a file of at most OB_FETCH_MOST_BYTES */
  gboolean is_roots; /* nobody but root may write it, or put another in its place in its folder */
} ObFetched;

/* The text is overwritten: it may be a key. */
void ob_fetched_free (ObFetched *fetched);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObFetched, ob_fetched_free)

/* @paths: one that ends in a slash is a folder, and stands for its files *.conf. Returns: (transfer full) (nullable): collect
 * its answer. Errors: Failed. */
ObErrand *ob_fetch_start (const char *const *paths, GError **error);

/* @answer: (nullable). Returns: (transfer full) (nullable) (element-type ObFetched): each path that is no folder; the files of those
 * that are, by name, or the folder itself with its error; %NULL if the process did not come to its end */
GPtrArray *ob_fetch_parse (const char *const *paths, GBytes *answer);

/* Has a process write the text beside the file, as its name with ".new", and rename that over it; where the file is a link,
 * it stays one. Folders that are missing are made. Collect its answer, of any size. Errors: Failed. */
ObErrand *ob_fetch_replace_start (const char *path, const char *text, GError **error);

/* @answer: (nullable). Returns: whether the text is on the disk. Errors: Storage, DiskFull. */
gboolean ob_fetch_replace_parse (const char *path, GBytes *answer, GError **error);

G_END_DECLS
