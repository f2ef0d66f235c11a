/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The description of REST and the table of routes are of one mind: paths, methods, parameters, bodies, answers.
 */
#include "ipc/requests/table.h"
#include "ipc/rest/router.h"
#include "ipc/rest/static.h"

#include <json-glib/json-glib.h>

static JsonObject *
load (JsonParser *parser)
{
  g_autoptr (GBytes) file = ob_static_load ("/v1/openapi.json");
  g_autoptr (GError) error = NULL;
  gsize size_bytes;
  const char *text;

  g_assert_nonnull (file);
  text = g_bytes_get_data (file, &size_bytes);
  g_assert_true (json_parser_load_from_data (parser, text, (gssize) size_bytes, &error));
  g_assert_no_error (error);

  return json_node_get_object (json_parser_get_root (parser));
}

static JsonObject *
find_operation (JsonObject *description, const ObRoute *route)
{
  JsonObject *paths = json_object_get_object_member (description, "paths");
  g_autofree char *method = g_ascii_strdown (route->method, -1);
  JsonObject *path;

  g_assert_true (json_object_has_member (paths, route->path));
  path = json_object_get_object_member (paths, route->path);
  g_assert_true (json_object_has_member (path, method));

  return json_object_get_object_member (path, method);
}

/* How many parameters an operation, or a path, has of that place. @name: (nullable): of that name alone. */
static guint
count_parameters (JsonObject *object, const char *place, const char *name)
{
  JsonArray *parameters
      = json_object_has_member (object, "parameters") ? json_object_get_array_member (object, "parameters") : NULL;
  guint n = 0;

  for (guint i = 0; parameters && i < json_array_get_length (parameters); i++)
    {
      JsonObject *parameter = json_array_get_object_element (parameters, i);
      const char *found = json_object_get_string_member (parameter, "name");

      n += g_str_equal (json_object_get_string_member (parameter, "in"), place)
           && !g_str_has_prefix (found, "metadata.") && (!name || g_str_equal (found, name));
    }

  return n;
}

static void
check_query (JsonObject *operation, const ObRoute *route)
{
  guint n = 0;

  for (const ObOption *option = route->query; option && option->name; option++, n++)
    g_assert_cmpuint (count_parameters (operation, "query", option->name), ==, 1);
  g_assert_cmpuint (count_parameters (operation, "query", NULL), ==, n);
}

static void
check_path (JsonObject *description, const ObRoute *route)
{
  JsonObject *paths = json_object_get_object_member (description, "paths");
  JsonObject *path = json_object_get_object_member (paths, route->path);
  const char *begin = strchr (route->path, '{');
  g_autofree char *name = begin ? g_strndup (begin + 1, strcspn (begin + 1, "}")) : NULL;

  g_assert_cmpuint (count_parameters (path, "path", name), ==, begin ? 1 : 0);
}

/* Returns: the schema of an operation's body of JSON. */
static JsonObject *
find_body (JsonObject *description, JsonObject *operation)
{
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), operation);
  g_autoptr (JsonNode) found = json_path_query ("$.requestBody.content['application/json'].schema", root, NULL);
  const char *reference;
  JsonObject *schemas;

  g_assert_cmpuint (json_array_get_length (json_node_get_array (found)), ==, 1);
  reference = json_object_get_string_member (json_array_get_object_element (json_node_get_array (found), 0), "$ref");
  schemas = json_object_get_object_member (json_object_get_object_member (description, "components"), "schemas");

  return json_object_get_object_member (schemas, strrchr (reference, '/') + 1);
}

/* The members of a body that has some. */
static void
check_body (JsonObject *description, JsonObject *operation, const ObRoute *route)
{
  JsonObject *schema, *properties;
  guint n = 0;

  if (!route->body)
    return;
  schema = find_body (description, operation);
  properties = json_object_get_object_member (schema, "properties");
  for (const ObOption *option = route->body; option->name; option++, n++)
    g_assert_true (json_object_has_member (properties, option->name));
  g_assert_cmpuint (json_object_get_size (properties), ==, n);
  g_assert_false (json_object_get_boolean_member (schema, "additionalProperties"));
}

/* Returns: the status of the answer to a request that is done. */
static const char *
get_status (const ObRoute *route)
{
  if (route->request && !ob_request_is_known (route->request))
    return "501";
  switch (route->kind)
    {
    case OB_ROUTE_SUBMIT:
      return "201";
    case OB_ROUTE_TUS:
      return g_str_equal (route->method, "POST") ? "201" : "204";
    case OB_ROUTE_SESSION:
      return route->body ? "200" : "204";
    case OB_ROUTE_SIGN_IN:
      return "204";
    case OB_ROUTE_REQUEST:
      return route->result ? "200" : "204";
    default:
      return "200";
    }
}

static void
check_answers (JsonObject *operation, const ObRoute *route)
{
  JsonObject *answers = json_object_get_object_member (operation, "responses");

  g_assert_true (json_object_has_member (answers, get_status (route)));
  g_assert_true (json_object_has_member (answers, "default"));
  g_assert_cmpuint (json_object_get_size (answers), ==, 2);
}

static void
test_every_route_is_described (void)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *description = load (parser);
  const ObRoute *route;

  g_assert_true (g_str_has_prefix (json_object_get_string_member (description, "openapi"), "3.1."));
  for (guint i = 0; (route = ob_router_get (i)); i++)
    {
      JsonObject *operation;

      g_test_message ("%s %s", route->method, route->path);
      operation = find_operation (description, route);
      check_query (operation, route);
      check_path (description, route);
      check_body (description, operation, route);
      check_answers (operation, route);
    }
}

/* A client of tus tells its version with each request but the first question. */
static void
test_tus_is_versioned (void)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *description = load (parser);
  const ObRoute *route;
  guint n_found = 0;

  for (guint i = 0; (route = ob_router_get (i)); i++)
    if (route->kind == OB_ROUTE_TUS)
      {
        const guint n_expected = g_str_equal (route->method, "OPTIONS") ? 0 : 1;

        g_test_message ("%s %s", route->method, route->path);
        g_assert_cmpuint (count_parameters (find_operation (description, route), "header", "Tus-Resumable"), ==,
                          n_expected);
        n_found++;
      }
  g_assert_cmpuint (n_found, >, 0);
}

/* What has no data needs no token; everything else does, at the port. */
static void
test_what_is_public_is_told (void)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *description = load (parser);
  const ObRoute *route;

  for (guint i = 0; (route = ob_router_get (i)); i++)
    {
      const gboolean begins_session = route->kind == OB_ROUTE_SESSION && g_str_equal (route->method, "POST");
      const gboolean is_public = route->kind == OB_ROUTE_STATIC || route->kind == OB_ROUTE_HEALTH
                                 || route->kind == OB_ROUTE_PAIR || g_str_equal (route->method, "OPTIONS")
                                 || begins_session;

      g_test_message ("%s %s", route->method, route->path);
      g_assert_true (json_object_has_member (find_operation (description, route), "security") == is_public);
    }
}

static guint
count_routes (const char *method, const char *path)
{
  const ObRoute *route;
  guint n = 0;

  for (guint i = 0; (route = ob_router_get (i)); i++)
    n += g_str_equal (route->path, path) && g_ascii_strcasecmp (route->method, method) == 0;

  return n;
}

static void
test_nothing_else_is_described (void)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *paths = json_object_get_object_member (load (parser), "paths");
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GList) members = json_object_get_members (paths);

  for (GList *path = members; path; path = path->next)
    {
      JsonObject *item = json_object_get_object_member (paths, path->data);
      g_autoptr (GList) methods = json_object_get_members (item);

      for (GList *method = methods; method; method = method->next)
        if (!g_str_equal (method->data, "parameters"))
          {
            JsonObject *operation = json_object_get_object_member (item, method->data);

            g_test_message ("%s %s", (char *) method->data, (char *) path->data);
            g_assert_cmpuint (count_routes (method->data, path->data), ==, 1);
            g_assert_true (
                g_hash_table_add (names, (gpointer) json_object_get_string_member (operation, "operationId")));
          }
    }
}

/* Each reference leads to something. */
static void
check_references (JsonNode *node, JsonObject *description)
{
  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      g_autoptr (GList) elements = json_array_get_elements (json_node_get_array (node));

      for (GList *element = elements; element; element = element->next)
        check_references (element->data, description);
    }
  else if (JSON_NODE_HOLDS_OBJECT (node))
    {
      JsonObject *object = json_node_get_object (node);
      g_autoptr (GList) values = json_object_get_values (object);
      const char *reference = json_object_get_string_member_with_default (object, "$ref", NULL);
      g_auto (GStrv) parts = reference ? g_strsplit (reference, "/", -1) : NULL;

      for (guint i = 1; parts && parts[i]; i++)
        {
          g_assert_true (json_object_has_member (description, parts[i]));
          description = json_object_get_object_member (description, parts[i]);
        }
      for (GList *value = reference ? NULL : values; value; value = value->next)
        check_references (value->data, description);
    }
}

static void
test_references (void)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *description = load (parser);

  check_references (json_parser_get_root (parser), description);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/openapi/every-route-is-described", test_every_route_is_described);
  g_test_add_func ("/openapi/tus-is-versioned", test_tus_is_versioned);
  g_test_add_func ("/openapi/what-is-public-is-told", test_what_is_public_is_told);
  g_test_add_func ("/openapi/nothing-else-is-described", test_nothing_else_is_described);
  g_test_add_func ("/openapi/references", test_references);

  return g_test_run ();
}
