/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The status model: every public state and every reason, what they are called on the bus, what a person reads,
 * what Outbox does next and what the person can do. Every front-end shows these words and no others.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * OutboxState:
 * @OUTBOX_STATE_SAVING: bytes are still coming in
 * @OUTBOX_STATE_QUEUED: safe on this device, waiting for its turn
 * @OUTBOX_STATE_UPLOADING: an attempt runs
 * @OUTBOX_STATE_CONFIRMING: the server has every byte and has not confirmed yet
 * @OUTBOX_STATE_RETRYING: waits after an error; tries again by itself
 * @OUTBOX_STATE_PAUSED: something holds it; the reasons say what
 * @OUTBOX_STATE_FAILED: needs a person; the file is kept
 * @OUTBOX_STATE_DONE: the server confirmed it
 * @OUTBOX_STATE_UNKNOWN: a newer broker tells of a state that this version does not know; no broker has it itself
 *
 * The public state of an upload.
 */
typedef enum
{
  OUTBOX_STATE_SAVING,
  OUTBOX_STATE_QUEUED,
  OUTBOX_STATE_UPLOADING,
  OUTBOX_STATE_CONFIRMING,
  OUTBOX_STATE_RETRYING,
  OUTBOX_STATE_PAUSED,
  OUTBOX_STATE_FAILED,
  OUTBOX_STATE_DONE,
  OUTBOX_STATE_UNKNOWN = 255,
} OutboxState;

/* How many there are, without the unknown one. (skip) */
#define OUTBOX_N_STATES (OUTBOX_STATE_DONE + 1)

/**
 * OutboxReason:
 * @OUTBOX_REASON_NONE: nothing makes it wait
 * @OUTBOX_REASON_QUEUE: a person has paused the whole queue
 * @OUTBOX_REASON_USER: a person has paused it
 * @OUTBOX_REASON_STORAGE: this device cannot write to its disk
 * @OUTBOX_REASON_SIGN_IN: the destination wants a sign-in
 * @OUTBOX_REASON_CREDENTIALS_LOCKED: the keyring with the secret is locked
 * @OUTBOX_REASON_DESTINATION_FULL: the server has no room
 * @OUTBOX_REASON_NO_DESTINATION: there is no destination of that name
 * @OUTBOX_REASON_LOSING_BYTES: the server forgets what it has confirmed
 * @OUTBOX_REASON_ASK: a person is to be asked whether it may go over this network
 * @OUTBOX_REASON_SHUTDOWN: the device, or the session, ends
 * @OUTBOX_REASON_SLEEP: the device goes to sleep
 * @OUTBOX_REASON_NO_NETWORK: no network leads to the destination
 * @OUTBOX_REASON_CAPTIVE_PORTAL: the network wants a sign-in first
 * @OUTBOX_REASON_PROXY: the proxy of the network refuses
 * @OUTBOX_REASON_CERTIFICATE: the server's identity could not be verified
 * @OUTBOX_REASON_WRONG_ADDRESS: no server of this protocol answers at the address
 * @OUTBOX_REASON_WAIT_WIFI: its rule wants Wi-Fi
 * @OUTBOX_REASON_WAIT_NETWORK: its rule wants another network
 * @OUTBOX_REASON_WAIT_UNMETERED: its rule wants a network without a data limit
 * @OUTBOX_REASON_ROAMING: its rule sends nothing while roaming
 * @OUTBOX_REASON_BATTERY: battery is saved: it is low, or the power saver is on
 * @OUTBOX_REASON_SCHEDULE: its rule wants another hour of the day
 * @OUTBOX_REASON_DATA_BUDGET: this month's mobile data is used up
 * @OUTBOX_REASON_FORM_FIRST: the form of its group goes first
 * @OUTBOX_REASON_NOT_BEFORE: its app wants it sent at a later time
 * @OUTBOX_REASON_RETRYING: the last try failed; the next has its time
 * @OUTBOX_REASON_NOT_CONFIRMED_YET: the server has all of it and has not confirmed it
 * @OUTBOX_REASON_SERVER_WORKING: the server has all of it and still works on it
 * @OUTBOX_REASON_REJECTED: the server refused it
 * @OUTBOX_REASON_TOO_LARGE: it is too large for the server
 * @OUTBOX_REASON_FILE_MISSING: the saved copy is missing
 * @OUTBOX_REASON_FILE_CHANGED: the saved copy was damaged
 * @OUTBOX_REASON_NOT_ATTACHED: the server did not attach it to its record
 * @OUTBOX_REASON_GONE: the server had confirmed it and no longer has it
 * @OUTBOX_REASON_GAVE_UP: there was no progress for too long
 * @OUTBOX_REASON_RECORDING: an app still records it
 * @OUTBOX_REASON_UNFINISHED: its app has stopped without finishing it
 * @OUTBOX_REASON_UNKNOWN: a newer broker tells of a reason that this version does not know; no broker has it itself
 *
 * Why an upload waits or failed, in the order in which a person should hear of it: what a person decided first,
 * then what needs a person, then what only takes time, then why an upload failed, then why one is not saved yet.
 */
typedef enum
{
  OUTBOX_REASON_NONE,
  OUTBOX_REASON_QUEUE,
  OUTBOX_REASON_USER,
  OUTBOX_REASON_STORAGE,
  OUTBOX_REASON_SIGN_IN,
  OUTBOX_REASON_CREDENTIALS_LOCKED,
  OUTBOX_REASON_DESTINATION_FULL,
  OUTBOX_REASON_NO_DESTINATION,
  OUTBOX_REASON_LOSING_BYTES,
  OUTBOX_REASON_ASK,
  OUTBOX_REASON_SHUTDOWN,
  OUTBOX_REASON_SLEEP,
  OUTBOX_REASON_NO_NETWORK,
  OUTBOX_REASON_CAPTIVE_PORTAL,
  OUTBOX_REASON_PROXY,
  OUTBOX_REASON_CERTIFICATE,
  OUTBOX_REASON_WRONG_ADDRESS,
  OUTBOX_REASON_WAIT_WIFI,
  OUTBOX_REASON_WAIT_NETWORK,
  OUTBOX_REASON_WAIT_UNMETERED,
  OUTBOX_REASON_ROAMING,
  OUTBOX_REASON_BATTERY,
  OUTBOX_REASON_SCHEDULE,
  OUTBOX_REASON_DATA_BUDGET,
  OUTBOX_REASON_FORM_FIRST,
  OUTBOX_REASON_NOT_BEFORE,
  OUTBOX_REASON_RETRYING,
  OUTBOX_REASON_NOT_CONFIRMED_YET,
  OUTBOX_REASON_SERVER_WORKING,
  OUTBOX_REASON_REJECTED,
  OUTBOX_REASON_TOO_LARGE,
  OUTBOX_REASON_FILE_MISSING,
  OUTBOX_REASON_FILE_CHANGED,
  OUTBOX_REASON_NOT_ATTACHED,
  OUTBOX_REASON_GONE,
  OUTBOX_REASON_GAVE_UP,
  OUTBOX_REASON_RECORDING,
  OUTBOX_REASON_UNFINISHED,
  OUTBOX_REASON_UNKNOWN = 255,
} OutboxReason;

/* How many there are, without the unknown one. (skip) */
#define OUTBOX_N_REASONS (OUTBOX_REASON_UNFINISHED + 1)

/**
 * OutboxReasonSet:
 *
 * A set of reasons: bit r is the reason r.
 */
typedef guint64 OutboxReasonSet;

#define OUTBOX_REASON_BIT(reason) (G_GUINT64_CONSTANT (1) << (reason))

/**
 * OutboxScope:
 * @OUTBOX_SCOPE_NONE: nothing
 * @OUTBOX_SCOPE_QUEUE: everything
 * @OUTBOX_SCOPE_DESTINATION: what goes to one destination
 * @OUTBOX_SCOPE_LANE: what goes to one destination and has one rule
 * @OUTBOX_SCOPE_GROUP: what is in one group
 * @OUTBOX_SCOPE_UPLOAD: one upload
 *
 * What a hold covers. The values are bits, for the set of scopes in which a reason can occur.
 */
typedef enum
{
  OUTBOX_SCOPE_NONE = 0,
  OUTBOX_SCOPE_QUEUE = 1 << 0,
  OUTBOX_SCOPE_DESTINATION = 1 << 1,
  OUTBOX_SCOPE_LANE = 1 << 2,
  OUTBOX_SCOPE_GROUP = 1 << 3,
  OUTBOX_SCOPE_UPLOAD = 1 << 4,
} OutboxScope;

/**
 * OutboxRung:
 * @OUTBOX_RUNG_NONE: no receipt
 * @OUTBOX_RUNG_STORED: the server says that it has stored every byte
 * @OUTBOX_RUNG_DIGEST: what the server has stored has the digest of what was handed over
 * @OUTBOX_RUNG_ATTACHED: the server has attached it to its record
 * @OUTBOX_RUNG_UNKNOWN: a newer broker tells of a rung that this version does not know; no broker has it itself
 *
 * How far a receipt goes. Each rung is worth more than those before it. The numbers are stored and never change.
 */
typedef enum
{
  OUTBOX_RUNG_NONE = 0,
  OUTBOX_RUNG_STORED = 1,
  OUTBOX_RUNG_DIGEST = 2,
  OUTBOX_RUNG_ATTACHED = 3,
  OUTBOX_RUNG_UNKNOWN = 255,
} OutboxRung;

/* How many there are, without the unknown one. (skip) */
#define OUTBOX_N_RUNGS (OUTBOX_RUNG_ATTACHED + 1)

/**
 * OutboxPlural:
 * @one: what a person reads of one (message id)
 * @many: of any other number
 *
 * A message with a number in it. %NULL twice: there is none.
 */
typedef struct
{
  const char *one;
  const char *many;
} OutboxPlural;

/**
 * OutboxStateInfo:
 * @name: the state on the bus
 * @title: its name for a person (message id)
 * @label: the line that a person reads (message id)
 * @sentence: the same in whole sentences, under the file's name (message id)
 * @meaning: when an upload is in it
 * @next: what Outbox does next (message id)
 * @person: what a person can do (message id)
 */
typedef struct
{
  const char *name;
  const char *title;
  const char *label;
  const char *sentence;
  const char *meaning;
  const char *next;
  const char *person;
} OutboxStateInfo;

/**
 * OutboxReasonInfo:
 * @name: the reason on the bus
 * @label: the line that a person reads (message id), the state included
 * @sentence: the same in whole sentences, under the file's name (message id)
 * @chip: the same in a word or a few (message id)
 * @waiting: how many of a group wait for it; none for the reason of a stored state
 * @scopes: where it can hold; %OUTBOX_SCOPE_NONE for the reason of a stored state
 * @needs_user: nothing happens until a person acts
 * @next: what Outbox does next (message id)
 * @person: what a person can do (message id)
 */
typedef struct
{
  const char *name;
  const char *label;
  const char *sentence;
  const char *chip;
  OutboxPlural waiting;
  guint scopes;
  gboolean needs_user;
  const char *next;
  const char *person;
} OutboxReasonInfo;

/**
 * OutboxRungInfo:
 * @name: the rung on the bus
 * @label: the line that a person reads of what is done (message id)
 * @sentence: the same in whole sentences, under the file's name (message id)
 * @chip: the same in a word or a few (message id)
 * @meaning: what the server has said
 */
typedef struct
{
  const char *name;
  const char *label;
  const char *sentence;
  const char *chip;
  const char *meaning;
} OutboxRungInfo;

/**
 * outbox_rung_get_info:
 * @rung: a rung
 *
 * Tells what a rung is called and what a person reads of it.
 *
 * Returns: (transfer none): a row of the table; that of %OUTBOX_RUNG_NONE where there is none
 */
const OutboxRungInfo *outbox_rung_get_info (OutboxRung rung);

/**
 * outbox_state_get_info:
 * @state: a public state
 *
 * Tells what a state is called, what a person reads of it, and what comes next.
 *
 * Returns: (transfer none): a row of the table; one for states of newer brokers where there is none
 */
const OutboxStateInfo *outbox_state_get_info (OutboxState state);

/**
 * outbox_reason_get_info:
 * @reason: a reason
 *
 * Tells what a reason is called, what a person reads of it, and what helps.
 *
 * Returns: (transfer none): a row of the table; that of %OUTBOX_REASON_NONE where there is none
 */
const OutboxReasonInfo *outbox_reason_get_info (OutboxReason reason);

/**
 * outbox_scope_get_name:
 * @scope: a scope, one bit
 *
 * Tells what a scope is called on the bus.
 *
 * Returns: (transfer none): its name; empty where there is none
 */
const char *outbox_scope_get_name (OutboxScope scope);

/**
 * outbox_state_from_name:
 * @name: (nullable): a state's name on the bus
 * @state: (out): the state, where @name is one
 *
 * Finds a state by its name.
 *
 * Returns: whether @name is a state
 */
gboolean outbox_state_from_name (const char *name, OutboxState *state);

/**
 * outbox_reason_from_name:
 * @name: (nullable): a reason's name on the bus
 *
 * Finds a reason by its name.
 *
 * Returns: the reason, %OUTBOX_REASON_NONE where @name is none
 */
OutboxReason outbox_reason_from_name (const char *name);

/**
 * outbox_rung_from_name:
 * @name: (nullable): a rung's name on the bus
 *
 * Finds a rung by its name.
 *
 * Returns: the rung, %OUTBOX_RUNG_NONE where @name is none
 */
OutboxRung outbox_rung_from_name (const char *name);

/**
 * outbox_reasons_get_first: (skip)
 * @reasons: a set
 *
 * Returns: the one that a person is told first; %OUTBOX_REASON_NONE of an empty set
 */
OutboxReason outbox_reasons_get_first (OutboxReasonSet reasons);

/**
 * outbox_reasons_to_names: (skip)
 * @reasons: a set
 *
 * Returns: (transfer full): their names, with a space between, in the order of the enum
 */
char *outbox_reasons_to_names (OutboxReasonSet reasons);

/**
 * outbox_reasons_from_names: (skip)
 * @names: (nullable): names with spaces between; what is none is left out
 *
 * Returns: the set
 */
OutboxReasonSet outbox_reasons_from_names (const char *names);

G_END_DECLS
