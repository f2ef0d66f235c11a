/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a request shows to prove who sends it; or why there is nothing to show. It does not change once others have it; its
 * secrets are overwritten when the last reference goes. Any thread.
 */
#pragma once

#include "model/sign-in.h"
#include "transfer/outcome.h"

G_BEGIN_DECLS

typedef struct _ObCredential ObCredential;

/* Returns: (transfer full): one that shows nothing yet */
ObCredential *ob_credential_new (void);
ObCredential *ob_credential_ref (ObCredential *credential);
void ob_credential_unref (ObCredential *credential);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObCredential, ob_credential_unref)

/* Returns: (transfer full): one by which the attempt ends: with @verdict and @reason, as ob_outcome_new(). @code: one word;
 * @message: for a person, without a secret */
ObCredential *ob_credential_new_trouble (ObVerdict verdict, OutboxReason reason, const char *code, const char *message);

/* Of trouble, while nobody else has it: whoever could give something wants to be left alone for so long. */
void ob_credential_set_retry_after (ObCredential *credential, gint64 retry_after_ms);

/* Returns: milliseconds, or -1 */
gint64 ob_credential_get_retry_after (const ObCredential *credential);

/* Returns: (transfer full): what a sign-in of kind bearer, basic or header shows; one that shows nothing, of another kind */
ObCredential *ob_credential_new_from_sign_in (const ObSignIn *sign_in);

/* Returns: (transfer full): what a token shows (RFC 6750 section 2.1). @lifetime_ms: how long the server takes it; 0: until it refuses it.
 * Who shows it asks for the next one when a tenth of that is left, or 30 seconds if that is less; and once it was refused. */
ObCredential *ob_credential_new_token (const char *token, gint64 lifetime_ms);

/* Returns: whether another can be had in its place */
gboolean ob_credential_is_renewable (const ObCredential *credential);

/* Returns: whether it is time to ask for the next one; whether the server takes it no more. By a clock that counts through sleep and
 * that nobody sets. */
gboolean ob_credential_is_due (const ObCredential *credential);
gboolean ob_credential_is_over (const ObCredential *credential);

/* Only while nobody else has it. */
void ob_credential_add_header (ObCredential *credential, const char *name, const char *value);

/* A text that a server may repeat and nobody may read, beside the values of its headers. */
void ob_credential_hide (ObCredential *credential, const char *text);

/* Only while nobody else has it. It is shown to a server that asks for one in the handshake, and read again when a minute is over or
 * when the server refused it. @certificate: with its key */
void ob_credential_set_certificate (ObCredential *credential, GTlsCertificate *certificate);

/* Returns: (nullable): borrowed */
GTlsCertificate *ob_credential_get_certificate (const ObCredential *credential);

/* Returns: whether it shows nothing */
gboolean ob_credential_is_empty (const ObCredential *credential);

/* Returns: (nullable): the name of the header of that number; %NULL: there are no more. @value: (out): borrowed */
const char *ob_credential_get_header (const ObCredential *credential, guint i, const char **value);

/* Returns: (nullable): the hidden text of that number, headers' values left out */
const char *ob_credential_get_hidden (const ObCredential *credential, guint i);

/* Returns: (nullable): of what was made by ob_credential_new_trouble(): its code. The rest are (out). */
const char *ob_credential_get_trouble (const ObCredential *credential, ObVerdict *verdict, OutboxReason *reason,
                                       const char **message);

G_END_DECLS
