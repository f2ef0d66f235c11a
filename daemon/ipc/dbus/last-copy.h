/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On a device that is wiped after a session ([Storage] wiped): holds logout and shutdown back, with words that tell how many files
 * have not arrived, as long as their only copy is here. Main thread.
 */
#pragma once

#include "ipc/requests/request.h"
#include "policy/watch-session.h"

G_BEGIN_DECLS

typedef struct _ObLastCopy ObLastCopy;

/* @broker, @session: borrowed. @connection: of the session bus; a reference is taken */
ObLastCopy *ob_last_copy_new (ObBroker *broker, GDBusConnection *connection, ObSessionWatcher *session);

/* Lets everything go on. */
void ob_last_copy_free (ObLastCopy *last_copy);

/* The rules have changed. */
void ob_last_copy_review (ObLastCopy *last_copy);

G_END_DECLS
