/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every route that the daemon describes is closed at the port to whoever may not use it: a new one is closed until somebody opens it
 * here.
 */
#include "pages.h"

#include <json-glib/json-glib.h>

#define ORIGIN "https://capture.example"

typedef enum
{
  CLOSED,  /* for pages that show their token */
  PUBLIC,  /* has no data: whoever may look is answered */
  PAIRING, /* for every page that could be let in */
  OWN,     /* for the dashboard's page */
} Kind;

/* All that are not closed. */
static const struct
{
  const char *route;
  Kind kind;
} open_routes[] = {
  { "get /", PUBLIC },           { "get /dashboard/{file}", PUBLIC },
  { "get /v1/health", PUBLIC },  { "get /v1/openapi.json", PUBLIC },
  { "post /v1/pair", PAIRING },  { "post /v1/pair/token", PAIRING },
  { "post /v1/hello", PAIRING }, { "post /v1/dashboard/session", OWN },
};

static Kind
find_kind (const char *method, const char *path)
{
  g_autofree char *route = g_strconcat (method, " ", path, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (open_routes); i++)
    if (g_str_equal (open_routes[i].route, route))
      return open_routes[i].kind;

  return CLOSED;
}

/* --- Who tries it --- */

#define HOST "Host: 127.0.0.1:$PORT\r\n"
#define FETCH "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
#define FORM "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"
#define TOKEN "Authorization: Bearer $TOKEN\r\n"
#define STRANGER "Origin: https://evil.example\r\n"
#define PAGE "Origin: " ORIGIN "\r\n"

/* What each gets of each kind; 0: it may use it. */
static const struct
{
  const char *name;
  const char *fields;
  guint closed, public, pairing, own;
} tries[] = {
  { "a stranger", HOST STRANGER FETCH, 403, 403, 0, 403 },
  { "a stranger with a stolen token", HOST STRANGER FETCH TOKEN, 403, 403, 0, 403 },
  { "a program with a token", HOST TOKEN, 403, 0, 403, 403 },
  { "a page without its token", HOST PAGE FETCH, 401, 0, 0, 403 },
  { "a page with a token of nobody", HOST PAGE FETCH "Authorization: Bearer AAAA\r\n", 401, 0, 0, 403 },
  { "a form or a frame with a token", HOST PAGE FORM TOKEN, 403, 403, 403, 403 },
  { "a name that was rebound", "Host: evil.example:$PORT\r\n" PAGE FETCH TOKEN, 403, 403, 403, 403 },
  { "a sandboxed frame", HOST "Origin: null\r\n" FETCH TOKEN, 403, 403, 403, 403 },
};

/* A client of tus takes a HEAD that is refused with 401 or 403 for the end of its upload: a page that is let in again would send all of it
 * again. */
static gboolean
is_head_of_tus (const char *method, const char *path)
{
  return g_str_equal (method, "head") && g_str_has_prefix (path, "/v1/tus/");
}

static guint
get_expected (guint i, Kind kind)
{
  return kind == CLOSED   ? tries[i].closed
         : kind == PUBLIC ? tries[i].public
         : kind == OWN    ? tries[i].own
                          : tries[i].pairing;
}

static char *
fill (const char *fields, guint16 port, const char *token)
{
  g_autoptr (GString) text = g_string_new (fields);
  g_autofree char *number = g_strdup_printf ("%u", port);

  (void) g_string_replace (text, "$PORT", number, 0);
  (void) g_string_replace (text, "$TOKEN", token, 0);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* @path: as it is described, with parameters. Returns: (transfer full): one that is of it */
static char *
dup_path (const char *path)
{
  g_autoptr (GRegex) parameter = g_regex_new ("\\{[^}]*\\}", 0, 0, NULL);

  return g_regex_replace_literal (parameter, path, -1, 0, "x", 0, NULL);
}

static void
try_route (const Page *page, guint16 port, const char *method, const char *described)
{
  const Kind kind = find_kind (method, described);
  g_autofree char *name = g_ascii_strup (method, -1);
  g_autofree char *path = dup_path (described);

  for (guint i = 0; i < G_N_ELEMENTS (tries); i++)
    {
      g_autofree char *fields = fill (tries[i].fields, port, page->token);
      g_autofree char *bytes = g_strdup_printf ("%s %s HTTP/1.1\r\n%s\r\n", name, path, fields);
      const guint expected = get_expected (i, kind);
      g_auto (RestAnswer) answer = { 0 };
      g_autofree char *reader = NULL;

      if (expected == 0)
        continue;
      answer = page_send (port, bytes, -1);
      reader = rest_answer_dup_field (&answer, "Access-Control-Allow-Origin");
      if (answer.status != (is_head_of_tus (method, described) ? 423 : expected)
          || (reader != NULL) != (expected == 401))
        g_error ("%s %s by %s: %u for pages of %s", name, described, tries[i].name, answer.status,
                 reader ? reader : "no origin");
    }
}

static void
test_every_route (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  const guint16 port = page_find_port (broker);
  g_auto (Page) page = page_pair (broker, ORIGIN, TRUE);
  g_auto (RestAnswer) description = rest_ask (broker, "GET", "/v1/openapi.json");
  g_autoptr (JsonNode) root = json_from_string (description.body, NULL);
  JsonObject *paths = json_object_get_object_member (json_node_get_object (root), "paths");
  g_autoptr (GList) names = json_object_get_members (paths);
  guint n_routes = 0;

  for (GList *path = names; path; path = path->next)
    {
      g_autoptr (GList) methods = json_object_get_members (json_object_get_object_member (paths, path->data));

      for (GList *method = methods; method; method = method->next)
        if (!g_str_equal (method->data, "parameters"))
          {
            try_route (&page, port, method->data, path->data);
            n_routes++;
          }
    }
  g_test_message ("%u routes", n_routes);
  g_assert_cmpuint (n_routes, >, G_N_ELEMENTS (open_routes));
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-closed/every-route", test_every_route);

  return g_test_run ();
}
