/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the verbs of the command share: options, the connection, calls that wait, errors and exit codes. A verb is a
 * function with arguments like main(), whose first is the verb itself.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

/* Exit codes, the same for every verb; the table is in the manual. */
enum
{
  CLI_DONE = 0,
  CLI_FAILED = 1,
  CLI_USAGE = 2,
  CLI_NO_BROKER = 3,
  CLI_ON_ITS_WAY = 4,   /* of "status --json": not all has arrived */
  CLI_NEEDS_PERSON = 5, /* of "status --json": something stays as it is until a person acts */
  CLI_STOPPED = 130,    /* as a shell tells of Ctrl-C */
};

typedef struct
{
  const char *name;
  const char *arguments; /* as in --help, such as "FILE…" */
  const char *summary;   /* one sentence */
  int (*run) (int argc, char *argv[]);
} CliVerb;

int cli_add (int argc, char *argv[]);
int cli_commit (int argc, char *argv[]);
int cli_list (int argc, char *argv[]);
int cli_show (int argc, char *argv[]);
int cli_watch (int argc, char *argv[]);
int cli_pause (int argc, char *argv[]);
int cli_resume (int argc, char *argv[]);
int cli_retry (int argc, char *argv[]);
int cli_send_now (int argc, char *argv[]);
int cli_priority (int argc, char *argv[]);
int cli_amend (int argc, char *argv[]);
int cli_verify (int argc, char *argv[]);
int cli_free (int argc, char *argv[]);
int cli_remove (int argc, char *argv[]);
int cli_log (int argc, char *argv[]);
int cli_status (int argc, char *argv[]);
int cli_group (int argc, char *argv[]);
int cli_destination (int argc, char *argv[]);
int cli_app (int argc, char *argv[]);
int cli_policy (int argc, char *argv[]);
int cli_dashboard (int argc, char *argv[]);
int cli_metrics (int argc, char *argv[]);
int cli_doctor (int argc, char *argv[]);

/**
 * cli_log_against:
 * @path: of the server's log; "-": standard input
 * @id: (nullable): of the only upload to compare
 * @destination: (nullable): of the only ones to compare
 *
 * The part of "log" that prints what two logs do not agree on. Returns: the exit code, CLI_FAILED where there is something
 */
int cli_log_against (OutboxClient *client, const char *path, const char *id, const char *destination, gboolean is_json);

/* Returns: (transfer none): the verb of that name, or NULL. For NULL: the first of all verbs; a NULL name ends them. */
const CliVerb *cli_find_verb (const char *name);

/**
 * cli_parse:
 * @argv: (inout): the arguments; what is left is the verb and its operands
 * @entries: options of the verb
 * @details: (nullable): a paragraph for --help, below the options
 * @min_operands: how many operands there must be
 * @max_operands: how many there may be
 *
 * Parses the options of a verb; --help prints and exits.
 *
 * Returns: whether they are good; if not, it was said why
 */
gboolean cli_parse (int *argc, char ***argv, const GOptionEntry *entries, const char *details, int min_operands,
                    int max_operands);

/* Prints what is wrong with the arguments. Returns: CLI_USAGE. */
int cli_usage (const char *verb, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Prints an error. Returns: its exit code. */
int cli_fail (const GError *error);

/* Returns: (transfer full) (nullable): a client on the session bus. */
OutboxClient *cli_open (GError **error);

/* Calls a method of the interface XML and waits for the answer. @parameters: (nullable): floating */
GVariant *cli_call (OutboxClient *client, const char *interface, const char *method, GVariant *parameters,
                    GError **error);

/* Calls a method that takes one name and returns nothing, and prints the message if it went well. Returns: the exit code. */
int cli_call_by_name (const char *interface, const char *method, const char *name, const char *message);

/* Returns: (transfer full) (element-type OutboxUpload): every upload that matches. @filter: (nullable): a{sv}, floating */
GPtrArray *cli_list_uploads (OutboxClient *client, GVariant *filter, GError **error);

/* Returns: (transfer full) (element-type OutboxGroup): every group */
GPtrArray *cli_list_groups (OutboxClient *client, GError **error);

/**
 * cli_resolve:
 * @names: ids, the first or last characters of ids, at least four, or the names of uploads, where only one has it
 *
 * Returns: (transfer full) (nullable): whole ids. Errors: NotFound; InvalidArgument where one is ambiguous
 */
GStrv cli_resolve (OutboxClient *client, char *const *names, GError **error);

/* A string of a document, or "". */
const char *cli_get_string (GVariant *document, const char *key);

/* app.c. @policy: of Policy.Get. Returns: whether what every file of the configuration says is in force */
gboolean cli_is_configuration_good (GVariant *policy);

/* app.c. Says what is wrong with the administrator's lists of web apps and destinations, if anything is. @policy: of Policy.Get */
void cli_print_kiosk_problems (GVariant *policy);

/* @conditions: as the broker gives them. Returns: (transfer full): how bytes leave the device now, and what that costs */
char *cli_status_dup_network (GVariant *conditions);

/* Prints entries of the journal. @entries: aa{sv}, as History gives them */
void cli_log_print (GVariant *entries);

/* Reads ISO 8601: a time of day, which means the next such one, or a date and time, local without a zone. Returns: Unix
 * milliseconds; 0 if @text is neither */
gint64 cli_read_time (const char *text);

/* Iterates the main loop until @is_true returns TRUE. */
void cli_wait (gboolean (*is_true) (gpointer), gpointer user_data);

/* Iterates it until a call has been answered whose callback is cli_on_result() with @result: (out) (transfer full), NULL before. */
void cli_wait_for_result (GAsyncResult **result);
void cli_on_result (GObject *source, GAsyncResult *result, gpointer user_data);

G_END_DECLS
