/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of outbox doctor share: an examination that each of them adds findings to. None of them needs a broker that answers,
 * and none waits without a limit.
 */
#pragma once

#include "cli.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  CLI_LEVEL_GOOD,
  CLI_LEVEL_NOTE,   /* worth to know; nothing needs to be done */
  CLI_LEVEL_PERSON, /* stays so until a person does something */
  CLI_N_LEVELS,
} CliLevel;

/* One sentence about one thing. */
typedef struct
{
  const char *topic; /* static, for programs, as is the code */
  const char *code;  /* what was found, such as "disk-full" */
  CliLevel level;
  char *words;   /* translated */
  char *detail;  /* or NULL: more words, such as a server's */
  char *command; /* or NULL: the command line that helps */
} CliFinding;

typedef struct
{
  guint most_ms;           /* that the service is waited for */
  GPtrArray *findings;     /* of CliFinding */
  GDBusConnection *bus;    /* NULL: there is none */
  gboolean has_answered;   /* the broker did */
  gboolean is_silent;      /* it has its name on the bus, and does not answer */
  gboolean is_unit_failed; /* systemd has given it up */
  guint process;           /* of the broker, 0: none is known */
  JsonNode *disk;          /* what outboxd --examine tells, or NULL */
  GVariant *summary;       /* these as the broker gives them, or NULL */
  GVariant *conditions;
  GVariant *holds;
  GVariant *destinations;
  GVariant *decisions; /* the newest, oldest first */
  GPtrArray *trials;   /* of GVariant, or NULL where there was no answer: of each destination */
} CliDoctor;

/* @most_ms: that the service is waited for, at each question */
CliDoctor *cli_doctor_new (guint most_ms);
void cli_doctor_free (CliDoctor *doctor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliDoctor, cli_doctor_free)

/* @words: (transfer full). Returns: (transfer none): the finding, for more of it */
CliFinding *cli_doctor_add (CliDoctor *doctor, const char *topic, const char *code, CliLevel level, char *words);

/* Calls a method on the session bus. Errors: of OUTBOX_ERROR, G_DBUS_ERROR, G_IO_ERROR. */
GVariant *cli_doctor_call (CliDoctor *doctor, const char *name, const char *path, const char *interface,
                           const char *method, GVariant *parameters, guint most_ms, GError **error);

/* Runs a program and waits, at most so long, then kills it. Returns: (transfer full) (nullable): what it printed. Errors:
 * G_IO_ERROR_TIMED_OUT, and those of GSubprocess; Failed where it did not end well. */
char *cli_doctor_run (const char *const *argv, guint most_ms, GError **error);

/* Members of what outboxd --examine tells. @part: (nullable): an object in it */
gint64 cli_doctor_get_number (CliDoctor *doctor, const char *part, const char *name);
gboolean cli_doctor_is (CliDoctor *doctor, const char *part, const char *name);
const char *cli_doctor_get_text (CliDoctor *doctor, const char *part, const char *name);

/* --- The parts, in the order in which they are asked --- */

/* The session bus, and whether the broker runs and systemd keeps it. */
void cli_doctor_ask_bus (CliDoctor *doctor);

/* The disk, the queue's file and the configuration's, by a process that looks at them. */
void cli_doctor_ask_disk (CliDoctor *doctor);

/* Whether the broker answers, after it was started if it did not run. */
void cli_doctor_ask_service (CliDoctor *doctor);

/* What the broker knows: network, destinations, queue. Nothing, if it does not answer. */
void cli_doctor_ask_broker (CliDoctor *doctor);

/* Where secrets of sign-ins go. */
void cli_doctor_ask_keyring (CliDoctor *doctor);

/* Tries each destination, as "outbox destination test" does. */
void cli_doctor_ask_destinations (CliDoctor *doctor);

/* The clock, beside the newest decisions. */
void cli_doctor_ask_clock (CliDoctor *doctor);

/* --- What comes of it --- */

/* Mends what is safe to mend. Returns: whether there was anything; it has been told */
gboolean cli_doctor_repair (CliDoctor *doctor);

/* Returns: (transfer full): for a bug report: no name of a file, group, network or destination, no address, nothing that a server or
 * a person wrote */
char *cli_doctor_dup_report (CliDoctor *doctor);

G_END_DECLS
