/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules by their text. Main thread.
 */
#pragma once

#include "policy/rules.h"

G_BEGIN_DECLS

/* Fails the test where the text is not good. */
ObRules *test_rules_read (const char *text);

G_END_DECLS
