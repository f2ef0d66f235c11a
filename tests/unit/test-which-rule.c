/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which rule an upload has: every way to match, and the rules that come with the broker.
 */
#include "policy/rules-file.h"
#include "rules.h"

#define BIT(reason) OUTBOX_REASON_BIT (OUTBOX_REASON_##reason)

/* --- Which rule --- */

static void
test_every_way_to_match (void)
{
  const ObUploadFacts photo = { "image/jpeg", "org.example.Camera", "office", "report-7", 1000000, FALSE };
  const struct
  {
    const char *keys;
    gboolean matches;
  } rows[] = {
    { "", TRUE },
    { "match-type=image/*", TRUE },
    { "match-type=Image/JPEG", TRUE },
    { "match-type=video/*", FALSE },
    { "match-type=video/*;image/j?eg", TRUE },
    { "match-type=image", FALSE },
    { "match-app=org.example.*", TRUE },
    { "match-app=ORG.example.*", FALSE },
    { "match-destination=office", TRUE },
    { "match-destination=offic", FALSE },
    { "match-group=report-*", TRUE },
    { "match-group=case-*", FALSE },
    { "match-form=false", TRUE },
    { "match-form=true", FALSE },
    { "min-size=1M", TRUE },
    { "min-size=1000001", FALSE },
    { "max-size=1M", TRUE },
    { "max-size=999999", FALSE },
    { "min-size=976Ki\nmax-size=977Ki", TRUE },
    { "match-type=image/*\nmatch-app=other", FALSE },
    { "match-type=image/*\nmatch-app=org.*\nmatch-destination=o*\nmatch-group=*\nmatch-form=false\nmin-size=1", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = g_strdup_printf ("[Rule one]\n%s\n", rows[i].keys);
      g_autoptr (ObRules) rules = test_rules_read (text);

      g_test_message ("%s", rows[i].keys);
      g_assert_cmpstr (ob_rules_match (rules, &photo)->name, ==, rows[i].matches ? "one" : "default");
    }
  g_test_message ("%u rows", (guint) G_N_ELEMENTS (rows));
}

static void
test_what_is_not_known_matches_no_pattern (void)
{
  const ObUploadFacts facts = { 0 };
  const char *const keys[] = { "match-type=*", "match-app=*", "match-destination=*", "match-group=*" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *text = g_strdup_printf ("[Rule one]\n%s\n", keys[i]);
      g_autoptr (ObRules) rules = test_rules_read (text);

      g_assert_cmpstr (ob_rules_match (rules, &facts)->name, ==, "default");
    }
}

static void
test_the_last_rule_that_matches_wins (void)
{
  g_autoptr (ObRules) rules = test_rules_read ("[Rule a]\n[Rule b]\nmatch-form=true\n[Rule c]\nmatch-type=video/*\n");
  ObUploadFacts facts = { .media_type = "text/plain" };

  g_assert_cmpstr (ob_rules_match (rules, &facts)->name, ==, "a");
  facts.is_form = TRUE;
  g_assert_cmpstr (ob_rules_match (rules, &facts)->name, ==, "b");
  facts.media_type = "video/mp4";
  g_assert_cmpstr (ob_rules_match (rules, &facts)->name, ==, "c");
  g_assert_cmpstr (ob_rules_find (rules, "default")->name, ==, "default");
  g_assert_null (ob_rules_find (rules, "d"));
}

/* The rules that come with Outbox. */
static void
test_the_shipped_rules (void)
{
  g_autofree char *text = NULL;
  g_autoptr (ObRules) rules = NULL;
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  const ObRuleContext context = { .now_ms = 1, .zone = utc, .is_reachable = TRUE };
  const struct
  {
    ObUploadFacts facts;
    const char *rule;
    gint priority;
    OutboxReasonSet on_metered;
  } rows[] = {
    { { "image/jpeg", "a", "d", NULL, 5000000, FALSE }, "default", 0, 0 },
    { { "audio/ogg", "a", "d", NULL, 5000000, FALSE }, "default", 0, 0 },
    { { "application/json", "a", "d", "g", 500, TRUE }, "form", 100, 0 },
    { { "application/json", "a", "d", "g", 10000000, TRUE }, "form", 100, 0 },
    { { "application/json", "a", "d", "g", 10000001, TRUE }, "default", 0, 0 },
    { { "video/mp4", "a", "d", "g", 200000000, TRUE }, "video", -10, BIT (WAIT_UNMETERED) },
    { { "video/mp4", "a", "d", "g", 5000000, FALSE }, "video", -10, BIT (WAIT_UNMETERED) },
    { { "video/mp4", "a", "d", "g", 900000000, FALSE }, "video", -10, BIT (WAIT_UNMETERED) },
    { { "application/zip", "a", "d", "g", 99999999, FALSE }, "default", 0, 0 },
    { { "application/zip", "a", "d", "g", 100000000, FALSE }, "large", 0, BIT (ASK) },
  };

  g_assert_true (g_file_get_contents (g_getenv ("SHIPPED_RULES"), &text, NULL, NULL));
  rules = test_rules_read (text);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObRule *rule = ob_rules_match (rules, &rows[i].facts);
      ObConditions conditions;

      g_assert_cmpstr (rule->name, ==, rows[i].rule);
      g_assert_cmpint (rule->priority, ==, rows[i].priority);
      ob_conditions_init (&conditions);
      conditions.link = OB_LINK_WIFI;
      g_assert_cmphex (ob_rule_decide (rules, rule, &conditions, &context).reasons, ==, 0);
      conditions.link = OB_LINK_CELLULAR;
      g_assert_cmphex (ob_rule_decide (rules, rule, &conditions, &context).reasons, ==, rows[i].on_metered);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rules/every-way-to-match", test_every_way_to_match);
  g_test_add_func ("/rules/what-is-not-known-matches-no-pattern", test_what_is_not_known_matches_no_pattern);
  g_test_add_func ("/rules/the-last-rule-that-matches-wins", test_the_last_rule_that_matches_wins);
  g_test_add_func ("/rules/the-shipped-rules", test_the_shipped_rules);

  return g_test_run ();
}
