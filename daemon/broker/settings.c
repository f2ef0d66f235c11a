/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Settings as JSON through a{sv}. Pure.
 */
#include "broker/settings.h"

#include "base/json.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/header.h"
#include "transfer/protocols.h"

/* --- Checks --- */

gboolean
ob_settings_is_template (const char *url)
{
  g_auto (GStrv) parts = g_strsplit_set (url, "{}", -1);
  g_autofree char *plain = g_strjoinv ("x", parts);

  return ob_destination_is_url (plain);
}

const char *
ob_settings_find_own_header (GVariant *headers)
{
  const char *name;
  GVariantIter iter;

  g_variant_iter_init (&iter, headers);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, NULL))
    if (ob_header_is_own (name))
      return name;

  return NULL;
}

gboolean
ob_settings_are_headers (GVariant *headers)
{
  const char *name, *value;
  GVariantIter iter;

  g_variant_iter_init (&iter, headers);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    if (!ob_header_is_name (name) || !ob_header_is_value (value))
      return FALSE;

  return TRUE;
}

static gboolean
has_protocol (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  if (ob_protocol_find (name))
    return TRUE;
  for (const ObProtocol *const *each = ob_protocol_list (); *each; each++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", (*each)->name);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               S_ ("protocol: there is no %.40s here; there is: %s"), name, names->str);

  return FALSE;
}

gboolean
ob_settings_check_protocol (const ObDestination *old, const char *protocol, const char *url, GError **error)
{
  const char *name = protocol ? protocol : old ? old->protocol : ob_protocol_list ()[0]->name;
  const char *wrong;

  if (!protocol && !url)
    return TRUE;
  if (!has_protocol (name, error))
    return FALSE;
  wrong = ob_protocol_find (name)->check_url (url ? url : old->url);
  if (wrong)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("url: for %s, %s"), name, wrong);

  return !wrong;
}

/* --- Writing --- */

static void
add_destination (GVariantBuilder *list, const ObDestination *destination)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "name", g_variant_new_string (destination->name));
  g_variant_builder_add (&builder, "{sv}", "protocol", g_variant_new_string (destination->protocol));
  g_variant_builder_add (&builder, "{sv}", "url", g_variant_new_string (destination->url));
  if (destination->confirm_url)
    g_variant_builder_add (&builder, "{sv}", "confirm_url", g_variant_new_string (destination->confirm_url));
  if (destination->amend_url)
    g_variant_builder_add (&builder, "{sv}", "amend_url", g_variant_new_string (destination->amend_url));
  if (destination->receipt != OUTBOX_RUNG_NONE)
    g_variant_builder_add (&builder, "{sv}", "receipt",
                           g_variant_new_string (outbox_rung_get_info (destination->receipt)->name));
  if (destination->also)
    g_variant_builder_add (&builder, "{sv}", "also", g_variant_new_strv ((const char *const *) destination->also, -1));
  g_variant_builder_add (&builder, "{sv}", "headers", destination->headers);
  if (g_variant_n_children (destination->sign_in) > 0)
    g_variant_builder_add (&builder, "{sv}", "sign_in", destination->sign_in);
  g_variant_builder_add (&builder, "{sv}", "default", g_variant_new_boolean (destination->is_default));
  g_variant_builder_add (&builder, "{sv}", "paused", g_variant_new_boolean (destination->is_paused));
  g_variant_builder_add_value (list, g_variant_builder_end (&builder));
}

char *
ob_settings_write (GHashTable *destinations, GPtrArray *paused_groups, gboolean is_paused)
{
  g_autoptr (GVariant) settings = NULL;
  GVariantBuilder list, groups, app_groups, builder;
  GHashTableIter iter;
  gpointer value;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  g_hash_table_iter_init (&iter, destinations);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    add_destination (&list, value);
  g_variant_builder_init (&groups, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_builder_init (&app_groups, G_VARIANT_TYPE ("aas"));
  for (guint i = 0; i < paused_groups->len; i++)
    {
      const ObGroup *group = paused_groups->pdata[i];
      const char *const pair[] = { group->app, group->key, NULL };

      if (*group->app == '\0')
        g_variant_builder_add (&groups, "s", group->key);
      else
        g_variant_builder_add (&app_groups, "^as", pair);
    }
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "paused", g_variant_new_boolean (is_paused));
  g_variant_builder_add (&builder, "{sv}", "paused_groups", g_variant_builder_end (&groups));
  g_variant_builder_add (&builder, "{sv}", "paused_groups_of_apps", g_variant_builder_end (&app_groups));
  g_variant_builder_add (&builder, "{sv}", "destinations", g_variant_builder_end (&list));
  settings = g_variant_ref_sink (g_variant_builder_end (&builder));

  return ob_json_write (settings);
}

/* --- Reading --- */

/* Returns: (transfer full) (nullable): a{ss}. */
static GVariant *
read_strings (JsonNode *node)
{
  GVariant *strings = node ? json_gvariant_deserialize (node, "a{ss}", NULL) : NULL;

  return strings ? g_variant_take_ref (strings) : NULL;
}

/* Returns: (transfer full) (nullable): those that are URLs. */
static GStrv
read_urls (JsonNode *node)
{
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();
  g_auto (GStrv) list = NULL;

  for (guint i = 0; array && i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (json_node_get_value_type (element) == G_TYPE_STRING && ob_destination_is_url (json_node_get_string (element)))
        g_strv_builder_add (urls, json_node_get_string (element));
    }
  list = g_strv_builder_end (urls);

  return list[0] ? g_steal_pointer (&list) : NULL;
}

static ObDestination *
read_destination (JsonObject *object)
{
  g_autofree char *name = ob_json_dup_clean_text (object, "name");
  g_autofree char *protocol = ob_json_dup_clean_text (object, "protocol");
  g_autofree char *url = ob_json_dup_clean_text (object, "url");
  JsonNode *headers = json_object_get_member (object, "headers");
  g_autoptr (GVariant) strings = read_strings (headers);
  g_autoptr (GVariant) sign_in = read_strings (json_object_get_member (object, "sign_in"));
  ObDestination *destination;

  if (!name || !ob_destination_is_name (name) || !url || !ob_destination_is_url (url) || !protocol)
    return NULL;
  destination = ob_destination_new (name);
  g_free (destination->protocol);
  destination->protocol = g_steal_pointer (&protocol);
  g_free (destination->url);
  destination->url = g_steal_pointer (&url);
  destination->confirm_url = ob_json_dup_clean_text (object, "confirm_url");
  destination->amend_url = ob_json_dup_clean_text (object, "amend_url");
  destination->receipt = outbox_rung_from_name (ob_json_get_text (object, "receipt"));
  destination->also = read_urls (json_object_get_member (object, "also"));
  if (strings && ob_settings_are_headers (strings))
    {
      g_variant_unref (destination->headers);
      destination->headers = g_steal_pointer (&strings);
    }
  if (sign_in)
    ob_destination_set_sign_in (destination, sign_in);
  destination->is_default = ob_json_is_true (object, "default");
  destination->is_paused = ob_json_is_true (object, "paused");

  return destination;
}

/* Returns: (nullable): the array of that name. */
static JsonArray *
get_list (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static const char *
get_string (JsonArray *list, guint i)
{
  JsonNode *node = i < json_array_get_length (list) ? json_array_get_element (list, i) : NULL;

  return node && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

static void
add_group (GPtrArray *groups, const char *app, const char *key)
{
  ObGroup *group;

  if (!app || !key || !ob_text_is_clean (app) || !ob_text_is_clean (key))
    return;
  group = g_new0 (ObGroup, 1);
  group->app = g_strdup (app);
  group->key = g_strdup (key);
  g_ptr_array_add (groups, group);
}

static GPtrArray *
read_paused_groups (JsonObject *object)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_group_free);
  JsonArray *keys = get_list (object, "paused_groups");
  JsonArray *pairs = get_list (object, "paused_groups_of_apps");

  for (guint i = 0; keys && i < json_array_get_length (keys); i++)
    add_group (groups, "", get_string (keys, i));
  for (guint i = 0; pairs && i < json_array_get_length (pairs); i++)
    {
      JsonNode *node = json_array_get_element (pairs, i);
      JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

      if (pair)
        add_group (groups, get_string (pair, 0), get_string (pair, 1));
    }

  return groups;
}

void
ob_settings_free (ObSettings *settings)
{
  g_ptr_array_unref (settings->destinations);
  g_ptr_array_unref (settings->paused_groups);
  g_free (settings);
}

ObSettings *
ob_settings_read (const char *text, gsize size_bytes, GError **error)
{
  g_autoptr (JsonNode) root = ob_json_parse (text, size_bytes, error);
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonNode *list = object ? json_object_get_member (object, "destinations") : NULL;
  ObSettings *settings;

  if (!root)
    return NULL;
  if (!list || !JSON_NODE_HOLDS_ARRAY (list))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The settings have no destinations");
      return NULL;
    }
  settings = g_new0 (ObSettings, 1);
  settings->is_paused = ob_json_is_true (object, "paused");
  settings->paused_groups = read_paused_groups (object);
  settings->destinations = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_destination_free);
  for (guint i = 0; i < json_array_get_length (json_node_get_array (list)); i++)
    {
      JsonNode *node = json_array_get_element (json_node_get_array (list), i);
      ObDestination *destination
          = JSON_NODE_HOLDS_OBJECT (node) ? read_destination (json_node_get_object (node)) : NULL;

      if (destination)
        g_ptr_array_add (settings->destinations, destination);
    }

  return settings;
}
