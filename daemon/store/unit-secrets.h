/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets that the unit of the service brings: systemd's credentials, as LoadCredential= names them (systemd.exec(5)). They are read only,
 * there as long as the process, and never copied elsewhere. Main thread.
 *
 *   $CREDENTIALS_DIRECTORY/outbox.NAME     what is made of it
 *   JSON as a person gives it, of kind     the sign-in of destination NAME, at that origin (scheme, host, port) alone
 *   bearer, basic or header, with "origin"
 *   a bare token; no origin, or none that  InvalidArgument: it could be asked for by any server
 *   is one; other kinds
 *   more than 64 KiB, a link, a folder,    Storage
 *   what may not be read
 *   none; no such folder                   NotFound
 */
#pragma once

#include "model/sign-in.h"

G_BEGIN_DECLS

/* Returns: whether there is one for that destination, good or not */
gboolean ob_unit_secret_exists (const char *destination);

/* Returns: (transfer full) (nullable): with its origin */
ObSignIn *ob_unit_secret_read (const char *destination, GError **error);

G_END_DECLS
