/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gets access tokens for destinations: from a sign-in server, by a refresh token or the client's own secret; or from a token
 * command. Who asks keeps the answer, and asks once at a time for a destination. Main thread.
 */
#pragma once

#include "model/sign-in.h"
#include "transfer/oauth-ask.h"

G_BEGIN_DECLS

typedef struct _ObTokens ObTokens;

/* Asks a sign-in server, as ob_oauth_ask_on_thread() does. */
typedef void (*ObTokensAsk) (ObOauthQuestion *question, GCancellable *stop, ObOauthReplied replied, gpointer user_data);

/* @answer: borrowed */
typedef void (*ObTokensDone) (const ObOauthAnswer *answer, gpointer user_data);

/* @folders: with sign-in.conf, of which a later one counts more */
ObTokens *ob_tokens_new (const char *const *folders, ObTokensAsk ask);

/* Returns: borrowed: the paths of sign-in.conf */
const char *const *ob_tokens_get_paths (ObTokens *tokens);

/* Nobody is answered any more. */
void ob_tokens_free (ObTokens *tokens);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTokens, ob_tokens_free)

/**
 * ob_tokens_fetch:
 * @destination: its name
 * @settings: a{ss}: the public settings of its sign-in
 * @sign_in: with its secrets, of kind oauth2 or command
 *
 * @done is called once, perhaps at once.
 */
void ob_tokens_fetch (ObTokens *tokens, const char *destination, GVariant *settings, const ObSignIn *sign_in,
                      ObTokensDone done, gpointer user_data);

/* Nobody is answered any more who has asked so far. */
void ob_tokens_leave (ObTokens *tokens);

/* Returns: how many wait for an answer */
guint ob_tokens_count (ObTokens *tokens);

/* Asks a sign-in server something else. @question: (transfer full). @replied is called once, also after all of this is freed. */
void ob_tokens_ask (ObTokens *tokens, ObOauthQuestion *question, GCancellable *stop, ObOauthReplied replied,
                    gpointer user_data);

/* The text of a sign-in that tells for which client at which sign-in server it was made; its secrets are sent nowhere else.
 * Returns: (transfer full) */
#define OB_TOKENS_ADDRESS "address"
char *ob_tokens_dup_address (const ObOauthClient *client);

/* Returns: (transfer full) (nullable): the client of public settings, which have their kind among them. Errors: InvalidArgument. */
ObOauthClient *ob_tokens_read_client (GVariant *settings, GError **error);

G_END_DECLS
