/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox resume
 */
#include "command.h"

int
cli_resume (int argc, char *argv[])
{
  return cli_command_or_queue (CLI_COMMAND_RESUME, argc, argv);
}
