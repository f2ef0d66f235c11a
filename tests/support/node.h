/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What tests/setup/install.sh brings: programs, and packages of npm with a Node that runs them. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): the path of a tool, which need not be there */
char *test_node_find_tool (const char *path);

/* Returns: (transfer full) (nullable): a Node that is new enough for the packages */
char *test_node_find (void);

G_END_DECLS
