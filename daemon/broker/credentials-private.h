/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of credentials share. Main thread.
 */
#pragma once

#include "broker/certificates.h"
#include "broker/credentials.h"
#include "broker/sign-ins.h"
#include "store/secret-pipes.h"
#include "transfer/credential.h"

G_BEGIN_DECLS

/* The text of a sign-in that tells for which server it was made. */
#define OB_CREDENTIALS_ORIGIN OB_SIGN_IN_ORIGIN

struct _ObCredentials
{
  ObQueue *queue; /* borrowed, as are the next three */
  ObDestinationTable *destinations;
  ObSecrets *secrets;
  ObTokens *tokens;
  const ObCredentialsEvents *events;
  gpointer user_data;
  GHashTable *entries; /* name → ObCredentialsEntry */
  ObCertificates *certificates;
  ObSignIns *sign_ins;  /* NULL: nobody has begun one */
  ObSecretPipes *pipes; /* secrets on their way in; NULL: it is over */
  gboolean is_stopped;
};

/* What is known of a destination's sign-in. */
typedef struct
{
  ObCredentials *owner;
  char *name;
  ObCredential *credential;     /* NULL: not read yet, or to be read again */
  GPtrArray *waiting;           /* of whoever asked meanwhile */
  guint n_signing_in;           /* secrets that are being stored */
  gboolean is_reading;          /* the secret is read, or an access token is fetched */
  gboolean is_stale;            /* what is being read was replaced meanwhile */
  ObSignIn *sign_in;            /* by which an access token is fetched, or NULL */
  ObSignIn *certified;          /* whose certificate is being read, or NULL */
  GTlsCertificate *certificate; /* that is shown beside a token that is being fetched, or NULL */
  gboolean is_unkept;           /* that has a new refresh token, which is not on the disk yet */
  gint64 again_us;              /* a token that still lives is used until then without asking for the next; monotonic */
  gboolean is_doubted;          /* a token was refused, and none has been taken since */
} ObCredentialsEntry;

/* Who waits for it. */
typedef struct
{
  char *url;
  ObQuestion *question;
} ObCredentialsWaiting;

ObCredentialsEntry *ob_credentials_get_entry (ObCredentials *self, const char *name);

/* What was read of it is read again when it is asked for. */
void ob_credentials_forget (ObCredentials *self, const char *name);

/* Answers all who wait. @credential: (transfer full): kept for those who ask next, unless it is trouble */
void ob_credentials_end_reading (ObCredentialsEntry *entry, ObCredential *credential);

/* Returns: (transfer full): what attempts show of a destination that nobody has signed in to: what the unit of the service brings for it, if
 * that is for its server; else nothing */
ObCredential *ob_credentials_make_given (const ObDestination *destination);

/* Gives one of them what is there. The destination may have moved since the attempt began. */
void ob_credentials_give (const ObCredentialsEntry *entry, const char *url, ObQuestion *question);

G_END_DECLS
