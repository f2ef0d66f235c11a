/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signals of org.outbox.Outbox1.Uploads: each connection's subscription to the feed. Generated emitters broadcast, so
 * signals are emitted by hand to each subscriber alone; one that does not read is told nothing more until it does. Main
 * thread.
 */
#pragma once

#include "ipc/feed.h"

G_BEGIN_DECLS

typedef struct _ObSubscribers ObSubscribers;

/* @feed: borrowed. */
ObSubscribers *ob_subscribers_new (ObFeed *feed);
void ob_subscribers_free (ObSubscribers *subscribers);

/* From here on signals can be sent. */
void ob_subscribers_set_connection (ObSubscribers *subscribers, GDBusConnection *connection);

/* Called once. @sequence: (nullable): up to which it has been told. Errors: NotAllowed, InvalidArgument, Storage */
typedef void (*ObSubscribersDone) (const char *sequence, const GError *error, gpointer user_data);

/**
 * ob_subscribers_add:
 * @sender: the unique name of a connection
 * @options: those of Watch: what it wants to hear of
 * @after: a sequence, of which what came later is told first; or empty
 *
 * A caller watches once: this one counts.
 */
void ob_subscribers_add (ObSubscribers *subscribers, const char *sender, const ObCaller *caller, GVariant *options,
                         const char *after, ObSubscribersDone done, gpointer user_data);
void ob_subscribers_remove (ObSubscribers *subscribers, const char *sender);

/* Removes all of them, and tells each from where to watch again. */
void ob_subscribers_end_all (ObSubscribers *subscribers);

G_END_DECLS
