/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who watches, and the signals that tell them: sent to each watcher alone, about what it may see. One that does not read falls
 * behind, and is told from the journal what it missed when it reads again. Main thread.
 */
#pragma once

#include "ipc/filter.h"

G_BEGIN_DECLS

typedef struct _ObWatchers ObWatchers;

/* @broker: borrowed. */
ObWatchers *ob_watchers_new (ObBroker *broker);
void ob_watchers_free (ObWatchers *watchers);

/* From here on there is somebody to tell. */
void ob_watchers_set_connection (ObWatchers *watchers, GDBusConnection *connection);

/* Called once. @sequence: (nullable): up to which it has been told. Errors: InvalidArgument, Storage. */
typedef void (*ObWatchersDone) (const char *sequence, const GError *error, gpointer user_data);

/**
 * ob_watchers_add:
 * @sender: the unique name of a connection
 * @filter: (transfer full): what it wants to hear of
 * @after: a sequence, of which what came later is told first; or empty
 *
 * A caller watches once: this one counts.
 */
void ob_watchers_add (ObWatchers *watchers, const char *sender, ObFilter *filter, const char *after,
                      ObWatchersDone done, gpointer user_data);
void ob_watchers_remove (ObWatchers *watchers, const char *sender);

G_END_DECLS
