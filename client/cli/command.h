/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands to uploads, and the words about them: what was done in one line, else what is in the way and the command that
 * helps.
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

typedef enum
{
  CLI_COMMAND_PAUSE,
  CLI_COMMAND_RESUME,
  CLI_COMMAND_RETRY,
  CLI_COMMAND_SEND_NOW,
  CLI_COMMAND_PRIORITY,
} CliCommand;

/* What came of a command to one upload. */
typedef enum
{
  CLI_OUTCOME_DONE,    /* it changed something */
  CLI_OUTCOME_ALREADY, /* it was so before */
  CLI_OUTCOME_HELD,    /* something else holds it, which this command does not lift */
  CLI_OUTCOME_OVER,    /* it has arrived, or has failed: nothing that the command could be about */
  CLI_N_OUTCOMES,
} CliOutcome;

/* What is known of an upload on either side of a command. */
typedef struct
{
  OutboxState state;
  gboolean is_by_user; /* a pause by a person is among its reasons */
  guint64 n_reasons;
} CliStanding;

/* Whether @command can be about an upload that stands so. */
gboolean cli_command_is_for (CliCommand command, const CliStanding *standing);

/* Decides what to tell of an upload that the command was for. */
CliOutcome cli_command_judge (CliCommand command, const CliStanding *before, const CliStanding *after);

/* Resolves @operands, does it, and tells what came of it. @value: of CLI_COMMAND_PRIORITY. Returns: an exit code. */
int cli_command_run (CliCommand command, char *const *operands, int value);

/* The same for whole ids. */
int cli_command_apply (OutboxClient *client, CliCommand command, char *const *ids, int value);

/**
 * cli_command_call:
 * @method: of the interface Uploads: it takes ids, and @value where that is not NULL
 *
 * In parts, as the broker takes them; a part that is done stays so.
 *
 * Returns: of how many of the ids, from the first on, it is done: of all, unless @error is set
 */
guint cli_command_call (OutboxClient *client, const char *method, const char *const *ids, guint n_ids, const int *value,
                        GError **error);

/* Removes uploads; for what has not arrived a person is asked unless @is_force. Returns: an exit code. */
int cli_remove_ids (OutboxClient *client, GStrv ids, gboolean is_force);

/* Prints what holds uploads beside their own pauses and waits, of the whole queue. Returns: whether anything does. */
gboolean cli_command_print_holds (OutboxClient *client);

/* The same of what waits of one group. @group: its document */
gboolean cli_command_print_group_holds (OutboxClient *client, GVariant *group);

/* A verb that takes ids, and without one concerns the whole queue: pause or resume. Returns: an exit code. */
int cli_command_or_queue (CliCommand command, int argc, char *argv[]);

G_END_DECLS
