/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command that helps when something waits: one table for documents, the command line and the page that explains it.
 */
#pragma once

#include "dbus/status.h"

G_BEGIN_DECLS

/**
 * outbox_reason_dup_command: (skip)
 * @reason: why something waits
 * @scope: what the hold covers
 * @key: how the hold names it: a destination's or group's name, an upload's id
 *
 * It is not translated: it is to be typed. What a person has to fill in is in capitals.
 *
 * Returns: (transfer full) (nullable): the command line; %NULL where no command helps
 */
char *outbox_reason_dup_command (OutboxReason reason, OutboxScope scope, const char *key);

G_END_DECLS
