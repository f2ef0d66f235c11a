/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first to hear of NetworkManager: on the thread that reads the bus, before the message is handed to the main thread. It
 * judges nothing; it puts the brake on, and the watcher of the network decides in its turn.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns: for ob_first_word_forget() */
guint ob_first_word_listen (GDBusConnection *bus);
void ob_first_word_forget (GDBusConnection *bus, guint listener);

G_END_DECLS
