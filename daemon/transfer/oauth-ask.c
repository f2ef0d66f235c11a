/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes the forms of OAuth 2, sends them, and hands the answers to the readers. On the thread that asks; the last function is for
 * the main thread.
 */
#include "transfer/oauth-ask.h"

#include "base/secret.h"
#include "base/strays.h"
#include "dbus/mark.h"
#include "transfer/http.h"
#include "transfer/words.h"

#define FORM "application/x-www-form-urlencoded"
#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

#define ANSWER_MS (20 * 1000)

ObOauthQuestion *
ob_oauth_question_new (ObOauthAsk kind, const ObOauthClient *client)
{
  ObOauthQuestion *question = g_new0 (ObOauthQuestion, 1);

  question->kind = kind;
  question->client = ob_oauth_client_copy (client);

  return question;
}

void
ob_oauth_question_free (ObOauthQuestion *question)
{
  ob_oauth_client_free (question->client);
  g_clear_pointer (&question->server, ob_oauth_server_free);
  ob_secret_free (question->client_secret);
  ob_secret_free (question->secret);
  ob_secret_free (question->verifier);
  g_free (question->redirect_url);
  g_free (question);
}

void
ob_oauth_reply_free (ObOauthReply *reply)
{
  g_clear_pointer (&reply->server, ob_oauth_server_free);
  g_clear_pointer (&reply->device, ob_oauth_device_free);
  g_clear_pointer (&reply->answer, ob_oauth_answer_free);
  g_free (reply);
}

/* --- The form --- */

static void
add_field (GString *form, const char *name, const char *value)
{
  if (!value)
    return;
  g_string_append_printf (form, "%s%s=", form->len > 0 ? "&" : "", name);
  g_string_append_uri_escaped (form, value, NULL, FALSE);
}

static const char *
get_grant_type (ObOauthAsk kind)
{
  switch (kind)
    {
    case OB_OAUTH_ASK_DECIDED:
      return DEVICE_GRANT;
    case OB_OAUTH_ASK_CODE:
      return "authorization_code";
    case OB_OAUTH_ASK_REFRESH:
      return "refresh_token";
    case OB_OAUTH_ASK_CLIENT:
      return "client_credentials";
    case OB_OAUTH_ASK_DEVICE:
    case OB_OAUTH_ASK_SERVER:
    default:
      return NULL;
    }
}

static const char *
get_secret_name (ObOauthAsk kind)
{
  return kind == OB_OAUTH_ASK_DECIDED ? "device_code" : kind == OB_OAUTH_ASK_CODE ? "code" : "refresh_token";
}

/* A refresh asks for what was granted, so it names no scope (RFC 6749 section 6). Returns: (transfer full): by ob_secret_free() */
static char *
write_form (const ObOauthQuestion *question)
{
  const ObOauthClient *client = question->client;
  gboolean has_scope = question->kind == OB_OAUTH_ASK_DEVICE || question->kind == OB_OAUTH_ASK_CLIENT;
  gboolean is_in_body = !question->client_secret || client->shows_secret_in_body;
  GString *form = g_string_sized_new (OB_OAUTH_TOKEN_MAX_BYTES * 3);

  add_field (form, "grant_type", get_grant_type (question->kind));
  add_field (form, get_secret_name (question->kind), question->secret);
  add_field (form, "code_verifier", question->verifier);
  add_field (form, "redirect_uri", question->redirect_url);
  add_field (form, "scope", has_scope ? client->scope : NULL);
  add_field (form, "client_id", is_in_body ? client->client_id : NULL);
  add_field (form, "client_secret", is_in_body ? question->client_secret : NULL);

  return g_string_free (form, FALSE);
}

/* Id and secret are encoded as in a form before they are joined (RFC 6749 section 2.3.1). */
static void
add_client (SoupMessage *message, const ObOauthQuestion *question)
{
  g_autofree char *id = g_uri_escape_string (question->client->client_id, NULL, FALSE);
  g_autofree char *secret = NULL;
  g_autofree char *pair = NULL, *encoded = NULL, *value = NULL;

  if (!question->client_secret || question->client->shows_secret_in_body)
    return;
  secret = g_uri_escape_string (question->client_secret, NULL, FALSE);
  pair = g_strconcat (id, ":", secret, NULL);
  encoded = g_base64_encode ((const guchar *) pair, strlen (pair));
  value = g_strconcat ("Basic ", encoded, NULL);
  soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization", value);
}

static void
free_form (gpointer form)
{
  ob_secret_free (form);
}

/* --- Sending --- */

/* A job with nothing of a destination: no header of its own goes to a sign-in server. Returns: (transfer full) (nullable) */
static SoupMessage *
make_message (const char *method, const char *url)
{
  const ObJob job = { .id = (char *) "sign-in",
                      .url = (char *) url,
                      .headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL)) };
  SoupMessage *message = ob_http_message_new (method, url, &job);

  if (message)
    soup_message_headers_replace (soup_message_get_request_headers (message), "Accept", "application/json");
  g_variant_unref (job.headers);

  return message;
}

static ObOauthAnswer *
answer_new_unanswered (const ObAnswer *answer)
{
  g_autofree char *words = g_strdup_printf (S_ ("The sign-in server: %s"), answer->error->message);

  return ob_oauth_answer_new (OB_OAUTH_AWAY, "sign-in-server", words);
}

/* Servers repeat what they were sent: "the refresh token … is not known". */
static void
mask (ObOauthAnswer *answer, const ObOauthQuestion *question)
{
  const char *const secrets[] = { question->secret, question->client_secret, question->verifier };
  const char *hidden[G_N_ELEMENTS (secrets) + 1] = { NULL };
  guint n_hidden = 0;

  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    if (secrets[i] && *secrets[i])
      hidden[n_hidden++] = secrets[i];
  if (answer->words)
    {
      char *masked = ob_words_mask (answer->words, hidden);

      g_free (answer->words);
      answer->words = masked;
    }
}

static void
read_retry_after (ObOauthAnswer *read, const ObAnswer *answer)
{
  gint64 delay_ms = ob_outcome_parse_retry_after (ob_answer_get_header (answer, "Retry-After"),
                                                  ob_answer_get_header (answer, "Date"), g_get_real_time () / 1000);

  read->retry_after_ms = MAX (delay_ms, 0);
}

static void
read_answer (const ObOauthQuestion *question, const ObAnswer *answer, ObOauthReply *reply)
{
  guint status = ob_answer_get_status (answer);

  if (answer->error)
    reply->answer = answer_new_unanswered (answer);
  else if (question->kind == OB_OAUTH_ASK_DEVICE)
    reply->device = ob_oauth_read_device (status, answer->body, answer->body_bytes, &reply->answer);
  else
    reply->answer = ob_oauth_read_tokens (status, answer->body, answer->body_bytes);
  if (reply->answer)
    mask (reply->answer, question);
  if (reply->answer && !answer->error)
    read_retry_after (reply->answer, answer);
}

/* The body of the answer has tokens in it. */
static void
forget_body (ObAnswer *answer)
{
  if (answer->body)
    memset (answer->body, 0, answer->body_bytes);
}

static void
post_form (const ObOauthQuestion *question, const char *url, ObConnection *connection, GCancellable *stop,
           ObOauthReply *reply)
{
  SoupMessage *message = make_message ("POST", url);
  char *form = write_form (question);
  g_autoptr (GBytes) body = g_bytes_new_with_free_func (form, strlen (form), free_form, form);
  g_autoptr (ObAnswer) answer = NULL;

  if (!message)
    {
      reply->answer
          = ob_oauth_answer_new (OB_OAUTH_MISCONFIGURED, "bad-url", S_ ("The sign-in server's address is no URL"));
      return;
    }
  soup_message_set_request_body_from_bytes (message, FORM, body);
  add_client (message, question);
  answer = ob_http_send (connection, message, ANSWER_MS, stop);
  read_answer (question, answer, reply);
  forget_body (answer);
}

/* What is no description may be a portal's, or a server's that is down: that alone ends no sign-in. Returns: (transfer full) (nullable):
 * %NULL with @failure */
static ObOauthServer *
look_up (const char *issuer, ObConnection *connection, GCancellable *stop, ObOauthAnswer **failure)
{
  g_auto (GStrv) places = ob_oauth_list_descriptions (issuer);
  ObOauthServer *server = NULL;

  for (guint i = 0; places[i] && !server; i++)
    {
      SoupMessage *message = make_message ("GET", places[i]);
      g_autoptr (ObAnswer) answer = message ? ob_http_send (connection, message, ANSWER_MS, stop) : NULL;

      g_clear_pointer (failure, ob_oauth_answer_free);
      if (answer && answer->error)
        *failure = answer_new_unanswered (answer);
      else if (answer)
        server = ob_oauth_read_server (issuer, ob_answer_get_status (answer), answer->body, answer->body_bytes);
      if (!server && !*failure)
        *failure = ob_oauth_answer_new (OB_OAUTH_AWAY, "no-description",
                                        S_ ("At the issuer's address no sign-in server of that name describes itself"));
    }
  if (server)
    g_clear_pointer (failure, ob_oauth_answer_free);

  return server;
}

/* @url: (nullable) */
static void
prefer (char **endpoint, const char *url)
{
  if (!url)
    return;
  g_free (*endpoint);
  *endpoint = g_strdup (url);
}

/* Returns: (transfer full) (nullable): %NULL with @failure. Endpoints that are set come before those that the server names. */
static ObOauthServer *
find_server (const ObOauthQuestion *question, ObConnection *connection, GCancellable *stop, ObOauthAnswer **failure)
{
  const ObOauthClient *client = question->client;
  ObOauthServer *server = question->server ? ob_oauth_server_copy (question->server) : NULL;

  if (!server && client->issuer)
    server = look_up (client->issuer, connection, stop, failure);
  else if (!server)
    server = g_new0 (ObOauthServer, 1);
  if (!server)
    return NULL;
  prefer (&server->token_url, client->token_url);
  prefer (&server->device_url, client->device_url);
  prefer (&server->authorize_url, client->authorize_url);

  return server;
}

ObOauthReply *
ob_oauth_ask (const ObOauthQuestion *question, ObConnection *connection, GCancellable *stop)
{
  ObOauthReply *reply = g_new0 (ObOauthReply, 1);
  const char *url;

  reply->server = find_server (question, connection, stop, &reply->answer);
  if (!reply->server || question->kind == OB_OAUTH_ASK_SERVER)
    return reply;
  url = question->kind == OB_OAUTH_ASK_DEVICE ? reply->server->device_url : reply->server->token_url;
  if (url)
    post_form (question, url, connection, stop, reply);
  else
    reply->answer = ob_oauth_answer_new (OB_OAUTH_MISCONFIGURED, "no-device-flow",
                                         S_ ("This sign-in server has no sign-in by a code on another device"));

  return reply;
}

/* --- A thread of its own --- */

typedef struct
{
  ObOauthQuestion *question;
  ObOauthReplied replied;
  gpointer user_data;
} Errand;

static void
errand_free (gpointer data)
{
  Errand *errand = data;

  ob_oauth_question_free (errand->question);
  g_free (errand);
}

static void
reply_on_thread (GTask *task, const ObOauthQuestion *question, GCancellable *stop)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (ObFacts) facts = ob_facts_new ();
  g_autoptr (ObParking) parking = ob_parking_new ();
  g_autoptr (ObDeadline) deadline = ob_deadline_new ();
  g_autoptr (ObTransit) transit = ob_transit_new ();
  ObConnection *connection;

  g_main_context_push_thread_default (context);
  connection = ob_connection_new (facts, parking, deadline, transit);
  g_task_return_pointer (task, ob_oauth_ask (question, connection, stop), (GDestroyNotify) ob_oauth_reply_free);
  ob_connection_free (connection);
  g_main_context_pop_thread_default (context);
}

/* A thread that hangs in a library must not be waited for when the process ends, which it may as soon as no stray is left. */
static void
run (GTask *task, gpointer source, gpointer data, GCancellable *stop)
{
  const Errand *errand = data;

  reply_on_thread (task, errand->question, stop);
  ob_strays_remove ();
}

static void
on_replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  const Errand *errand = g_task_get_task_data (G_TASK (result));

  errand->replied (g_task_propagate_pointer (G_TASK (result), NULL), errand->user_data);
}

void
ob_oauth_ask_on_thread (ObOauthQuestion *question, GCancellable *stop, ObOauthReplied replied, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, stop, on_replied, NULL);
  Errand *errand = g_new0 (Errand, 1);

  errand->question = question;
  errand->replied = replied;
  errand->user_data = user_data;
  g_task_set_task_data (task, errand, errand_free);
  g_task_set_check_cancellable (task, FALSE);
  ob_strays_add ();
  g_task_run_in_thread (task, run);
}
