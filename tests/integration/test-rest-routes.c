/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What REST does for a program of the host: documents, commands, lists, errors.
 */
#include "rest.h"

#include <json-glib/json-glib.h>

static void
test_routes (void)
{
  const struct
  {
    const char *method, *target, *json; /* ID is the upload; @json: NULL: no body */
    guint status;
    const char *expected; /* what the body has */
  } rows[] = {
    { "GET", "/v1/health", NULL, 200, "\"ok\"" },
    { "GET", "/v1/openapi.json", NULL, 200, "\"openapi\"" },
    { "HEAD", "/v1/openapi.json", NULL, 200, "" },
    { "POST", "/v1/openapi.json", NULL, 405, "NotSupported" },
    { "GET", "/v1/uploads", NULL, 200, "\"id\":\"ID\"" },
    { "GET", "/v1/uploads?group=g%2F1", NULL, 200, "\"id\":\"ID\"" },
    { "GET", "/v1/uploads?group=other", NULL, 200, "\"uploads\":[]" },
    { "GET", "/v1/uploads?state=sleeping", NULL, 400, "InvalidArgument" },
    { "GET", "/v1/uploads?cursor=x", NULL, 400, "InvalidArgument" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"id\":\"ID\"" },
    { "HEAD", "/v1/uploads/ID", NULL, 200, "" },
    { "GET", "/v1/uploads/none", NULL, 404, "NotFound" },
    { "GET", "/v1/uploads/%F0%9F%93%B7", NULL, 404, "NotFound" },
    { "PUT", "/v1/uploads/ID", NULL, 405, "NotSupported" },
    { "OPTIONS", "/v1/uploads/ID", NULL, 204, "" },
    { "PATCH", "/v1/uploads/ID", "{\"priority\":5}", 204, "" },
    { "PATCH", "/v1/uploads/ID", "{}", 400, "nothing to change" },
    { "PATCH", "/v1/uploads/ID", NULL, 400, "nothing to change" },
    { "PATCH", "/v1/uploads/ID", "{\"metadata\":{\"note\":\"there\"},\"name\":\"b.jpg\"}", 204, "" },
    { "PATCH", "/v1/uploads/ID", "{\"metadata\":{\"note\":7}}", 400, "metadata" },
    { "PATCH", "/v1/uploads/ID", "{\"colour\":\"red\"}", 400, "colour" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"priority\":5" },
    { "POST", "/v1/uploads/ID/pause", NULL, 204, "" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"state\":\"paused\"" },
    { "GET", "/v1/uploads/ID/explanation", NULL, 200, "\"rule\"" },
    { "POST", "/v1/uploads/ID/resume", "{}", 204, "" },
    { "POST", "/v1/uploads/ID/retry", NULL, 204, "" },
    { "POST", "/v1/uploads/ID/send-now", NULL, 204, "" },
    { "POST", "/v1/uploads/none/pause", NULL, 404, "NotFound" },
    { "POST", "/v1/uploads/ID/commit", NULL, 204, "" },
    { "POST", "/v1/uploads/ID/commit", "{\"sha256\":\"0\"}", 400, "sha256" },
    { "POST", "/v1/uploads/none/commit", NULL, 404, "NotFound" },
    { "POST", "/v1/uploads/pause", NULL, 400, "ids" },
    { "POST", "/v1/uploads/pause", "{\"ids\":\"ID\"}", 400, "ids" },
    { "POST", "/v1/uploads/pause", "{\"ids\":[\"ID\",\"none\"]}", 404, "none" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"state\":\"paused\",\"reasons\":[\"queue\"]" },
    { "POST", "/v1/uploads/pause", "{\"ids\":[\"ID\"]}", 204, "" },
    { "GET", "/v1/uploads/ID", NULL, 200, "\"reasons\":[\"queue\",\"user\"]" },
    { "POST", "/v1/uploads/resume", "{\"ids\":[\"ID\"]}", 204, "" },
    { "POST", "/v1/uploads/retry", "{\"ids\":[\"ID\"]}", 204, "" },
    { "POST", "/v1/uploads/send-now", "{\"ids\":[\"ID\"]}", 204, "" },
    { "POST", "/v1/uploads/remove", "{\"ids\":[\"none\"]}", 404, "NotFound" },
    { "GET", "/v1/uploads/ID/history", NULL, 200, "\"entries\":[" },
    { "GET", "/v1/history", NULL, 200, "ID" },
    { "GET", "/v1/groups", NULL, 200, "\"key\":\"g/1\"" },
    { "GET", "/v1/groups/g%2F1", NULL, 200, "\"key\":\"g/1\"" },
    { "GET", "/v1/groups/none", NULL, 404, "NotFound" },
    { "POST", "/v1/groups/g%2F1/pause", NULL, 204, "" },
    { "POST", "/v1/groups/g%2F1/resume", NULL, 204, "" },
    { "POST", "/v1/groups/g%2F1/send-now", NULL, 204, "" },
    { "GET", "/v1/summary", NULL, 200, "\"all\":[1," },
    { "GET", "/v1/summary?x=y", NULL, 400, "InvalidArgument" },
    { "GET", "/v1/conditions", NULL, 200, "\"available\"" },
    { "POST", "/v1/queue/pause", NULL, 204, "" },
    { "GET", "/v1/holds", NULL, 200, "\"reason\":\"queue\"" },
    { "POST", "/v1/queue/resume", NULL, 204, "" },
    { "GET", "/v1/destinations", NULL, 200, "\"name\":\"depot\"" },
    { "GET", "/v1/policy", NULL, 200, "\"rules\"" },
    { "POST", "/v1/uploads/ID/verify", NULL, 409, "WrongState" },
    { "POST", "/v1/uploads/ID/free", NULL, 409, "WrongState" },
    { "GET", "/v1/uploads/ID/thumbnail", NULL, 501, "NotSupported" },
    { "DELETE", "/v1/uploads/ID", NULL, 204, "" },
    { "GET", "/v1/uploads/ID", NULL, 404, "NotFound" },
    { "GET", "/v1/tus", NULL, 404, "NotFound" },
  };
  g_autoptr (TestBroker) broker = rest_start ();
  g_autofree char *id = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  id = rest_submit_small (broker, "/v1/uploads?group=g%2F1");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) target = g_string_new (rows[i].target);
      g_autoptr (GString) json = g_string_new (rows[i].json);
      g_autoptr (GString) expected = g_string_new (rows[i].expected);
      g_auto (RestAnswer) answer = { 0 };

      (void) g_string_replace (target, "ID", id, 0);
      (void) g_string_replace (json, "ID", id, 0);
      (void) g_string_replace (expected, "ID", id, 0);
      answer = rows[i].json ? rest_ask_with (broker, rows[i].method, target->str, json->str)
                            : rest_ask (broker, rows[i].method, target->str);
      g_test_message ("%s %s: %u", rows[i].method, target->str, answer.status);
      g_assert_cmpuint (answer.status, ==, rows[i].status);
      g_assert_nonnull (strstr (answer.body, expected->str));
      if (*rows[i].expected == '\0')
        g_assert_cmpuint (answer.body_bytes, ==, 0);
      /* The queue is paused again for what follows. */
      if (g_str_equal (rows[i].target, "/v1/queue/resume") || g_str_has_suffix (rows[i].target, "/send-now"))
        outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
    }
}

typedef struct
{
  const char *method, *target, *json; /* @json: NULL: no body */
  guint status;
  const char *expected;   /* what the body has */
  const char *unexpected; /* what it does not have; NULL: anything else may be there */
} RestStep;

/* Asks one after the other. */
static void
ask_in_order (TestBroker *broker, const RestStep *steps, guint n_steps)
{
  for (guint i = 0; i < n_steps; i++)
    {
      const RestStep *step = &steps[i];
      g_auto (RestAnswer) answer = step->json ? rest_ask_with (broker, step->method, step->target, step->json)
                                              : rest_ask (broker, step->method, step->target);

      g_test_message ("%s %s %s: %u %s", step->method, step->target, step->json, answer.status, answer.body);
      g_assert_cmpuint (answer.status, ==, step->status);
      g_assert_nonnull (strstr (answer.body, step->expected));
      g_assert_null (step->unexpected ? strstr (answer.body, step->unexpected) : NULL);
    }
}

/* A destination is made, changed, and removed; what was not said stays, and what is secret is never told. */
static void
test_destinations (void)
{
  const RestStep steps[] = {
    { "GET", "/v1/destinations/yard", NULL, 404, "NotFound", NULL },
    { "PUT", "/v1/destinations/yard", NULL, 400, "url", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":7}", 400, "url", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"ftp://a/\"}", 400, "url", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/\",\"colour\":\"red\"}", 400, "colour", NULL },
    { "PUT", "/v1/destinations/a%20b", "{\"url\":\"http://127.0.0.1:9/\"}", 400, "name", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/\",\"headers\":[]}", 400, "headers", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/\",\"headers\":{\"a\":1}}", 400, "headers", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/\",\"also\":[null]}", 400, "also", NULL },
    { "PUT", "/v1/destinations/yard",
      "{\"url\":\"http://127.0.0.1:9/\",\"headers\":{\"X-Key\":\"sesame\"},\"also\":[\"http://127.0.0.1:10/\"]}", 204,
      "", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"headers\":\"X-Key\"", "sesame" },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"also\":[\"http://127.0.0.1:10/\"]", NULL },
    { "PATCH", "/v1/destinations/yard", "{\"default\":true,\"confirm_url\":\"http://127.0.0.1:9/{id}\"}", 204, "",
      NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"default\":true", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"also\":[\"http://127.0.0.1:10/\"]", NULL },
    { "PATCH", "/v1/destinations/nobody", "{\"also\":[]}", 400, "url", NULL },
    /* All of it is set, but for what nobody can read back, and which one is the default. */
    { "PUT", "/v1/destinations/yard", "{\"confirm_url\":\"\"}", 400, "url", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/\"}", 204, "", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"default\":true", "127.0.0.1:10" },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"headers\":\"X-Key\"", "{id}" },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/{id}\",\"protocol\":\"http\"}", 204, "", NULL },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/\",\"headers\":{}}", 204, "", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"protocol\":\"tus\"", "X-Key" },
    { "HEAD", "/v1/destinations/yard", NULL, 200, "", "yard" },
    { "POST", "/v1/destinations/yard/pause", NULL, 204, "", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"state\":\"paused\"", NULL },
    { "POST", "/v1/destinations/yard/resume", "{}", 204, "", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"state\":\"ready\"", NULL },
    { "POST", "/v1/destinations/yard/test", NULL, 200, "\"good\":false", NULL },
    { "POST", "/v1/destinations/nowhere/test", NULL, 404, "NotFound", NULL },
    { "POST", "/v1/destinations/nowhere/pause", NULL, 404, "NotFound", NULL },
    { "POST", "/v1/destinations/yard/sign-in", NULL, 400, "InvalidArgument", NULL },
    { "POST", "/v1/destinations/yard/sign-in", "{\"secret\":\"sesame\"}", 400, "kind", "sesame" },
    { "POST", "/v1/destinations/yard/sign-in", "{\"kind\":\"bearer\",\"token\":7}", 400, "token", NULL },
    { "POST", "/v1/destinations/yard/sign-in", "\"sesame\"", 400, "JSON object", "sesame" },
    { "POST", "/v1/destinations/yard/sign-in", "[\"sesame\"]", 400, "JSON object", "sesame" },
    { "POST", "/v1/destinations/yard/sign-in", "7", 400, "JSON object", NULL },
    { "POST", "/v1/destinations/yard/sign-in", "{\"kind\":\"bearer\",\"token\":\"x\",\"sesame\":1}", 400, "kind token",
      "sesame" },
    { "POST", "/v1/destinations/nowhere/sign-in", "{\"kind\":\"bearer\",\"token\":\"sesame\"}", 404, "NotFound",
      "sesame" },
    { "POST", "/v1/destinations/yard/sign-in", "{\"kind\":\"bearer\",\"token\":\"sesame\"}", 204, "", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "\"sign_in\":{\"kind\":\"bearer\"}", "sesame" },
    { "DELETE", "/v1/destinations/yard/sign-in", NULL, 204, "", NULL },
    { "GET", "/v1/destinations/yard", NULL, 200, "", "sign_in" },
    { "DELETE", "/v1/destinations/yard", NULL, 204, "", NULL },
    { "DELETE", "/v1/destinations/yard", NULL, 404, "NotFound", NULL },
    { "POST", "/v1/destinations/yard", NULL, 405, "NotSupported", NULL },
  };
  g_autoptr (TestBroker) broker = rest_start ();

  ask_in_order (broker, steps, G_N_ELEMENTS (steps));
}

/* The person's rules are set whole or not at all; an error names the file, the group and the key, and no folder. */
static void
test_policy (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  const RestStep steps[] = {
    { "PUT", "/v1/policy", NULL, 400, "text", NULL },
    { "PUT", "/v1/policy", "{}", 400, "text", NULL },
    { "PUT", "/v1/policy", "{\"text\":[]}", 400, "text", NULL },
    { "PUT", "/v1/policy", "{\"text\":\"[Rule night]\\nmatch-type=video/*\\nhours=22:00-06:00\\n\"}", 204, "", NULL },
    { "GET", "/v1/policy", NULL, 200, "\"night\"", NULL },
    { "PUT", "/v1/policy", "{\"text\":\"[Rule day]\\nmatch-type=video/*\\nhours=noon\\n\"}", 400,
      "outbox.conf: [Rule day] hours", broker->folder },
    { "PUT", "/v1/policy", "{\"text\":\"Rule day\"}", 400, "outbox.conf", broker->folder },
    { "GET", "/v1/policy", NULL, 200, "\"night\"", "\"day\"" },
    { "PUT", "/v1/policy", "{\"text\":\"\"}", 204, "", NULL },
    { "GET", "/v1/policy", NULL, 200, "\"rules\"", "\"night\"" },
    { "DELETE", "/v1/policy", NULL, 405, "NotSupported", NULL },
  };

  ask_in_order (broker, steps, G_N_ELEMENTS (steps));
}

static void
test_bodies_of_json (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  g_autofree char *long_text = g_strnfill (70 * 1000, ' ');
  g_auto (RestAnswer) too_long = rest_ask_with (broker, "PATCH", "/v1/uploads/x", long_text);
  g_auto (RestAnswer) other_type = rest_send (broker,
                                              "PATCH /v1/uploads/x HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                                              "Content-Length: 2\r\n\r\n{}",
                                              -1);
  g_auto (RestAnswer) no_type
      = rest_send (broker, "PATCH /v1/uploads/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", -1);
  g_auto (RestAnswer) with_charset
      = rest_send (broker,
                   "PATCH /v1/uploads/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; charset=utf-8\r\n"
                   "Content-Length: 14\r\n\r\n{\"priority\":1}",
                   -1);

  g_assert_cmpuint (too_long.status, ==, 413);
  g_assert_cmpuint (other_type.status, ==, 415);
  g_assert_cmpuint (no_type.status, ==, 415);
  g_assert_cmpuint (with_charset.status, ==, 404);
}

static void
test_a_list_in_pages (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *cursor = g_strdup ("");
  guint n_pages = 0;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  for (guint i = 0; i < 7; i++)
    g_free (rest_submit_small (broker, "/v1/uploads"));
  do
    {
      g_autofree char *target = g_strdup_printf ("/v1/uploads?limit=3&cursor=%s", cursor);
      g_auto (RestAnswer) answer = rest_ask (broker, "GET", target);
      g_autoptr (JsonNode) root = json_from_string (answer.body, NULL);
      JsonObject *page = json_node_get_object (root);
      JsonArray *uploads = json_object_get_array_member (page, "uploads");

      g_assert_cmpuint (json_array_get_length (uploads), <=, 3);
      for (guint i = 0; i < json_array_get_length (uploads); i++)
        g_assert_true (g_hash_table_add (
            ids, g_strdup (json_object_get_string_member (json_array_get_object_element (uploads, i), "id"))));
      g_free (cursor);
      cursor = g_strdup (json_object_get_string_member (page, "cursor"));
      n_pages++;
    }
  while (*cursor);
  g_assert_cmpuint (g_hash_table_size (ids), ==, 7);
  g_assert_cmpuint (n_pages, ==, 3);
}

/* Some kilobytes of ranges were answered with megabytes, and held the daemon up for as long as that took. */
static void
test_no_answer_is_in_parts (void)
{
  static const char *const targets[] = { "/v1/openapi.json", "/v1/uploads", "/v1/health", "/" };
  g_autoptr (TestBroker) broker = rest_start ();
  g_autoptr (GString) many = g_string_new ("Range: bytes=0-");
  const char *ranges[] = { "Range: bytes=0-3\r\n", "Range: bytes=-3\r\n", "Range: bytes=99999999-\r\n", NULL };

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (many, ",%u-", i);
  g_string_append (many, "\r\n");
  ranges[3] = many->str;
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_auto (RestAnswer) whole = rest_ask (broker, "GET", targets[i]);

      for (guint j = 0; j < G_N_ELEMENTS (ranges); j++)
        {
          g_autofree char *bytes
              = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", targets[i], ranges[j]);
          g_auto (RestAnswer) answer = rest_send (broker, bytes, -1);

          g_assert_cmpuint (answer.status, ==, 200);
          g_assert_cmpmem (answer.body, answer.body_bytes, whole.body, whole.body_bytes);
        }
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-routes/routes", test_routes);
  g_test_add_func ("/rest-routes/destinations", test_destinations);
  g_test_add_func ("/rest-routes/policy", test_policy);
  g_test_add_func ("/rest-routes/bodies-of-json", test_bodies_of_json);
  g_test_add_func ("/rest-routes/a-list-in-pages", test_a_list_in_pages);
  g_test_add_func ("/rest-routes/no-answer-is-in-parts", test_no_answer_is_in_parts);

  return g_test_run ();
}
