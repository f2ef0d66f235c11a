/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands for uploads and their words: one line says what was done, or what is in the way and which command helps.
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

/* The outcome of a command for one upload. */
typedef enum
{
  CLI_OUTCOME_DONE,    /* it changed something */
  CLI_OUTCOME_ALREADY, /* it had nothing to change */
  CLI_OUTCOME_HELD,    /* another hold remains, which this command does not lift */
  CLI_OUTCOME_OVER,    /* it has arrived or failed, so that the command does not apply */
  CLI_N_OUTCOMES,
} CliOutcome;

/* How an upload stands, before or after a command. */
typedef struct
{
  OutboxState state;
  gboolean is_by_user; /* a pause by a person is among its reasons */
  guint64 n_reasons;
  guint n_attempts; /* one more: the command has had it tried, even if it was held again at once */
} CliStanding;

/* Pure. Returns: whether @command applies to such an upload. */
gboolean cli_command_is_for (CliCommand command, const CliStanding *standing);

/* Pure. Decides what to tell of an upload after a command. */
CliOutcome cli_command_judge (CliCommand command, const CliStanding *before, const CliStanding *after);

/* Resolves @operands, runs the command, and tells the outcome. @value: of CLI_COMMAND_PRIORITY. Returns: an exit code */
int cli_command_run (CliCommand command, char *const *operands, int value);

/* The same with whole ids. */
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

/* Removes uploads; unless @is_force, asks a person about those that have not arrived. Returns: an exit code */
int cli_remove_ids (OutboxClient *client, GStrv ids, gboolean is_force);

/* Prints the holds of the whole queue, except those of single uploads. Returns: whether there are any */
gboolean cli_command_print_holds (OutboxClient *client);

/* The same for the uploads of a group. @group: its document */
gboolean cli_command_print_group_holds (OutboxClient *client, GVariant *group);

/* Runs a verb that takes ids, and without any pauses or resumes the whole queue. Returns: an exit code */
int cli_command_or_queue (CliCommand command, int argc, char *argv[]);

G_END_DECLS
