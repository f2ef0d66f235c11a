/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shows a person what nobody asked for: a reminder of work that has not arrived, the news of what has arrived, and a web page that asks
 * to be let in. One notification of each, which the next one replaces, without a name of anybody's file or group: it may be on a locked
 * screen. Where nobody shows notifications, nothing happens; reminders and news wait until somebody does. Main thread.
 */
#pragma once

#include "ipc/requests/request.h"

G_BEGIN_DECLS

typedef struct _ObNotifier ObNotifier;

/* @context: borrowed. @connection: of the session bus; a reference is taken. @open: (nullable): what a click runs; NULL: the dashboard, by the
 * command that opens it */
ObNotifier *ob_notifier_new (const ObRequestContext *context, GDBusConnection *connection,
                             void (*open) (gpointer user_data), gpointer user_data);

/* Takes back what it shows, but for news. */
void ob_notifier_free (ObNotifier *notifier);

G_END_DECLS
