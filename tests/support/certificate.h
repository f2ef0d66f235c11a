/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A certificate for 127.0.0.1 that the daemons of a test trust, and nobody else; and bad ones. Main thread, before any other.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes one and its key by openssl. Returns: whether there is openssl. */
gboolean test_certificate_make (const char *certificate, const char *key);

typedef struct
{
  const char *name; /* a host's, or an IPv4 address */
  gint64 from_s;    /* when it begins and ends to be valid, from now on */
  gint64 to_s;
  const char *signer; /* the name of who signs it, which is itself */
} TestCertificate;

/* Makes one of that kind, whatever is wrong with it. Returns: whether it could. */
gboolean test_certificate_make_of (const char *certificate, const char *key, const TestCertificate *facts);

/* Puts it in the place of the system's authorities, for this process and its children: that needs a mount namespace of
 * their own. Returns: whether that could be done. */
gboolean test_certificate_trust (const char *certificate);

/* The certificate of a test program, in a folder of its own. */
typedef struct
{
  char *folder;
  char *certificate;
  char *key;
} TestAuthority;

/* Makes one, and trusts it. Returns: whether it could; only then free it. */
gboolean test_authority_make (TestAuthority *authority);
void test_authority_free (TestAuthority *authority);

G_END_DECLS
