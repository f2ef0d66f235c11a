/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads queries and bodies into what ob_request_run() takes. What the values mean is checked there. Pure.
 */
#include "ipc/rest/arguments.h"

#include "base/json.h"
#include "base/text.h"
#include "dbus/error.h"
#include "ipc/requests/table.h"

#include <errno.h>

#define METADATA "metadata."

/* Returns: %FALSE, so that a check can end with it */
static gboolean
refuse (const char *name, const char *why, GError **error)
{
  g_autofree char *shown = ob_text_dup_clean (name, -1, OB_TEXT_SHOWN_CHARS);

  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: %s", shown, why);

  return FALSE;
}

static const ObOption *
find_option (const ObOption *options, const char *name)
{
  for (; options && options->name; options++)
    if (g_str_equal (options->name, name))
      return options;

  return NULL;
}

/* @type: u, i or x. Returns: (nullable): floating; %NULL where the number is beyond it */
static GVariant *
make_number (gint64 number, char type)
{
  switch (type)
    {
    case 'u':
      return number >= 0 && number <= G_MAXUINT32 ? g_variant_new_uint32 ((guint32) number) : NULL;
    case 'i':
      return number >= G_MININT32 && number <= G_MAXINT32 ? g_variant_new_int32 ((gint32) number) : NULL;
    default:
      return g_variant_new_int64 (number);
    }
}

/* --- The query --- */

/* Returns: (nullable): floating */
static GVariant *
read_text_value (const ObOption *option, const char *text, GError **error)
{
  const char *digits = text + (*text == '-');
  GVariant *number = NULL;

  if (*option->type == 's')
    return g_variant_new_string (text);
  if (*option->type == 'b' && (g_str_equal (text, "true") || g_str_equal (text, "false")))
    return g_variant_new_boolean (*text == 't');
  if (*option->type == 'b')
    {
      (void) refuse (option->name, "true or false", error);
      return NULL;
    }
  errno = 0;
  if (*digits != '\0' && strspn (digits, "0123456789") == strlen (digits))
    {
      gint64 value = g_ascii_strtoll (text, NULL, 10);

      number = errno == 0 ? make_number (value, *option->type) : NULL;
    }

  if (!number)
    (void) refuse (option->name, "a number that it can be", error);

  return number;
}

/* Returns: (transfer full) (nullable): the text of a name or a value */
static char *
dup_part (const char *begin, const char *end)
{
  g_autofree char *part = g_strndup (begin, (gsize) (end - begin));
  g_autofree char *text = NULL;

  for (char *c = part; *c; c++)
    if (*c == '+')
      *c = ' ';
  text = g_uri_unescape_string (part, NULL);

  return text && g_utf8_validate (text, -1, NULL) ? g_steal_pointer (&text) : NULL;
}

typedef struct
{
  const ObOption *options;
  gboolean has_metadata;
  GVariantDict values;
  GVariantDict metadata;
  guint n_metadata;
} Query;

static gboolean
take_pair (Query *query, const char *name, const char *value, GError **error)
{
  const gboolean is_metadata = query->has_metadata && g_str_has_prefix (name, METADATA);
  const char *key = is_metadata ? name + strlen (METADATA) : name;
  const ObOption *option = is_metadata ? NULL : find_option (query->options, name);
  GVariant *read;

  if (!is_metadata && !option)
    return refuse (name, "there is no such parameter", error);
  if (g_variant_dict_contains (is_metadata ? &query->metadata : &query->values, key))
    return refuse (name, "stands twice", error);
  read = is_metadata ? g_variant_new_string (value) : read_text_value (option, value, error);
  if (!read)
    return FALSE;
  query->n_metadata += is_metadata;
  g_variant_dict_insert_value (is_metadata ? &query->metadata : &query->values, key, read);

  return TRUE;
}

static gboolean
take_part (Query *query, const char *part, GError **error)
{
  const char *equals = strchr (part, '=');
  g_autofree char *name = equals ? dup_part (part, equals) : NULL;
  g_autofree char *value = equals ? dup_part (equals + 1, part + strlen (part)) : NULL;

  if (!name || !value)
    return refuse (part, "is not NAME=VALUE", error);

  return take_pair (query, name, value, error);
}

/* Returns: floating: a{ss} of what is a{sv} of strings */
static GVariant *
make_strings (GVariantDict *dict)
{
  g_autoptr (GVariant) values = g_variant_ref_sink (g_variant_dict_end (dict));
  GVariantBuilder strings;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_builder_init (&strings, G_VARIANT_TYPE ("a{ss}"));
  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_variant_builder_add (&strings, "{ss}", key, g_variant_get_string (value, NULL));

  return g_variant_builder_end (&strings);
}

GVariant *
ob_arguments_read_query (const char *text, const ObOption *options, gboolean has_metadata, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text ? text : "", "&", -1);
  Query query = { .options = options, .has_metadata = has_metadata };
  gboolean is_good = TRUE;
  GVariant *values = NULL;

  g_variant_dict_init (&query.values, NULL);
  g_variant_dict_init (&query.metadata, NULL);
  for (guint i = 0; parts[i] && is_good; i++)
    is_good = *parts[i] == '\0' || take_part (&query, parts[i], error);
  if (is_good && query.n_metadata > 0)
    g_variant_dict_insert_value (&query.values, "metadata", make_strings (&query.metadata));
  if (is_good)
    values = g_variant_ref_sink (g_variant_dict_end (&query.values));
  g_variant_dict_clear (&query.values);
  g_variant_dict_clear (&query.metadata);

  return values;
}

/* --- The body --- */

/* Beyond it not every whole number is one of JSON's (RFC 8259, section 6). */
#define MOST_OF_JSON G_GINT64_CONSTANT (9007199254740991)

static gboolean
is_whole (double number)
{
  return number >= -MOST_OF_JSON && number <= MOST_OF_JSON && (double) (gint64) number == number;
}

/* Returns: (nullable): what the node is, if it is text */
static const char *
read_text (JsonNode *node)
{
  gboolean is_text = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;

  return is_text ? json_node_get_string (node) : NULL;
}

/* Returns: (nullable): floating: as */
static GVariant *
read_texts (JsonArray *array)
{
  GVariantBuilder texts;

  g_variant_builder_init (&texts, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      const char *text = read_text (json_array_get_element (array, i));

      if (!text)
        {
          g_variant_builder_clear (&texts);
          return NULL;
        }
      g_variant_builder_add (&texts, "s", text);
    }

  return g_variant_builder_end (&texts);
}

/* Returns: (nullable): floating: a{ss} */
static GVariant *
read_named_texts (JsonObject *object)
{
  GVariantBuilder texts;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  g_variant_builder_init (&texts, G_VARIANT_TYPE ("a{ss}"));
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      const char *text = read_text (node);

      if (!text)
        {
          g_variant_builder_clear (&texts);
          return NULL;
        }
      g_variant_builder_add (&texts, "{ss}", name, text);
    }

  return g_variant_builder_end (&texts);
}

/* Returns: (nullable): floating */
static GVariant *
read_node (const ObOption *option, JsonNode *node, GError **error)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
  GVariant *value = NULL;

  if (g_str_equal (option->type, "as"))
    value = JSON_NODE_HOLDS_ARRAY (node) ? read_texts (json_node_get_array (node)) : NULL;
  else if (g_str_equal (option->type, "a{ss}"))
    value = JSON_NODE_HOLDS_OBJECT (node) ? read_named_texts (json_node_get_object (node)) : NULL;
  else if (*option->type == 's' && type == G_TYPE_STRING)
    value = g_variant_new_string (json_node_get_string (node));
  else if (*option->type == 'b' && type == G_TYPE_BOOLEAN)
    value = g_variant_new_boolean (json_node_get_boolean (node));
  else if (*option->type != 's' && *option->type != 'b' && type == G_TYPE_INT64)
    value = make_number (json_node_get_int (node), *option->type);
  /* 23.0 is the number 23 (JSON Schema, section 6.1.1 of its validation). */
  else if (*option->type != 's' && *option->type != 'b' && type == G_TYPE_DOUBLE
           && is_whole (json_node_get_double (node)))
    value = make_number ((gint64) json_node_get_double (node), *option->type);

  if (!value)
    (void) refuse (option->name, "has another type, or is beyond its range", error);

  return value;
}

static gboolean
read_members (JsonObject *object, const ObOption *options, GVariantDict *arguments, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *each = names; each; each = each->next)
    {
      const ObOption *option = find_option (options, each->data);
      GVariant *value;

      if (!option)
        return refuse (each->data, "there is no such member", error);
      value = read_node (option, json_object_get_member (object, each->data), error);
      if (!value)
        return FALSE;
      g_variant_dict_insert_value (arguments, option->name, value);
    }

  return TRUE;
}

static gboolean
read_body (const char *body, gsize size_bytes, const ObOption *options, GVariantDict *arguments, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) parse_error = NULL;

  if (size_bytes == 0)
    return TRUE;
  root = ob_json_parse (body, size_bytes, &parse_error);
  if (!root)
    return refuse ("body", parse_error->message, error);
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return refuse ("body", "a JSON object", error);

  return read_members (json_node_get_object (root), options, arguments, error);
}

/* --- Both --- */

static void
take_parameter (const ObRoute *route, const char *parameter, GVariantDict *arguments)
{
  const char *text = parameter ? parameter : "";

  if (route->is_list)
    g_variant_dict_insert_value (arguments, route->parameter, g_variant_new_strv (&text, 1));
  else
    g_variant_dict_insert (arguments, route->parameter, "s", text);
}

/* PUT sets all of something: where its body does not say a setting, it is that of a new one. Headers and the sign-in, which nobody can read
 * back, and the choice of the default are changed only where they are told. */
static void
fill_absent (GVariantDict *settings)
{
  static const struct
  {
    const char *name, *value;
  } of_new[] = {
    { "protocol", "'tus'" }, { "url", "''" },     { "confirm_url", "''" },
    { "amend_url", "''" },   { "receipt", "''" }, { "also", "@as []" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (of_new); i++)
    if (!g_variant_dict_contains (settings, of_new[i].name))
      g_variant_dict_insert_value (settings, of_new[i].name, g_variant_new_parsed (of_new[i].value));
}

GVariant *
ob_arguments_make (const ObRoute *route, const char *parameter, const char *query, const char *body, gsize size_bytes,
                   GError **error)
{
  g_autoptr (GVariant) options = ob_arguments_read_query (query, route->query, FALSE, error);
  g_auto (GVariantDict) arguments = G_VARIANT_DICT_INIT (NULL);
  g_auto (GVariantDict) members = G_VARIANT_DICT_INIT (NULL);

  if (!options || !read_body (body, size_bytes, route->body, route->settings ? &members : &arguments, error))
    return NULL;
  if (route->settings && g_str_equal (route->method, "PUT"))
    fill_absent (&members);
  if (route->settings)
    g_variant_dict_insert_value (&arguments, route->settings, g_variant_dict_end (&members));
  if (route->query)
    g_variant_dict_insert_value (&arguments, "filter", options);
  if (route->parameter)
    take_parameter (route, parameter, &arguments);

  return g_variant_ref_sink (g_variant_dict_end (&arguments));
}

/* --- Fields of the head --- */

/* Returns: (nullable): the text without quotes, where it has them (RFC 9651 section 3.3.3) */
static char *
dup_plain (const char *text)
{
  gsize length = strlen (text);

  return length >= 2 && text[0] == '"' && text[length - 1] == '"' ? g_strndup (text + 1, length - 2) : g_strdup (text);
}

gboolean
ob_arguments_add_field (GVariantDict *options, const char *name, const char *value, GError **error)
{
  g_autofree char *plain = value ? dup_plain (value) : NULL;

  if (plain && !ob_text_is_clean (plain))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: is no text", name);
      return FALSE;
    }
  if (plain)
    g_variant_dict_insert (options, name, "s", plain);

  return TRUE;
}

GVariant *
ob_arguments_make_one (const char *name, GVariant *value)
{
  GVariantBuilder arguments;

  g_variant_builder_init (&arguments, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&arguments, "{sv}", name, value);

  return g_variant_ref_sink (g_variant_builder_end (&arguments));
}
