/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The outbox command, run in the broker's folder against the daemon under test. Main thread.
 */
#pragma once

#include "support/broker.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* A run of the command. */
typedef struct
{
  GSubprocess *process;
  GDataInputStream *lines; /* of standard output and standard error */
} TestCommand;

void test_command_clear (TestCommand *command);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestCommand, test_command_clear)

/* @words: shell words, without the program. */
TestCommand test_command_start (TestBroker *broker, const char *words);

/* The same for any other program. @line: shell words. */
TestCommand test_command_start_line (TestBroker *broker, const char *line);

/* The next line, while the main loop goes on. Returns: (transfer full) (nullable): NULL at the end. */
char *test_command_read_line (TestCommand *command);

/* Returns: (transfer full): everything that it still prints. Its exit code must be that. */
char *test_command_finish (TestCommand *command, int exit_code);

/* All of it: start to finish. */
char *test_command (TestBroker *broker, const char *words, int exit_code);

/* Returns: (transfer full): the JSON that it prints. */
JsonNode *test_command_json (TestBroker *broker, const char *words);

/* Fails the test, and says both, if @part is not in @text. */
void test_assert_has (const char *text, const char *part);

G_END_DECLS
