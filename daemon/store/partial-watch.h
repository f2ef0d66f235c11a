/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells when a partial file is closed by somebody who had it open for writing (an app that is done with it, or died), or is gone. Main
 * thread.
 */
#pragma once

#include "store/partial.h"

G_BEGIN_DECLS

typedef struct _ObPartialWatch ObPartialWatch;

/* @on_closed: called on the main thread with the id; another process may still have the file open. Returns: (transfer
 * full) (nullable): %NULL if the system has no watches left, or if the folder does not exist yet */
ObPartialWatch *ob_partial_watch_new (ObSpool *spool, void (*on_closed) (const char *id, gpointer user_data),
                                      gpointer user_data);
void ob_partial_watch_free (ObPartialWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPartialWatch, ob_partial_watch_free)

G_END_DECLS
