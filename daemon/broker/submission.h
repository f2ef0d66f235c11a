/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks what an app says of its file, and makes an upload of it. Main thread.
 */
#pragma once

#include "model/upload.h"
#include "store/writer.h"

G_BEGIN_DECLS

/* What an app says of its file. Strings are borrowed; NULL: it did not say. */
typedef struct
{
  const char *app;
  const char *key;
  const char *name;
  const char *media_type;
  const char *sha256;
  const char *group;
  const char *group_app; /* the owner of the group: the app, if it is sandboxed */
  const char *group_title;
  const char *destination;
  GVariant *metadata;       /* a{ss} or NULL */
  const char *tus_metadata; /* what it was read from, if it came over tus */
  gboolean is_stream;       /* of Create: the broker is sent the bytes, and no app gets the file */
  ObWriter *writer;         /* what has written the file, where the broker was sent it; NULL: an app has it */
  gint priority;
  gboolean is_moved; /* the app lets go of its own file */
  gboolean is_form;
  gint64 not_before_ms;
} ObSubmission;

/* Called once. @id: (nullable): the upload, once its bytes, record and row are on the disk */
typedef void (*ObSubmitDone) (const char *id, const GError *error, gpointer user_data);

/* Errors: InvalidArgument. */
gboolean ob_submission_check (const ObSubmission *submission, gint64 now_ms, GError **error);

/* As it is kept: valid text without control characters, and a name that is not too long. Returns: (transfer full) */
char *ob_submission_dup_name (const char *name);
GVariant *ob_submission_clean_metadata (GVariant *metadata);

/* Makes an upload of a checked submission. @fd: borrowed: asked only for its name. Returns: (transfer full): an upload
 * with a new id, saving; its size, and its type if the app did not say it, come with the look at the file */
ObUpload *ob_submission_make_upload (const ObSubmission *submission, const char *destination, int fd, gint64 now_ms);

G_END_DECLS
