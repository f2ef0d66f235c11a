/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The action of outbox policy that explains, and what it shares with the one that shows.
 */
#pragma once

#include "cli.h"

G_BEGIN_DECLS

/* @name: an id, or the end of one. Returns: an exit code. */
int cli_explain (OutboxClient *client, const char *name, gboolean is_json);

/* A rule's document as a file would have it. */
void cli_print_rule (GVariant *rule);

G_END_DECLS
