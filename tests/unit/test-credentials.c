/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * However many attempts ask for an access token, or have theirs refused, in one moment: the sign-in server is asked once. Nor does a
 * clock that is set by years have it asked, or a token used that is over.
 */
#include "broker/credentials.h"
#include "database.h"
#include "support/clock.h"

#define NOW_MS G_GINT64_CONSTANT (1750000000000)
#define URL "https://files.example/"
#define N_ATTEMPTS 4

/* The sign-in server of this program, which answers when it is told. */
typedef struct
{
  guint n_asked;
  ObOauthReplied replied; /* NULL: nobody waits for an answer */
  gpointer user_data;
} Server;

static Server server;

typedef struct
{
  ObDatabase *database;
  TestClock *clock;
  ObQueue *queue;
  ObDestinationTable *table;
  char *folder; /* of secrets */
  ObSecrets *secrets;
  ObTokens *tokens;
  ObCredentials *credentials;
} Scene;

static void
ask (ObOauthQuestion *question, GCancellable *stop, ObOauthReplied replied, gpointer user_data)
{
  g_assert_null (server.replied);
  server = (Server){ server.n_asked + 1, replied, user_data };
  ob_oauth_question_free (question);
}

static void
give_token (const char *token, gint64 lifetime_ms)
{
  ObOauthReply *reply = g_new0 (ObOauthReply, 1);
  ObOauthReplied replied = g_steal_pointer (&server.replied);

  reply->answer = ob_oauth_answer_new (OB_OAUTH_GRANTED, NULL, NULL);
  reply->answer->access_token = g_strdup (token);
  reply->answer->lifetime_ms = lifetime_ms;
  replied (reply, server.user_data);
}

static void
on_settings_changed (gpointer user_data)
{
}

static void
on_left (const char *name, gpointer user_data)
{
}

static gboolean
on_signed_in (const char *destination, GError **error, gpointer user_data)
{
  return TRUE;
}

static void
on_done (const GError *error, gpointer is_done)
{
  g_assert_no_error (error);
  *(gboolean *) is_done = TRUE;
}

static void
set_destination (Scene *scene)
{
  GVariantBuilder sign_in;
  ObDestinationSettings settings = { .protocol = "tus", .url = URL };
  gboolean is_done = FALSE;

  g_variant_builder_init (&sign_in, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&sign_in, "{ss}", "kind", OB_SIGN_IN_OAUTH2);
  g_variant_builder_add (&sign_in, "{ss}", "flow", "client-credentials");
  g_variant_builder_add (&sign_in, "{ss}", "issuer", "https://id.example");
  g_variant_builder_add (&sign_in, "{ss}", "client-id", "robot");
  settings.sign_in = g_variant_ref_sink (g_variant_builder_end (&sign_in));
  ob_destination_table_set (scene->table, "depot", &settings, on_done, &is_done);
  while (!is_done)
    (void) g_main_context_iteration (NULL, TRUE);
  g_variant_unref (settings.sign_in);
}

static void
sign_in (Scene *scene)
{
  ObSignIn *own = ob_sign_in_new (OB_SIGN_IN_OAUTH2);
  gboolean is_done = FALSE;

  ob_sign_in_set (own, OB_TOKENS_ADDRESS, "robot https://id.example -");
  ob_sign_in_set (own, OB_SIGN_IN_CLIENT_SECRET, "secret");
  ob_credentials_sign_in (scene->credentials, "depot", own, on_done, &is_done);
  while (!is_done)
    (void) g_main_context_iteration (NULL, TRUE);
}

static void
set_up (Scene *scene, TestDatabase *fixture)
{
  static const ObDestinationEvents destination_events = { on_settings_changed, on_left, on_left };
  static const ObCredentialsEvents events = { on_signed_in };
  static const char *const no_folders[] = { NULL };
  g_autoptr (GError) error = NULL;

  server = (Server){ 0 };
  scene->database = test_database_open (fixture, NOW_MS, FALSE);
  scene->clock = test_clock_new (NOW_MS);
  scene->queue = ob_queue_new (scene->database, OB_CLOCK (scene->clock));
  scene->table = ob_destination_table_new (scene->queue, &destination_events, NULL);
  scene->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  scene->secrets = ob_secrets_new (scene->folder);
  scene->tokens = ob_tokens_new (no_folders, ask);
  scene->credentials = ob_credentials_new (scene->queue, scene->table, scene->secrets, scene->tokens, &events, NULL);
  ob_queue_join (scene->queue, &ob_destination_table_member, scene->table);
  ob_queue_join (scene->queue, &ob_credentials_member, scene->credentials);
  g_assert_true (ob_queue_load (scene->queue, &error));
  set_destination (scene);
  sign_in (scene);
}

static void
scene_clear (Scene *scene)
{
  const char *argv[] = { "rm", "-r", scene->folder, NULL };

  ob_credentials_free (scene->credentials);
  ob_tokens_free (scene->tokens);
  ob_secrets_free (scene->secrets);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (scene->folder);
  ob_destination_table_free (scene->table);
  ob_queue_free (scene->queue);
  g_object_unref (scene->clock);
  ob_database_free (scene->database);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

/* As many attempts as can run ask in one moment. The token comes when all of them wait. @lifetime_ms: as the server says; 0: it does not */
static void
ask_together (Scene *scene, const char *token, gint64 lifetime_ms, ObCredential *given[N_ATTEMPTS])
{
  ObQuestion *questions[N_ATTEMPTS];

  for (guint i = 0; i < N_ATTEMPTS; i++)
    {
      questions[i] = ob_question_new ();
      ob_credentials_answer (scene->credentials, "depot", URL, questions[i]);
    }
  while (!server.replied)
    (void) g_main_context_iteration (NULL, TRUE);
  give_token (token, lifetime_ms);
  for (guint i = 0; i < N_ATTEMPTS; i++)
    {
      const char *value = NULL;
      gpointer gift = NULL;

      g_assert_true (ob_question_wait (questions[i], &gift));
      given[i] = gift;
      g_assert_cmpstr (ob_credential_get_header (given[i], 0, &value), ==, "Authorization");
      g_assert_true (g_str_has_suffix (value, token));
    }
}

static void
forget (ObCredential *given[N_ATTEMPTS])
{
  for (guint i = 0; i < N_ATTEMPTS; i++)
    ob_credential_unref (given[i]);
}

static void
test_four_refusals_are_one_refresh (TestDatabase *fixture, gconstpointer data)
{
  g_auto (Scene) scene = { 0 };
  ObCredential *first[N_ATTEMPTS], *second[N_ATTEMPTS];

  set_up (&scene, fixture);
  ask_together (&scene, "first", 0, first);
  g_assert_cmpuint (server.n_asked, ==, 1);
  /* Four times 401 before anything has come in their place. */
  for (guint i = 0; i < N_ATTEMPTS; i++)
    g_assert_true (ob_credentials_renew (scene.credentials, "depot", first[i]));
  ask_together (&scene, "second", 0, second);
  g_assert_cmpuint (server.n_asked, ==, 2);
  /* One of them comes so late that the next token is there already. */
  g_assert_true (ob_credentials_renew (scene.credentials, "depot", first[0]));
  g_assert_cmpuint (server.n_asked, ==, 2);
  /* That one is refused too, and nothing was taken in between: a person is asked. */
  for (guint i = 0; i < N_ATTEMPTS; i++)
    g_assert_false (ob_credentials_renew (scene.credentials, "depot", second[i]));
  g_assert_cmpuint (server.n_asked, ==, 2);
  forget (first);
  forget (second);
}

/* Returns: (transfer full): what an attempt is given at once, without a question to the sign-in server */
static ObCredential *
ask_one (Scene *scene)
{
  ObQuestion *question = ob_question_new ();
  gpointer gift = NULL;

  ob_credentials_answer (scene->credentials, "depot", URL, question);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (server.replied);
  g_assert_true (ob_question_wait (question, &gift));

  return gift;
}

static void
set_clock (Scene *scene, gint64 now_ms)
{
  test_clock_set (scene->clock, now_ms);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

#define YEAR_MS (G_GINT64_CONSTANT (365) * 24 * 3600 * 1000)

/* The life of a token is an hour of this device's, and of the server's, whatever their clocks say. */
static void
test_a_clock_that_is_set_by_years (TestDatabase *fixture, gconstpointer data)
{
  static const gint64 times_ms[] = { NOW_MS + 10 * YEAR_MS, NOW_MS - 10 * YEAR_MS, 1, NOW_MS + 2 * 3600 * 1000 };
  g_auto (Scene) scene = { 0 };
  ObCredential *first[N_ATTEMPTS], *second[N_ATTEMPTS], *third[N_ATTEMPTS];

  set_up (&scene, fixture);
  ask_together (&scene, "first", 3600 * 1000, first);
  for (guint i = 0; i < G_N_ELEMENTS (times_ms); i++)
    {
      g_autoptr (ObCredential) given = NULL;

      set_clock (&scene, times_ms[i]);
      given = ask_one (&scene);
      g_assert_true (given == first[0]);
      g_assert_cmpuint (server.n_asked, ==, 1);
    }
  /* The server's clock was set: it takes the token no more. The next one is over before it is used, and comes from a time that is
   * years ahead. */
  g_assert_true (ob_credentials_renew (scene.credentials, "depot", first[0]));
  ask_together (&scene, "second", 1, second);
  g_assert_cmpuint (server.n_asked, ==, 2);
  while (!ob_credential_is_over (second[0]))
    g_thread_yield ();
  set_clock (&scene, NOW_MS - 10 * YEAR_MS);
  ask_together (&scene, "third", 3600 * 1000, third);
  g_assert_cmpuint (server.n_asked, ==, 3);
  forget (first);
  forget (second);
  forget (third);
}

int
main (int argc, char *argv[])
{
  static const TestDatabaseCase cases[] = {
    { "/credentials/four-refusals-are-one-refresh", test_four_refusals_are_one_refresh },
    { "/credentials/a-clock-that-is-set-by-years", test_a_clock_that_is_set_by_years },
  };

  g_test_init (&argc, &argv, NULL);
  test_database_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
