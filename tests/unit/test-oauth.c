/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every answer of a sign-in server has one meaning: nothing but tokens that can be sent is a sign-in, and nothing but the server's
 * own word ends one.
 */
#include "transfer/oauth.h"

#include <string.h>

#define HTML "<html><body>Welcome to the hotel</body></html>"

static const struct
{
  guint status;
  const char *body;
  const char
      *meaning; /* "granted", the access token, the refresh token and the life in ms; or the verdict and its code */
} token_rows[] = {
  { 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":20,\"refresh_token\":\"r\"}",
    "granted a r 20000" },
  { 200, "\xef\xbb\xbf{\"access_token\":\"a\",\"token_type\":\"bearer\"}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\"}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"token_type\":null,\"more\":[{}]}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"refresh_token\":null}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"refresh_token\":\"\"}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"scope\":7,\"id_token\":[]}", "granted a - 0" },
  /* The life of a token. */
  { 200, "{\"access_token\":\"a\",\"expires_in\":null}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":0}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":-1}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":-9223372036854775808}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":9223372036854775807}", "granted a - 2592000000" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":18446744073709551616}", "granted a - 2592000000" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":1e300}", "granted a - 2592000000" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":1e999999}", "granted a - 2592000000" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":1.5}", "granted a - 1500" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":\"3600\"}", "granted a - 3600000" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":\"1e999\"}", "granted a - 2592000000" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":\"\"}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":\"nan\"}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":\"-5\"}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":\"1 hour\"}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":true}", "granted a - 0" },
  { 200, "{\"access_token\":\"a\",\"expires_in\":{\"s\":20}}", "granted a - 0" },
  /* Another kind of token. */
  { 200, "{\"access_token\":\"a\",\"token_type\":\"MAC\"}", "misconfigured token-type" },
  { 200, "{\"access_token\":\"a\",\"token_type\":\"DPoP\"}", "misconfigured token-type" },
  { 200, "{\"access_token\":\"a\",\"token_type\":7}", "misconfigured token-type" },
  /* Tokens that no header can carry. */
  { 200, "{}", "away bad-answer" },
  { 200, "{\"access_token\":\"\"}", "away bad-answer" },
  { 200, "{\"access_token\":null,\"refresh_token\":\"r\"}", "away bad-answer" },
  { 200, "{\"access_token\":[\"a\"]}", "away bad-answer" },
  { 200, "{\"access_token\":\"a b\"}", "away bad-answer" },
  { 200, "{\"access_token\":\"a\\r\\nX-Other: 1\"}", "away bad-answer" },
  { 200, "{\"access_token\":\"a\\u0000b\"}", "away bad-answer" },
  { 200, "{\"access_token\":\"caf\xc3\xa9\"}", "away bad-answer" },
  { 200, "{\"access_token\":\"a\",\"refresh_token\":\"r\\n\"}", "away bad-answer" },
  { 200, "{\"access_token\":\"a\",\"refresh_token\":7}", "away bad-answer" },
  { 200, "{\"access_token\":\"a\",\"access_token\":\"b\"}", "away bad-answer" },
  { 200, "{\"Access_Token\":\"a\"}", "away bad-answer" },
  /* The server's word, whatever the status below 500. */
  { 400, "{\"error\":\"invalid_grant\"}", "ended invalid_grant" },
  { 401, "{\"error\":\"invalid_grant\"}", "ended invalid_grant" },
  { 403, "{\"error\":\"access_denied\"}", "ended access_denied" },
  { 200, "{\"error\":\"authorization_pending\"}", "pending authorization_pending" },
  { 200, "{\"error\":\"expired_token\",\"access_token\":\"a\"}", "ended expired_token" },
  { 428, "{\"error\":\"authorization_pending\"}", "pending authorization_pending" },
  { 400, "{\"error\":\"slow_down\",\"interval\":9}", "slow-down slow_down" },
  { 400, "{\"error\":\"interaction_required\"}", "ended interaction_required" },
  { 401, "{\"error\":\"invalid_client\"}", "misconfigured invalid_client" },
  { 400, "{\"error\":\"invalid_scope\"}", "misconfigured invalid_scope" },
  { 400, "{\"error\":\"unsupported_grant_type\"}", "misconfigured unsupported_grant_type" },
  { 400, "{\"error\":\"INVALID_GRANT\"}", "misconfigured INVALID_GRANT" },
  { 400, "{\"error\":\"odd\\u001b[2J\"}", "misconfigured odd\xef\xbf\xbd[2J" },
  { 400, "{\"error\":\"temporarily_unavailable\"}", "away temporarily_unavailable" },
  /* A server that is in trouble, or somebody else, ends no sign-in. */
  { 500, "{\"error\":\"invalid_grant\"}", "away bad-answer" },
  { 503, "{\"error\":\"invalid_client\"}", "away bad-answer" },
  { 503, "{\"access_token\":\"a\"}", "away bad-answer" },
  { 429, "{\"error\":\"invalid_grant\"}", "away bad-answer" },
  { 408, "", "away bad-answer" },
  { 302, "{\"error\":\"invalid_grant\"}", "away bad-answer" },
  { 307, "{\"access_token\":\"a\"}", "away bad-answer" },
  { 201, "{\"access_token\":\"a\"}", "away bad-answer" },
  { 204, "", "away bad-answer" },
  { 400, "{\"error\":{\"code\":\"invalid_grant\"}}", "away bad-answer" },
  { 400, "{\"error\":\"\"}", "away bad-answer" },
  { 400, "invalid_grant", "away bad-answer" },
  { 400, "{\"access_token\":\"a\"}", "away bad-answer" },
  { 401, HTML, "away bad-answer" },
  { 404, HTML, "away bad-answer" },
  { 200, HTML, "away bad-answer" },
  { 200, "", "away bad-answer" },
  { 200, "[{\"access_token\":\"a\"}]", "away bad-answer" },
  { 200, "\"access_token\"", "away bad-answer" },
  { 200, "access_token=a&token_type=bearer", "away bad-answer" },
  { 200, "{\"access_token\":\"a\"", "away bad-answer" },
  { 200, "{\"access_token\":\"a\"}{\"error\":\"invalid_grant\"}", "away bad-answer" },
  { 200, "{\"access_token\":\"\xff\"}", "away bad-answer" },
  { 0, "", "away bad-answer" },
};

static char *
dup_meaning (const ObOauthAnswer *answer)
{
  static const char *const verdicts[] = { "granted", "pending", "slow-down", "ended", "misconfigured", "away" };

  if (answer->verdict != OB_OAUTH_GRANTED)
    return g_strdup_printf ("%s %s", verdicts[answer->verdict], answer->code);

  return g_strdup_printf ("granted %s %s %" G_GINT64_FORMAT, answer->access_token,
                          answer->refresh_token ? answer->refresh_token : "-", answer->lifetime_ms);
}

static void
test_a_table_of_answers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (token_rows); i++)
    {
      const char *body = token_rows[i].body;
      g_autoptr (ObOauthAnswer) answer = ob_oauth_read_tokens (token_rows[i].status, body, strlen (body));
      g_autofree char *meaning = dup_meaning (answer);

      g_test_message ("row %u, %u", i, token_rows[i].status);
      g_assert_cmpstr (meaning, ==, token_rows[i].meaning);
      g_assert_true ((answer->verdict == OB_OAUTH_GRANTED) == (answer->words == NULL));
    }
}

static void
test_a_token_of_a_megabyte_is_none (void)
{
  const struct
  {
    gsize size_bytes;
    ObOauthVerdict verdict;
  } rows[] = { { OB_OAUTH_TOKEN_MAX_BYTES, OB_OAUTH_GRANTED },
               { OB_OAUTH_TOKEN_MAX_BYTES + 1, OB_OAUTH_AWAY },
               { 1024 * 1024, OB_OAUTH_AWAY } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint is_refresh = 0; is_refresh < 2; is_refresh++)
      {
        g_autofree char *token = g_strnfill (rows[i].size_bytes, 'a');
        g_autofree char *body = g_strdup_printf ("{\"access_token\":\"%s\",\"refresh_token\":\"%s\"}",
                                                 is_refresh ? "a" : token, is_refresh ? token : "r");
        g_autoptr (ObOauthAnswer) answer = ob_oauth_read_tokens (200, body, strlen (body));

        g_assert_cmpint (answer->verdict, ==, rows[i].verdict);
        g_assert_true (!answer->words || strlen (answer->words) < 1000);
      }
}

/* An answer that cannot be taken may have a token in it all the same. */
static void
test_no_token_is_in_the_words (void)
{
  static const char *const bodies[] = {
    "{\"access_token\":\"s3cret value\",\"refresh_token\":\"s3cret\"}",
    "{\"access_token\":\"s3cret\",\"token_type\":\"MAC\"}",
    "{\"access_token\":\"a\",\"refresh_token\":\"s3cret\\n\"}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (ObOauthAnswer) answer = ob_oauth_read_tokens (200, bodies[i], strlen (bodies[i]));

      g_assert_null (strstr (answer->words, "s3cret"));
    }
}

/* --- The device flow --- */

#define PAGE "\"verification_uri\":\"https://id.example/device\""
#define CODES "\"device_code\":\"d\",\"user_code\":\"BDFG-HJKL\","

static const struct
{
  guint status;
  const char *body;
  const char *meaning; /* code, page, page with the code, life and interval in ms; or the verdict and its code */
} device_rows[] = {
  { 200, "{" CODES PAGE ",\"expires_in\":900,\"interval\":5}", "BDFG-HJKL https://id.example/device - 900000 5000" },
  { 200, "{" CODES PAGE "}", "BDFG-HJKL https://id.example/device - 600000 5000" },
  { 200, "{" CODES "\"verification_url\":\"https://id.example/device\"}",
    "BDFG-HJKL https://id.example/device - 600000 5000" },
  { 200, "{" CODES PAGE ",\"verification_uri_complete\":\"https://id.example/device?c=BDFG\"}",
    "BDFG-HJKL https://id.example/device https://id.example/device?c=BDFG 600000 5000" },
  { 200, "{" CODES PAGE ",\"verification_uri_complete\":\"https://evil.example/device?c=BDFG\"}",
    "BDFG-HJKL https://id.example/device - 600000 5000" },
  { 200, "{" CODES PAGE ",\"verification_uri_complete\":7}", "BDFG-HJKL https://id.example/device - 600000 5000" },
  { 200, "{" CODES PAGE ",\"interval\":0,\"expires_in\":0}", "BDFG-HJKL https://id.example/device - 600000 1000" },
  { 200, "{" CODES PAGE ",\"interval\":-3,\"expires_in\":-3}", "BDFG-HJKL https://id.example/device - 600000 1000" },
  { 200, "{" CODES PAGE ",\"interval\":1e9,\"expires_in\":1e9}",
    "BDFG-HJKL https://id.example/device - 3600000 60000" },
  { 200, "{" CODES "\"verification_uri\":\"http://127.0.0.1:8080/device\"}",
    "BDFG-HJKL http://127.0.0.1:8080/device - 600000 5000" },
  { 200, "{" CODES "\"verification_uri\":\"http://id.example/device\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"javascript:alert(1)\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"data:text/html,hello\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"file:///etc/passwd\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"https://bank.example@evil.example/\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"https://id.example/\\u202edevice\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"https://id.example/\\u001b[2J\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"/device\"}", "away bad-answer" },
  { 200, "{" CODES "\"verification_uri\":\"\"}", "away bad-answer" },
  { 200, "{\"device_code\":\"d\"," PAGE "}", "away bad-answer" },
  { 200, "{\"device_code\":\"d\",\"user_code\":\"\"," PAGE "}", "away bad-answer" },
  { 200, "{\"device_code\":\"d\",\"user_code\":\"A\\u001b[2J\"," PAGE "}", "away bad-answer" },
  { 200, "{\"device_code\":\"d\",\"user_code\":\"\\u0410\\u0411\"," PAGE "}", "away bad-answer" },
  { 200, "{\"device_code\":\"d\",\"user_code\":\" A\"," PAGE "}", "away bad-answer" },
  { 200, "{\"device_code\":\"d\",\"user_code\":1234," PAGE "}", "away bad-answer" },
  { 200, "{\"device_code\":\"d e\",\"user_code\":\"A\"," PAGE "}", "away bad-answer" },
  { 200, "{\"user_code\":\"A\"," PAGE "}", "away bad-answer" },
  { 200, "{\"device_code\":\"d\",\"user_code\":\"A B\"," PAGE "}", "A B https://id.example/device - 600000 5000" },
  { 200, HTML, "away bad-answer" },
  { 200, "{\"error\":\"invalid_scope\"}", "misconfigured invalid_scope" },
  { 401, "{\"error\":\"invalid_client\"}", "misconfigured invalid_client" },
  { 404, "{\"error\":\"Not Found\"}", "misconfigured Not Found" },
  { 404, HTML, "away bad-answer" },
  { 503, "{" CODES PAGE "}", "away bad-answer" },
  { 302, "{" CODES PAGE "}", "away bad-answer" },
};

static void
test_a_table_of_device_flows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (device_rows); i++)
    {
      const char *body = device_rows[i].body;
      g_autoptr (ObOauthAnswer) failure = NULL;
      g_autoptr (ObOauthDevice) device = ob_oauth_read_device (device_rows[i].status, body, strlen (body), &failure);
      g_autofree char *meaning
          = device
                ? g_strdup_printf ("%s %s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, device->user_code, device->url,
                                   device->full_url ? device->full_url : "-", device->lifetime_ms, device->interval_ms)
                : dup_meaning (failure);

      g_test_message ("row %u, %u", i, device_rows[i].status);
      g_assert_cmpstr (meaning, ==, device_rows[i].meaning);
      g_assert_true (!device == !!failure);
    }
}

/* --- Endpoints --- */

static void
test_where_secrets_may_go (void)
{
  static const struct
  {
    const char *url;
    gboolean is_endpoint;
  } rows[] = {
    { "https://id.example/token", TRUE },
    { "https://id.example:8443/token?tenant=1", TRUE },
    { "https://[2001:db8::1]/token", TRUE },
    { "HTTPS://ID.EXAMPLE/token", TRUE },
    { "http://127.0.0.1:3000/token", TRUE },
    { "http://127.9.9.9/token", TRUE },
    { "http://[::1]:3000/token", TRUE },
    { "http://localhost:3000/token", TRUE },
    { "http://id.example/token", FALSE },
    { "http://10.0.0.1/token", FALSE },
    { "http://127.0.0.1.evil.example/token", FALSE },
    { "http://localhost.evil.example/token", FALSE },
    { "http://127.1/token", FALSE },
    { "https://user@id.example/token", FALSE },
    { "https://user:word@id.example/token", FALSE },
    { "https://id.example/token#part", FALSE },
    { "https://id.example/to\nken", FALSE },
    { "https://id.example/caf\xc3\xa9", FALSE },
    { "https:///token", FALSE },
    { "https://", FALSE },
    { "javascript:alert(1)", FALSE },
    { "file:///token", FALSE },
    { "/token", FALSE },
    { "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].url);
      g_assert_true (ob_oauth_is_endpoint (rows[i].url) == rows[i].is_endpoint);
    }
}

#define ISSUER "https://id.example"
#define LOCAL "http://127.0.0.1:3000"

static void
test_a_table_of_descriptions (void)
{
  static const struct
  {
    const char *issuer;
    guint status;
    const char *body;
    const char *meaning; /* the endpoints, or "none" */
  } rows[] = {
    { ISSUER, 200,
      "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/t\",\"device_authorization_endpoint\":\"" ISSUER
      "/d\",\"authorization_endpoint\":\"" ISSUER "/a\"}",
      ISSUER "/t " ISSUER "/d " ISSUER "/a" },
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"https://tokens.example/t\"}",
      "https://tokens.example/t - -" },
    { LOCAL, 200, "{\"issuer\":\"" LOCAL "\",\"token_endpoint\":\"" LOCAL "/t\"}", LOCAL "/t - -" },
    /* Not the one that was asked. */
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "/\",\"token_endpoint\":\"" ISSUER "/t\"}", "none" },
    { ISSUER, 200, "{\"issuer\":\"https://evil.example\",\"token_endpoint\":\"" ISSUER "/t\"}", "none" },
    { ISSUER, 200, "{\"token_endpoint\":\"" ISSUER "/t\"}", "none" },
    { ISSUER, 200, "{\"issuer\":7,\"token_endpoint\":\"" ISSUER "/t\"}", "none" },
    /* Secrets would go out in the clear, or to another program of this device. */
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"http://id.example/t\"}", "none" },
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"http://evil.example/t\"}", "none" },
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" LOCAL "/t\"}", "none" },
    { LOCAL, 200, "{\"issuer\":\"" LOCAL "\",\"token_endpoint\":\"http://127.0.0.1:3001/t\"}", "none" },
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"https://a@id.example/t\"}", "none" },
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"javascript:1\"}", "none" },
    { ISSUER, 200,
      "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER
      "/t\",\"device_authorization_endpoint\":\"http://id.example/d\",\"authorization_endpoint\":7}",
      ISSUER "/t - -" },
    { ISSUER, 200, "{\"issuer\":\"" ISSUER "\"}", "none" },
    { ISSUER, 404, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/t\"}", "none" },
    { ISSUER, 302, "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"" ISSUER "/t\"}", "none" },
    { ISSUER, 200, HTML, "none" },
    { ISSUER, 200, "", "none" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObOauthServer) server
          = ob_oauth_read_server (rows[i].issuer, rows[i].status, rows[i].body, strlen (rows[i].body));
      g_autofree char *meaning
          = server ? g_strdup_printf ("%s %s %s", server->token_url, server->device_url ? server->device_url : "-",
                                      server->authorize_url ? server->authorize_url : "-")
                   : g_strdup ("none");

      g_test_message ("row %u", i);
      g_assert_cmpstr (meaning, ==, rows[i].meaning);
    }
}

static void
test_where_a_server_describes_itself (void)
{
  static const char *const rows[][3] = {
    { "https://id.example", "https://id.example/.well-known/openid-configuration",
      "https://id.example/.well-known/oauth-authorization-server" },
    { "https://id.example/", "https://id.example/.well-known/openid-configuration",
      "https://id.example/.well-known/oauth-authorization-server" },
    { "https://id.example/realms/x", "https://id.example/realms/x/.well-known/openid-configuration",
      "https://id.example/.well-known/oauth-authorization-server/realms/x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (GStrv) places = ob_oauth_list_descriptions (rows[i][0]);

      g_assert_cmpuint (g_strv_length (places), ==, 2);
      g_assert_cmpstr (places[0], ==, rows[i][1]);
      g_assert_cmpstr (places[1], ==, rows[i][2]);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oauth/a-table-of-answers", test_a_table_of_answers);
  g_test_add_func ("/oauth/a-token-of-a-megabyte-is-none", test_a_token_of_a_megabyte_is_none);
  g_test_add_func ("/oauth/no-token-is-in-the-words", test_no_token_is_in_the_words);
  g_test_add_func ("/oauth/a-table-of-device-flows", test_a_table_of_device_flows);
  g_test_add_func ("/oauth/where-secrets-may-go", test_where_secrets_may_go);
  g_test_add_func ("/oauth/a-table-of-descriptions", test_a_table_of_descriptions);
  g_test_add_func ("/oauth/where-a-server-describes-itself", test_where_a_server_describes_itself);

  return g_test_run ();
}
