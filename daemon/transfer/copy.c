/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells the system's errors that mean a lost copy from those that pass. To end an upload for good by an error that passes
 * would have a person wait for nothing: the copy is whole. Any thread.
 */
#include "transfer/copy.h"

#include "base/files.h"
#include "dbus/mark.h"
#include "transfer/http.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* These say that the medium has lost the bytes, or that the copy has another size. */
static gboolean
is_lost (int fault_errno)
{
  static const int lost[] = { OB_COPY_RESIZED, EBADMSG, EIO, ENODATA, EUCLEAN, EILSEQ };

  for (guint i = 0; i < G_N_ELEMENTS (lost); i++)
    if (lost[i] == fault_errno)
      return TRUE;

  return FALSE;
}

static int
judge_size (const struct stat *info, guint64 size_bytes)
{
  return (guint64) info->st_size == size_bytes ? 0 : OB_COPY_RESIZED;
}

int
ob_copy_look (const char *path, guint64 size_bytes)
{
  struct stat info;

  if (lstat (path, &info) != 0)
    return errno;

  return S_ISREG (info.st_mode) ? judge_size (&info, size_bytes) : EINVAL;
}

OutboxReason
ob_copy_judge (const char *path, int fault_errno)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct stat info;

  if (ob_errno_is_missing (fault_errno))
    return lstat (folder, &info) == 0 ? OUTBOX_REASON_FILE_MISSING : OUTBOX_REASON_NONE;

  return is_lost (fault_errno) ? OUTBOX_REASON_FILE_CHANGED : OUTBOX_REASON_NONE;
}

char *
ob_copy_dup_words (int fault_errno)
{
  if (fault_errno == ENOENT)
    return g_strdup (S_ ("The saved copy is gone"));
  if (fault_errno == OB_COPY_RESIZED)
    return g_strdup (S_ ("The saved copy has another size"));
  if (ob_errno_is_missing (fault_errno))
    return g_strdup (S_ ("Something that is no file is in the place of the saved copy"));

  return g_strdup_printf (S_ ("The saved copy cannot be read: %s"), g_strerror (fault_errno));
}

/* @reason: %OUTBOX_REASON_NONE if the copy may come back */
static void
set (ObAttemptResult *result, OutboxReason reason, const char *words)
{
  if (reason == OUTBOX_REASON_NONE)
    ob_result_set (result, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "file-unreadable", words);
  else
    ob_result_set (result, OB_VERDICT_FAIL, reason, outbox_reason_get_info (reason)->name, words);
}

void
ob_copy_set_fault (ObAttemptResult *result, int fault_errno, const char *words)
{
  set (result, is_lost (fault_errno) ? OUTBOX_REASON_FILE_CHANGED : OUTBOX_REASON_NONE, words);
}

int
ob_copy_open (const ObJob *job, ObAttemptResult *result)
{
  int fd = ob_file_open_own (job->path);
  int fault_errno = fd < 0 ? errno : 0;
  g_autofree char *words = NULL;
  struct stat info;

  if (fd >= 0)
    fault_errno = fstat (fd, &info) == 0 ? judge_size (&info, job->size_bytes) : errno;
  if (fault_errno == 0)
    return fd;
  words = ob_copy_dup_words (fault_errno);
  set (result, ob_copy_judge (job->path, fault_errno), words);
  if (fd >= 0)
    (void) close (fd);

  return -1;
}
