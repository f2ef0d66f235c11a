/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Completion for shells: "outbox --complete WORD…" prints what could stand in the place of the last word, a line each, with a tab and
 * what it is behind it. The line ":files" stands for names of files.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The word before which the arguments are those to complete. */
#define CLI_COMPLETE "--complete"

void cli_complete_verbs (const char *current);

/* @entries: the options of the verb. @words: after the verb; the last one is being typed */
void cli_complete_verb (const char *verb, const GOptionEntry *entries, char *const *words);

G_END_DECLS
