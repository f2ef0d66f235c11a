/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the person's keyring is, and what is asked of it by whoever has something to ask: see store/keyring.h. Main thread.
 */
#pragma once

#include "store/keyring-service.h"

G_BEGIN_DECLS

typedef struct _ObKeyringWatch ObKeyringWatch;

typedef enum
{
  OB_KEYRING_ABSENT,
  OB_KEYRING_OPENING, /* not known yet */
  OB_KEYRING_SILENT,
  OB_KEYRING_LOCKED,
  OB_KEYRING_OPEN,
} ObKeyringState;

/* @patience_ms: how long the service has for a look. @changed: called when the state has changed, and is known */
ObKeyringWatch *ob_keyring_watch_new (guint patience_ms, void (*changed) (gpointer user_data), gpointer user_data);

/* It is absent from then on, and nobody is told. */
void ob_keyring_watch_stop (ObKeyringWatch *watch);

/* Waits a moment for what libsecret has not ended, in the main loop. */
void ob_keyring_watch_free (ObKeyringWatch *watch);

/* Looks for the service from now on. @connection: the session bus, as g_bus_get() gives it. @is_needed: something is in it, so that the
 * bus is asked to start it. */
void ob_keyring_watch_attach (ObKeyringWatch *watch, GDBusConnection *connection, gboolean is_needed);

/* Has the bus start the service, if it can: its name then tells. */
void ob_keyring_watch_start_service (ObKeyringWatch *watch);

ObKeyringState ob_keyring_watch_get_state (ObKeyringWatch *watch);

/* Borrowed, and there while the state is OPEN: the service, with a session; where new secrets go. */
SecretService *ob_keyring_watch_get_service (ObKeyringWatch *watch);
SecretCollection *ob_keyring_watch_get_collection (ObKeyringWatch *watch);

G_END_DECLS
