/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Crash points: named places at which a test ends the process as a power cut would. Only in a build with
 * -Dcrash_points=true; elsewhere they are nothing.
 */
#pragma once

#include "config.h"

#include <glib.h>

G_BEGIN_DECLS

#if OB_CRASH_POINTS
/* Ends the process with SIGKILL where the environment says OUTBOX_CRASH_AT=name, or name:N for the N-th passing; or where
 * the file says so that it names as @path. Never comes back where it says OUTBOX_HANG_AT=name. */
void ob_crash_point (const char *name);
#else
#define ob_crash_point(name) \
  G_STMT_START {}            \
  G_STMT_END
#endif

G_END_DECLS
