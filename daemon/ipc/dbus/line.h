/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls that wait until it is their turn: those who call take turns, and each turn of the main loop serves some. Without it a
 * thousand calls of one app, which the bus delivers at once, would hold up everybody else's. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObLine ObLine;

/* @serve: takes the invocation. */
ObLine *ob_line_new (void (*serve) (GDBusMethodInvocation *invocation, gpointer user_data), gpointer user_data);

/* Those that still wait are told NoBroker. */
void ob_line_free (ObLine *line);

/* @invocation: (transfer full). */
void ob_line_add (ObLine *line, GDBusMethodInvocation *invocation);

G_END_DECLS
