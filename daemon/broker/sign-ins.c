/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shows page and code, asks the server in the rhythm that it wants whether its person has decided, and hands the tokens on. Times are
 * of the monotonic clock, but for the one that is shown. Main thread.
 */
#include "broker/sign-ins.h"

#include "base/debug.h"
#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "transfer/oauth-browser.h"

/* RFC 8628 section 3.5 */
#define SLOWER_MS 5000

#define EXPIRED S_ ("The time to sign in is over")

struct _ObSignIns
{
  ObTokens *tokens; /* borrowed */
  const ObSignInsEvents *events;
  gpointer user_data;
  GHashTable *flows; /* name of a destination → Flow: the last one of each */
};

/* One that is under way, or how the last one ended. */
typedef struct
{
  ObSignIns *owner; /* NULL: nobody waits for it any more */
  char *destination;
  ObOauthClient *client;
  ObOauthServer *server; /* as it described itself; NULL before that */
  char *client_secret;
  GCancellable *stop;
  gboolean is_asking;      /* a question is on its thread */
  ObOauthDevice *device;   /* NULL: not begun, over, or by a browser */
  ObOauthBrowser *browser; /* NULL: the same, or by a code */
  gint64 end_us;
  gint64 expires_at_ms; /* the same for a person */
  guint source;         /* when to ask again */
  char *message;
  ObQueueDone done; /* NULL: answered */
  gpointer done_data;
} Flow;

static void
flow_free (Flow *flow)
{
  g_clear_handle_id (&flow->source, g_source_remove);
  g_clear_pointer (&flow->device, ob_oauth_device_free);
  g_clear_pointer (&flow->browser, ob_oauth_browser_free);
  g_clear_pointer (&flow->server, ob_oauth_server_free);
  ob_oauth_client_free (flow->client);
  ob_secret_free (flow->client_secret);
  g_object_unref (flow->stop);
  g_free (flow->destination);
  g_free (flow->message);
  g_free (flow);
}

static void
answer (Flow *flow, const GError *error)
{
  ObQueueDone done = flow->done;

  flow->done = NULL;
  if (done)
    done (error, flow->done_data);
}

/* A question that is on its thread comes back to a flow of nobody. */
static void
leave (gpointer data)
{
  Flow *flow = data;
  g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("The sign-in has ended"));

  flow->owner = NULL;
  g_cancellable_cancel (flow->stop);
  answer (flow, error);
  g_clear_handle_id (&flow->source, g_source_remove);
  g_clear_pointer (&flow->browser, ob_oauth_browser_free);
  if (!flow->is_asking)
    flow_free (flow);
}

ObSignIns *
ob_sign_ins_new (ObTokens *tokens, const ObSignInsEvents *events, gpointer user_data)
{
  ObSignIns *self = g_new0 (ObSignIns, 1);

  self->tokens = tokens;
  self->events = events;
  self->user_data = user_data;
  self->flows = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, leave);

  return self;
}

void
ob_sign_ins_free (ObSignIns *self)
{
  g_hash_table_unref (self->flows);
  g_free (self);
}

void
ob_sign_ins_forget (ObSignIns *self, const char *destination)
{
  (void) g_hash_table_remove (self->flows, destination);
}

static gboolean
is_under_way (const Flow *flow)
{
  return flow->device || flow->browser || flow->is_asking;
}

gboolean
ob_sign_ins_look (ObSignIns *self, const char *destination, ObSignInView *view)
{
  const Flow *flow = g_hash_table_lookup (self->flows, destination);

  *view = (ObSignInView){ 0 };
  if (!flow || (!flow->device && !flow->browser && !flow->message))
    return FALSE;
  view->message = flow->message;
  view->expires_at_ms = flow->expires_at_ms;
  if (flow->device)
    {
      view->url = flow->device->url;
      view->full_url = flow->device->full_url;
      view->code = flow->device->user_code;
    }
  else if (flow->browser)
    view->url = ob_oauth_browser_get_url (flow->browser);

  return TRUE;
}

/* --- The end --- */

/* @words: (nullable): why it did not come to its end */
static void
end (Flow *flow, const char *words)
{
  ObSignIns *self = flow->owner;
  g_autoptr (GError) error = words ? g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_FAILED, words) : NULL;

  ob_debug (OB_DEBUG_RUNS, flow->destination, "the sign-in is over: %s", words ? words : "signed in");
  g_clear_handle_id (&flow->source, g_source_remove);
  g_clear_pointer (&flow->device, ob_oauth_device_free);
  g_clear_pointer (&flow->browser, ob_oauth_browser_free);
  g_free (flow->message);
  flow->message = g_strdup (words);
  answer (flow, error);
  self->events->changed (flow->destination, self->user_data);
}

typedef struct
{
  ObSignIns *owner;
  char *destination;
} Keeping;

/* The flow may be gone by now, or be another. */
static void
on_kept (const GError *error, gpointer user_data)
{
  g_autofree Keeping *keeping = user_data;
  g_autofree char *destination = keeping->destination;
  Flow *flow = g_hash_table_lookup (keeping->owner->flows, destination);

  if (flow && is_under_way (flow))
    end (flow, error ? error->message : NULL);
}

static void
keep_tokens (Flow *flow, const ObOauthAnswer *tokens)
{
  ObSignIns *self = flow->owner;
  Keeping *keeping = g_new (Keeping, 1);

  *keeping = (Keeping){ self, g_strdup (flow->destination) };
  self->events->signed_in (flow->destination, flow->client, flow->client_secret, tokens, on_kept, keeping,
                           self->user_data);
}

/* --- Asking --- */

static void ask (Flow *flow, ObOauthAsk kind, const char *secret);

static gboolean
on_ask_again (gpointer user_data)
{
  Flow *flow = user_data;

  flow->source = 0;
  if (g_get_monotonic_time () >= flow->end_us)
    end (flow, EXPIRED);
  else
    ask (flow, OB_OAUTH_ASK_DECIDED, flow->device->device_code);

  return G_SOURCE_REMOVE;
}

static gboolean
on_expired (gpointer user_data)
{
  Flow *flow = user_data;

  flow->source = 0;
  end (flow, EXPIRED);

  return G_SOURCE_REMOVE;
}

static void
ask_later (Flow *flow)
{
  flow->source = g_timeout_add ((guint) flow->device->interval_ms, on_ask_again, flow);
}

static void
show (Flow *flow, gint64 lifetime_ms)
{
  flow->end_us = g_get_monotonic_time () + lifetime_ms * 1000;
  flow->expires_at_ms = g_get_real_time () / 1000 + lifetime_ms;
  answer (flow, NULL);
  flow->owner->events->changed (flow->destination, flow->owner->user_data);
}

/* A browser has come back. @error: (nullable): in place of the code */
static void
on_browser_back (const char *code, const char *error, gpointer user_data)
{
  Flow *flow = user_data;

  g_clear_handle_id (&flow->source, g_source_remove);
  if (code)
    ask (flow, OB_OAUTH_ASK_CODE, code);
  else
    end (flow, error);
}

static void
begin_in_browser (Flow *flow)
{
  g_autoptr (GError) error = NULL;

  flow->browser = flow->server->authorize_url
                      ? ob_oauth_browser_new (flow->server->authorize_url, flow->client, on_browser_back, flow, &error)
                      : NULL;
  if (!flow->browser)
    {
      end (flow, error ? error->message : S_ ("This sign-in server has no page to sign in on"));
      return;
    }
  flow->source = g_timeout_add (OB_OAUTH_BROWSER_MS, on_expired, flow);
  show (flow, OB_OAUTH_BROWSER_MS);
}

/* RFC 8628 section 3.5: a server that wants it is asked less often, and so is one that does not answer. */
static void
take_answer (Flow *flow, const ObOauthAnswer *tokens)
{
  if (tokens->verdict == OB_OAUTH_GRANTED)
    keep_tokens (flow, tokens);
  else if (!flow->device || tokens->verdict == OB_OAUTH_ENDED || tokens->verdict == OB_OAUTH_MISCONFIGURED)
    end (flow, tokens->words);
  else
    {
      if (tokens->verdict == OB_OAUTH_SLOW_DOWN)
        flow->device->interval_ms += SLOWER_MS;
      else if (tokens->verdict == OB_OAUTH_AWAY)
        flow->device->interval_ms = MIN (2 * flow->device->interval_ms, OB_OAUTH_INTERVAL_MAX_MS);
      ask_later (flow);
    }
}

static void
on_replied (ObOauthReply *given, gpointer user_data)
{
  g_autoptr (ObOauthReply) reply = given;
  Flow *flow = user_data;

  flow->is_asking = FALSE;
  if (!flow->owner)
    {
      flow_free (flow);
      return;
    }
  if (reply->server)
    {
      g_clear_pointer (&flow->server, ob_oauth_server_free);
      flow->server = g_steal_pointer (&reply->server);
    }
  if (reply->device)
    {
      flow->device = g_steal_pointer (&reply->device);
      ask_later (flow);
      show (flow, flow->device->lifetime_ms);
    }
  else if (reply->answer)
    take_answer (flow, reply->answer);
  else
    begin_in_browser (flow);
}

static void
ask (Flow *flow, ObOauthAsk kind, const char *secret)
{
  ObOauthQuestion *question = ob_oauth_question_new (kind, flow->client);

  question->client_secret = g_strdup (flow->client_secret);
  question->secret = g_strdup (secret);
  question->server = flow->server ? ob_oauth_server_copy (flow->server) : NULL;
  if (kind == OB_OAUTH_ASK_CODE)
    {
      question->verifier = g_strdup (ob_oauth_browser_get_verifier (flow->browser));
      question->redirect_url = g_strdup (ob_oauth_browser_get_redirect_url (flow->browser));
    }
  flow->is_asking = TRUE;
  ob_tokens_ask (flow->owner->tokens, question, flow->stop, on_replied, flow);
}

void
ob_sign_ins_begin (ObSignIns *self, const char *destination, const ObOauthClient *client, const char *client_secret,
                   ObQueueDone done, gpointer user_data)
{
  Flow *flow = g_hash_table_lookup (self->flows, destination);

  if (flow && is_under_way (flow) && !flow->done)
    {
      done (NULL, user_data);
      return;
    }
  (void) g_hash_table_remove (self->flows, destination);
  flow = g_new0 (Flow, 1);
  flow->owner = self;
  flow->destination = g_strdup (destination);
  flow->client = ob_oauth_client_copy (client);
  flow->client_secret = g_strdup (client_secret);
  flow->stop = g_cancellable_new ();
  flow->done = done;
  flow->done_data = user_data;
  g_hash_table_insert (self->flows, flow->destination, flow);
  ask (flow, client->flow == OB_OAUTH_FLOW_CODE ? OB_OAUTH_ASK_SERVER : OB_OAUTH_ASK_DEVICE, NULL);
}
