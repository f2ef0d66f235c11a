/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public form of the rules. Main thread.
 */
#include "ipc/document.h"

#include "policy/hours.h"

#define MS_PER_HOUR (3600 * G_GINT64_CONSTANT (1000))

static void
add (GVariantBuilder *builder, const char *key, GVariant *value)
{
  g_variant_builder_add (builder, "{sv}", key, value);
}

static GVariant *
make_list (char *const *list)
{
  return g_variant_new_strv ((const char *const *) list, list ? -1 : 0);
}

static GVariant *
list_networks (guint networks)
{
  GVariantBuilder names;

  g_variant_builder_init (&names, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint link = 0; link < OB_N_LINKS; link++)
    if (networks & 1u << link)
      g_variant_builder_add (&names, "s", ob_link_get_name (link));

  return g_variant_builder_end (&names);
}

static GVariant *
list_hours (GArray *windows)
{
  GVariantBuilder texts;

  g_variant_builder_init (&texts, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; windows && i < windows->len; i++)
    {
      g_autofree char *text = ob_time_window_format (&g_array_index (windows, ObTimeWindow, i));

      g_variant_builder_add (&texts, "s", text);
    }

  return g_variant_builder_end (&texts);
}

GVariant *
ob_document_rule (const ObRule *rule, gboolean is_persons)
{
  static const char *const allowances[] = { [OB_ALLOW] = "allow", [OB_ASK] = "ask", [OB_DENY] = "deny" };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add (&builder, "name", g_variant_new_string (rule->name));
  if (is_persons)
    {
      add (&builder, "file", g_variant_new_string (rule->file ? rule->file : ""));
      add (&builder, "connections", make_list (rule->connections));
    }
  add (&builder, "match_type", make_list (rule->media_types));
  add (&builder, "match_app", make_list (rule->apps));
  add (&builder, "match_destination", make_list (rule->destinations));
  add (&builder, "match_group", make_list (rule->groups));
  if (rule->form >= 0)
    add (&builder, "match_form", g_variant_new_boolean (rule->form));
  add (&builder, "min_size", g_variant_new_uint64 (rule->min_size_bytes));
  if (rule->max_size_bytes < G_MAXUINT64)
    add (&builder, "max_size", g_variant_new_uint64 (rule->max_size_bytes));
  add (&builder, "networks", list_networks (rule->networks));
  add (&builder, "metered", g_variant_new_string (allowances[rule->metered]));
  add (&builder, "roaming", g_variant_new_string (allowances[rule->roaming]));
  add (&builder, "battery", g_variant_new_uint32 (rule->battery_percent));
  add (&builder, "power_saver", g_variant_new_string (rule->avoids_power_saver ? "deny" : "allow"));
  add (&builder, "hours", list_hours (rule->windows));
  add (&builder, "rate", g_variant_new_uint64 (rule->rate_bytes_per_s));
  add (&builder, "priority", g_variant_new_int32 (rule->priority));

  return g_variant_builder_end (&builder);
}

static GVariant *
make_quota (const ObQuota *quota)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add (&builder, "max_files", g_variant_new_uint64 (quota->files));
  add (&builder, "max_bytes", g_variant_new_uint64 (quota->bytes));
  add (&builder, "max_metadata", g_variant_new_uint64 (quota->metadata_bytes));
  add (&builder, "max_saving", g_variant_new_uint64 (quota->saving));

  return g_variant_builder_end (&builder);
}

static GVariant *
make_reminders (const ObReminderSettings *reminders)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add (&builder, "after_hours", g_variant_new_uint64 ((guint64) (reminders->after_ms / MS_PER_HOUR)));
  add (&builder, "taps", g_variant_new_boolean (reminders->tells_taps));
  add (&builder, "pages", g_variant_new_boolean (reminders->tells_pages));
  add (&builder, "arrived", g_variant_new_boolean (reminders->tells_arrived));
  add (&builder, "groups", g_variant_new_boolean (reminders->tells_groups));

  return g_variant_builder_end (&builder);
}

static GVariant *
make_storage (const ObKeeping *keeping)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (keeping->keep_ms < G_MAXINT64)
    add (&builder, "keep_days", g_variant_new_uint64 ((guint64) (keeping->keep_ms / (24 * MS_PER_HOUR))));
  add (&builder, "keep_free", g_variant_new_uint64 (keeping->free_bytes));
  add (&builder, "journal_max", g_variant_new_uint64 (keeping->journal_bytes));
  if (keeping->list_ms < G_MAXINT64)
    add (&builder, "list_days", g_variant_new_uint64 ((guint64) (keeping->list_ms / (24 * MS_PER_HOUR))));
  if (keeping->list_most < G_MAXUINT64)
    add (&builder, "list_most", g_variant_new_uint64 (keeping->list_most));
  add (&builder, "wiped", g_variant_new_boolean (keeping->is_wiped));

  return g_variant_builder_end (&builder);
}

static gboolean
is_told_already (const GPtrArray *passes, guint n_told, const ObPass *pass)
{
  for (guint i = 0; i < n_told; i++)
    {
      const ObPass *other = passes->pdata[i];

      if (other->scope == pass->scope && other->until_ms == pass->until_ms && g_str_equal (other->app, pass->app)
          && g_str_equal (other->key, pass->key))
        return TRUE;
    }

  return FALSE;
}

/* Uploads that were paused and those that were not have two passes of one word. */
static GVariant *
list_passes (ObBroker *broker)
{
  const GPtrArray *passes = ob_broker_list_passes (broker);
  GVariantBuilder list, builder;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < passes->len; i++)
    {
      const ObPass *pass = passes->pdata[i];
      g_autofree char *name
          = pass->scope == OUTBOX_SCOPE_GROUP ? ob_group_dup_name (pass->app, pass->key) : g_strdup (pass->key);

      if (ob_pass_is_over (pass, ob_broker_get_now_ms (broker)) || is_told_already (passes, i, pass))
        continue;
      g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
      add (&builder, "scope", g_variant_new_string (outbox_scope_get_name (pass->scope)));
      add (&builder, "key", g_variant_new_string (name));
      add (&builder, "until", g_variant_new_int64 (pass->until_ms));
      g_variant_builder_add_value (&list, g_variant_builder_end (&builder));
    }

  return g_variant_builder_end (&list);
}

/* A file name is bytes, not text. */
static GVariant *
make_file_name (const char *path)
{
  g_autofree char *name = g_filename_display_name (path);

  return g_variant_new_string (name);
}

GVariant *
ob_document_policy (ObBroker *broker, ObConfiguration *configuration, const char *web_apps_problem,
                    const char *destinations_problem)
{
  const ObRules *rules = ob_configuration_get_rules (configuration);
  const char *const *files = ob_configuration_get_files (configuration);
  g_autofree char *problem = ob_configuration_dup_problem (configuration);
  GVariantBuilder builder, list;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < rules->rules->len; i++)
    g_variant_builder_add_value (&list, ob_document_rule (rules->rules->pdata[i], TRUE));
  add (&builder, "rules", g_variant_builder_end (&list));
  add (&builder, "budget", g_variant_new_uint64 (rules->budget_bytes));
  add (&builder, "quota", make_quota (&rules->quota));
  add (&builder, "reminders", make_reminders (&rules->reminders));
  add (&builder, "storage", make_storage (&rules->keeping));
  add (&builder, "passes", list_passes (broker));
  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (; *files; files++)
    g_variant_builder_add_value (&list, make_file_name (*files));
  add (&builder, "files", g_variant_builder_end (&list));
  add (&builder, "own_file", make_file_name (ob_configuration_get_own_file (configuration)));
  add (&builder, "problem", g_variant_new_string (problem ? problem : ""));
  add (&builder, "web_apps_problem", g_variant_new_string (web_apps_problem));
  add (&builder, "destinations_problem", g_variant_new_string (destinations_problem));

  return g_variant_builder_end (&builder);
}
