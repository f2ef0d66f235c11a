/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key file of rules, as outbox.conf(5) describes it. Any thread.
 */
#pragma once

#include "policy/rules.h"

G_BEGIN_DECLS

/**
 * ob_rules_read:
 * @into: rules that nobody else has yet; half changed after an error
 * @text: a key file, in UTF-8
 * @file_name: for messages, and for the rules that it says something of
 * @error: InvalidArgument; the message names file, group and key
 *
 * Adds what a file says. A key of an existing rule replaces its value, and an empty value resets it; a new rule comes last, and
 * so wins over those before it.
 */
gboolean ob_rules_read (ObRules *into, const char *text, gsize size_bytes, const char *file_name, GError **error);

G_END_DECLS
