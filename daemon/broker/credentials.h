/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the device signs in to its destinations. Every attempt asks here for what it may show to a server, and gets it for the
 * origin (scheme, host, port) that the sign-in was made for, and no other. The secrets lie in store/secrets.h; the row of a
 * destination has what may be seen of its sign-in. A member of the queue; main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/question.h"
#include "broker/sign-ins.h"
#include "broker/tokens.h"
#include "model/sign-in.h"
#include "store/secrets.h"
#include "transfer/credential.h"

G_BEGIN_DECLS

typedef struct _ObCredentials ObCredentials;

/* The listener's function, called inside a change, which may yet be rolled back. */
typedef struct
{
  /* A person has signed in to the destination: what it refused may go on. Errors: Storage, DiskFull. */
  gboolean (*signed_in) (const char *destination, GError **error, gpointer user_data);
} ObCredentialsEvents;

extern const ObMember ob_credentials_member;

/* All are borrowed. @events: static. */
ObCredentials *ob_credentials_new (ObQueue *queue, ObDestinationTable *destinations, ObSecrets *secrets,
                                   ObTokens *tokens, const ObCredentialsEvents *events, gpointer user_data);
void ob_credentials_free (ObCredentials *credentials);

/* What the server refused before the service was started is tried once more where its unit brings the secret, which may be another now. */
void ob_credentials_start (ObCredentials *credentials);

/* Answers whoever waits, and all who ask from now on, that there is nothing: their attempts end. Secrets that come in are left. */
void ob_credentials_stop (ObCredentials *credentials);

/* After the stop: waits some seconds for a sign-in server that was asked. Its answer may have the only refresh token that is still
 * good. */
void ob_credentials_end (ObCredentials *credentials);

/**
 * ob_credentials_answer:
 * @destination: its name
 * @url: where the attempt sends; nothing is given for another origin than that of the sign-in
 * @question: (transfer full): gets an ObCredential (transfer full), or none if the attempt has to end
 *
 * The checkpoint of every attempt, and of each of its requests once what it shows is due. All that ask while a secret is being read, or a
 * token fetched, share that.
 */
void ob_credentials_answer (ObCredentials *credentials, const char *destination, const char *url, ObQuestion *question);

/* A change of the database that belongs to a sign-in. */
typedef struct
{
  ObChange change; /* NULL: none */
  gpointer data;
  const char *message; /* static: for the journal */
} ObCredentialsChange;

/**
 * ob_credentials_store:
 * @url: the server that the sign-in is for
 * @change: the data stays the caller's, until @done
 * @sign_in: (transfer full)
 *
 * Stores the secret; then the change and the row's new sign-in are one. Errors: NotFound, Storage, DiskFull, those of @change.
 */
void ob_credentials_store (ObCredentials *credentials, const char *destination, const char *url,
                           const ObCredentialsChange *change, ObSignIn *sign_in, ObQueueDone done, gpointer user_data);

/* What ob_destination_table_set() does. Secrets among the settings become a sign-in, and never reach the database. */
void ob_credentials_set (ObCredentials *credentials, const char *destination, const ObDestinationSettings *settings,
                         ObQueueDone done, gpointer user_data);

/* The destination has no sign-in any more. Errors: NotFound, WrongState where the unit of the service brings it, Storage, DiskFull. */
void ob_credentials_sign_out (ObCredentials *credentials, const char *destination, ObQueueDone done,
                              gpointer user_data);

/**
 * ob_credentials_sign_in:
 * @sign_in: (transfer full)
 *
 * Stores the secret, and then lets everything for the destination go on. Errors: NotFound, Storage, DiskFull.
 */
void ob_credentials_sign_in (ObCredentials *credentials, const char *destination, ObSignIn *sign_in, ObQueueDone done,
                             gpointer user_data);

/**
 * ob_credentials_read:
 * @fd: (transfer full): a pipe, or whatever a caller gave as one (store/secret-pipes.h)
 *
 * Reads the secret, and signs in with it. Errors: also InvalidArgument, TooMany.
 */
void ob_credentials_read (ObCredentials *credentials, const char *destination, int fd, ObQueueDone done,
                          gpointer user_data);

/* Returns: whether a person signs in at a page now, and has to see it; or has not come to the end of it */
gboolean ob_credentials_look (ObCredentials *credentials, const char *destination, ObSignInView *view);

/* Returns: (nullable): static: where the destination's secret is, as ob_secrets_get_place(); or "credential": the unit of the service
 * brings it */
const char *ob_credentials_get_place (ObCredentials *credentials, const char *destination);

/* A server has refused what an attempt showed. Returns: whether another is to be had, with which the upload goes on at once; else a
 * person has to sign in */
gboolean ob_credentials_renew (ObCredentials *credentials, const char *destination, const ObCredential *refused);

/* A server has taken what was shown. */
void ob_credentials_note_taken (ObCredentials *credentials, const char *destination);

/* The destination is gone or at another server: after the commit of the open turn, its secret is removed, unless it has a
 * sign-in again by then. */
void ob_credentials_forget_after (ObCredentials *credentials, const char *destination);

G_END_DECLS
