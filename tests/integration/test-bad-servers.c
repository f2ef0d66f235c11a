/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Servers that answer anything but tus, through the real daemon: each leads to a clear state, and when a person has mended it
 * and taps, the file arrives, once.
 */
#include "dbus/error.h"
#include "support/command.h"
#include "support/document.h"

typedef struct
{
  TestBroker *broker;
  const char *id;
  char *status; /* "state reason reason" */
} Look;

/* Whether it has come to rest. */
static gboolean
is_at_rest (gpointer data)
{
  Look *look = data;
  g_autoptr (GVariant) upload = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_get_sync (look->broker->uploads, look->id, &upload, NULL, &error);
  g_assert_no_error (error);
  g_free (look->status);
  look->status = test_document_dup_status (upload);

  return g_str_equal (look->status, "done") || strchr (look->status, ' ');
}

static void
test_servers (void)
{
#define ALWAYS ",\"count\":-1}"
  const struct
  {
    const char *fault;
    const char *status;
  } rows[] = {
    { "{\"fault\":\"garbage\"" ALWAYS, "retrying retrying" },
    { "{\"fault\":\"endless-headers\",\"method\":\"POST\"" ALWAYS, "retrying retrying" },
    { "{\"fault\":\"reset\"" ALWAYS, "retrying retrying" },
    { "{\"fault\":\"html-200\"" ALWAYS, "paused wrong-address" },
    { "{\"fault\":\"html-200\",\"method\":\"PATCH\"" ALWAYS, "paused wrong-address" },
    { "{\"fault\":\"redirect\"" ALWAYS, "paused wrong-address" },
    { "{\"fault\":\"redirect\",\"method\":\"PATCH\"" ALWAYS, "paused wrong-address" },
    { "{\"fault\":\"wrong-offset\",\"bytes\":99999999" ALWAYS, "paused wrong-address" },
    { "{\"fault\":\"wrong-offset\",\"bytes\":0,\"method\":\"PATCH,HEAD\"" ALWAYS, "retrying retrying" },
    { "{\"fault\":\"status\",\"method\":\"POST\",\"status\":503" ALWAYS, "retrying retrying" },
    { "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":429,\"retry_after\":3600" ALWAYS, "retrying retrying" },
    { "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401" ALWAYS, "paused sign-in" },
    { "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":507" ALWAYS, "paused destination-full" },
    { "{\"fault\":\"status\",\"method\":\"POST\",\"status\":403" ALWAYS, "failed rejected" },
    { "{\"fault\":\"status\",\"method\":\"POST\",\"status\":400" ALWAYS, "failed rejected" },
    { "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":413" ALWAYS, "failed too-large" },
    { "{\"fault\":\"confirm\",\"mode\":\"garbage\"" ALWAYS, "confirming not-confirmed-yet" },
    { "{\"fault\":\"confirm\",\"mode\":\"html\"" ALWAYS, "confirming not-confirmed-yet" },
    { "{\"fault\":\"confirm\",\"mode\":\"not-yet\"" ALWAYS, "confirming not-confirmed-yet" },
    { "{\"fault\":\"confirm\",\"mode\":\"refuse\"" ALWAYS, "failed not-attached" },
    { "{\"fault\":\"confirm\",\"mode\":\"wrong-digest\"" ALWAYS, "failed not-attached" },
    { "{\"fault\":\"garbage\",\"path\":\"/confirm\"" ALWAYS, "confirming not-confirmed-yet" },
    { "{\"fault\":\"status\",\"path\":\"/confirm\",\"status\":422" ALWAYS, "failed not-attached" },
  };
  g_autoptr (TestBroker) broker = test_broker_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 50000, i);
      g_autoptr (GError) error = NULL;
      g_autofree char *id = NULL;
      Look look = { broker, NULL, NULL };
      const char *ids[] = { NULL, NULL };

      g_test_message ("%s", rows[i].fault);
      test_peer_control (broker->peer, rows[i].fault);
      id = test_broker_submit (broker, path, NULL, &error);
      g_assert_no_error (error);
      look.id = ids[0] = id;
      test_wait_until (is_at_rest, &look, 40);
      g_assert_cmpstr (look.status, ==, rows[i].status);
      /* A person mends it and taps: it arrives. */
      test_peer_control (broker->peer, "{\"fault\":\"none\"}");
      outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, &error);
      g_assert_no_error (error);
      outbox_dbus_uploads_call_retry_sync (broker->uploads, ids, NULL, &error);
      /* What the destination alone had held may have arrived before the tap. */
      g_assert_true (!error || g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE));
      test_broker_wait_for_all (broker, "done", 20);
      g_free (look.status);
    }
  /* What a server had with other bytes was sent anew, and it alone. */
  g_assert_cmpint (test_peer_get_number (broker->peer, "duplicate_finishes"), ==, 1);
  g_assert_cmpint (test_peer_get_number (broker->peer, "finished"), >=, G_N_ELEMENTS (rows));
}

static gboolean
is_paused (gpointer data)
{
  return test_broker_count (data, "paused") == 1;
}

/* Wherever a person looks: why it waits, what the server said, and what to type. */
static void
test_every_place_tells_the_same_of_a_destination (void)
{
  const struct
  {
    const char *fault;
    const char *label;
    const char *words;
    const char *command;
  } rows[] = {
    { "{\"fault\":\"html-200\",\"count\":-1}", "Paused · no upload server answers at that address",
      "Something that is no tus server answered", "outbox destination set depot --url URL" },
    { "{\"fault\":\"status\",\"status\":407,\"body\":\"ask the office\",\"count\":-1}",
      "Paused · the proxy of this network refuses access", "ask the office", "outbox destination resume depot" },
    { "{\"fault\":\"status\",\"status\":401,\"body\":\"who are you\",\"count\":-1}", "Paused · sign in to continue",
      "who are you", "outbox destination sign-in depot" },
    { "{\"fault\":\"status\",\"status\":507,\"body\":\"no room\",\"count\":-1}", "Paused · the server is full",
      "no room", "outbox destination resume depot" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (TestBroker) broker = test_broker_new ();
      g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
      g_autofree char *added = NULL;
      g_autofree char *show = NULL;
      const char *places[] = { "destination list", "destination show depot", "status", NULL };

      test_peer_control (broker->peer, rows[i].fault);
      added = test_command (broker, "add photo.jpg", 0);
      test_wait_until (is_paused, broker, 20);
      g_strstrip (added);
      places[3] = show = g_strdup_printf ("show %s", added);
      for (guint j = 0; j < G_N_ELEMENTS (places); j++)
        {
          g_autofree char *told = test_command (broker, places[j], 0);

          test_assert_has (told, rows[i].label);
          test_assert_has (told, rows[i].words);
          test_assert_has (told, rows[i].command);
        }
    }
}

static gboolean
has_done (gpointer data)
{
  return test_broker_count (data, "done") == 2;
}

/* A program that runs for minutes over what a server has got, for more uploads than may be sent at once. */
static void
test_a_slow_finish_holds_up_nothing (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (GError) error = NULL;

  test_peer_control (broker->peer, "{\"fault\":\"delay\",\"method\":\"PATCH\",\"delay_ms\":600000,\"count\":3}");
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 300000, i);
      g_autofree char *id = test_broker_submit (broker, path, NULL, &error);

      g_assert_no_error (error);
    }
  test_wait_until (has_done, broker, 60);
  g_assert_cmpuint (test_broker_count (broker, "uploading"), ==, 3);
}

/* The name of a server led to a portal, and leads to the server when a person has signed in: the portal's connection is not used
 * again. */
static void
test_a_portal_does_not_keep_its_connection (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *id = NULL;
  Look look = { broker, NULL, NULL };
  gint64 connections;

  test_peer_control (broker->peer, "{\"fault\":\"html-200\",\"count\":-1}");
  look.id = id = test_broker_submit (broker, path, NULL, NULL);
  test_wait_until (is_at_rest, &look, 20);
  g_assert_cmpstr (look.status, ==, "paused wrong-address");
  connections = test_peer_get_number (broker->peer, "connections");
  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  test_broker_retry (broker);
  test_broker_wait_for_all (broker, "done", 20);
  g_assert_cmpint (test_peer_get_number (broker->peer, "connections"), >, connections);
  g_free (look.status);
}

/* The proxy that this device's settings name has another password by now: it is said what refuses. */
static void
test_a_proxy_that_takes_no_password (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *proxy
      = g_strdup_printf ("http://user:hunter2@%s", strstr (test_peer_get_url (broker->peer), "://") + strlen ("://"));
  g_autofree char *id = NULL;
  Look look = { broker, NULL, NULL };

  test_broker_stop (broker);
  g_assert_true (g_setenv ("http_proxy", proxy, TRUE));
  test_broker_start (broker, NULL);
  g_unsetenv ("http_proxy");
  test_peer_control (broker->peer, "{\"fault\":\"status\",\"status\":407,\"count\":-1,"
                                   "\"headers\":{\"Proxy-Authenticate\":\"Basic realm=\\\"office\\\"\"}}");
  test_broker_set_destination (broker, "http://depot.invalid/files/", NULL);
  look.id = id = test_broker_submit (broker, path, NULL, NULL);
  test_wait_until (is_at_rest, &look, 20);
  g_assert_cmpstr (look.status, ==, "paused proxy");
  g_free (look.status);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bad-servers/each-leads-to-a-clear-state", test_servers);
  g_test_add_func ("/bad-servers/a-slow-finish-holds-up-nothing", test_a_slow_finish_holds_up_nothing);
  g_test_add_func ("/bad-servers/a-portal-does-not-keep-its-connection", test_a_portal_does_not_keep_its_connection);
  g_test_add_func ("/bad-servers/a-proxy-that-takes-no-password", test_a_proxy_that_takes_no_password);
  g_test_add_func ("/bad-servers/every-place-tells-the-same", test_every_place_tells_the_same_of_a_destination);

  return g_test_run ();
}
