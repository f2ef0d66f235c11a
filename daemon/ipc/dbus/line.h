/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls that wait for their turn: callers take turns, and each turn of the main loop serves some calls. Otherwise a
 * thousand calls of one app, which the bus delivers at once, would block everybody else's. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObLine ObLine;

/* @serve: takes ownership of the invocation */
ObLine *ob_line_new (void (*serve) (GDBusMethodInvocation *invocation, gpointer user_data), gpointer user_data);

/* Calls that still wait get NoBroker. */
void ob_line_free (ObLine *line);

/* @invocation: (transfer full) */
void ob_line_add (ObLine *line, GDBusMethodInvocation *invocation);

G_END_DECLS
