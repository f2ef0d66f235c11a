/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The port to which a browser comes back from a sign-in: any program and any page of this device can reach it, and nothing but our
 * own state counts.
 */
#include "base/text.h"
#include "transfer/oauth-browser.h"

#include <gio/gio.h>
#include <string.h>

#define STATE "our-own-state"
#define FROM " HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"

static void
test_a_table_of_requests (void)
{
  static const struct
  {
    const char *head;
    const char *meaning; /* "code" or "error" and the text, or "foreign" */
  } rows[] = {
    { "GET /?code=abc&state=" STATE FROM, "code abc" },
    { "GET /?state=" STATE "&code=abc&iss=https%3A%2F%2Fid.example" FROM, "code abc" },
    { "GET /?code=a%2Fb%2B&state=" STATE FROM, "code a/b+" },
    { "GET /?error=access_denied&state=" STATE FROM, "error access_denied" },
    { "GET /?error=access_denied&error_description=not+today&state=" STATE FROM, "error not today" },
    { "GET /?error=x&error_description=a%1b%5b2J&state=" STATE FROM, "error a\xef\xbf\xbd[2J" },
    { "GET /?code=abc" FROM, "foreign" },
    { "GET /?code=abc&state=" FROM, "foreign" },
    { "GET /?code=abc&state=another" FROM, "foreign" },
    { "GET /?code=abc&state=" STATE "x" FROM, "foreign" },
    { "GET /?code=abc&state=" STATE "&state=" STATE FROM, "foreign" },
    { "GET /?code=abc&code=def&state=" STATE FROM, "foreign" },
    { "GET /?code=abc&error=x&state=" STATE FROM, "foreign" },
    { "GET /?code=&state=" STATE FROM, "foreign" },
    { "GET /?state=" STATE FROM, "foreign" },
    { "GET /?code=a%20b&state=" STATE FROM, "foreign" },
    { "GET /?code=a%00b&state=" STATE FROM, "foreign" },
    { "GET /?code=%ff&state=" STATE FROM, "foreign" },
    { "GET /other?code=abc&state=" STATE FROM, "foreign" },
    { "GET /favicon.ico" FROM, "foreign" },
    { "GET /" FROM, "foreign" },
    { "POST /?code=abc&state=" STATE FROM, "foreign" },
    { "get /?code=abc&state=" STATE FROM, "foreign" },
    { "GET http://127.0.0.1:1/?code=abc&state=" STATE FROM, "foreign" },
    { "GET /?code=abc&state=" STATE "\r\n\r\n", "foreign" },
    { "GET /?code=abc\r\nX: &state=" STATE " \r\n\r\n", "foreign" },
    { "\x16\x03\x01 hello", "foreign" },
    { "", "foreign" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      static const char *const words[] = { "code", "error", "foreign" };
      g_autofree char *text = NULL;
      ObOauthBack back = ob_oauth_browser_read (rows[i].head, strlen (rows[i].head), STATE, &text);
      g_autofree char *meaning = text ? g_strdup_printf ("%s %s", words[back], text) : g_strdup (words[back]);

      g_test_message ("row %u", i);
      g_assert_cmpstr (meaning, ==, rows[i].meaning);
    }
}

/* --- The port --- */

typedef struct
{
  ObOauthBrowser *browser;
  char *code;
  char *error;
  guint n_back;
} Fixture;

static void
on_back (const char *code, const char *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_back++;
  fixture->code = g_strdup (code);
  fixture->error = g_strdup (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) settings = g_variant_ref_sink (
      g_variant_new_parsed ("{'token-url': 'https://id.example/t', 'flow': 'code', 'client-id': 'me',"
                            " 'authorize-url': 'https://id.example/a?tenant=1', 'scope': 'a b'}"));
  g_autoptr (GError) error = NULL;
  g_autoptr (ObOauthClient) client = ob_oauth_client_new (settings, &error);

  g_assert_no_error (error);
  fixture->browser = ob_oauth_browser_new (client->authorize_url, client, on_back, fixture, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ob_oauth_browser_free (fixture->browser);
  g_free (fixture->code);
  g_free (fixture->error);
}

/* Returns: (transfer full): a parameter of the page's URL, as the server reads it */
static char *
dup_parameter (Fixture *fixture, const char *name)
{
  g_autoptr (GUri) uri = g_uri_parse (ob_oauth_browser_get_url (fixture->browser), G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GHashTable) parameters = g_uri_parse_params (g_uri_get_query (uri), -1, "&", G_URI_PARAMS_NONE, NULL);

  return g_strdup (g_hash_table_lookup (parameters, name));
}

static void
test_the_page (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *name, *value;
  } rows[] = { { "tenant", "1" },
               { "response_type", "code" },
               { "client_id", "me" },
               { "scope", "a b" },
               { "code_challenge_method", "S256" } };
  g_autofree char *challenge = dup_parameter (fixture, "code_challenge");
  g_autofree char *state = dup_parameter (fixture, "state");
  g_autofree char *redirect = dup_parameter (fixture, "redirect_uri");
  const char *verifier = ob_oauth_browser_get_verifier (fixture->browser);
  g_autofree char *expected = NULL;
  g_autofree char *hex = g_compute_checksum_for_string (G_CHECKSUM_SHA256, verifier, -1);
  guint8 digest[OB_SHA256_BYTES];

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *value = dup_parameter (fixture, rows[i].name);

      g_assert_cmpstr (value, ==, rows[i].value);
    }
  g_assert_cmpstr (redirect, ==, ob_oauth_browser_get_redirect_url (fixture->browser));
  g_assert_true (g_str_has_prefix (redirect, "http://127.0.0.1:"));
  g_assert_cmpuint (strlen (verifier), >=, 43);
  g_assert_cmpuint (strlen (state), >=, 43);
  g_assert_true (ob_text_read_sha256 (hex, digest));
  expected = g_base64_encode (digest, sizeof digest);
  g_strdelimit (expected, "+", '-');
  g_strdelimit (expected, "/", '_');
  expected[strcspn (expected, "=")] = '\0';
  g_assert_cmpstr (challenge, ==, expected);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GSocketConnection **) user_data = g_socket_client_connect_to_uri_finish (G_SOCKET_CLIENT (source), result, NULL);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GBytes **) user_data = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
}

/* Returns: (transfer full): what the port answers to the head */
static char *
visit (Fixture *fixture, const char *head)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GBytes) answer = NULL;

  g_socket_client_connect_to_uri_async (client, ob_oauth_browser_get_redirect_url (fixture->browser), 80, NULL,
                                        on_connected, &connection);
  while (!connection)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), head,
                                            strlen (head), NULL, NULL, NULL));
  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (G_IO_STREAM (connection)), 4096, G_PRIORITY_DEFAULT,
                                   NULL, on_answer, &answer);
  while (!answer)
    (void) g_main_context_iteration (NULL, TRUE);

  return g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));
}

static void
test_others_change_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *state = dup_parameter (fixture, "state");
  g_autofree char *head = g_strdup_printf ("GET /?code=abc&state=%s" FROM, state);
  g_autofree char *answer = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *refused
          = visit (fixture, i % 2 == 0 ? "GET /?code=abc&state=guess" FROM : "GET /favicon.ico" FROM);

      g_assert_true (g_str_has_prefix (refused, "HTTP/1.1 400 "));
      g_assert_cmpuint (fixture->n_back, ==, 0);
    }
  answer = visit (fixture, head);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200 "));
  while (fixture->n_back == 0)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (fixture->code, ==, "abc");
  g_assert_cmpuint (fixture->n_back, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oauth-browser/a-table-of-requests", test_a_table_of_requests);
  g_test_add ("/oauth-browser/the-page", Fixture, NULL, set_up, test_the_page, tear_down);
  g_test_add ("/oauth-browser/others-change-nothing", Fixture, NULL, set_up, test_others_change_nothing, tear_down);

  return g_test_run ();
}
