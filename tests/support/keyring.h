/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The real gnome-keyring on a test's bus, with one keyring "login" whose files are in the test's folder. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _TestKeyring TestKeyring;

/* Returns when its keyring is there and open. @connection: borrowed, to the bus at @address */
TestKeyring *test_keyring_start (GDBusConnection *connection, const char *address, const char *folder);

/* Ends it, as at a logout: what it has stays in its folder. The next start has it locked until it is unlocked. */
void test_keyring_end (TestKeyring *keyring);
void test_keyring_start_locked (TestKeyring *keyring);

void test_keyring_lock (TestKeyring *keyring);

/* As a person does who types the password. */
void test_keyring_unlock (TestKeyring *keyring);

/* Returns: how many secrets of Outbox are in it */
guint test_keyring_count (TestKeyring *keyring);

void test_keyring_free (TestKeyring *keyring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestKeyring, test_keyring_free)

G_END_DECLS
