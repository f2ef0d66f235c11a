/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * transfer/oauth-ask against a real sign-in server, and one that answers as no sign-in server does.
 */
#include "support/oauth-server.h"
#include "transfer/oauth-ask.h"

#include <libsoup/soup.h>

#define SCOPE "openid offline_access upload"

static TestPeer *peer; /* NULL: it is not installed */
static char *issuer;

/* --- Asking --- */

static void
on_replied (ObOauthReply *reply, gpointer user_data)
{
  *(ObOauthReply **) user_data = reply;
}

/* Returns: (transfer full) */
static ObOauthReply *
ask (ObOauthQuestion *question)
{
  ObOauthReply *reply = NULL;

  ob_oauth_ask_on_thread (question, NULL, on_replied, &reply);
  while (!reply)
    (void) g_main_context_iteration (NULL, TRUE);

  return reply;
}

/* @settings: text of an a{ss} */
static ObOauthClient *
make_client (const char *settings)
{
  g_autoptr (GVariant) parsed = g_variant_parse (G_VARIANT_TYPE ("a{ss}"), settings, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;
  ObOauthClient *client = ob_oauth_client_new (parsed, &error);

  g_assert_no_error (error);

  return client;
}

static ObOauthClient *
make_kiosk (void)
{
  g_autofree char *settings = g_strdup_printf ("{'issuer': '%s', 'client-id': 'kiosk', 'scope': '" SCOPE "'}", issuer);

  return make_client (settings);
}

static ObOauthReply *
ask_with_secret (ObOauthAsk kind, const ObOauthClient *client, const char *secret)
{
  ObOauthQuestion *question = ob_oauth_question_new (kind, client);

  question->secret = g_strdup (secret);

  return ask (question);
}

static void
assert_refused (const ObOauthReply *reply, ObOauthVerdict verdict, const char *code)
{
  g_assert_nonnull (reply->answer);
  g_assert_cmpstr (reply->answer->code, ==, code);
  g_assert_cmpint (reply->answer->verdict, ==, verdict);
  g_assert_nonnull (reply->answer->words);
}

/* --- A real server --- */

static gboolean
is_skipped (void)
{
  if (!peer)
    g_test_skip ("oidc-provider is not installed; tests/setup/install.sh test brings it");

  return !peer;
}

/* Returns: (transfer full): a refresh token, by the device flow */
static char *
sign_in (const ObOauthClient *client)
{
  g_autoptr (ObOauthReply) begun = ask_with_secret (OB_OAUTH_ASK_DEVICE, client, NULL);
  g_autoptr (ObOauthReply) pending = NULL, decided = NULL;

  g_assert_null (begun->answer);
  g_assert_nonnull (begun->device);
  g_assert_true (g_str_has_prefix (begun->device->url, issuer));
  pending = ask_with_secret (OB_OAUTH_ASK_DECIDED, client, begun->device->device_code);
  assert_refused (pending, OB_OAUTH_PENDING, "authorization_pending");
  test_oauth_server_decide (peer, begun->device->user_code, TRUE);
  decided = ask_with_secret (OB_OAUTH_ASK_DECIDED, client, begun->device->device_code);
  g_assert_cmpint (decided->answer->verdict, ==, OB_OAUTH_GRANTED);
  g_assert_cmpint (decided->answer->lifetime_ms, ==, 20000);
  g_assert_nonnull (decided->answer->refresh_token);

  return g_strdup (decided->answer->refresh_token);
}

static void
test_device_flow_and_rotation (void)
{
  g_autoptr (ObOauthClient) client = NULL;
  g_autoptr (ObOauthReply) refreshed = NULL, again = NULL;
  g_autofree char *token = NULL;

  if (is_skipped ())
    return;
  client = make_kiosk ();
  token = sign_in (client);
  refreshed = ask_with_secret (OB_OAUTH_ASK_REFRESH, client, token);
  g_assert_cmpint (refreshed->answer->verdict, ==, OB_OAUTH_GRANTED);
  g_assert_cmpstr (refreshed->answer->refresh_token, !=, token);
  /* The one that was used is good no more. */
  again = ask_with_secret (OB_OAUTH_ASK_REFRESH, client, token);
  assert_refused (again, OB_OAUTH_ENDED, "invalid_grant");
  g_assert_null (strstr (again->answer->words, token));
}

static void
test_a_person_says_no (void)
{
  g_autoptr (ObOauthClient) client = NULL;
  g_autoptr (ObOauthReply) begun = NULL, decided = NULL;

  if (is_skipped ())
    return;
  client = make_kiosk ();
  begun = ask_with_secret (OB_OAUTH_ASK_DEVICE, client, NULL);
  test_oauth_server_decide (peer, begun->device->user_code, FALSE);
  decided = ask_with_secret (OB_OAUTH_ASK_DECIDED, client, begun->device->device_code);
  assert_refused (decided, OB_OAUTH_ENDED, "access_denied");
}

static ObOauthReply *
ask_as_robot (const char *secret)
{
  g_autofree char *settings
      = g_strdup_printf ("{'issuer': '%s', 'client-id': 'robot', 'flow': 'client-credentials', 'scope': 'upload'}",
                         issuer);
  g_autoptr (ObOauthClient) client = make_client (settings);
  ObOauthQuestion *question = ob_oauth_question_new (OB_OAUTH_ASK_CLIENT, client);

  question->client_secret = g_strdup (secret);

  return ask (question);
}

static void
test_client_credentials (void)
{
  g_autoptr (ObOauthReply) granted = NULL, refused = NULL;

  if (is_skipped ())
    return;
  granted = ask_as_robot ("pl4nted-robots-secret");
  g_assert_cmpint (granted->answer->verdict, ==, OB_OAUTH_GRANTED);
  g_assert_null (granted->answer->refresh_token);
  refused = ask_as_robot ("another secret: %&+");
  assert_refused (refused, OB_OAUTH_MISCONFIGURED, "invalid_client");
}

/* A reply brings the endpoints that the server named, so that it is asked for them once. */
static void
test_endpoints_are_looked_up_once (void)
{
  g_autoptr (ObOauthClient) client = NULL;
  g_autoptr (ObOauthReply) first = NULL, second = NULL;
  ObOauthQuestion *question;
  g_autofree char *token = NULL;

  if (is_skipped ())
    return;
  client = make_kiosk ();
  token = sign_in (client);
  first = ask_with_secret (OB_OAUTH_ASK_SERVER, client, NULL);
  g_assert_null (first->answer);
  g_assert_true (g_str_has_prefix (first->server->token_url, issuer));
  question = ob_oauth_question_new (OB_OAUTH_ASK_REFRESH, client);
  question->secret = g_strdup (token);
  question->server = g_steal_pointer (&first->server);
  second = ask (question);
  g_assert_cmpint (second->answer->verdict, ==, OB_OAUTH_GRANTED);
}

/* --- A server that answers as none does --- */

typedef struct
{
  const char *name;
  guint status;
  const char *body;
  const char *header; /* NULL: none; a name, and the value of it in the next */
  const char *value;
  ObOauthVerdict verdict;
  gint64 retry_after_ms;
} OddRow;

static const OddRow odd_rows[] = {
  { "a redirect", 307, "", "Location", "/stolen", OB_OAUTH_AWAY, 0 },
  { "a redirect of POST to GET", 302, "", "Location", "/stolen", OB_OAUTH_AWAY, 0 },
  { "a portal", 200, "<html>Welcome to the hotel</html>", "Content-Type", "text/html", OB_OAUTH_AWAY, 0 },
  { "too many", 429, "{\"error\":\"slow_down\"}", "Retry-After", "30", OB_OAUTH_AWAY, 30000 },
  { "down", 503, "", "Retry-After", "-1", OB_OAUTH_AWAY, 0 },
  { "a challenge", 401, "{\"error\":\"invalid_client\"}", "WWW-Authenticate", "Basic realm=\"id\"",
    OB_OAUTH_MISCONFIGURED, 0 },
  { "misdirected", 421, "", NULL, NULL, OB_OAUTH_AWAY, 0 },
  { "its secrets repeated", 400,
    "{\"error\":\"invalid_grant\",\"error_description\":\"the token planted-refresh-token is not known\"}", NULL, NULL,
    OB_OAUTH_ENDED, 0 },
};

typedef struct
{
  const OddRow *row;
  guint n_requests;
} Odd;

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Odd *odd = user_data;

  odd->n_requests++;
  g_assert_cmpstr (path, ==, "/token");
  g_assert_cmpstr (soup_server_message_get_method (message), ==, "POST");
  soup_server_message_set_status (message, odd->row->status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, odd->row->body,
                                    strlen (odd->row->body));
  if (odd->row->header)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), odd->row->header,
                                  odd->row->value);
}

/* Whatever it answers, the request with the secret is sent once, and to that place. */
static void
test_odd_answers (void)
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GError) error = NULL;
  GSList *uris;
  g_autofree char *base = NULL, *settings = NULL;
  g_autoptr (ObOauthClient) client = NULL;
  Odd odd = { NULL, 0 };

  soup_server_add_handler (server, NULL, on_request, &odd, NULL);
  g_assert_true (soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error));
  uris = soup_server_get_uris (server);
  base = g_uri_to_string (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  settings = g_strdup_printf ("{'token-url': '%stoken', 'device-url': '%sdevice', 'client-id': 'kiosk'}", base, base);
  client = make_client (settings);
  for (guint i = 0; i < G_N_ELEMENTS (odd_rows); i++)
    {
      g_autoptr (ObOauthReply) reply = NULL;

      g_test_message ("%s", odd_rows[i].name);
      odd = (Odd){ &odd_rows[i], 0 };
      reply = ask_with_secret (OB_OAUTH_ASK_REFRESH, client, "planted-refresh-token");
      g_assert_cmpuint (odd.n_requests, ==, 1);
      g_assert_cmpint (reply->answer->verdict, ==, odd_rows[i].verdict);
      g_assert_cmpint (reply->answer->retry_after_ms, ==, odd_rows[i].retry_after_ms);
      g_assert_null (strstr (reply->answer->words, "planted-refresh-token"));
    }
}

static void
test_nobody_answers (void)
{
  g_autoptr (ObOauthClient) client
      = make_client ("{'issuer': 'http://127.0.0.1:1', 'client-id': 'kiosk', 'scope': 'upload'}");
  g_autoptr (ObOauthReply) reply = ask_with_secret (OB_OAUTH_ASK_REFRESH, client, "planted-refresh-token");

  assert_refused (reply, OB_OAUTH_AWAY, "sign-in-server");
  g_assert_null (reply->server);
}

static void
remove_folder (const char *folder)
{
  const char *argv[] = { "rm", "-r", folder, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

int
main (int argc, char *argv[])
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  int failures;

  g_test_init (&argc, &argv, NULL);
  peer = test_oauth_server_start (folder);
  issuer = peer ? test_oauth_server_dup_issuer (peer) : NULL;
  g_test_add_func ("/oauth-ask/device-flow-and-rotation", test_device_flow_and_rotation);
  g_test_add_func ("/oauth-ask/a-person-says-no", test_a_person_says_no);
  g_test_add_func ("/oauth-ask/client-credentials", test_client_credentials);
  g_test_add_func ("/oauth-ask/endpoints-are-looked-up-once", test_endpoints_are_looked_up_once);
  g_test_add_func ("/oauth-ask/odd-answers", test_odd_answers);
  g_test_add_func ("/oauth-ask/nobody-answers", test_nobody_answers);
  failures = g_test_run ();
  g_clear_pointer (&peer, test_peer_free);
  g_free (issuer);
  remove_folder (folder);

  return failures;
}
