/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of the administrator or the person that are read once, by a process (base/fetch.h), and waited for no longer than seconds.
 * Main thread.
 */
#pragma once

#include "base/fetch.h"

G_BEGIN_DECLS

typedef struct _ObFetching ObFetching;

/* Files that do not answer in this time are asked again when the next attempt is due. */
#define OB_FETCHING_LATE_S 10

/* @files: (nullable) (element-type ObFetched): borrowed; %NULL: they do not answer, or no process can be started. The fetching may be
 * freed here. */
typedef void (*ObFetchingDone) (GPtrArray *files, gpointer user_data);

/* @done is called once, from the main loop. */
ObFetching *ob_fetching_new (const char *const *paths, ObFetchingDone done, gpointer user_data);

/* It is not answered any more. */
void ob_fetching_free (ObFetching *fetching);

G_END_DECLS
