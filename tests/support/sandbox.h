/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Callers in a sandbox, whose root is made as Flatpak makes it.
 */
#pragma once

#include "support/broker.h"

G_BEGIN_DECLS

/* Whether a file system can be mounted in a namespace here. */
gboolean test_sandbox_is_possible (void);

/* Has a program that is about to be started begin in a sandbox. @info: what its `.flatpak-info` says, with \n for lines.
 * @argv: gets what stands before the program. */
void test_sandbox_enter (TestBroker *broker, const char *info, GSubprocessLauncher *launcher, GPtrArray *argv);

G_END_DECLS
