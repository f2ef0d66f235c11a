/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an answer means where a file is one PUT (RFC 9110 sections 9.3.4 and 13.1.2; RFC 4918 section 9.7). Plain HTTP has
 * no header by which to tell a server from a portal, so a success counts only when a second question agrees. Pure.
 */
#pragma once

#include "transfer/outcome.h"

G_BEGIN_DECLS

/* An ObVerdictFunc. */
gboolean ob_put_verdict (const ObReply *reply, ObOutcome *outcome);

/* The answer of HEAD to a file's URL. */
typedef enum
{
  OB_FOUND_NOTHING, /* no file */
  OB_FOUND_WHOLE,   /* a file of the right size */
  OB_FOUND_OTHER,   /* a file of another size */
  OB_FOUND_REFUSED, /* the server does not allow the question */
  OB_FOUND_UNCLEAR, /* nothing about a file */
} ObFound;

/**
 * ob_put_is_page_instead:
 * @found_type: (nullable): Content-Type of the answer to HEAD
 * @own_type: (nullable): the file's
 *
 * A captive portal answers 200 to everything, with a page that may happen to have the file's size. No server calls a photo or
 * a video text/html; of a file whose type could be anything, the size alone tells.
 */
gboolean ob_put_is_page_instead (const char *found_type, const char *own_type);

/* @length_bytes: -1 if the answer claims none */
ObFound ob_put_find (guint status, gint64 length_bytes, guint64 size_bytes);

/* Returns: whether a server that answered HEAD so may tell the file's bytes to GET: it has a file there, or may not know HEAD. */
gboolean ob_put_may_know_bytes (guint status);

/* An answer to GET with a Range for the last bytes of a file (RFC 9110 section 14). */
typedef struct
{
  guint status;
  const char *range;   /* (nullable): Content-Range */
  gint64 length_bytes; /* of the whole body, as the answer tells; -1 if it does not */
  const char *body;    /* as much of it as was read */
  gsize body_bytes;
  const char *own; /* the last bytes of the file that was handed over */
  gsize own_bytes;
  guint64 size_bytes; /* of that file */
} ObPutTail;

/* Returns: whole, other or unclear. A server that ignores the Range tells at least the size. */
ObFound ob_put_compare (const ObPutTail *tail);

typedef enum
{
  OB_PUT_STORED,   /* the server has it */
  OB_PUT_ACCEPTED, /* the server says that it will store it */
  OB_PUT_DOUBTED,  /* something else than the server answered */
} ObPutWord;

/**
 * ob_put_believe:
 * @status: a 2xx that answered PUT
 * @found: what HEAD of the same URL said then
 *
 * A server that is written to and not read from refuses the second question, and one that takes files away as they come has
 * nothing there any more: then the status of the first must say that a file was made. Who says 2xx to everything is no server.
 */
ObPutWord ob_put_believe (guint status, ObFound found);

/* Returns: why a success is doubted, for a person. @status: of the answer to HEAD */
const char *ob_put_explain_doubt (ObFound found, guint status);

G_END_DECLS
