/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the programs that a test starts have in common.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Between fork and exec (g_subprocess_launcher_set_child_setup()): a test that dies takes the program with it. */
void test_child_die_with_parent (gpointer unused);

G_END_DECLS
