/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Routes of REST, and the arguments that queries and bodies make.
 */
#include "dbus/error.h"
#include "dbus/outbox-dbus.h"
#include "ipc/requests/table.h"
#include "ipc/rest/arguments.h"

static void
test_routes (void)
{
  const struct
  {
    const char *method, *path;
    const char *request; /* NULL: there is none for that method; and */
    const char *parameter;
    const char *allowed; /* NULL: nothing is there */
  } rows[] = {
    { "GET", "/v1/uploads", "Uploads.List", NULL, "OPTIONS, POST, GET, HEAD" },
    { "HEAD", "/v1/uploads", "Uploads.List", NULL, "OPTIONS, POST, GET, HEAD" },
    { "POST", "/v1/uploads", "Uploads.Submit", NULL, "OPTIONS, POST, GET, HEAD" },
    { "PUT", "/v1/uploads", NULL, NULL, "OPTIONS, POST, GET, HEAD" },
    { "GET", "/v1/uploads/4711", "Uploads.Get", "4711", "OPTIONS, GET, HEAD, PATCH, DELETE" },
    { "DELETE", "/v1/uploads/4711", "Uploads.Remove", "4711", "OPTIONS, GET, HEAD, PATCH, DELETE" },
    { "POST", "/v1/uploads/4711/send-now", "Uploads.SendNow", "4711", "OPTIONS, POST" },
    { "GET", "/v1/groups/a%2Fb%20c", "Groups.Get", "a/b c", "OPTIONS, GET, HEAD" },
    { "POST", "/v1/groups/a%2Fb/pause", "Groups.Pause", "a/b", "OPTIONS, POST" },
    { "GET", "/v1/groups/a/b", NULL, NULL, NULL },
    { "GET", "/v1/groups/%C3%A9", "Groups.Get", "\303\251", "OPTIONS, GET, HEAD" },
    { "GET", "/v1/groups/%C3", NULL, NULL, NULL },
    { "POST", "/v1/pair/token", NULL, NULL, "OPTIONS, POST" },
    { "GET", "/v1/uploads/", NULL, NULL, NULL },
    { "GET", "/v1/uploads//history", NULL, NULL, NULL },
    { "GET", "/v1/uploads/4711/", NULL, NULL, NULL },
    { "PUT", "/v1/destinations/yard", "Destinations.Set", "yard", "OPTIONS, GET, HEAD, PUT, PATCH, DELETE" },
    { "POST", "/v1/destinations/yard/sign-in", "Destinations.SignIn", "yard", "OPTIONS, POST, DELETE" },
    { "PUT", "/v1/policy", "Policy.Set", NULL, "OPTIONS, GET, HEAD, PUT" },
    { "OPTIONS", "/v1/tus/", NULL, NULL, "OPTIONS, POST" },
    { "PATCH", "/v1/tus/4711", NULL, "4711", "OPTIONS, HEAD, PATCH, DELETE" },
    { "DELETE", "/v1/tus/4711", "Uploads.Remove", "4711", "OPTIONS, HEAD, PATCH, DELETE" },
    { "GET", "/v1/tus", NULL, NULL, NULL },
    { "GET", "/v1", NULL, NULL, NULL },
    { "GET", "/", NULL, NULL, "OPTIONS, GET, HEAD" },
    { "GET", "/dashboard/main.js", NULL, "main.js", "OPTIONS, GET, HEAD" },
    { "GET", "/dashboard/", NULL, NULL, NULL },
    { "DELETE", "/v1/apps/https%3A%2F%2Fa.test", "Access.Revoke", "https://a.test", "OPTIONS, DELETE" },
    { "POST", "/v1/apps/BCDF-GHJK/approve", "Access.Approve", "BCDF-GHJK", "OPTIONS, POST" },
    { "GET", "", NULL, NULL, NULL },
    { "GET", "/V1/uploads", NULL, NULL, NULL },
    { "GET", "/v1/uploadsx", NULL, NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (ObRouted) routed = ob_router_find (rows[i].method, rows[i].path);

      g_test_message ("%s %s", rows[i].method, rows[i].path);
      g_assert_cmpstr (routed.route ? routed.route->request : NULL, ==, rows[i].request);
      g_assert_cmpstr (routed.parameter, ==, rows[i].parameter);
      g_assert_cmpstr (routed.allowed, ==, rows[i].allowed);
    }
}

/* Returns: whether the bus has that method, done or not */
static gboolean
is_method (const char *request)
{
  GDBusInterfaceInfo *const interfaces[]
      = { outbox_dbus_uploads_interface_info (), outbox_dbus_destinations_interface_info () };

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    {
      const char *name = strrchr (interfaces[i]->name, '.') + 1;

      if (g_str_has_prefix (request, name) && request[strlen (name)] == '.')
        return g_dbus_interface_info_lookup_method (interfaces[i], request + strlen (name) + 1) != NULL;
    }

  return FALSE;
}

static void
test_every_route_is_whole (void)
{
  const ObRoute *route;

  for (guint i = 0; (route = ob_router_get (i)); i++)
    {
      g_test_message ("%s %s", route->method, route->path);
      g_assert_true (route->request || (route->kind != OB_ROUTE_REQUEST && route->kind != OB_ROUTE_SUBMIT));
      g_assert_true (!route->request || ob_request_is_known (route->request) || is_method (route->request));
      g_assert_true (!route->settings || route->body);
      /* What a server can do is the same of every upload. */
      g_assert_true (!strchr (route->path, '{') || route->parameter || g_str_equal (route->method, "OPTIONS"));
      for (guint j = 0; j < i; j++)
        g_assert_false (g_str_equal (route->method, ob_router_get (j)->method)
                        && g_str_equal (route->path, ob_router_get (j)->path));
    }
}

/* Returns: (transfer full): the arguments as text, or the error. */
static char *
describe (const char *method, const char *path, const char *query, const char *body)
{
  g_auto (ObRouted) routed = ob_router_find (method, path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) arguments
      = ob_arguments_make (routed.route, routed.parameter, query, body ? body : "", body ? strlen (body) : 0, &error);

  g_assert_true (!arguments == (error != NULL));
  if (error)
    {
      g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
      return g_strdup ("refused");
    }

  return g_variant_print (arguments, FALSE);
}

static void
test_arguments (void)
{
  const struct
  {
    const char *method, *path, *query, *body, *expected;
  } rows[] = {
    { "GET", "/v1/uploads", NULL, NULL, "{'filter': <@a{sv} {}>}" },
    { "GET", "/v1/uploads", "", NULL, "{'filter': <@a{sv} {}>}" },
    { "GET", "/v1/uploads", "state=paused", NULL, "{'filter': <{'state': <'paused'>}>}" },
    { "GET", "/v1/uploads", "state=paused&", NULL, "{'filter': <{'state': <'paused'>}>}" },
    { "GET", "/v1/uploads", "group=a+b%2B%26", NULL, "{'filter': <{'group': <'a b+&'>}>}" },
    { "GET", "/v1/uploads", "group=", NULL, "{'filter': <{'group': <''>}>}" },
    { "GET", "/v1/uploads", "limit=4294967295", NULL, "{'filter': <{'limit': <uint32 4294967295>}>}" },
    { "GET", "/v1/uploads", "unfinished=true", NULL, "{'filter': <{'unfinished': <true>}>}" },
    { "GET", "/v1/uploads", "limit=4294967296", NULL, "refused" },
    { "GET", "/v1/uploads", "limit=99999999999999999999", NULL, "refused" },
    { "GET", "/v1/uploads", "limit=-1", NULL, "refused" },
    { "GET", "/v1/uploads", "limit=+1", NULL, "refused" },
    { "GET", "/v1/uploads", "limit=", NULL, "refused" },
    { "GET", "/v1/uploads", "limit=1.5", NULL, "refused" },
    { "GET", "/v1/uploads", "limit=0x10", NULL, "refused" },
    { "GET", "/v1/uploads", "unfinished=1", NULL, "refused" },
    { "GET", "/v1/uploads", "state", NULL, "refused" },
    { "GET", "/v1/uploads", "=x", NULL, "refused" },
    { "GET", "/v1/uploads", "nothing=x", NULL, "refused" },
    { "GET", "/v1/uploads", "state=a&state=b", NULL, "refused" },
    { "GET", "/v1/uploads", "group=%C3", NULL, "refused" },
    { "GET", "/v1/uploads", "metadata.a=b", NULL, "refused" },
    { "GET", "/v1/summary", "x=y", NULL, "refused" },
    { "GET", "/v1/summary", NULL, NULL, "{}" },
    { "GET", "/v1/history", NULL, NULL, "{'id': <''>}" },
    { "GET", "/v1/uploads/4711", NULL, NULL, "{'id': <'4711'>}" },
    { "POST", "/v1/uploads/4711/pause", NULL, NULL, "{'ids': <['4711']>}" },
    { "POST", "/v1/uploads/4711/pause", NULL, "{}", "{'ids': <['4711']>}" },
    { "POST", "/v1/uploads/4711/pause", NULL, "{\"x\":1}", "refused" },
    { "POST", "/v1/uploads/4711/pause", NULL, "[]", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":-5}", "{'options': <{'priority': <-5>}>, 'id': <'4711'>}" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":2147483648}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":99999999999999999999}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":-5.0}", "{'options': <{'priority': <-5>}>, 'id': <'4711'>}" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":1.5}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":1e300}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":\"1\"}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":null}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":[1]}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":1,\"priority\":2}", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":1", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "{\"priority\":1} x", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "\xff", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, "null", "refused" },
    { "PATCH", "/v1/uploads/4711", NULL, " ", "refused" },
    { "PUT", "/v1/policy", NULL, "{\"text\":\"a\\n\"}", "{'text': <'a\\n'>}" },
    { "PUT", "/v1/policy", NULL, NULL, "{}" },
    { "PUT", "/v1/policy", NULL, "{\"text\":{}}", "refused" },
    { "PUT", "/v1/policy", "text=a", NULL, "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, NULL, "{'name': <'yard'>, 'settings': <@a{sv} {}>}" },
    { "PUT", "/v1/destinations/yard", NULL, "{\"url\":\"http://a/\",\"default\":false}",
      "{'name': <'yard'>, 'settings': <{'url': <'http://a/'>, 'confirm_url': <''>, 'protocol': <'tus'>, 'default': "
      "<false>, 'receipt': <''>, 'amend_url': <''>, 'also': <@as []>}>}" },
    { "PUT", "/v1/destinations/yard", NULL, "{\"protocol\":\"http\",\"also\":[\"b\"]}",
      "{'name': <'yard'>, 'settings': <{'also': <['b']>, 'url': <''>, 'protocol': <'http'>, 'confirm_url': <''>, "
      "'receipt': <''>, 'amend_url': <''>}>}" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"name\":\"other\"}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"settings\":{}}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"default\":false}",
      "{'name': <'yard'>, 'settings': <{'default': <false>}>}" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"default\":0}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"also\":[\"a\",\"\"]}",
      "{'name': <'yard'>, 'settings': <{'also': <['a', '']>}>}" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"also\":[]}", "{'name': <'yard'>, 'settings': <{'also': <@as []>}>}" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"also\":\"a\"}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"also\":[\"a\",1]}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"also\":[[\"a\"]]}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"headers\":{\"A\":\"b\"}}",
      "{'name': <'yard'>, 'settings': <{'headers': <{'A': 'b'}>}>}" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"headers\":{}}",
      "{'name': <'yard'>, 'settings': <{'headers': <@a{ss} {}>}>}" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"headers\":[]}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"headers\":{\"A\":null}}", "refused" },
    { "PATCH", "/v1/destinations/yard", NULL, "{\"headers\":{\"A\":\"b\",\"A\":\"c\"}}", "refused" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *found = describe (rows[i].method, rows[i].path, rows[i].query, rows[i].body);

      g_test_message ("%u: %s %s?%s", i, rows[i].method, rows[i].path, rows[i].query);
      g_assert_cmpstr (found, ==, rows[i].expected);
    }
}

/* A file's own words. */
static void
test_metadata (void)
{
  g_auto (ObRouted) routed = ob_router_find ("POST", "/v1/uploads");
  g_autoptr (GVariant) good = ob_arguments_read_query ("name=a.jpg&metadata.job=4711&form=true&metadata.note=a+b",
                                                       routed.route->query, TRUE, NULL);
  g_autoptr (GVariant) metadata = NULL;
  g_autoptr (GError) error = NULL;
  const char *job = NULL, *note = NULL;

  g_assert_nonnull (good);
  metadata = g_variant_lookup_value (good, "metadata", G_VARIANT_TYPE ("a{ss}"));
  g_assert_nonnull (metadata);
  g_assert_cmpuint (g_variant_n_children (metadata), ==, 2);
  g_assert_true (g_variant_lookup (metadata, "job", "&s", &job));
  g_assert_true (g_variant_lookup (metadata, "note", "&s", &note));
  g_assert_cmpstr (job, ==, "4711");
  g_assert_cmpstr (note, ==, "a b");
  g_assert_null (ob_arguments_read_query ("metadata.a=1&metadata.a=2", routed.route->query, TRUE, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
}

static void
test_deep_json (void)
{
  g_autoptr (GString) deep = g_string_new ("{\"priority\":");
  g_autofree char *found = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (deep, '[');
  found = describe ("PATCH", "/v1/uploads/4711", NULL, deep->str);
  g_assert_cmpstr (found, ==, "refused");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/router/routes", test_routes);
  g_test_add_func ("/router/every-route-is-whole", test_every_route_is_whole);
  g_test_add_func ("/router/arguments", test_arguments);
  g_test_add_func ("/router/metadata", test_metadata);
  g_test_add_func ("/router/deep-json", test_deep_json);

  return g_test_run ();
}
