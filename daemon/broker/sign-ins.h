/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * People signing in at a server's own page: by a code that they type on another device (RFC 8628), or in a browser of this one
 * (RFC 8252). What they have to see is here until it is over. Nothing of it survives the process: a person begins anew. Main
 * thread.
 */
#pragma once

#include "broker/queue.h"
#include "broker/tokens.h"

G_BEGIN_DECLS

typedef struct _ObSignIns ObSignIns;

/* What a person has to see. All borrowed. */
typedef struct
{
  const char *url;      /* of the page; NULL: it is over */
  const char *full_url; /* the same with the code in it, or NULL */
  const char *code;     /* to be typed there; NULL: the page is for a browser of this device */
  gint64 expires_at_ms;
  const char *message; /* why the last one did not come to its end; NULL: it did, or there was none */
} ObSignInView;

typedef struct
{
  /* The person has signed in. All borrowed; @answer: the tokens. Calls @done when they are kept, or with the error by which they are
   * not. */
  void (*signed_in) (const char *destination, const ObOauthClient *client, const char *client_secret,
                     const ObOauthAnswer *answer, ObQueueDone done, gpointer done_data, gpointer user_data);

  /* What a person has to see is another than before. */
  void (*changed) (const char *destination, gpointer user_data);
} ObSignInsEvents;

/* @tokens: borrowed. @events: static. */
ObSignIns *ob_sign_ins_new (ObTokens *tokens, const ObSignInsEvents *events, gpointer user_data);

/* Whoever still waits gets NoBroker. */
void ob_sign_ins_free (ObSignIns *self);

/**
 * ob_sign_ins_begin:
 * @client: how this device is known to the sign-in server; of a flow in which a person signs in
 * @client_secret: (nullable)
 * @done: called once, when there is something to see
 *
 * Where one is under way already, that is what is seen. Errors: Failed, in the server's words.
 */
void ob_sign_ins_begin (ObSignIns *self, const char *destination, const ObOauthClient *client,
                        const char *client_secret, ObQueueDone done, gpointer user_data);

/* The destination has other settings, or is gone. */
void ob_sign_ins_forget (ObSignIns *self, const char *destination);

/* Returns: whether there is something to see */
gboolean ob_sign_ins_look (ObSignIns *self, const char *destination, ObSignInView *view);

G_END_DECLS
