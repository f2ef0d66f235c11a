/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes key files by GKeyFile; one table of keys says what a value means. Any thread.
 */
#include "policy/rules-file.h"

#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/destination.h"
#include "model/upload.h"
#include "policy/hours.h"
#include "policy/settings-values.h"

#include <errno.h>

#define RULE_PREFIX "Rule "

/* A lower rate would hardly move anything, and time connections out. */
#define LEAST_RATE 1000

/* Reads @value into @field; an empty value resets the field. Returns: NULL, or what a value has to be. */
typedef const char *(*Reader) (gpointer field, const char *value);

/* --- Values --- */

/* Returns: (nullable): the parts of the list that are not empty */
static char **
split_list (const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  for (guint i = 0; parts[i]; i++)
    if (*g_strstrip (parts[i]) != '\0')
      g_ptr_array_add (list, g_strdup (parts[i]));
  if (list->len == 0)
    return NULL;
  g_ptr_array_add (list, NULL);

  return (char **) g_ptr_array_steal (list, NULL);
}

static const char *
read_list (gpointer field, const char *value)
{
  char ***list = field;

  g_strfreev (*list);
  *list = split_list (value);

  return NULL;
}

static const char *
read_media_types (gpointer field, const char *value)
{
  g_autofree char *lower = g_ascii_strdown (value, -1);

  return read_list (field, lower);
}

/* Reads units of 1000, as data plans count, or with an i of 1024. */
static gboolean
parse_size (const char *text, guint64 *size_bytes)
{
  static const char units[] = "KMGT";
  guint64 number, factor = 1;
  const char *unit;
  char *end;

  if (!g_ascii_isdigit (*text))
    return FALSE;
  errno = 0;
  number = g_ascii_strtoull (text, &end, 10);
  if (errno != 0)
    return FALSE;
  unit = *end != '\0' ? strchr (units, g_ascii_toupper (*end)) : NULL;
  if (unit)
    {
      guint64 step = end[1] == 'i' ? 1024 : 1000;

      for (const char *at = units; at <= unit; at++)
        factor *= step;
      end += step == 1024 ? 2 : 1;
    }
  if (*end == 'B')
    end++;

  return *end == '\0' && g_uint64_checked_mul (size_bytes, number, factor);
}

static const char *
read_size (guint64 *size_bytes, const char *value, guint64 otherwise)
{
  *size_bytes = otherwise;

  return *value == '\0' || parse_size (value, size_bytes) ? NULL : S_ ("a size such as 500K, 100M or 1G");
}

static const char *
read_min_size (gpointer field, const char *value)
{
  return read_size (field, value, 0);
}

static const char *
read_max_size (gpointer field, const char *value)
{
  return read_size (field, value, G_MAXUINT64);
}

static const char *
read_budget (gpointer field, const char *value)
{
  guint64 *budget_bytes = field;

  *budget_bytes = 0;

  return *value == '\0' || (parse_size (value, budget_bytes) && *budget_bytes > 0)
             ? NULL
             : S_ ("a size such as 500M or 2G, more than 0");
}

static const char *
read_keep_free (gpointer field, const char *value)
{
  return read_size (field, value, OB_KEEPING_FREE_BYTES);
}

static const char *
read_journal_max (gpointer field, const char *value)
{
  guint64 *most_bytes = field;

  *most_bytes = OB_KEEPING_JOURNAL_BYTES;

  return *value == '\0' || (parse_size (value, most_bytes) && *most_bytes >= OB_KEEPING_JOURNAL_LEAST)
             ? NULL
             : S_ ("a size such as 50M, at least 1M");
}

static const char *
read_rate (gpointer field, const char *value)
{
  guint64 *rate_bytes_per_s = field;

  *rate_bytes_per_s = 0;

  return *value == '\0' || (parse_size (value, rate_bytes_per_s) && *rate_bytes_per_s >= LEAST_RATE)
             ? NULL
             : S_ ("bytes a second, such as 500K or 2M, at least 1K");
}

/* Finds the index of @value in @words. */
static gboolean
find_word (const char *const *words, const char *value, guint *place)
{
  for (guint i = 0; words[i]; i++)
    if (g_str_equal (words[i], value))
      {
        *place = i;
        return TRUE;
      }

  return FALSE;
}

static const char *
read_form (gpointer field, const char *value)
{
  static const char *const words[] = { "false", "true", NULL };
  guint place = 0;

  *(int *) field = -1;
  if (*value == '\0')
    return NULL;
  if (!find_word (words, value, &place))
    return S_ ("true or false");
  *(int *) field = (int) place;

  return NULL;
}

static const char *
read_allowance (gpointer field, const char *value)
{
  static const char *const words[] = { [OB_ALLOW] = "allow", [OB_ASK] = "ask", [OB_DENY] = "deny", NULL };
  guint place = OB_ALLOW;

  if (*value != '\0' && !find_word (words, value, &place))
    return S_ ("allow, ask or deny");
  *(ObAllowance *) field = (ObAllowance) place;

  return NULL;
}

static const char *
read_power_saver (gpointer field, const char *value)
{
  static const char *const words[] = { "allow", "deny", NULL };
  guint place = 0;

  if (*value != '\0' && !find_word (words, value, &place))
    return S_ ("allow or deny");
  *(gboolean *) field = place == 1;

  return NULL;
}

static const char *
read_secret_store (gpointer field, const char *value)
{
  static const char *const words[] = { "auto", "file", NULL };
  guint place = 0;

  if (*value != '\0' && !find_word (words, value, &place))
    return S_ ("auto or file");
  *(gboolean *) field = place == 1;

  return NULL;
}

static const char *
read_networks (gpointer field, const char *value)
{
  g_auto (GStrv) names = split_list (value);
  guint *networks = field;

  *networks = 0;
  for (guint i = 0; names && names[i]; i++)
    {
      ObLink link;

      if (!ob_link_from_name (names[i], &link) || link == OB_LINK_UNKNOWN)
        return S_ ("a list of wifi, ethernet, cellular, bluetooth and other");
      *networks |= 1u << link;
    }

  return NULL;
}

static const char *
read_battery (gpointer field, const char *value)
{
  g_autofree char *number = g_str_has_suffix (value, "%") ? g_strndup (value, strlen (value) - 1) : g_strdup (value);
  guint64 percent = 0;

  if (*value != '\0' && !g_ascii_string_to_unsigned (number, 10, 0, 100, &percent, NULL))
    return S_ ("a percentage from 0 to 100");
  *(guint *) field = (guint) percent;

  return NULL;
}

static const char *
read_priority (gpointer field, const char *value)
{
  gint64 priority = 0;

  if (*value != '\0' && !g_ascii_string_to_signed (value, 10, -OB_PRIORITY_MOST, OB_PRIORITY_MOST, &priority, NULL))
    return OB_PRIORITY_WORDS;
  *(gint *) field = (gint) priority;

  return NULL;
}

static const char *
read_hours (gpointer field, const char *value)
{
  g_auto (GStrv) texts = split_list (value);
  GArray **windows = field;

  g_clear_pointer (windows, g_array_unref);
  if (!texts)
    return NULL;
  *windows = g_array_new (FALSE, FALSE, sizeof (ObTimeWindow));
  for (guint i = 0; texts[i]; i++)
    {
      ObTimeWindow window;

      if (!ob_time_window_parse (texts[i], &window))
        return S_ ("a list of spans such as 22:00-06:00 or Mon-Fri 08:00-18:00");
      g_array_append_val (*windows, window);
    }

  return NULL;
}

/* --- Keys --- */

typedef struct
{
  const char *name;
  Reader read;
  gsize offset; /* of the field in its struct */
} Key;

#define FIELD(field) G_STRUCT_OFFSET (ObRule, field)

static const Key rule_keys[] = {
  { "match-type", read_media_types, FIELD (media_types) },
  { "match-app", read_list, FIELD (apps) },
  { "match-destination", read_list, FIELD (destinations) },
  { "match-group", read_list, FIELD (groups) },
  { "match-form", read_form, FIELD (form) },
  { "min-size", read_min_size, FIELD (min_size_bytes) },
  { "max-size", read_max_size, FIELD (max_size_bytes) },
  { "networks", read_networks, FIELD (networks) },
  { "connections", read_list, FIELD (connections) },
  { "metered", read_allowance, FIELD (metered) },
  { "roaming", read_allowance, FIELD (roaming) },
  { "battery", read_battery, FIELD (battery_percent) },
  { "power-saver", read_power_saver, FIELD (avoids_power_saver) },
  { "hours", read_hours, FIELD (windows) },
  { "rate", read_rate, FIELD (rate_bytes_per_s) },
  { "priority", read_priority, FIELD (priority) },
  { NULL, NULL, 0 },
};

static const Key policy_keys[] = {
  { "monthly-budget", read_budget, G_STRUCT_OFFSET (ObRules, budget_bytes) },
  { NULL, NULL, 0 },
};

static const Key app_keys[] = {
  { "max-files", ob_value_read_count, G_STRUCT_OFFSET (ObRules, quota.files) },
  { "max-bytes", read_budget, G_STRUCT_OFFSET (ObRules, quota.bytes) },
  { "max-metadata", read_budget, G_STRUCT_OFFSET (ObRules, quota.metadata_bytes) },
  { "max-saving", ob_value_read_count, G_STRUCT_OFFSET (ObRules, quota.saving) },
  { NULL, NULL, 0 },
};

static const Key storage_keys[] = {
  { "keep-copies", ob_value_read_keep, G_STRUCT_OFFSET (ObRules, keeping.keep_ms) },
  { "keep-free", read_keep_free, G_STRUCT_OFFSET (ObRules, keeping.free_bytes) },
  { "journal-max", read_journal_max, G_STRUCT_OFFSET (ObRules, keeping.journal_bytes) },
  { "keep-list", ob_value_read_list_days, G_STRUCT_OFFSET (ObRules, keeping.list_ms) },
  { "max-list", ob_value_read_list_most, G_STRUCT_OFFSET (ObRules, keeping.list_most) },
  { "wiped", ob_value_read_truth, G_STRUCT_OFFSET (ObRules, keeping.is_wiped) },
  { NULL, NULL, 0 },
};

static const Key reminder_keys[] = {
  { "after", ob_value_read_after, G_STRUCT_OFFSET (ObRules, reminders.after_ms) },
  { "taps", ob_value_read_truth, G_STRUCT_OFFSET (ObRules, reminders.tells_taps) },
  { "pages", ob_value_read_truth, G_STRUCT_OFFSET (ObRules, reminders.tells_pages) },
  { "arrived", ob_value_read_truth, G_STRUCT_OFFSET (ObRules, reminders.tells_arrived) },
  { "groups", ob_value_read_truth, G_STRUCT_OFFSET (ObRules, reminders.tells_groups) },
  { NULL, NULL, 0 },
};

static const Key secret_keys[] = {
  { "store", read_secret_store, G_STRUCT_OFFSET (ObRules, has_secrets_in_files) },
  { NULL, NULL, 0 },
};

static const Key network_keys[] = {
  { "metered-interfaces", read_list, G_STRUCT_OFFSET (ObRules, metered_devices) },
  { NULL, NULL, 0 },
};

/* A file that is being read. */
typedef struct
{
  const char *file_name;
  GKeyFile *keys;
  const char *group;
} Reading;

static gboolean
refuse (const Reading *reading, const char *key, const char *what, GError **error)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: [%s] %s%s%s", reading->file_name,
               reading->group, key ? key : "", key ? ": " : "", what);

  return FALSE;
}

static gboolean
read_key (const Reading *reading, const Key *table, gpointer record, const char *name, GError **error)
{
  g_autoptr (GError) escape_error = NULL;
  g_autofree char *value = g_key_file_get_string (reading->keys, reading->group, name, &escape_error);
  const char *expected;

  while (table->name && !g_str_equal (table->name, name))
    table++;
  if (!table->name)
    return refuse (reading, name, S_ ("there is no such key"), error);
  if (escape_error)
    return refuse (reading, name, S_ ("a backslash is written as two"), error);
  expected = table->read (G_STRUCT_MEMBER_P (record, table->offset), g_strstrip (value));

  return !expected || refuse (reading, name, expected, error);
}

static gboolean
read_group (const Reading *reading, const Key *table, gpointer record, GError **error)
{
  g_auto (GStrv) names = g_key_file_get_keys (reading->keys, reading->group, NULL, NULL);

  for (guint i = 0; names && names[i]; i++)
    if (!read_key (reading, table, record, names[i], error))
      return FALSE;

  return TRUE;
}

static ObRule *
ensure_rule (ObRules *rules, const char *name)
{
  ObRule *rule = (ObRule *) ob_rules_find (rules, name);

  if (!rule)
    {
      rule = ob_rule_new (name);
      g_ptr_array_add (rules->rules, rule);
    }

  return rule;
}

static gboolean
read_rule (const Reading *reading, ObRules *into, GError **error)
{
  const char *name = reading->group + strlen (RULE_PREFIX);
  ObRule *rule;

  if (!ob_destination_is_name (name))
    return refuse (reading, NULL, S_ ("a name has 1 to 64 letters, digits, '-', '_' and '.'"), error);
  rule = ensure_rule (into, name);
  g_free (rule->file);
  rule->file = g_strdup (reading->file_name);
  if (!read_group (reading, rule_keys, rule, error))
    return FALSE;
  if (rule->min_size_bytes > rule->max_size_bytes)
    return refuse (reading, "max-size", S_ ("less than min-size"), error);
  if (rule == into->rules->pdata[0]
      && (rule->media_types || rule->apps || rule->destinations || rule->groups || rule->form >= 0
          || rule->min_size_bytes > 0 || rule->max_size_bytes < G_MAXUINT64))
    return refuse (reading, NULL, S_ ("this rule matches everything; give one that does not a name of its own"), error);

  return TRUE;
}

/* Settings that are not of one rule. */
static gboolean
read_settings (const Reading *reading, ObRules *into, GError **error)
{
  static const struct
  {
    const char *group;
    const Key *keys;
  } groups[] = { { "Apps", app_keys },           { "Network", network_keys }, { "Policy", policy_keys },
                 { "Reminders", reminder_keys }, { "Secrets", secret_keys },  { "Storage", storage_keys } };

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    if (g_str_equal (reading->group, groups[i].group))
      return read_group (reading, groups[i].keys, into, error);

  return refuse (
      reading, NULL,
      S_ ("no such group; there are [Apps], [Network], [Policy], [Reminders], [Secrets], [Storage], [Rule NAME]"),
      error);
}

gboolean
ob_rules_read (ObRules *into, const char *text, gsize size_bytes, const char *file_name, GError **error)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) local_error = NULL;
  g_auto (GStrv) groups = NULL;

  if (!g_utf8_validate (text, (gssize) size_bytes, NULL))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("%s: not a text in UTF-8"), file_name);
      return FALSE;
    }
  if (size_bytes > 0 && !g_key_file_load_from_data (keys, text, size_bytes, G_KEY_FILE_KEEP_TRANSLATIONS, &local_error))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: %s", file_name, local_error->message);
      return FALSE;
    }
  groups = g_key_file_get_groups (keys, NULL);
  for (guint i = 0; groups[i]; i++)
    {
      const Reading reading = { file_name, keys, groups[i] };
      gboolean is_good;

      if (g_str_has_prefix (groups[i], RULE_PREFIX))
        is_good = read_rule (&reading, into, error);
      else
        is_good = read_settings (&reading, into, error);
      if (!is_good)
        return FALSE;
    }

  return TRUE;
}
