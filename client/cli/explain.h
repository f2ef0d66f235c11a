/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The explaining action of outbox policy, and what it shares with the showing one.
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* @name: an id, or the end of one. Returns: an exit code. */
int cli_explain (OutboxClient *client, const char *name, gboolean is_json);

/* Prints a rule's document as a key file has it. */
void cli_print_rule (GVariant *rule);

G_END_DECLS
