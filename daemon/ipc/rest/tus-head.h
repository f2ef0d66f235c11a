/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The headers of a tus request (tus 1.0.0: core, creation, checksum). Pure.
 *
 *   what can come                                             what becomes of it
 *   no Tus-Resumable, or another version                      412; OPTIONS needs none
 *   a length or an offset that is empty, has a sign, blanks,  400
 *     other characters than digits, or is beyond 2^63 - 1
 *   a length beyond Tus-Max-Size                              413
 *   a creation without a length and without its deferral,     400
 *     or with both; a deferral other than 1
 *   a PATCH without an offset                                 400
 *   a body of another type than application/offset+octet-     415
 *     stream; a PATCH without a type
 *   Upload-Concat                                             400: not served
 *   a checksum of an unknown algorithm, that is no base64, or 400
 *     has another length than the algorithm's
 *   metadata: a key that is empty, stands twice or has other  400
 *     characters than visible ones of ASCII; a value that is
 *     no base64 or no text; more than one blank
 *   metadata: filename, or name; filetype, or type            the name and the media type, where they are not empty
 *   metadata: any other                                       a pair of metadata, checked as Submit does
 *   any of the fields twice                                   400, by the guard
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_TUS_PATH "/v1/tus/"
#define OB_TUS_VERSION "1.0.0"
#define OB_TUS_EXTENSIONS "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
#define OB_TUS_ALGORITHMS "sha1,sha256,sha512"

/* A size in the queue is exact in JSON too (RFC 8259 section 6). */
#define OB_TUS_MAX_BYTES ((G_GINT64_CONSTANT (1) << 53) - 1)

#define OB_TUS_BODY_TYPE "application/offset+octet-stream"

/* What came: %NULL for a field that did not. All borrowed. */
typedef struct
{
  const char *version;
  const char *length;
  const char *defer;
  const char *offset;
  const char *checksum;
  const char *metadata;
  const char *concat;
  const char *type;
  guint64 body_bytes;
} ObTusFields;

typedef struct
{
  guint status;       /* the HTTP status of the refusal; 0: it is good */
  const char *detail; /* static: why it is refused */
  gint64 length;      /* -1: it was not told */
  guint64 offset;
  GChecksumType algorithm;
  GBytes *checksum;     /* owned; NULL: none was told */
  GVariant *options;    /* owned: of Create; a{sv}: name, media_type, metadata. NULL: it is no creation */
  const char *metadata; /* as it came; borrowed from the fields. NULL: there was none */
} ObTusHead;

/* @method: POST, PATCH, HEAD or DELETE */
ObTusHead ob_tus_head_read (const char *method, const ObTusFields *fields);

/* Judges a PATCH by what there is of its upload. @size_bytes: of the whole; -1: not known yet. @detail: (out): static: why it is
 * refused. Returns: the HTTP status of the refusal; 0: its body may come */
guint ob_tus_head_judge_piece (const ObTusHead *head, guint64 body_bytes, gint64 size_bytes, guint64 offset,
                               const char **detail);

/* Judges a creation whose key has an upload already. Returns: whether they are of one file, as far as can be told */
gboolean ob_tus_head_is_again (const ObTusHead *head, gint64 size_bytes, guint64 offset);

void ob_tus_head_clear (ObTusHead *head);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ObTusHead, ob_tus_head_clear)

G_END_DECLS
