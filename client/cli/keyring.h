/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The person's keyring, as the command sees it: how it is, and its unlocking, for which the keyring itself asks for a password. No
 * secret comes this way.
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

typedef enum
{
  CLI_KEYRING_ABSENT, /* no service, or none with a keyring for new secrets */
  CLI_KEYRING_SILENT,
  CLI_KEYRING_LOCKED,
  CLI_KEYRING_OPEN,
} CliKeyring;

/* Waits some seconds at most. @path: (out) (optional): of the keyring where new secrets go, (transfer full); NULL: there is none */
CliKeyring cli_keyring_ask (GDBusConnection *bus, char **path);

/* outbox destination unlock */
int cli_keyring_unlock (void);

/* @destination: its document. Returns: (nullable): where its secret is, translated */
const char *cli_keyring_get_place (GVariant *destination);

G_END_DECLS
