/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A system call alone: it runs between fork and exec.
 */
#include "support/child.h"

#include <signal.h>
#include <sys/prctl.h>

void
test_child_die_with_parent (gpointer unused)
{
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
}
