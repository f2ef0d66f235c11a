/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rules that a set of files makes. Pure; any thread.
 */
#pragma once

#include "base/fetch.h"
#include "policy/rules.h"

G_BEGIN_DECLS

/* Zero it first. */
typedef struct
{
  ObRules *rules;
  GPtrArray *files;    /* of paths, owned: those that are there */
  GChecksum *checksum; /* of all that they say */
} ObRulesReading;

void ob_rules_reading_clear (ObRulesReading *reading);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ObRulesReading, ob_rules_reading_clear)

/* @texts: (element-type ObFetched). @own_text: (nullable): in place of that of @own_file. @bad: (out): the index of the text with
 * the error. Errors: InvalidArgument, Storage. */
gboolean ob_rules_reading_take (ObRulesReading *reading, GPtrArray *texts, const char *own_file, const char *own_text,
                                guint *bad, GError **error);

G_END_DECLS
