/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The person's keyring: the Secret Service of the session bus, by libsecret, whose session with it is encrypted. It belongs to
 * another program, so every question has its time, and nothing waits for the answer. Nothing here has a person asked: a service that
 * wants to prompt is told no, and counts as locked. Main thread.
 *
 *   what the service does                          what becomes of it
 *   nobody has the name; no default, no login      ABSENT
 *     collection; a session that is not encrypted
 *   it has one, which is locked                    LOCKED; its signals tell when that ends
 *   it does not answer within 10 seconds           SILENT; asked again after 30 seconds, and when its name has a new owner
 *   it tells of changes all the time               looked at twenty times a second at most
 *   it vanishes while something is asked           that ends at once (WrongState), and all is asked anew when it is back
 *   it wants to prompt                             the prompt is dismissed: WrongState
 *   it has no such item; or one that is no text,   NotFound
 *     has a NUL in it or more than 256 KiB
 *   it has several                                 the one that was changed last; removing removes all
 *   any error, or what libsecret cannot read       WrongState, with its words
 */
#pragma once

#include "store/keyring-watch.h"

G_BEGIN_DECLS

#define OB_KEYRING_PATIENCE_MS (10 * 1000)

typedef struct _ObKeyring ObKeyring;

/* Called once, perhaps before the call returns. @secret: (nullable): borrowed; %NULL with @error, and where there is nothing to tell.
 * Errors: NotFound; WrongState: the keyring is absent, silent, locked or in trouble; NoBroker: this is the end. */
typedef void (*ObKeyringDone) (const char *secret, const GError *error, gpointer user_data);

/* @patience_ms: how long it has for each question: OB_KEYRING_PATIENCE_MS. @changed: called when the state has changed */
ObKeyring *ob_keyring_new (guint patience_ms, void (*changed) (gpointer user_data), gpointer user_data);

/* Ends what is under way; whoever asked is told. The keyring is absent from then on. */
void ob_keyring_stop (ObKeyring *keyring);

/* Waits a moment for what libsecret has not ended, in the main loop. */
void ob_keyring_free (ObKeyring *keyring);

/* Looks for the service from now on. @connection: the session bus, as g_bus_get() gives it. @is_needed: something is in it, so that the bus is asked to start it. */
void ob_keyring_attach (ObKeyring *keyring, GDBusConnection *connection, gboolean is_needed);

ObKeyringState ob_keyring_get_state (ObKeyring *keyring);

/* @id: of the item, made by ob_id_new(). @label: what a person reads in a program that shows the keyring. An older secret of that id is
 * replaced, and what was written is read again before @done is told that it is there. */
void ob_keyring_read (ObKeyring *keyring, const char *id, ObKeyringDone done, gpointer user_data);
void ob_keyring_write (ObKeyring *keyring, const char *id, const char *label, const char *secret, ObKeyringDone done,
                       gpointer user_data);
void ob_keyring_remove (ObKeyring *keyring, const char *id, ObKeyringDone done, gpointer user_data);

G_END_DECLS
