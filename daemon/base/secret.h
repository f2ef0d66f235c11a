/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets that Outbox makes itself: random texts, the digests by which they are kept, and their comparison. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable): 256 random bits as 43 characters that need no quoting in HTTP and JSON (base64url, RFC
 * 4648 section 5); %NULL where the system gives no random bits. Errors: Failed. */
char *ob_secret_new (GError **error);

/**
 * ob_secret_new_code:
 *
 * A code that a person compares or types: 8 consonants as XXXX-XXXX, of 20 that are not mistaken for another and make no words
 * (RFC 8628 section 6.1).
 *
 * Returns: (transfer full) (nullable). Errors: Failed.
 */
char *ob_secret_new_code (GError **error);

/* Returns: (transfer full): the code as ob_secret_new_code() writes it, of what a person has typed: in any case, with any blanks
 * and dashes. A text that is no code stays one that is none. */
char *ob_secret_dup_code (const char *typed);

/* Returns: (transfer full): the SHA-256 of the secret, in lower case hexadecimal */
char *ob_secret_dup_digest (const char *secret);

/* Returns: whether both are equal, in a time that tells nobody how much of them is. @a, @b: (nullable): NULL equals nothing */
gboolean ob_secret_is_same (const char *a, const char *b);

/* Returns: (transfer full) (nullable): the HMAC-SHA-256 of @text in lower case hexadecimal, whose key are the 32 bytes of @digest;
 * %NULL where @digest (nullable) is none */
char *ob_secret_dup_proof (const char *digest, const char *text);

/* Overwrites the secret before it frees it. @secret: (nullable) (transfer full) */
void ob_secret_free (char *secret);

G_END_DECLS
