/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "outbox destination test" against servers that answer well, badly, and not at all, through the real daemon: what it says, how
 * it ends, and that nothing is left at the server.
 */
#include "support/command.h"

#define SECRET "correct-horse-battery"

typedef struct
{
  const char *name;
  const char *fault;  /* of the server; NULL: none */
  const char *before; /* a command; NULL: none */
  int exit_code;
  const char *has;
  const char *has_too; /* NULL: no more */
} Row;

#define FAULT(words) "{\"fault\":" words ",\"count\":-1}"
#define SIGN_IN "outbox destination sign-in depot"
#define SET_URL "outbox destination set depot --url URL"
#define SET_CONFIRM_URL "outbox destination set depot --confirm-url URL"
#define SET_AMEND_URL "outbox destination set depot --amend-url URL"
#define AGAIN "outbox destination test depot"

static const Row rows[] = {
  { "a-good-one", NULL, NULL, 0, "An upload to depot would go through.", "answers as expected" },
  { "a-wrong-header", FAULT ("\"status\",\"status\":401,\"body\":\"who are you\""), NULL, 1, "who are you (HTTP 401)",
    SIGN_IN },
  /* Browsers ask for OPTIONS before they sign in. */
  { "a-sign-in-for-uploads-alone", FAULT ("\"status\",\"method\":\"HEAD,POST,PATCH\",\"status\":401"), NULL, 1,
    "HTTP 401", SIGN_IN },
  { "options-refused-on-the-way", FAULT ("\"status\",\"method\":\"OPTIONS\",\"status\":405"), NULL, 0,
    "would go through", NULL },
  { "options-that-come-late", FAULT ("\"delay\",\"method\":\"OPTIONS\",\"delay_ms\":60000"), NULL, 0,
    "would go through", NULL },
  { "options-without-end", FAULT ("\"endless-headers\",\"method\":\"OPTIONS\",\"delay_ms\":200"), NULL, 0,
    "would go through", NULL },
  { "a-page", FAULT ("\"html-200\""), NULL, 1, "no tus server", SET_URL },
  { "a-redirect", FAULT ("\"redirect\""), NULL, 1, "HTTP 302", SET_URL },
  { "not-found", FAULT ("\"status\",\"status\":404"), NULL, 1, "HTTP 404", SET_URL },
  { "a-proxy", FAULT ("\"status\",\"status\":407,\"body\":\"ask the office\""), NULL, 1, "ask the office", AGAIN },
  { "no-room", FAULT ("\"status\",\"status\":507,\"body\":\"no room\""), NULL, 1, "no room", AGAIN },
  { "a-server-in-trouble", FAULT ("\"status\",\"status\":503"), NULL, 1, "HTTP 503", AGAIN },
  { "no-http", FAULT ("\"garbage\""), NULL, 1, "would not go through", AGAIN },
  { "a-reset", FAULT ("\"reset\""), NULL, 1, "would not go through", AGAIN },
  { "headers-without-end", FAULT ("\"endless-headers\""), NULL, 1, "would not go through", AGAIN },
  { "a-closed-record", FAULT ("\"confirm\",\"mode\":\"refuse\""), NULL, 1, "the record is closed", SET_CONFIRM_URL },
  { "a-page-for-a-confirmation", FAULT ("\"confirm\",\"mode\":\"html\""), NULL, 1, "The confirm URL, asked",
    SET_CONFIRM_URL },
  { "a-confirm-url-behind-a-wall", FAULT ("\"status\",\"path\":\"/confirm\",\"status\":401"), NULL, 1, "HTTP 401",
    SET_CONFIRM_URL },
  { "not-yet-is-a-good-answer", FAULT ("\"confirm\",\"mode\":\"not-yet\""), NULL, 0, "answers as expected", NULL },
  { "nothing-listens", NULL, "destination set depot --url http://127.0.0.1:9/", 1, "Connection refused", SET_URL },
  { "no-such-name", NULL, "destination set depot --url http://depot.invalid/", 1, "would not go through", NULL },
  { "paused", NULL, "destination pause depot", 1, "Paused · by you", "outbox destination resume depot" },
  { "a-paused-queue", NULL, "pause", 1, "the whole queue is paused", "outbox resume" },
};

static void
test_a_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *output = NULL;

  g_free (test_command (broker, "destination set depot --header X-Api-Key=" SECRET, 0));
  if (row->before)
    g_free (test_command (broker, row->before, 0));
  if (row->fault)
    test_peer_control (broker->peer, row->fault);
  output = test_command (broker, "destination test depot", row->exit_code);
  test_assert_has (output, row->has);
  if (row->has_too)
    test_assert_has (output, row->has_too);
  g_assert_null (strstr (output, SECRET));
  g_assert_cmpuint (test_peer_count_uploads (broker->peer), ==, 0);
}

/* Of the amend URL: whatever it says, an upload goes through. */
static const struct
{
  const char *route;
  const char *fault; /* NULL: none */
  const char *has;
} amend_rows[] = {
  { "/amend?id={id}", NULL, "amend URL     answers as expected" },
  { "/nowhere/{id}", NULL, "The amend URL, asked whether it takes changes: " },
  { "/amend?id={id}", FAULT ("\"status\",\"path\":\"/amend\",\"headers\":{\"Allow\":\"GET, HEAD\"}"),
    "it takes GET, HEAD, and no PATCH" },
  { "/amend?id={id}", FAULT ("\"status\",\"path\":\"/amend\",\"status\":401"), "HTTP 401" },
  { "/amend?id={id}", FAULT ("\"status\",\"path\":\"/amend\",\"status\":503"), "HTTP 503" },
  { "/amend?id={id}", FAULT ("\"redirect\",\"path\":\"/amend\""), "HTTP 302" },
  { "/amend?id={id}", FAULT ("\"reset\",\"path\":\"/amend\""), "The amend URL, asked whether it takes changes: " },
  /* It says nothing for or against. */
  { "/amend?id={id}", FAULT ("\"status\",\"path\":\"/amend\",\"status\":501"), NULL },
  { "/amend?id={id}", FAULT ("\"status\",\"path\":\"/amend\",\"status\":204"), NULL },
};

static void
test_amend_urls (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();

  g_free (test_command (broker, "destination set depot --header X-Api-Key=" SECRET, 0));
  for (guint i = 0; i < G_N_ELEMENTS (amend_rows); i++)
    {
      g_autofree char *url = test_peer_dup_url (broker->peer, amend_rows[i].route);
      g_autofree char *set = g_strdup_printf ("destination set depot --amend-url '%s'", url);
      g_autofree char *output = NULL;
      const gboolean is_good = i == 0;

      g_free (test_command (broker, set, 0));
      test_peer_control (broker->peer, "{\"fault\":\"none\"}");
      if (amend_rows[i].fault)
        test_peer_control (broker->peer, amend_rows[i].fault);
      output = test_command (broker, "destination test depot", 0);
      test_assert_has (output, "would go through");
      test_assert_has (output, amend_rows[i].has ? amend_rows[i].has : "");
      g_assert_true ((strstr (output, SET_AMEND_URL) != NULL) == (amend_rows[i].has && !is_good));
      g_assert_true ((strstr (output, "amend URL  ") != NULL) == is_good);
      g_assert_null (strstr (output, SECRET));
    }
  g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH"), ==, 0);
}

/* The same in JSON, which says more. */
static void
test_json (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (JsonNode) node = test_command_json (broker, "destination test depot --json");
  JsonObject *report = json_node_get_object (node);
  g_autofree char *unknown = test_command (broker, "destination test nowhere", 1);

  g_assert_true (json_object_get_boolean_member (report, "good"));
  g_assert_true (json_object_get_boolean_member (report, "asked"));
  g_assert_true (json_object_get_boolean_member (report, "confirm"));
  g_assert_true (g_str_has_prefix (json_object_get_string_member (report, "protocol"), "tus 1.0.0: creation"));
  g_assert_true (g_str_has_prefix (json_object_get_string_member (report, "connected"), "127.0.0.1:"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (report, "holds")), ==, 0);
  test_assert_has (unknown, "nowhere");
}

/* A server that takes connections and never answers: the daemon is there for others meanwhile, and the trial has an end. */
static void
test_a_silent_server (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *set = g_strdup_printf ("destination set depot --url http://127.0.0.1:%u/", port);
  g_auto (TestCommand) trial = { 0 };
  g_autofree char *status = NULL;
  g_autofree char *output = NULL;

  g_free (test_command (broker, set, 0));
  trial = test_command_start (broker, "destination test depot");
  status = test_command (broker, "status", 0);
  test_assert_has (status, "Nothing to upload");
  output = test_command_finish (&trial, 1);
  test_assert_has (output, "did not answer");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/trial/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_a_row);
    }
  g_test_add_func ("/trial/amend-urls", test_amend_urls);
  g_test_add_func ("/trial/json", test_json);
  g_test_add_func ("/trial/a-silent-server", test_a_silent_server);

  return g_test_run ();
}
