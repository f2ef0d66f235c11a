/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificate by which this device shows who it is (mutual TLS): reads the text of its files, and knows a server's refusal of it.
 * Pure; any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  OB_PAIR_GOOD,
  OB_PAIR_MISMATCHED, /* the key is another certificate's: perhaps one of the two files is being replaced */
  OB_PAIR_BAD,        /* a person has to see to it */
} ObPair;

/**
 * ob_client_certificate_read:
 * @certificate: text: PEM, first the device's own certificate, then those that signed it (RFC 7468)
 * @key: text: PEM, its private key, without a password; may be the same text
 * @now_s: Unix seconds
 * @certificate_path: what a person is told of as the file of the certificate, as is @key_path of the key
 * @tls: (out) (transfer full): set where it is good
 * @words: (out) (transfer full): set where it is not: why, without a byte of either text
 */
ObPair ob_client_certificate_read (const char *certificate, const char *key, gint64 now_s, const char *certificate_path,
                                   const char *key_path, GTlsCertificate **tls, char **words);

/* Returns: whether an answer says that the server wants a client certificate, or another one. @status: 0: there is none.
 * @body: (nullable): the answer's text. @error: (nullable): in place of the answer */
gboolean ob_client_certificate_is_refused (guint status, const char *body, const GError *error);

G_END_DECLS
