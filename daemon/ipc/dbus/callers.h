/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Callers on the bus: which app each is, whether it is sandboxed, and whether it is still there. Main thread.
 */
#pragma once

#include "ipc/caller.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObCallers ObCallers;

ObCallers *ob_callers_new (void);

/* Callers that still wait get NotAllowed. */
void ob_callers_free (ObCallers *callers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObCallers, ob_callers_free)

/* Call it before the first question. */
void ob_callers_attach (ObCallers *callers, GDBusConnection *connection);

/* @on_gone: called when a caller that was asked about has left the bus */
void ob_callers_watch (ObCallers *callers, void (*on_gone) (const char *sender, gpointer user_data),
                       gpointer user_data);

/* Called once. @caller: (nullable). @error: NotAllowed if it cannot be found out */
typedef void (*ObCallerFound) (const ObCaller *caller, const GError *error, gpointer user_data);

/* Asks the bus once for each @sender (a unique name), and remembers the answer. */
void ob_callers_find (ObCallers *callers, const char *sender, ObCallerFound found, gpointer user_data);

G_END_DECLS
