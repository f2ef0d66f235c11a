/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells when somebody lets go of a file in pieces that he had open to write it: an app that closes it, or dies. Main thread.
 */
#pragma once

#include "store/partial.h"

G_BEGIN_DECLS

typedef struct _ObPartialWatch ObPartialWatch;

/* @on_closed: called on the main thread, with an id; somebody else may have the file open still. Returns: (transfer full)
 * (nullable): NULL where the system has no more watches to give, or there is no folder yet. */
ObPartialWatch *ob_partial_watch_new (ObSpool *spool, void (*on_closed) (const char *id, gpointer user_data),
                                      gpointer user_data);
void ob_partial_watch_free (ObPartialWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPartialWatch, ob_partial_watch_free)

G_END_DECLS
