/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person reads of an upload or a group, in the language of the process and at the length that there is room for.
 */
#pragma once

#include "dbus/status.h"

G_BEGIN_DECLS

/**
 * OutboxLabelLength:
 * @OUTBOX_LABEL_TERMINAL: one line, such as "Paused · waiting for Wi-Fi"
 * @OUTBOX_LABEL_NOTIFICATION: whole sentences under the name of the file: how it stands and what the person can do
 * @OUTBOX_LABEL_WEB: a word or a few, such as "Waiting for Wi-Fi"
 *
 * For how much room a label is.
 */
typedef enum
{
  OUTBOX_LABEL_TERMINAL,
  OUTBOX_LABEL_NOTIFICATION,
  OUTBOX_LABEL_WEB,
} OutboxLabelLength;

/**
 * outbox_status_label:
 * @state: the public state
 * @reason: the first reason, or %OUTBOX_REASON_NONE
 * @until_ms: when it goes on, in Unix milliseconds; 0 if that is not known
 * @now_ms: the present, in Unix milliseconds
 * @offset: bytes that the server confirmed
 * @size: the file's size in bytes
 * @length: for how much room
 *
 * Tells a person how an upload stands. What is retried says in how long; what waits for its time says until when, in
 * local time.
 *
 * Returns: (transfer full): the label
 */
char *outbox_status_label (OutboxState state, OutboxReason reason, gint64 until_ms, gint64 now_ms, guint64 offset,
                           guint64 size, OutboxLabelLength length);

/**
 * outbox_rung_label:
 * @rung: how far the receipt goes
 * @length: for how much room
 *
 * Tells a person how an upload that is done stands: what the server has confirmed.
 *
 * Returns: (transfer full): the label
 */
char *outbox_rung_label (OutboxRung rung, OutboxLabelLength length);

/**
 * OutboxGroupCounts:
 * @states: how many uploads are in each public state
 * @reasons: of those that are paused, how many have this as the first reason
 * @until_ms: the earliest time at which a retrying one goes on, in Unix milliseconds; 0 if that is not known
 *
 * What is counted of the uploads of a group.
 */
typedef struct
{
  guint states[OUTBOX_N_STATES];
  guint reasons[OUTBOX_N_REASONS];
  gint64 until_ms;
} OutboxGroupCounts;

/**
 * outbox_group_label:
 * @counts: what is counted of its uploads
 * @now_ms: the present, in Unix milliseconds
 * @length: for how much room
 *
 * Tells a person how a group stands: what happens, how much of it has arrived, and what waits for whom, such as
 * "Uploading 6 of 22 · 1 waits for Wi-Fi".
 *
 * Returns: (transfer full): the label
 */
char *outbox_group_label (const OutboxGroupCounts *counts, gint64 now_ms, OutboxLabelLength length);

G_END_DECLS
