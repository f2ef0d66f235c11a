/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each kind of rule says on every network, at every power, at every hour.
 */
#include "policy/hours.h"
#include "rules.h"

#define BIT(reason) OUTBOX_REASON_BIT (OUTBOX_REASON_##reason)

/* Zones by their rules, so that none has to be installed: Berlin, New York, and one that moves by half an hour. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"

static gint64
at (const char *iso)
{
  g_autofree char *text = g_strdup_printf ("%.16s:00Z", iso);
  g_autoptr (GDateTime) moment = g_date_time_new_from_iso8601 (text, NULL);

  g_assert_nonnull (moment);

  return g_date_time_to_unix (moment) * 1000;
}

static char *
dup_iso (gint64 at_ms)
{
  g_autoptr (GDateTime) moment = at_ms > 0 ? g_date_time_new_from_unix_utc (at_ms / 1000) : NULL;

  return moment ? g_date_time_format (moment, "%FT%H:%MZ") : g_strdup ("");
}

/* --- Decisions --- */

/* A kind of rule, and what an independent reader of the manual would say of it. */
typedef struct
{
  const char *keys;
  guint links;                /* that it lets through: bit l; 0: all */
  OutboxReasonSet other_link; /* the reason on another */
  gboolean is_at_home;        /* only on the connection "Depot" */
  OutboxReasonSet metered;    /* reasons */
  OutboxReasonSet roaming;
  guint least_percent;
  gboolean avoids_saver;
  guint open_times; /* of times[]: bit i; 0: always */
} Kind;

#define WIFI (1u << OB_LINK_WIFI)
#define ETHERNET (1u << OB_LINK_ETHERNET)
#define CELLULAR (1u << OB_LINK_CELLULAR)
#define BLUETOOTH (1u << OB_LINK_BLUETOOTH)
#define OTHER (1u << OB_LINK_OTHER)

/* In Berlin: Monday 10:00, Monday 23:30, Saturday 05:59, Saturday 06:00, Sunday 12:00. */
static const char *const times[]
    = { "2026-01-12T09:00Z", "2026-01-12T22:30Z", "2026-01-17T04:59Z", "2026-01-17T05:00Z", "2026-01-18T11:00Z" };

static const Kind kinds[] = {
  { .keys = "" },
  { .keys = "networks=wifi", .links = WIFI, .other_link = BIT (WAIT_WIFI) },
  { .keys = "networks=wifi;ethernet;", .links = WIFI | ETHERNET, .other_link = BIT (WAIT_WIFI) },
  { .keys = "networks=ethernet", .links = ETHERNET, .other_link = BIT (WAIT_NETWORK) },
  { .keys = "networks=cellular;bluetooth", .links = CELLULAR | BLUETOOTH, .other_link = BIT (WAIT_NETWORK) },
  { .keys = "networks=other", .links = OTHER, .other_link = BIT (WAIT_NETWORK) },
  { .keys = "connections=Home;Depot", .is_at_home = TRUE },
  { .keys = "connections=6F1C8B1E-0d6a-4c33-9f5f-0c8f5b2a7d11", .is_at_home = TRUE },
  { .keys = "metered=allow" },
  { .keys = "metered=ask", .metered = BIT (ASK) },
  { .keys = "metered=deny", .metered = BIT (WAIT_UNMETERED) },
  { .keys = "roaming=allow" },
  { .keys = "roaming=ask", .roaming = BIT (ASK) },
  { .keys = "roaming=deny", .roaming = BIT (ROAMING) },
  { .keys = "battery=30", .least_percent = 30 },
  { .keys = "battery=100%", .least_percent = 100 },
  { .keys = "power-saver=allow" },
  { .keys = "power-saver=deny", .avoids_saver = TRUE },
  { .keys = "hours=22:00-06:00", .open_times = 1 << 1 | 1 << 2 },
  { .keys = "hours=Mon-Fri 22:00-06:00", .open_times = 1 << 1 | 1 << 2 },
  { .keys = "hours=Mon-Fri 08:00-18:00;Sun 12:00-24:00", .open_times = 1 << 0 | 1 << 4 },
  { .keys = "rate=2M\npriority=7" },
  { "networks=wifi\nmetered=deny\nroaming=ask\nbattery=30\npower-saver=deny\nhours=22:00-06:00\nconnections=Depot",
    WIFI, BIT (WAIT_WIFI), TRUE, BIT (WAIT_UNMETERED), BIT (ASK), 30, TRUE, 1 << 1 | 1 << 2 },
};

/* Where nobody says, a cellular link is metered. In the order of ObMetered. */
static const gboolean is_metered_cellular[] = { TRUE, TRUE, FALSE, TRUE, FALSE };
static const gboolean is_metered_other[] = { FALSE, TRUE, FALSE, TRUE, FALSE };

static const struct
{
  gboolean is_on_battery;
  guint percent;
} powers[] = { { FALSE, 0 }, { TRUE, 29 }, { TRUE, 30 }, { TRUE, 100 } };

#define BUDGET 1000

/* One point of the table: a case's number is taken apart into these. */
typedef struct
{
  const Kind *kind;
  guint network; /* 0: none, 1: portal, 2: limited, 3: full, 4: nobody says */
  ObConditions conditions;
  gboolean is_metered;
  gboolean is_home;
  guint time;
  ObRuleContext context;
} Case;

static OutboxReasonSet
expect (const Case *c)
{
  const Kind *kind = c->kind;
  OutboxReasonSet reasons = 0;

  if (!c->context.is_local && c->network == 0)
    reasons |= BIT (NO_NETWORK);
  if (!c->context.is_local && c->network == 1)
    reasons |= BIT (CAPTIVE_PORTAL);
  if (c->context.is_sent_now)
    return reasons;
  if (!c->context.is_local && c->network != 0)
    {
      if (kind->links && !(kind->links >> c->conditions.link & 1)
          && (c->conditions.link != OB_LINK_UNKNOWN || c->is_metered))
        reasons |= kind->other_link;
      if (kind->is_at_home && !c->is_home)
        reasons |= BIT (WAIT_NETWORK);
      if (c->is_metered)
        reasons |= kind->metered;
      if (c->conditions.is_roaming)
        reasons |= kind->roaming;
      if (c->is_metered && c->context.used_bytes >= BUDGET)
        reasons |= BIT (DATA_BUDGET);
    }
  if (c->conditions.is_on_battery && c->conditions.battery_percent < kind->least_percent)
    reasons |= BIT (BATTERY);
  if (c->conditions.is_power_saver && kind->avoids_saver)
    reasons |= BIT (BATTERY);
  if (kind->open_times && !(kind->open_times >> c->time & 1))
    reasons |= BIT (SCHEDULE);

  return reasons;
}

static guint
take (guint *number, guint n)
{
  guint digit = *number % n;

  *number /= n;

  return digit;
}

/* Returns: whether there is a case of that number. */
static gboolean
make_case (const Kind *kind, guint number, GTimeZone *zone, const gint64 *times_ms, Case *c)
{
  static const ObConnectivity connectivities[]
      = { OB_CONNECTIVITY_NONE, OB_CONNECTIVITY_PORTAL, OB_CONNECTIVITY_LIMITED, OB_CONNECTIVITY_FULL,
          OB_CONNECTIVITY_UNKNOWN };
  guint power;

  *c = (Case){ .kind = kind };
  ob_conditions_init (&c->conditions);
  c->network = take (&number, 5);
  c->conditions.is_network_available = c->network != 0;
  c->conditions.connectivity = connectivities[c->network];
  c->conditions.link = take (&number, OB_N_LINKS);
  c->conditions.metered = take (&number, 5);
  c->is_metered
      = (c->conditions.link == OB_LINK_CELLULAR ? is_metered_cellular : is_metered_other)[c->conditions.metered];
  c->conditions.is_roaming = take (&number, 2);
  c->is_home = take (&number, 2);
  if (c->is_home)
    {
      g_strlcpy (c->conditions.network_id, "Depot", OB_NETWORK_ID_BYTES);
      g_strlcpy (c->conditions.network_uuid, "6f1c8b1e-0d6a-4c33-9f5f-0c8f5b2a7d11", OB_NETWORK_UUID_BYTES);
    }
  power = take (&number, G_N_ELEMENTS (powers));
  c->conditions.is_on_battery = powers[power].is_on_battery;
  c->conditions.battery_percent = powers[power].percent;
  c->conditions.is_power_saver = take (&number, 2);
  c->context.is_local = take (&number, 2);
  c->context.is_reachable = c->network != 0;
  c->context.is_sent_now = take (&number, 2);
  c->context.used_bytes = take (&number, 2) ? BUDGET : BUDGET - 1;
  /* Where no hours are said, one time is as good as another. */
  c->time = take (&number, kind->open_times ? G_N_ELEMENTS (times) : 1);
  c->context.now_ms = times_ms[c->time];
  c->context.zone = zone;

  return number == 0;
}

static void
check_times (const Case *c, const ObRuleDecision *decision)
{
  g_assert_true (decision->until_ms == 0 || decision->until_ms > c->context.now_ms);
  g_assert_true (decision->next_ms == 0 || decision->next_ms > c->context.now_ms);
  g_assert_cmpint (decision->until_ms != 0, ==, (decision->reasons & (BIT (SCHEDULE) | BIT (DATA_BUDGET))) != 0);
  if (decision->until_ms != 0)
    g_assert_cmpint (decision->next_ms, <=, decision->until_ms);
  g_assert_cmpint (decision->next_ms != 0, ==,
                   !c->context.is_sent_now && (c->kind->open_times || decision->reasons & BIT (DATA_BUDGET)));
}

static void
test_every_kind_of_rule_on_every_network (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (BERLIN);
  gint64 times_ms[G_N_ELEMENTS (times)];
  guint n_checked = 0, n_held = 0;

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    times_ms[i] = at (times[i]);
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    {
      g_autofree char *text = g_strdup_printf ("[Policy]\nmonthly-budget=1K\n[Rule one]\n%s\n", kinds[k].keys);
      g_autoptr (ObRules) rules = test_rules_read (text);
      Case c;

      for (guint number = 0; make_case (&kinds[k], number, zone, times_ms, &c); number++)
        {
          ObRuleDecision decision = ob_rule_decide (rules, rules->rules->pdata[1], &c.conditions, &c.context);

          if (decision.reasons != expect (&c))
            g_test_message ("kind %u, case %u: %#" G_GINT64_MODIFIER "x instead of %#" G_GINT64_MODIFIER "x", k, number,
                            decision.reasons, expect (&c));
          g_assert_cmphex (decision.reasons, ==, expect (&c));
          check_times (&c, &decision);
          n_checked++;
          n_held += decision.reasons != 0;
        }
    }
  g_test_message ("%u kinds, %u combinations, %u of them held", (guint) G_N_ELEMENTS (kinds), n_checked, n_held);
  g_assert_cmpuint (n_checked, ==, (19 + 4 * 5) * 5 * OB_N_LINKS * 5 * 2 * 2 * 4 * 2 * 2 * 2 * 2);
}

/* --- Time --- */

static const struct
{
  const char *zone;
  const char *hours;
  const char *now;
  const char *until; /* empty: open */
  const char *next;
} hours_rows[] = {
  { BERLIN, "22:00-06:00", "2026-01-12T09:00Z", "2026-01-12T21:00Z", "2026-01-12T21:00Z" },
  { BERLIN, "22:00-06:00", "2026-01-12T21:00Z", "", "2026-01-13T05:00Z" },
  { BERLIN, "22:00-06:00", "2026-01-13T04:59Z", "", "2026-01-13T05:00Z" },
  { BERLIN, "22:00-06:00", "2026-01-13T05:00Z", "2026-01-13T21:00Z", "2026-01-13T21:00Z" },
  /* A night belongs to the day on which it began: Friday's goes on until Saturday, and there is none from Sunday. */
  { BERLIN, "Mon-Fri 22:00-06:00", "2026-01-17T04:00Z", "", "2026-01-17T05:00Z" },
  { BERLIN, "Mon-Fri 22:00-06:00", "2026-01-17T22:00Z", "2026-01-19T21:00Z", "2026-01-19T21:00Z" },
  { BERLIN, "Mon-Fri 22:00-06:00", "2026-01-19T03:00Z", "2026-01-19T21:00Z", "2026-01-19T21:00Z" },
  { BERLIN, "Sat-Mon 08:00-24:00", "2026-01-18T22:59Z", "", "2026-01-18T23:00Z" },
  { BERLIN, "Sat-Mon 08:00-24:00", "2026-01-19T23:00Z", "2026-01-24T07:00Z", "2026-01-24T07:00Z" },
  { BERLIN, "08:00-10:00;09:00-12:00", "2026-01-12T07:30Z", "", "2026-01-12T08:00Z" },
  { BERLIN, "Wed 00:00-24:00", "2026-01-14T23:00Z", "2026-01-20T23:00Z", "2026-01-20T23:00Z" },
  /* The night of 29 March has seven hours, that of 25 October nine. */
  { BERLIN, "22:00-06:00", "2026-03-28T21:00Z", "", "2026-03-29T04:00Z" },
  { BERLIN, "22:00-06:00", "2026-03-29T04:00Z", "2026-03-29T20:00Z", "2026-03-29T20:00Z" },
  { BERLIN, "22:00-06:00", "2026-10-24T20:00Z", "", "2026-10-25T05:00Z" },
  /* What lies in the hour that the clock skips is not there; what begins or ends in it does so with it. */
  { BERLIN, "02:10-02:50", "2026-03-29T00:30Z", "2026-03-30T00:10Z", "2026-03-30T00:10Z" },
  { BERLIN, "Sun 02:10-02:50", "2026-03-29T00:30Z", "2026-04-05T00:10Z", "2026-04-05T00:10Z" },
  { BERLIN, "02:30-04:00", "2026-03-29T00:59Z", "2026-03-29T01:00Z", "2026-03-29T01:00Z" },
  { BERLIN, "01:00-02:30", "2026-03-29T00:59Z", "", "2026-03-29T01:00Z" },
  /* Of an hour that it shows twice the second is meant. */
  { BERLIN, "02:30-04:00", "2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T01:30Z" },
  { BERLIN, "01:00-02:30", "2026-10-25T01:29Z", "", "2026-10-25T01:30Z" },
  { NEW_YORK, "22:00-06:00", "2026-03-08T04:00Z", "", "2026-03-08T10:00Z" },
  { NEW_YORK, "22:00-06:00", "2026-11-01T03:00Z", "", "2026-11-01T11:00Z" },
  { LORD_HOWE, "22:00-06:00", "2026-10-03T12:00Z", "", "2026-10-03T19:00Z" },
  { "UTC", "00:00-24:00", "2026-10-03T12:00Z", "", "2026-10-04T00:00Z" },
};

static void
test_hours_by_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (hours_rows); i++)
    {
      g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (hours_rows[i].zone);
      g_autofree char *text = g_strdup_printf ("[Rule one]\nhours=%s\n", hours_rows[i].hours);
      g_autoptr (ObRules) rules = test_rules_read (text);
      const ObRuleContext context = { .now_ms = at (hours_rows[i].now), .zone = zone, .is_reachable = TRUE };
      g_autofree char *until = NULL;
      g_autofree char *next = NULL;
      ObConditions conditions;
      ObRuleDecision decision;

      ob_conditions_init (&conditions);
      decision = ob_rule_decide (rules, rules->rules->pdata[1], &conditions, &context);
      until = dup_iso (decision.until_ms);
      next = dup_iso (decision.next_ms);
      g_test_message ("%s in %s at %s", hours_rows[i].hours, hours_rows[i].zone, hours_rows[i].now);
      g_assert_cmphex (decision.reasons, ==, *hours_rows[i].until ? BIT (SCHEDULE) : 0);
      g_assert_cmpstr (until, ==, hours_rows[i].until);
      g_assert_cmpstr (next, ==, hours_rows[i].next);
    }
  g_test_message ("%u rows", (guint) G_N_ELEMENTS (hours_rows));
}

/* What a person would read off the wall: does the clock show a time within the span? */
static gboolean
is_shown_within (const ObTimeWindow *window, GDateTime *local)
{
  guint minute = (guint) (g_date_time_get_hour (local) * 60 + g_date_time_get_minute (local));
  guint today = (guint) g_date_time_get_day_of_week (local) - 1;
  gboolean is_day = window->days >> today & 1;
  gboolean was_day = window->days >> (today + 6) % 7 & 1;

  if (window->from_minute < window->to_minute)
    return is_day && minute >= window->from_minute && minute < window->to_minute;

  return (is_day && minute >= window->from_minute) || (was_day && minute < window->to_minute);
}

/* Whether the clock shows the same time an hour before or after. */
static gboolean
is_shown_twice (GDateTime *local)
{
  g_autoptr (GDateTime) before = g_date_time_add_hours (local, -1);
  g_autoptr (GDateTime) after = g_date_time_add_hours (local, 1);

  return g_date_time_get_utc_offset (before) != g_date_time_get_utc_offset (local)
         || g_date_time_get_utc_offset (after) != g_date_time_get_utc_offset (local);
}

static guint
compare_with_the_wall (const char *zone_name, const char *text, gint64 from_ms)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (zone_name);
  g_autoptr (GArray) windows = g_array_new (FALSE, FALSE, sizeof (ObTimeWindow));
  ObTimeWindow window;
  guint n_checked = 0;

  g_assert_true (ob_time_window_parse (text, &window));
  g_array_append_val (windows, window);
  for (gint64 now_ms = from_ms; now_ms < from_ms + G_GINT64_CONSTANT (9) * 24 * 3600 * 1000; now_ms += 11 * 60 * 1000)
    {
      g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (now_ms / 1000);
      g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);
      ObHours hours = ob_hours_read (windows, now_ms, zone);
      gint64 edge_ms = hours.edge_ms;

      if (is_shown_twice (local))
        continue;
      g_assert_cmpint (hours.is_open, ==, is_shown_within (&window, local));
      g_assert_cmpint (ob_hours_read (windows, edge_ms - 1, zone).is_open, ==, hours.is_open);
      if (!hours.is_open)
        g_assert_true (ob_hours_read (windows, hours.start_ms, zone).is_open);
      n_checked++;
    }

  return n_checked;
}

static void
test_hours_by_the_clock_on_the_wall (void)
{
  static const char *const zones[] = { BERLIN, NEW_YORK, LORD_HOWE, "UTC" };
  static const char *const texts[] = { "22:00-06:00", "Mon-Fri 08:00-18:00", "Sun 23:00-04:00", "Fri-Mon 00:00-24:00" };
  static const char *const weeks[]
      = { "2026-03-06T00:00Z", "2026-03-25T00:00Z", "2026-04-01T00:00Z", "2026-09-30T00:00Z", "2026-10-22T00:00Z" };
  guint n_checked = 0;

  for (guint z = 0; z < G_N_ELEMENTS (zones); z++)
    for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
      for (guint w = 0; w < G_N_ELEMENTS (weeks); w++)
        n_checked += compare_with_the_wall (zones[z], texts[t], at (weeks[w]));
  g_test_message ("%u moments", n_checked);
  g_assert_cmpuint (n_checked, >, 80000);
}

static void
test_the_budget_is_full_again_next_month (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (BERLIN);
  g_autoptr (ObRules) rules = test_rules_read ("[Policy]\nmonthly-budget=2G\n[Rule one]\nhours=22:00-06:00\n");
  const struct
  {
    const char *now, *until, *next;
  } rows[] = {
    { "2026-01-12T22:00Z", "2026-01-31T23:00Z", "2026-01-13T05:00Z" },
    { "2026-03-12T22:00Z", "2026-03-31T22:00Z", "2026-03-13T05:00Z" },
    { "2026-12-31T22:59Z", "2026-12-31T23:00Z", "2026-12-31T23:00Z" },
    /* Two reasons: told is when the later is gone, and asked again at the earlier. */
    { "2026-01-12T12:00Z", "2026-01-31T23:00Z", "2026-01-12T21:00Z" },
    { "2026-01-31T12:00Z", "2026-01-31T23:00Z", "2026-01-31T21:00Z" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObRuleContext context
          = { .now_ms = at (rows[i].now), .zone = zone, .is_reachable = TRUE, .used_bytes = 2000000000 };
      g_autofree char *until = NULL;
      g_autofree char *next = NULL;
      ObConditions conditions;
      ObRuleDecision decision;

      ob_conditions_init (&conditions);
      conditions.metered = OB_METERED_YES;
      decision = ob_rule_decide (rules, rules->rules->pdata[1], &conditions, &context);
      until = dup_iso (decision.until_ms);
      next = dup_iso (decision.next_ms);
      g_assert_true (decision.reasons & BIT (DATA_BUDGET));
      g_assert_cmpstr (until, ==, rows[i].until);
      g_assert_cmpstr (next, ==, rows[i].next);
    }
  g_assert_cmpint (ob_month_get_start_ms (at ("2026-03-31T22:30Z"), zone, 0), ==, at ("2026-03-31T22:00Z"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (g_test_slow ())
    {
      g_test_add_func ("/rules/every-kind-of-rule-on-every-network", test_every_kind_of_rule_on_every_network);
      g_test_add_func ("/rules/hours-by-the-clock-on-the-wall", test_hours_by_the_clock_on_the_wall);
    }
  else
    {
      g_test_add_func ("/rules/hours-by-rows", test_hours_by_rows);
      g_test_add_func ("/rules/the-budget-is-full-again-next-month", test_the_budget_is_full_again_next_month);
    }

  return g_test_run ();
}
