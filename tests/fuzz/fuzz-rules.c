/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * policy/rules-file: any key file is refused with its name, or makes rules that decide, the same when it is read twice.
 */
#include "fuzz.h"
#include "policy/hours.h"
#include "policy/rules-file.h"

/* A Sunday noon. */
#define NOW_MS G_GINT64_CONSTANT (1768737600000)

static void
check_windows (GArray *windows)
{
  for (guint i = 0; windows && i < windows->len; i++)
    {
      const ObTimeWindow *window = &g_array_index (windows, ObTimeWindow, i);
      g_autofree char *text = ob_time_window_format (window);
      ObTimeWindow same;

      g_assert_true (ob_time_window_parse (text, &same));
      g_assert_cmpuint (same.days, ==, window->days);
      g_assert_cmpuint (same.from_minute, ==, window->from_minute);
      g_assert_cmpuint (same.to_minute, ==, window->to_minute);
    }
}

static void
check_rule (const ObRules *rules, const ObRule *rule, GTimeZone *utc)
{
  const ObRuleContext context = { .now_ms = NOW_MS, .zone = utc, .is_reachable = TRUE, .used_bytes = 1 };
  ObConditions conditions;
  ObRuleDecision decision;

  check_windows (rule->windows);
  ob_conditions_init (&conditions);
  conditions.link = OB_LINK_CELLULAR;
  decision = ob_rule_decide (rules, rule, &conditions, &context);
  for (guint reason = 1; reason < OUTBOX_N_REASONS; reason++)
    if (decision.reasons & OUTBOX_REASON_BIT (reason))
      g_assert_true (outbox_reason_get_info (reason)->scopes & OUTBOX_SCOPE_LANE);
  g_assert_true (decision.until_ms == 0 || decision.until_ms > NOW_MS);
  g_assert_true (decision.next_ms == 0 || decision.next_ms > NOW_MS);
  g_assert_cmpint (rule->priority, ==, CLAMP (rule->priority, -1000, 1000));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const ObUploadFacts facts = { "video/mp4", "app", "office", NULL, 1000000, FALSE };
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GError) error = NULL;
  guint n_rules;

  if (!ob_rules_read (rules, (const char *) data, size, "a.conf", &error))
    {
      g_assert_true (g_str_has_prefix (error->message, "a.conf: "));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  n_rules = rules->rules->len;
  for (guint i = 0; i < n_rules; i++)
    check_rule (rules, rules->rules->pdata[i], utc);
  g_assert_nonnull (ob_rules_match (rules, &facts));
  g_assert_true (ob_rules_read (rules, (const char *) data, size, "a.conf", &error));
  g_assert_cmpuint (rules->rules->len, ==, n_rules);

  return 0;
}
