/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who calls over the bus: which app, and whether it is still there. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObCallers ObCallers;

/* @on_gone: called when a caller that was ever asked for has left the bus. */
ObCallers *ob_callers_new (GDBusConnection *connection, void (*on_gone) (const char *sender, gpointer user_data),
                           gpointer user_data);
void ob_callers_free (ObCallers *callers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObCallers, ob_callers_free)

/* Called once. @app: (nullable): the Flatpak app id where the caller is sandboxed, else the name of its program.
 * @error: NotAllowed where it cannot be told. */
typedef void (*ObCallerFound) (const char *app, const GError *error, gpointer user_data);

/* Asks the bus once for each @sender (a unique name), and remembers. */
void ob_callers_find (ObCallers *callers, const char *sender, ObCallerFound found, gpointer user_data);

G_END_DECLS
