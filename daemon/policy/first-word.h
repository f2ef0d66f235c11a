/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hears NetworkManager's signals on the thread that reads the bus, before the main thread gets them, and puts the brake on:
 * until the network's watcher has judged the change, no byte leaves.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns: to be given to ob_first_word_forget() */
guint ob_first_word_listen (GDBusConnection *bus);
void ob_first_word_forget (GDBusConnection *bus, guint listener);

G_END_DECLS
