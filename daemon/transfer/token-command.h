/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a token command says: a program that the administrator or the person has named in sign-in.conf. Pure.
 *
 *   how it ends                              what becomes of it
 *   0, a token, perhaps with a line end      it is shown as Bearer, and asked for anew after a minute
 *   0, JSON as of a token endpoint           the same, for as long as expires_in says
 *   0, nothing, or no token                  a person has to mend it: hold sign-in
 *   77 (EX_NOPERM of sysexits.h)             it wants its person: hold sign-in
 *   126, 127, or it cannot be started        it is not there: hold sign-in
 *   more than 64 KiB                         hold sign-in
 *   any other code, a signal, its time over  tried again, as a server that does not answer
 */
#pragma once

#include "base/program.h"
#include "transfer/oauth.h"

G_BEGIN_DECLS

/* A command may take so long. */
#define OB_TOKEN_COMMAND_MS (30 * 1000)

/* A token of which nothing else is known is asked for anew after this time. */
#define OB_TOKEN_COMMAND_LIFETIME_MS (60 * 1000)

/* @end: (nullable): as ObProgramDone has it. Returns: (transfer full) */
ObOauthAnswer *ob_token_command_read (const ObProgramEnd *end);

G_END_DECLS
