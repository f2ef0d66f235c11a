/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A kiosk's page is let in by the administrator's list, with nobody there to approve it, and is told nothing of where the device's
 * files lie.
 */
#include "pages.h"

#include "support/wait.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define PAGE "https://capture.example"

static void
write_list (TestBroker *broker, const char *text)
{
  g_autofree char *folder = g_build_filename (broker->folder, "etc", NULL);
  g_autofree char *path = g_build_filename (folder, "web-apps.conf", NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static gboolean
is_let_in (gpointer broker)
{
  g_auto (RestAnswer) apps = rest_ask (broker, "GET", "/v1/apps");

  return strstr (apps.body, "\"state\":\"paired\"") != NULL;
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Returns: the page with its token, which nobody has approved. */
static Page
let_in (TestBroker *broker)
{
  Page page = { .broker = broker, .origin = PAGE };
  g_auto (RestAnswer) asked = page_fetch (&page, "POST", "/v1/pair", NULL, "{\"manage\":true}");
  g_autofree char *device_code = page_dup_member (&asked, "device_code");
  g_autofree char *body = g_strdup_printf ("{\"device_code\":\"%s\"}", device_code);
  guint timer = g_timeout_add (20, on_look_again, NULL);
  g_auto (RestAnswer) polled = { 0 };

  g_assert_cmpuint (asked.status, ==, 200);
  test_wait_until (is_let_in, broker, 20);
  g_source_remove (timer);
  polled = page_fetch (&page, "POST", "/v1/pair/token", NULL, body);
  g_assert_cmpuint (polled.status, ==, 200);
  page.token = page_dup_member (&polled, "token");

  return page;
}

static void
test_the_list_lets_in (void)
{
  const struct
  {
    const char *method, *target, *json;
    guint status;
  } rows[] = {
    { "GET", "/v1/uploads", NULL, 200 },
    { "GET", "/v1/groups", NULL, 200 },
    { "GET", "/v1/summary", NULL, 200 },
    { "GET", "/v1/holds", NULL, 200 },
    { "GET", "/v1/uploads/ID", NULL, 200 },
    { "GET", "/v1/uploads/ID/history", NULL, 200 },
    { "GET", "/v1/uploads/ID/explanation", NULL, 200 },
    { "POST", "/v1/uploads/ID/pause", NULL, 204 },
    { "PATCH", "/v1/uploads/ID", "{\"priority\":5000}", 403 },
    { "GET", "/v1/uploads/none", NULL, 404 },
    { "GET", "/v1/conditions", NULL, 403 },
    { "GET", "/v1/policy", NULL, 403 },
    { "PUT", "/v1/policy", "{\"text\":\"bad\"}", 403 },
    { "GET", "/v1/destinations", NULL, 403 },
    { "PUT", "/v1/destinations/yard", "{\"url\":\"http://127.0.0.1:9/\"}", 403 },
    { "POST", "/v1/destinations/yard/test", NULL, 403 },
    { "GET", "/v1/apps", NULL, 403 },
  };
  g_autoptr (TestBroker) broker = NULL;
  g_auto (Page) page = { 0 };
  g_autofree char *id = NULL;
  g_autofree char *error = NULL;
  g_auto (RestAnswer) revoked = { 0 };
  g_auto (RestAnswer) history = { 0 };

  if (geteuid () != 0)
    {
      g_test_skip ("only root can write a list that counts");
      return;
    }
  broker = rest_start ();
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  write_list (broker, "[App capture]\norigin=" PAGE "\nmanage=true\n");
  page = let_in (broker);
  id = rest_submit_small (broker, "/v1/uploads?group=4711");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) target = g_string_new (rows[i].target);
      g_auto (RestAnswer) answer = { 0 };

      (void) g_string_replace (target, "ID", id, 0);
      answer = page_fetch (&page, rows[i].method, target->str, NULL, rows[i].json);
      g_test_message ("%s %s: %u %s", rows[i].method, target->str, answer.status, answer.body);
      g_assert_cmpuint (answer.status, ==, rows[i].status);
      g_assert_null (strstr (answer.body, broker->folder));
    }
  error = page_decide (broker, "Revoke", PAGE);
  g_assert_cmpstr (error, ==, "");
  revoked = page_fetch (&page, "GET", "/v1/uploads", NULL, NULL);
  g_assert_cmpuint (revoked.status, ==, 403);
  history = rest_ask (broker, "GET", "/v1/history");
  g_assert_nonnull (strstr (history.body, "\"scope\":\"app\",\"key\":\"" PAGE "\",\"event\":\"approved\""));
  g_assert_nonnull (strstr (history.body, "all uploads, by web-apps.conf"));
  g_assert_nonnull (strstr (history.body, "\"scope\":\"app\",\"key\":\"" PAGE "\",\"event\":\"revoked\""));
}

/* A list that lets nobody in says so where a person looks, and as it is now. */
static void
test_what_is_wrong_is_told (void)
{
  const struct
  {
    const char *list, *expected;
  } rows[] = {
    { "[App capture]\norigin=" PAGE "\n", "\"web_apps_problem\":\"\"" },
    { "[App capture]\norigin=http://capture.example\n", "[App capture] origin" },
    { "[App capture]\norigin=" PAGE "\n[Capture]\n", "[Capture] is no group" },
    { "[App capture]\norigin=" PAGE "\nmanage=perhaps\n", "[App capture] manage" },
    { "[App capture]\norigin=" PAGE "\n\xe4=1\n", "UTF-8" },
    { "origin=" PAGE "\n", "web-apps.conf" },
    { "", "\"web_apps_problem\":\"\"" },
  };
  g_autoptr (TestBroker) broker = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can write a list that counts");
      return;
    }
  broker = rest_start ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (RestAnswer) apps = { 0 };
      g_auto (RestAnswer) policy = { 0 };

      write_list (broker, rows[i].list);
      apps = rest_ask (broker, "GET", "/v1/apps");
      policy = rest_ask (broker, "GET", "/v1/policy");
      g_assert_cmpuint (apps.status, ==, 200);
      if (!strstr (policy.body, rows[i].expected))
        g_error ("row %u: %s", i, policy.body);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-kiosk/the-list-lets-in", test_the_list_lets_in);
  g_test_add_func ("/rest-kiosk/what-is-wrong-is-told", test_what_is_wrong_is_told);

  return g_test_run ();
}
