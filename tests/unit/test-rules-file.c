/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key files of rules: what they say, what a later one changes, and the exact words for what is wrong.
 */
#include "policy/hours.h"
#include "policy/rules-file.h"

#include "dbus/error.h"

static void
read_into (ObRules *rules, const char *text, const char *file_name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_rules_read (rules, text, strlen (text), file_name, &error));
  g_assert_no_error (error);
}

static void
add_list (GString *dump, const char *name, char *const *list)
{
  g_autofree char *joined = list ? g_strjoinv ("|", (char **) list) : NULL;

  if (joined)
    g_string_append_printf (dump, " %s=%s", name, joined);
}

/* What differs from a rule that says nothing, in a fixed order. */
static char *
dump_rule (const ObRule *rule)
{
  static const char *const allowances[] = { "allow", "ask", "deny" };
  GString *dump = g_string_new (rule->name);

  add_list (dump, "types", rule->media_types);
  add_list (dump, "apps", rule->apps);
  add_list (dump, "destinations", rule->destinations);
  add_list (dump, "groups", rule->groups);
  if (rule->min_size_bytes > 0)
    g_string_append_printf (dump, " min=%" G_GUINT64_FORMAT, rule->min_size_bytes);
  if (rule->max_size_bytes < G_MAXUINT64)
    g_string_append_printf (dump, " max=%" G_GUINT64_FORMAT, rule->max_size_bytes);
  if (rule->form >= 0)
    g_string_append_printf (dump, " form=%d", rule->form);
  for (guint link = 0; link < OB_N_LINKS; link++)
    if (rule->networks & 1u << link)
      g_string_append_printf (dump, " +%s", ob_link_get_name (link));
  add_list (dump, "connections", rule->connections);
  if (rule->metered != OB_ALLOW)
    g_string_append_printf (dump, " metered=%s", allowances[rule->metered]);
  if (rule->roaming != OB_ALLOW)
    g_string_append_printf (dump, " roaming=%s", allowances[rule->roaming]);
  if (rule->battery_percent > 0)
    g_string_append_printf (dump, " battery=%u", rule->battery_percent);
  if (rule->avoids_power_saver)
    g_string_append (dump, " no-saver");
  for (guint i = 0; rule->windows && i < rule->windows->len; i++)
    {
      g_autofree char *window = ob_time_window_format (&g_array_index (rule->windows, ObTimeWindow, i));

      g_string_append_printf (dump, " (%s)", window);
    }
  if (rule->rate_bytes_per_s > 0)
    g_string_append_printf (dump, " rate=%" G_GUINT64_FORMAT, rule->rate_bytes_per_s);
  if (rule->priority != 0)
    g_string_append_printf (dump, " priority=%d", rule->priority);

  return g_string_free (dump, FALSE);
}

static void
test_good_keys (void)
{
  const struct
  {
    const char *keys, *dump;
  } rows[] = {
    { "", "one" },
    { "# nothing but a comment", "one" },
    { "match-type=image/*;Video/MP4;", "one types=image/*|video/mp4" },
    { "match-type= ; ;", "one" },
    { "match-app=org.example.Camera", "one apps=org.example.Camera" },
    { "match-destination=a; b ;c", "one destinations=a|b|c" },
    { "match-group=Fall 7 – Küche", "one groups=Fall 7 – Küche" },
    { "match-group=a\\\\b", "one groups=a\\b" },
    { "match-form=true", "one form=1" },
    { "match-form=false", "one form=0" },
    { "min-size=0", "one" },
    { "min-size=5", "one min=5" },
    { "min-size=500k", "one min=500000" },
    { "min-size=100M", "one min=100000000" },
    { "min-size=100MB", "one min=100000000" },
    { "min-size=100MiB", "one min=104857600" },
    { "max-size=1Gi", "one max=1073741824" },
    { "max-size=2T", "one max=2000000000000" },
    { "max-size=18446744073709551615", "one" },
    { "min-size=1K\nmax-size=1000", "one min=1000 max=1000" },
    { "networks=wifi", "one +wifi" },
    { "networks=bluetooth;cellular;other;ethernet", "one +ethernet +cellular +bluetooth +other" },
    { "networks=", "one" },
    { "connections=Depot;0d6a4c33", "one connections=Depot|0d6a4c33" },
    { "metered=allow", "one" },
    { "metered=ask", "one metered=ask" },
    { "metered = deny ", "one metered=deny" },
    { "roaming=deny", "one roaming=deny" },
    { "battery=30", "one battery=30" },
    { "battery=100%", "one battery=100" },
    { "battery=0", "one" },
    { "power-saver=deny", "one no-saver" },
    { "power-saver=allow", "one" },
    { "hours=22:00-06:00", "one (22:00-06:00)" },
    { "hours=Mon-Fri 22:00-06:00;sat  00:00-24:00", "one (Mon-Fri 22:00-06:00) (Sat 00:00-24:00)" },
    { "hours=Sat-Mon 00:00-00:01", "one (Sat-Mon 00:00-00:01)" },
    { "hours=Sun-Sun 00:00-00:01;Mon-Sun 10:00-11:00;Wed-Tue 00:00-01:00",
      "one (Sun 00:00-00:01) (10:00-11:00) (00:00-01:00)" },
    { "hours=Sun-Mon 12:00-13:00;Mon-Sat 12:00-13:00;Tue-Sun 12:00-13:00",
      "one (Sun-Mon 12:00-13:00) (Mon-Sat 12:00-13:00) (Tue-Sun 12:00-13:00)" },
    { "rate=2M", "one rate=2000000" },
    { "rate=1K", "one rate=1000" },
    { "priority=-10", "one priority=-10" },
    { "priority=1000", "one priority=1000" },
    { "priority=1\npriority=2", "one priority=2" },
    { "priority=1\r\nrate=5K\r", "one rate=5000 priority=1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = g_strdup_printf ("[Rule one]\n%s\n", rows[i].keys);
      g_autoptr (ObRules) rules = ob_rules_new ();
      g_autofree char *dump = NULL;

      read_into (rules, text, "a.conf");
      g_assert_cmpuint (rules->rules->len, ==, 2);
      dump = dump_rule (rules->rules->pdata[1]);
      g_assert_cmpstr (dump, ==, rows[i].dump);
    }
  g_test_message ("%u good inputs", (guint) G_N_ELEMENTS (rows));
}

#define HOURS "a.conf: [Rule one] hours: a list of spans such as 22:00-06:00 or Mon-Fri 08:00-18:00"
#define NETWORKS "a.conf: [Rule one] networks: a list of wifi, ethernet, cellular, bluetooth and other"
#define RATE "a.conf: [Rule one] rate: bytes a second, such as 500K or 2M, at least 1K"
#define PRIORITY "a.conf: [Rule one] priority: from -1000 to 1000"
#define BATTERY "a.conf: [Rule one] battery: a percentage from 0 to 100"
#define BUDGET "a.conf: [Policy] monthly-budget: a size such as 500M or 2G, more than 0"
#define MIN_SIZE "a.conf: [Rule one] min-size: a size such as 500K, 100M or 1G"

static void
test_bad_inputs (void)
{
  const struct
  {
    const char *text, *message;
  } rows[] = {
    { "[Rule one]\nnetwroks=wifi\n", "a.conf: [Rule one] netwroks: there is no such key" },
    { "[Rule one]\nmatch-type[de]=x\n", "a.conf: [Rule one] match-type[de]: there is no such key" },
    { "[Rule one]\nmonthly-budget=2G\n", "a.conf: [Rule one] monthly-budget: there is no such key" },
    { "[Policy]\npriority=2\n", "a.conf: [Policy] priority: there is no such key" },
    { "[Ruel one]\n",
      "a.conf: [Ruel one] no such group; there are [Apps], [Network], [Policy], [Reminders], [Secrets], "
      "[Storage], [Rule NAME]" },
    { "[Rule]\n", "a.conf: [Rule] no such group; there are [Apps], [Network], [Policy], [Reminders], [Secrets], "
                  "[Storage], [Rule NAME]" },
    { "[Apps]\nmax-files=0\n", "a.conf: [Apps] max-files: a whole number from 1" },
    { "[Apps]\nmax-files=-3\n", "a.conf: [Apps] max-files: a whole number from 1" },
    { "[Apps]\nmax-saving=2.5\n", "a.conf: [Apps] max-saving: a whole number from 1" },
    { "[Apps]\nmax-files=99999999999\n", "a.conf: [Apps] max-files: a whole number from 1" },
    { "[Apps]\nmax-bytes=0\n", "a.conf: [Apps] max-bytes: a size such as 500M or 2G, more than 0" },
    { "[Reminders]\nafter=-1\n", "a.conf: [Reminders] after: hours, or 0 for never" },
    { "[Reminders]\nafter=1h\n", "a.conf: [Reminders] after: hours, or 0 for never" },
    { "[Reminders]\nafter=99999\n", "a.conf: [Reminders] after: hours, or 0 for never" },
    { "[Reminders]\ntaps=no\n", "a.conf: [Reminders] taps: true or false" },
    { "[Reminders]\narrived=0\n", "a.conf: [Reminders] arrived: true or false" },
    { "[Reminders]\ngroups=all\n", "a.conf: [Reminders] groups: true or false" },
    { "[Secrets]\nstore=keyring\n", "a.conf: [Secrets] store: auto or file" },
    { "[Storage]\nkeep-copies=ever\n", "a.conf: [Storage] keep-copies: days, 0 for not at all, or room" },
    { "[Storage]\nkeep-copies=-1\n", "a.conf: [Storage] keep-copies: days, 0 for not at all, or room" },
    { "[Storage]\nkeep-list=0\n", "a.conf: [Storage] keep-list: days, at least 1, or all" },
    { "[Storage]\njournal-max=10K\n", "a.conf: [Storage] journal-max: a size such as 50M, at least 1M" },
    { "[Storage]\nmax-list=0\n", "a.conf: [Storage] max-list: a whole number from 1, or all" },
    { "[Storage]\nkeep-free=much\n", "a.conf: [Storage] keep-free: a size such as 500K, 100M or 1G" },
    { "[Apps]\nfiles=1\n", "a.conf: [Apps] files: there is no such key" },
    { "[Rule ]\n", "a.conf: [Rule ] a name has 1 to 64 letters, digits, '-', '_' and '.'" },
    { "[Rule a b]\n", "a.conf: [Rule a b] a name has 1 to 64 letters, digits, '-', '_' and '.'" },
    { "[Rule a/b]\n", "a.conf: [Rule a/b] a name has 1 to 64 letters, digits, '-', '_' and '.'" },
    { "[Rule one]\nmatch-app=a\\qb\n", "a.conf: [Rule one] match-app: a backslash is written as two" },
    { "[Rule one]\nmatch-form=yes\n", "a.conf: [Rule one] match-form: true or false" },
    { "[Rule one]\nmin-size=-1\n", MIN_SIZE },
    { "[Rule one]\nmin-size=1.5G\n", MIN_SIZE },
    { "[Rule one]\nmin-size=1P\n", MIN_SIZE },
    { "[Rule one]\nmin-size=M\n", MIN_SIZE },
    { "[Rule one]\nmin-size=1 M\n", MIN_SIZE },
    { "[Rule one]\nmin-size=0x10\n", MIN_SIZE },
    { "[Rule one]\nmin-size=18446744073709551616\n", MIN_SIZE },
    { "[Rule one]\nmin-size=18446745T\n", MIN_SIZE },
    { "[Rule one]\nmin-size=2M\nmax-size=1M\n", "a.conf: [Rule one] max-size: less than min-size" },
    { "[Rule one]\nnetworks=wifi,ethernet\n", NETWORKS },
    { "[Rule one]\nnetworks=unknown\n", NETWORKS },
    { "[Rule one]\nnetworks=WiFi\n", NETWORKS },
    { "[Rule one]\nmetered=no\n", "a.conf: [Rule one] metered: allow, ask or deny" },
    { "[Rule one]\nroaming=Deny\n", "a.conf: [Rule one] roaming: allow, ask or deny" },
    { "[Rule one]\npower-saver=ask\n", "a.conf: [Rule one] power-saver: allow or deny" },
    { "[Rule one]\nbattery=101\n", BATTERY },
    { "[Rule one]\nbattery=-1\n", BATTERY },
    { "[Rule one]\nbattery=%\n", BATTERY },
    { "[Rule one]\nhours=22-06\n", HOURS },
    { "[Rule one]\nhours=22:00-6:00\n", HOURS },
    { "[Rule one]\nhours=22:00 - 06:00\n", HOURS },
    { "[Rule one]\nhours=22:60-23:00\n", HOURS },
    { "[Rule one]\nhours=24:00-06:00\n", HOURS },
    { "[Rule one]\nhours=06:00-24:01\n", HOURS },
    { "[Rule one]\nhours=06:00-06:00\n", HOURS },
    { "[Rule one]\nhours=06:00-07:00x\n", HOURS },
    { "[Rule one]\nhours=Mon\n", HOURS },
    { "[Rule one]\nhours=Mon- 06:00-07:00\n", HOURS },
    { "[Rule one]\nhours=Monday 06:00-07:00\n", HOURS },
    { "[Rule one]\nhours=Lun 06:00-07:00\n", HOURS },
    { "[Rule one]\nhours=06:00-07:00;never\n", HOURS },
    { "[Rule one]\nrate=0\n", RATE },
    { "[Rule one]\nrate=999\n", RATE },
    { "[Rule one]\nrate=fast\n", RATE },
    { "[Rule one]\npriority=1001\n", PRIORITY },
    { "[Rule one]\npriority=high\n", PRIORITY },
    { "[Rule one]\npriority=1e2\n", PRIORITY },
    { "[Policy]\nmonthly-budget=0\n", BUDGET },
    { "[Policy]\nmonthly-budget=two\n", BUDGET },
    { "[Network]\nmetered=usb0\n", "a.conf: [Network] metered: there is no such key" },
    { "[Policy]\nmetered-interfaces=usb0\n", "a.conf: [Policy] metered-interfaces: there is no such key" },
    { "[Rule default]\nmatch-type=video/*\n",
      "a.conf: [Rule default] this rule matches everything; give one that does not a name of its own" },
    { "[Rule default]\nmin-size=1\n",
      "a.conf: [Rule default] this rule matches everything; give one that does not a name of its own" },
    { "[Rule one]\nmatch-app=\xff\n", "a.conf: not a text in UTF-8" },
    { "priority=1\n", "a.conf: Key file does not start with a group" },
    { "[Rule one\n", "a.conf: Key file contains line “[Rule one” which is not a key-value pair, group, or comment" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObRules) rules = ob_rules_new ();
      g_autoptr (GError) error = NULL;

      if (ob_rules_read (rules, rows[i].text, strlen (rows[i].text), "a.conf", &error))
        g_test_message ("read: %s", rows[i].text);
      g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, rows[i].message);
    }
  g_test_message ("%u bad inputs", (guint) G_N_ELEMENTS (rows));
}

static void
test_a_zero_byte_ends_no_file (void)
{
  static const char text[] = "[Rule one]\npriority=1\0\nrate=nonsense\n";
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (ob_rules_read (rules, text, sizeof text - 1, "a.conf", &error));
  g_assert_cmpstr (error->message, ==, "a.conf: not a text in UTF-8");
}

static void
test_a_later_file_changes_key_by_key (void)
{
  g_autoptr (ObRules) rules = ob_rules_new ();
  const char *const expected[]
      = { "default metered=ask", "video types=video/* +wifi priority=5", "large min=200000000", "mine apps=me" };

  read_into (rules,
             "[Rule video]\nmatch-type=video/*\nnetworks=wifi\nmetered=deny\npriority=-10\n"
             "[Rule large]\nmin-size=100M\nmetered=ask\n[Policy]\nmonthly-budget=1G\n",
             "vendor.conf");
  read_into (rules, "[Rule mine]\nmatch-app=me\n[Rule large]\nmetered=\nmin-size=200M\n", "admin.conf");
  read_into (rules, "[Rule default]\nmetered=ask\n[Rule video]\npriority=5\nmetered=\n[Policy]\nmonthly-budget=2G\n",
             "mine.conf");
  read_into (rules, "", "empty.conf");
  g_assert_cmpuint (rules->rules->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autofree char *dump = dump_rule (rules->rules->pdata[i]);

      g_assert_cmpstr (dump, ==, expected[i]);
    }
  g_assert_cmpuint (rules->budget_bytes, ==, 2000000000);
  read_into (rules, "[Network]\nmetered-interfaces=usb*; enx0c5b8f279a64\n", NULL);
  g_assert_cmpstr (rules->metered_devices[0], ==, "usb*");
  g_assert_cmpstr (rules->metered_devices[1], ==, "enx0c5b8f279a64");
  g_assert_null (rules->metered_devices[2]);
  read_into (rules, "[Network]\nmetered-interfaces=\n", NULL);
  g_assert_null (rules->metered_devices);
  g_assert_cmpstr (ob_rules_find (rules, "large")->file, ==, "admin.conf");
  g_assert_cmpstr (ob_rules_find (rules, "video")->file, ==, "mine.conf");
  read_into (rules, "[Policy]\nmonthly-budget=\n", "last.conf");
  g_assert_cmpuint (rules->budget_bytes, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_setenv ("LC_ALL", "C", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rules-file/good-keys", test_good_keys);
  g_test_add_func ("/rules-file/bad-inputs", test_bad_inputs);
  g_test_add_func ("/rules-file/a-zero-byte-ends-no-file", test_a_zero_byte_ends_no_file);
  g_test_add_func ("/rules-file/a-later-file-changes-key-by-key", test_a_later_file_changes_key_by_key);

  return g_test_run ();
}
