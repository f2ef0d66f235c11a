/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The receiver's own account of what happened to it, one JSON object a line, so that a test can compare what an uploader
 * believes with what a server saw. Owns the file. Main thread.
 */
#pragma once

#include <json-glib/json-glib.h>

typedef struct Ledger Ledger;

/* A NULL path makes a ledger that keeps nothing. */
Ledger *ledger_open (const char *path, GError **error);
void ledger_close (Ledger *ledger);

/* Takes ownership of facts, which may be NULL; adds "event", "time_ms" and "time_us". */
void ledger_write (Ledger *ledger, const char *event, JsonObject *facts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ledger, ledger_close)
