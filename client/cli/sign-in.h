/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox destination sign-in
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* Asks for a secret, on the terminal where there is one, and hands it to the broker by a pipe. @user: (nullable): it is the
 * password of this user name. @header: (nullable): it is the value of this header. Returns: the exit code */
int cli_sign_in (const char *name, const char *user, const char *header);

G_END_DECLS
