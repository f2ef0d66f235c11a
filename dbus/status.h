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
} OutboxState;

#define OUTBOX_N_STATES (OUTBOX_STATE_DONE + 1)

/**
 * OutboxReason:
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
} OutboxReason;

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
 *
 * How far a receipt goes. Each rung is worth more than those before it. The numbers are stored and never change.
 */
typedef enum
{
  OUTBOX_RUNG_NONE = 0,
  OUTBOX_RUNG_STORED = 1,
  OUTBOX_RUNG_DIGEST = 2,
  OUTBOX_RUNG_ATTACHED = 3,
} OutboxRung;

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

const OutboxRungInfo *outbox_rung_get_info (OutboxRung rung);
const OutboxStateInfo *outbox_state_get_info (OutboxState state);
const OutboxReasonInfo *outbox_reason_get_info (OutboxReason reason);
const char *outbox_scope_get_name (OutboxScope scope);

/**
 * outbox_state_from_name:
 * @name: (nullable): a state's name on the bus
 * @state: (out): the state, where @name is one
 *
 * Returns: whether @name is a state
 */
gboolean outbox_state_from_name (const char *name, OutboxState *state);

/**
 * outbox_reason_from_name:
 * @name: (nullable): a reason's name on the bus
 *
 * Returns: the reason, %OUTBOX_REASON_NONE where @name is none
 */
OutboxReason outbox_reason_from_name (const char *name);

/**
 * outbox_rung_from_name:
 * @name: (nullable): a rung's name on the bus
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
