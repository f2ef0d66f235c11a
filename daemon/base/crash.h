/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Crash points: named places where a test can end the process, as a power cut would. Built only with -Dcrash_points=true.
 */
#pragma once

#include "config.h"

#include <glib.h>

G_BEGIN_DECLS

#if OB_CRASH_POINTS
/* Ends the process by SIGKILL if OUTBOX_CRASH_AT is this name, or name:N at the N-th time; OUTBOX_CRASH_AT=@path reads
 * that from a file. With OUTBOX_HANG_AT=name it never returns. */
void ob_crash_point (const char *name);
#else
#define ob_crash_point(name) \
  G_STMT_START {}            \
  G_STMT_END
#endif

G_END_DECLS
