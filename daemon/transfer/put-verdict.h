/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an answer means where a file is one PUT (RFC 9110 sections 9.3.4 and 13.1.2; RFC 4918 section 9.7). Plain HTTP has no
 * header of its own that tells a server from what stands in its way: a success is what a second question agrees with. Pure.
 */
#pragma once

#include "transfer/outcome.h"

G_BEGIN_DECLS

/* An ObVerdictFunc. */
gboolean ob_put_verdict (const ObReply *reply, ObOutcome *outcome);

/* What HEAD says of a file's URL. */
typedef enum
{
  OB_FOUND_NOTHING, /* there is none */
  OB_FOUND_WHOLE,   /* one of the file's size */
  OB_FOUND_OTHER,   /* one of another size */
  OB_FOUND_REFUSED, /* this server is not to be asked */
  OB_FOUND_UNCLEAR, /* no answer about a file */
} ObFound;

/* @length_bytes: -1: it said none */
ObFound ob_put_find (guint status, gint64 length_bytes, guint64 size_bytes);

typedef enum
{
  OB_PUT_STORED,   /* the server has it */
  OB_PUT_ACCEPTED, /* it says that it will */
  OB_PUT_DOUBTED,  /* something else answered */
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

G_END_DECLS
