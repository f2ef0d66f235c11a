/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an app says of its file: checked, and made an upload. Main thread.
 */
#pragma once

#include "model/upload.h"

G_BEGIN_DECLS

/* What an app says of its file. Strings are borrowed; NULL: not said. */
typedef struct
{
  const char *app;
  const char *key;
  const char *name;
  const char *media_type;
  const char *sha256;
  const char *group;
  const char *group_app; /* whose group it is: the app, where that is sandboxed */
  const char *group_title;
  const char *destination;
  GVariant *metadata; /* a{ss} or NULL */
  gint priority;
  gboolean is_form;
  gint64 not_before_ms;
} ObSubmission;

/* Called once. @id: (nullable): the upload, when bytes, record and row are on the disk. */
typedef void (*ObSubmitDone) (const char *id, const GError *error, gpointer user_data);

/* Errors: InvalidArgument. */
gboolean ob_submission_check (const ObSubmission *submission, gint64 now_ms, GError **error);

/* Of a submission that was checked. @fd: borrowed: the file, which is asked for nothing but its name. Returns: (transfer full):
 * an upload with a new id, saving; size, and type where the app did not say it, come with a look at the file. */
ObUpload *ob_submission_make_upload (const ObSubmission *submission, const char *destination, int fd, gint64 now_ms);

G_END_DECLS
