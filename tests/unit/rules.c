/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "rules.h"

#include "policy/rules-file.h"

ObRules *
test_rules_read (const char *text)
{
  ObRules *rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_rules_read (rules, text, strlen (text), "test.conf", &error));
  g_assert_no_error (error);

  return rules;
}
