/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every upload that the receiver holds, found by id, and by the names that the sender gave it: its Idempotency-Key and
 * the "outbox_id" of its metadata. Owns the deposits. Main thread.
 */
#pragma once

#include "deposit.h"

typedef struct Shelf Shelf;

/* Reads back what an earlier run left in the folder. A NULL folder holds everything in memory and stores no bytes. */
Shelf *shelf_open (const char *folder, gboolean wants_digest, GError **error);
void shelf_free (Shelf *shelf);

/* Makes a deposit and puts its announcement on disk. id may be NULL: then a random one. Strings may be NULL. */
Deposit *
shelf_create (Shelf *shelf, const char *id, gint64 size, const char *key, const char *metadata, GError **error);
void shelf_remove (Shelf *shelf, Deposit *deposit);

Deposit *shelf_find (Shelf *shelf, const char *id);
/* The finished deposit with that key or outbox_id, other than the one given; else an unfinished one; else NULL. */
Deposit *shelf_find_key (Shelf *shelf, const char *key, const Deposit *other_than);

/* All of them, oldest first. */
GPtrArray *shelf_list (Shelf *shelf);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Shelf, shelf_free)
