/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks a sign-in server: the begin of a device flow, and tokens. A question that carries a secret is sent once: a server that got
 * it and whose answer is lost has perhaps used up the refresh token, and to show it again tells the server that it was stolen
 * (RFC 6749 section 10.4); so only who asks may decide to ask again. Redirects are not followed.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/oauth-client.h"
#include "transfer/oauth.h"

G_BEGIN_DECLS

typedef enum
{
  OB_OAUTH_ASK_DEVICE,  /* a code and a page for a person (RFC 8628 section 3.1) */
  OB_OAUTH_ASK_DECIDED, /* whether the person has decided (section 3.4); secret: the device code */
  OB_OAUTH_ASK_CODE,    /* tokens for the code that a browser brought (RFC 6749 section 4.1.3); secret: that code */
  OB_OAUTH_ASK_REFRESH, /* (section 6); secret: the refresh token */
  OB_OAUTH_ASK_CLIENT,  /* (section 4.4.2) */
  OB_OAUTH_ASK_SERVER,  /* nothing but the server's description */
} ObOauthAsk;

typedef struct
{
  ObOauthAsk kind;
  ObOauthClient *client; /* owned, as is all below */
  ObOauthServer *server; /* as an earlier reply had it; NULL: it is not known yet */
  char *client_secret;   /* NULL: a public client */
  char *secret;          /* see ObOauthAsk; NULL where there is none */
  char *verifier;        /* of OB_OAUTH_ASK_CODE, as is the next (RFC 7636 section 4.5) */
  char *redirect_url;
} ObOauthQuestion;

/* @client: copied */
ObOauthQuestion *ob_oauth_question_new (ObOauthAsk kind, const ObOauthClient *client);
void ob_oauth_question_free (ObOauthQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObOauthQuestion, ob_oauth_question_free)

typedef struct
{
  ObOauthServer *server; /* owned, as is all; NULL: it did not describe itself */
  ObOauthDevice *device; /* of OB_OAUTH_ASK_DEVICE, or NULL */
  ObOauthAnswer *answer; /* NULL where the question is answered by the others */
} ObOauthReply;

void ob_oauth_reply_free (ObOauthReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObOauthReply, ob_oauth_reply_free)

/* Blocks. Returns: (transfer full); with an answer "away" if @stop (nullable) is cancelled */
ObOauthReply *ob_oauth_ask (const ObOauthQuestion *question, ObConnection *connection, GCancellable *stop);

/* Called once, on the main thread. @reply: (transfer full) */
typedef void (*ObOauthReplied) (ObOauthReply *reply, gpointer user_data);

/* Asks on a thread of its own. @question: (transfer full). @stop: (nullable) */
void ob_oauth_ask_on_thread (ObOauthQuestion *question, GCancellable *stop, ObOauthReplied replied, gpointer user_data);

G_END_DECLS
