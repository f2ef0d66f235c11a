/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One upload as the receiver holds it: what was announced, how many bytes are stored, their running SHA-256. In a folder
 * it is three files: <id> the bytes, <id>.json what was announced, <id>.done once it is whole. Its offset is the size of
 * the file, so that it survives SIGKILL; nothing is fsync'd, so not a power cut. Main thread.
 */
#pragma once

#include <gio/gio.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

typedef struct
{
  char *id;        /* the last part of its URL */
  char *key;       /* Idempotency-Key of the request that made it, or NULL */
  char *outbox_id; /* "outbox_id" in its metadata, or NULL */
  char *metadata;  /* Upload-Metadata as it came, or NULL */
  gint64 size;     /* -1: not known before the end */
  gint64 offset;   /* bytes stored */
  gint64 received; /* body bytes that arrived for it, stored or not, since the receiver started */
  gint64 created_at_ms;
  gboolean is_finished;
  char *sha256; /* of a finished one; NULL where nothing could compute it */

  /*< private >*/
  char *path; /* NULL: bytes are dropped once they are counted and digested */
  int fd;
  gboolean wants_digest;
  gnutls_hash_hd_t digest;
  gint64 digested; /* how far the running digest has come */
  gnutls_hash_hd_t mark_digest;
  gint64 mark; /* -1: none */
} Deposit;

/* A NULL folder drops the bytes. The strings are copied. */
Deposit *deposit_new (const char *folder, const char *id, gint64 size, gboolean wants_digest);
void deposit_free (Deposit *deposit);

void deposit_set_metadata (Deposit *deposit, const char *metadata);

/* One value of the metadata, decoded; NULL where it is absent or no base64 of UTF-8. */
char *deposit_dup_metadata (const Deposit *deposit, const char *name);
/* All of it, name → value, both decoded. */
GHashTable *deposit_decode_metadata (const Deposit *deposit);

gboolean deposit_save (Deposit *deposit, GError **error);
Deposit *deposit_load (const char *folder, const char *id, gboolean wants_digest, GError **error);

gboolean deposit_append (Deposit *deposit, const void *bytes, gsize length, GError **error);

/* Remembers where deposit_rewind() can go back to without losing the running digest. */
void deposit_mark (Deposit *deposit);
gboolean deposit_rewind (Deposit *deposit, gint64 offset, GError **error);

gboolean deposit_is_whole (const Deposit *deposit);
gboolean deposit_finish (Deposit *deposit, GError **error);

/* Closes the file until the next append. */
void deposit_rest (Deposit *deposit);
void deposit_delete_files (Deposit *deposit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deposit, deposit_free)
