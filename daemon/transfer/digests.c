/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes the digests of a copy's blocks from its record, or computes them. Worker thread.
 */
#include "transfer/digests.h"

#include "base/blocks.h"
#include "base/text.h"
#include "dbus/mark.h"
#include "transfer/copy.h"
#include "transfer/http.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <unistd.h>

static gssize
read_block (int fd, void *buffer, guint64 offset_bytes, ObDeadline *deadline)
{
  gint64 due_us = ob_deadline_begin (deadline, OB_DEADLINE_OWN_MS);
  gssize got;

  do
    got = pread (fd, buffer, OB_BLOCK_BYTES, (off_t) offset_bytes);
  while (got < 0 && errno == EINTR);
  ob_deadline_end (deadline, due_us);

  return got;
}

/* Reads the whole copy, or until @stop. Returns: 0, or an errno. */
static int
read_all (int fd, ObDeadline *deadline, ObStop *stop, gnutls_hash_hd_t hash, ObBlockMaker *maker)
{
  g_autofree char *buffer = g_malloc (OB_BLOCK_BYTES);
  guint64 done = 0;
  gssize got;

  while (!ob_stop_is_asked (stop) && (got = read_block (fd, buffer, done, deadline)) != 0)
    {
      if (got < 0)
        return errno;
      gnutls_hash (hash, buffer, (gsize) got);
      ob_block_maker_add (maker, buffer, (gsize) got);
      done += (guint64) got;
    }

  return 0;
}

static gboolean
is_digest (const guint8 *digest, const char *sha256)
{
  char text[OB_SHA256_HEX_LENGTH + 1];

  for (guint i = 0; i < OB_SHA256_BYTES; i++)
    g_snprintf (text + 2 * i, 3, "%02x", digest[i]);

  return g_str_equal (text, sha256);
}

static gboolean
make_digests (int fd, const ObJob *job, ObDeadline *deadline, ObStop *stop, GBytes **digests, ObAttemptResult *result)
{
  g_autoptr (ObBlockMaker) maker = ob_block_maker_new ();
  guint8 digest[OB_SHA256_BYTES];
  gnutls_hash_hd_t hash;
  g_autofree char *words = NULL;
  int fault_errno;

  if (gnutls_hash_init (&hash, GNUTLS_DIG_SHA256) != 0)
    {
      ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "failed", "SHA-256 cannot be had");
      return FALSE;
    }
  fault_errno = read_all (fd, deadline, stop, hash, maker);
  gnutls_hash_deinit (hash, digest);
  if (ob_stop_is_asked (stop))
    {
      result->is_cancelled = TRUE;
      return FALSE;
    }
  if (fault_errno != 0)
    {
      words = ob_copy_dup_words (fault_errno);
      ob_copy_set_fault (result, fault_errno, words);
      return FALSE;
    }
  if (!is_digest (digest, job->sha256))
    {
      ob_result_set (result, OB_VERDICT_FAIL, OUTBOX_REASON_FILE_CHANGED, "file-changed",
                     S_ ("The saved copy is not what was handed over: its SHA-256 is another"));
      return FALSE;
    }
  *digests = ob_block_maker_end (maker);

  return TRUE;
}

gboolean
ob_digests_find (int fd, const ObJob *job, ObDeadline *deadline, ObStop *stop, GBytes **digests,
                 ObAttemptResult *result)
{
  g_autofree char *record_path = g_strconcat (job->path, ".json", NULL);

  *digests = job->sha256 ? ob_blocks_load (record_path, job->size_bytes, job->sha256) : NULL;

  return *digests || !job->sha256 || make_digests (fd, job, deadline, stop, digests, result);
}

int
ob_digests_open_copy (const ObJob *job, ObDeadline *deadline, ObStop *stop, GBytes **digests, ObAttemptResult *result)
{
  int fd = ob_copy_open (job, result);

  if (fd < 0 || ob_digests_find (fd, job, deadline, stop, digests, result))
    return fd;
  (void) close (fd);

  return -1;
}
