/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stands between a client of tus and REST's socket, and writes down what each request sends and is answered. It passes on as many
 * bytes of bodies as the test allows, so that a client or the daemon dies at a byte of the test's choice. It has one thread for each
 * connection; its functions are for the main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _Ledger Ledger;

/* Listens on a socket of its own at @path. @upstream: the path of REST's */
Ledger *ledger_new (const char *path, const char *upstream);
void ledger_free (Ledger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ledger, ledger_free)

/* So many bytes of bodies are passed on in all from now on. */
void ledger_allow (Ledger *ledger, guint64 most_bytes);

/* Waits until all of these were passed on. */
void ledger_wait_for (Ledger *ledger, guint64 bytes);

/* Returns: how many bytes of bodies were passed on in all */
guint64 ledger_get_bytes (Ledger *ledger);

/* Returns: how many creations were answered with success */
guint ledger_count_creations (Ledger *ledger);

/* Returns: how many requests of that method there were, by its name on the line */
guint ledger_count (Ledger *ledger, const char *method);

/* Fails where a piece began before an offset that an earlier answer had confirmed. Returns: how many bytes were passed on again
 * that no answer had confirmed */
guint64 ledger_assert_nothing_confirmed_came_twice (Ledger *ledger);

G_END_DECLS
