/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides which rule an upload has, and what the rule says on this network at this hour. Pure; any thread.
 */
#include "policy/rules.h"

#include "policy/hours.h"

#define BIT(reason) OUTBOX_REASON_BIT (OUTBOX_REASON_##reason)

ObRule *
ob_rule_new (const char *name)
{
  ObRule *rule = g_new0 (ObRule, 1);

  rule->name = g_strdup (name);
  rule->max_size_bytes = G_MAXUINT64;
  rule->form = -1;

  return rule;
}

void
ob_rule_free (ObRule *rule)
{
  g_free (rule->name);
  g_free (rule->file);
  g_strfreev (rule->media_types);
  g_strfreev (rule->apps);
  g_strfreev (rule->destinations);
  g_strfreev (rule->groups);
  g_strfreev (rule->connections);
  g_clear_pointer (&rule->windows, g_array_unref);
  g_free (rule);
}

ObRules *
ob_rules_new (void)
{
  ObRules *rules = g_atomic_rc_box_new0 (ObRules);

  rules->rules = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_rule_free);
  g_ptr_array_add (rules->rules, ob_rule_new ("default"));
  rules->keeping = (ObKeeping){ .free_bytes = OB_KEEPING_FREE_BYTES,
                                .list_ms = OB_KEEPING_LIST_DAYS * OB_KEEPING_DAY_MS,
                                .list_most = OB_KEEPING_LIST_MOST,
                                .journal_bytes = OB_KEEPING_JOURNAL_BYTES };
  rules->reminders = (ObReminderSettings){ OB_REMINDER_EVERY_MS, TRUE, TRUE, TRUE, TRUE };

  return rules;
}

ObRules *
ob_rules_ref (ObRules *rules)
{
  return g_atomic_rc_box_acquire (rules);
}

static void
rules_clear (gpointer data)
{
  g_ptr_array_unref (((ObRules *) data)->rules);
  g_strfreev (((ObRules *) data)->metered_devices);
}

void
ob_rules_unref (ObRules *rules)
{
  g_atomic_rc_box_release_full (rules, rules_clear);
}

static gboolean
matches_one (char *const *patterns, const char *text)
{
  if (!patterns)
    return TRUE;
  for (; text && *patterns; patterns++)
    if (g_pattern_match_simple (*patterns, text))
      return TRUE;

  return FALSE;
}

static gboolean
matches (const ObRule *rule, const ObUploadFacts *facts, const char *media_type)
{
  return facts->size_bytes >= rule->min_size_bytes && facts->size_bytes <= rule->max_size_bytes
         && (rule->form < 0 || !rule->form == !facts->is_form) && matches_one (rule->media_types, media_type)
         && matches_one (rule->apps, facts->app) && matches_one (rule->destinations, facts->destination)
         && matches_one (rule->groups, facts->group);
}

const ObRule *
ob_rules_match (const ObRules *rules, const ObUploadFacts *facts)
{
  g_autofree char *media_type = facts->media_type ? g_ascii_strdown (facts->media_type, -1) : NULL;

  for (guint i = rules->rules->len - 1; i > 0; i--)
    if (matches (rules->rules->pdata[i], facts, media_type))
      return rules->rules->pdata[i];

  return rules->rules->pdata[0];
}

gboolean
ob_rule_is_for_destination (const ObRule *rule, const char *destination)
{
  return matches_one (rule->destinations, destination);
}

gboolean
ob_rule_is_for_all_of (const ObRule *rule)
{
  return !rule->media_types && !rule->apps && !rule->groups && rule->form < 0 && rule->min_size_bytes == 0
         && rule->max_size_bytes == G_MAXUINT64;
}

const ObRule *
ob_rules_find (const ObRules *rules, const char *name)
{
  for (guint i = 0; i < rules->rules->len; i++)
    {
      const ObRule *rule = rules->rules->pdata[i];

      if (g_str_equal (rule->name, name))
        return rule;
    }

  return NULL;
}

/* --- The network --- */

static gboolean
is_connection_named (char *const *connections, const ObConditions *conditions)
{
  for (; *connections; connections++)
    if (g_str_equal (*connections, conditions->network_id)
        || g_ascii_strcasecmp (*connections, conditions->network_uuid) == 0)
      return TRUE;

  return FALSE;
}

static OutboxReasonSet
ask_allowance (ObAllowance allowance, OutboxReasonSet denied)
{
  switch (allowance)
    {
    case OB_ASK:
      return BIT (ASK);
    case OB_DENY:
      return denied;
    case OB_ALLOW:
    default:
      return 0;
    }
}

/* Returns: what the rule has against the present network */
static OutboxReasonSet
decide_network (const ObRule *rule, const ObConditions *conditions)
{
  gboolean is_metered = ob_conditions_is_metered (conditions);
  gboolean is_assumed = conditions->link == OB_LINK_UNKNOWN && !is_metered;
  OutboxReasonSet reasons = 0;

  if (rule->networks && !(rule->networks & 1u << conditions->link) && !is_assumed)
    reasons |= rule->networks & 1u << OB_LINK_WIFI ? BIT (WAIT_WIFI) : BIT (WAIT_NETWORK);
  if (rule->connections && !is_connection_named (rule->connections, conditions))
    reasons |= BIT (WAIT_NETWORK);
  if (is_metered)
    reasons |= ask_allowance (rule->metered, BIT (WAIT_UNMETERED));
  if (conditions->is_roaming)
    reasons |= ask_allowance (rule->roaming, BIT (ROAMING));

  return reasons;
}

static OutboxReasonSet
decide_power (const ObRule *rule, const ObConditions *conditions)
{
  gboolean is_low = conditions->is_on_battery && conditions->battery_percent < rule->battery_percent;

  return is_low || (rule->avoids_power_saver && conditions->is_power_saver) ? BIT (BATTERY) : 0;
}

/* --- Time --- */

static void
hold_until (ObRuleDecision *decision, OutboxReasonSet reason, gint64 until_ms)
{
  decision->reasons |= reason;
  if (until_ms == 0)
    return;
  decision->until_ms = MAX (decision->until_ms, until_ms);
  decision->next_ms = decision->next_ms == 0 ? until_ms : MIN (decision->next_ms, until_ms);
}

static void
decide_budget (const ObRules *rules, const ObConditions *conditions, const ObRuleContext *context,
               ObRuleDecision *decision)
{
  if (rules->budget_bytes > 0 && context->used_bytes >= rules->budget_bytes && ob_conditions_is_metered (conditions))
    hold_until (decision, BIT (DATA_BUDGET), ob_month_get_start_ms (context->now_ms, context->zone, 1));
}

static void
decide_hours (const ObRule *rule, const ObRuleContext *context, ObRuleDecision *decision)
{
  ObHours hours;

  if (!rule->windows)
    return;
  hours = ob_hours_read (rule->windows, context->now_ms, context->zone);
  if (!hours.is_open)
    hold_until (decision, BIT (SCHEDULE), hours.start_ms);
  else if (decision->next_ms == 0 || hours.edge_ms < decision->next_ms)
    decision->next_ms = hours.edge_ms;
}

ObRuleDecision
ob_rule_decide (const ObRules *rules, const ObRule *rule, const ObConditions *conditions, const ObRuleContext *context)
{
  ObRuleDecision decision = { 0, 0, 0 };
  gboolean has_network = context->is_reachable && !context->is_local;

  if (!context->is_local && !context->is_reachable)
    decision.reasons |= BIT (NO_NETWORK);
  if (has_network && conditions->connectivity == OB_CONNECTIVITY_PORTAL)
    decision.reasons |= BIT (CAPTIVE_PORTAL);
  if (context->is_sent_now)
    return decision;
  if (has_network)
    decision.reasons |= decide_network (rule, conditions);
  decision.reasons |= decide_power (rule, conditions);
  if (has_network)
    decide_budget (rules, conditions, context, &decision);
  decide_hours (rule, context, &decision);

  return decision;
}
