/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the digest that a server tells of what it has (RFC 9530). Pure, any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The value of Want-Repr-Digest (RFC 9530 section 4). */
#define OB_DIGEST_WANTED "sha-256=10"

/**
 * ob_digest_read_field:
 * @field: (nullable): the value of Repr-Digest: a dictionary of byte sequences (RFC 9651 section 3.2)
 *
 * A field that says two things of SHA-256, or one that is none, says nothing. Other algorithms are left out: what they tell
 * cannot be compared with what is known of the file.
 *
 * Returns: (transfer full) (nullable): the SHA-256 in it, as lower-case hexadecimal
 */
char *ob_digest_read_field (const char *field);

G_END_DECLS
