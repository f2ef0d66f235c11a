/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks for tokens, and remembers where each server is asked. Main thread.
 */
#include "broker/tokens.h"

#include "base/debug.h"
#include "broker/fetching.h"
#include "dbus/mark.h"
#include "policy/sign-in-file.h"
#include "transfer/token-command.h"

#define KIND "kind"

#define NO_FILES S_ ("The files with the token command do not answer")

struct _ObTokens
{
  GStrv paths;
  ObTokensAsk ask;
  GHashTable *
      servers; /* address of a client (ob_tokens_dup_address) → ObOauthServer, as its sign-in server last described itself */
  GPtrArray *fetches; /* of Fetch: those under way */
};

typedef struct
{
  ObTokens *tokens; /* NULL: nobody waits any more */
  char *destination;
  char *address; /* of the client that asks a sign-in server, or NULL */
  ObTokensDone done;
  gpointer user_data;
  GCancellable *stop;
  ObFetching *reading; /* of sign-in.conf, or NULL */
  ObProgram *program;  /* the command, or NULL */
} Fetch;

static void
fetch_free (Fetch *fetch)
{
  g_clear_pointer (&fetch->reading, ob_fetching_free);
  g_clear_pointer (&fetch->program, ob_program_free);
  g_object_unref (fetch->stop);
  g_free (fetch->destination);
  g_free (fetch->address);
  g_free (fetch);
}

ObTokens *
ob_tokens_new (const char *const *folders, ObTokensAsk ask)
{
  ObTokens *self = g_new0 (ObTokens, 1);
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (; *folders; folders++)
    {
      g_autofree char *path = g_build_filename (*folders, OB_SIGN_IN_FILE, NULL);

      g_strv_builder_add (paths, path);
    }
  self->paths = g_strv_builder_end (paths);
  self->ask = ask;
  self->servers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ob_oauth_server_free);
  self->fetches = g_ptr_array_new ();

  return self;
}

/* A question that is on its thread comes back to a fetch of nobody; what else is under way ends now. */
static void
leave (Fetch *fetch)
{
  gboolean is_asking = !fetch->reading && !fetch->program;

  fetch->tokens = NULL;
  g_cancellable_cancel (fetch->stop);
  if (!is_asking)
    fetch_free (fetch);
}

void
ob_tokens_leave (ObTokens *self)
{
  g_autoptr (GPtrArray) fetches = g_steal_pointer (&self->fetches);

  self->fetches = g_ptr_array_new ();
  for (guint i = 0; i < fetches->len; i++)
    leave (fetches->pdata[i]);
}

guint
ob_tokens_count (ObTokens *self)
{
  return self->fetches->len;
}

void
ob_tokens_free (ObTokens *self)
{
  ob_tokens_leave (self);
  g_ptr_array_unref (self->fetches);
  g_hash_table_unref (self->servers);
  g_strfreev (self->paths);
  g_free (self);
}

static Fetch *
fetch_new (ObTokens *self, const char *destination, ObTokensDone done, gpointer user_data)
{
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->tokens = self;
  fetch->destination = g_strdup (destination);
  fetch->done = done;
  fetch->user_data = user_data;
  fetch->stop = g_cancellable_new ();
  g_ptr_array_add (self->fetches, fetch);

  return fetch;
}

static void
end (Fetch *fetch, const ObOauthAnswer *answer)
{
  (void) g_ptr_array_remove_fast (fetch->tokens->fetches, fetch);
  ob_debug (OB_DEBUG_RUNS, fetch->destination, "asked for an access token: %s",
            answer->code ? answer->code : "there is one");
  fetch->done (answer, fetch->user_data);
  fetch_free (fetch);
}

static void
end_with_words (Fetch *fetch, ObOauthVerdict verdict, const char *code, const char *words)
{
  g_autoptr (ObOauthAnswer) answer = ob_oauth_answer_new (verdict, code, words);

  end (fetch, answer);
}

/* --- From a sign-in server --- */

char *
ob_tokens_dup_address (const ObOauthClient *client)
{
  return g_strjoin (" ", client->client_id, client->issuer ? client->issuer : "-",
                    client->token_url ? client->token_url : "-", NULL);
}

ObOauthClient *
ob_tokens_read_client (GVariant *settings, GError **error)
{
  g_autoptr (GVariant) without_kind = NULL;
  GVariantBuilder builder;
  const char *name, *value;
  GVariantIter iter;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_next (&iter, "{&s&s}", &name, &value))
    if (!g_str_equal (name, KIND))
      g_variant_builder_add (&builder, "{ss}", name, value);
  without_kind = g_variant_ref_sink (g_variant_builder_end (&builder));

  return ob_oauth_client_new (without_kind, error);
}

/* What a server said of itself is good as long as it answers there: it may have moved. */
static void
note_server (Fetch *fetch, ObOauthReply *reply)
{
  GHashTable *servers = fetch->tokens->servers;

  if (reply->server && reply->answer->verdict != OB_OAUTH_AWAY && reply->answer->verdict != OB_OAUTH_MISCONFIGURED)
    g_hash_table_replace (servers, g_strdup (fetch->address), g_steal_pointer (&reply->server));
  else
    (void) g_hash_table_remove (servers, fetch->address);
}

static void
on_replied (ObOauthReply *given, gpointer user_data)
{
  g_autoptr (ObOauthReply) reply = given;
  Fetch *fetch = user_data;

  if (!fetch->tokens)
    {
      fetch_free (fetch);
      return;
    }
  note_server (fetch, reply);
  end (fetch, reply->answer);
}

static void
ask_server (Fetch *fetch, GVariant *settings, const ObSignIn *sign_in)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObOauthClient) client = ob_tokens_read_client (settings, &error);
  const char *refresh_token = ob_sign_in_get (sign_in, OB_SIGN_IN_REFRESH_TOKEN);
  const ObOauthServer *server;
  gboolean is_client = client && client->flow == OB_OAUTH_FLOW_CLIENT;
  ObOauthQuestion *question;

  if (!client)
    {
      end_with_words (fetch, OB_OAUTH_MISCONFIGURED, "settings", error->message);
      return;
    }
  fetch->address = ob_tokens_dup_address (client);
  server = g_hash_table_lookup (fetch->tokens->servers, fetch->address);
  if (g_strcmp0 (ob_sign_in_get (sign_in, OB_TOKENS_ADDRESS), fetch->address) != 0 || (!is_client && !refresh_token))
    {
      end_with_words (fetch, OB_OAUTH_ENDED, "no-secret", S_ ("Nobody has signed in at this sign-in server yet"));
      return;
    }
  question = ob_oauth_question_new (is_client ? OB_OAUTH_ASK_CLIENT : OB_OAUTH_ASK_REFRESH, client);
  question->secret = is_client ? NULL : g_strdup (refresh_token);
  question->client_secret = g_strdup (ob_sign_in_get (sign_in, OB_SIGN_IN_CLIENT_SECRET));
  question->server = server ? ob_oauth_server_copy (server) : NULL;
  ob_tokens_ask (fetch->tokens, question, fetch->stop, on_replied, fetch);
}

/* --- From a command --- */

static void
on_program_ended (const ObProgramEnd *ended, gpointer user_data)
{
  g_autoptr (ObOauthAnswer) answer = ob_token_command_read (ended);
  Fetch *fetch = user_data;

  if (ended && *ended->words)
    ob_debug (OB_DEBUG_RUNS, fetch->destination, "the token command says: %s", ended->words);
  end (fetch, answer);
}

/* Where no process can be started, it has ended already. */
static void
run_command (Fetch *fetch, const char *const *argv)
{
  ObProgram *program = ob_program_start (argv, OB_TOKEN_COMMAND_MS, on_program_ended, fetch);

  if (program)
    fetch->program = program;
}

static void
on_file_read (GPtrArray *files, gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = files ? ob_sign_in_file_find (files, fetch->destination, &error) : NULL;

  g_clear_pointer (&fetch->reading, ob_fetching_free);
  if (argv)
    run_command (fetch, (const char *const *) argv);
  else if (files)
    end_with_words (fetch, OB_OAUTH_MISCONFIGURED, "token-command", error->message);
  else
    end_with_words (fetch, OB_OAUTH_AWAY, "token-command", NO_FILES);
}

const char *const *
ob_tokens_get_paths (ObTokens *self)
{
  return (const char *const *) self->paths;
}

void
ob_tokens_ask (ObTokens *self, ObOauthQuestion *question, GCancellable *stop, ObOauthReplied replied,
               gpointer user_data)
{
  self->ask (question, stop, replied, user_data);
}

void
ob_tokens_fetch (ObTokens *self, const char *destination, GVariant *settings, const ObSignIn *sign_in,
                 ObTokensDone done, gpointer user_data)
{
  Fetch *fetch = fetch_new (self, destination, done, user_data);

  if (g_str_equal (ob_sign_in_get_kind (sign_in), OB_SIGN_IN_COMMAND))
    fetch->reading = ob_fetching_new ((const char *const *) self->paths, on_file_read, fetch);
  else
    ask_server (fetch, settings, sign_in);
}
