/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public form of the rules. Main thread.
 */
#include "ipc/document.h"

#include "policy/hours.h"

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

/* A file name is bytes, not text. */
static GVariant *
make_file_name (const char *path)
{
  g_autofree char *name = g_filename_display_name (path);

  return g_variant_new_string (name);
}

GVariant *
ob_document_policy (ObConfiguration *configuration, const char *web_apps_problem)
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
  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (; *files; files++)
    g_variant_builder_add_value (&list, make_file_name (*files));
  add (&builder, "files", g_variant_builder_end (&list));
  add (&builder, "own_file", make_file_name (ob_configuration_get_own_file (configuration)));
  add (&builder, "problem", g_variant_new_string (problem ? problem : ""));
  add (&builder, "web_apps_problem", g_variant_new_string (web_apps_problem));

  return g_variant_builder_end (&builder);
}
