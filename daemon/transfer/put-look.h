/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks what a server of plain HTTP has at a file's URL. Worker thread.
 */
#pragma once

#include "transfer/http.h"
#include "transfer/put-verdict.h"

G_BEGIN_DECLS

/* The place of a file at a server. All borrowed. */
typedef struct
{
  ObConnection *connection;
  const ObJob *job;
  const char *url;
  ObStop *stop;
} ObPutPlace;

/* What the server has at a place. */
typedef struct
{
  ObFound found;
  gboolean
      is_told_by_digest; /* the server has told the digest of what is there (RFC 9530), so that nothing is left open */
} ObPutSight;

/* Returns: (transfer full) (nullable): %NULL if the place has no URL */
SoupMessage *ob_put_message_new (const ObPutPlace *place, const char *method);

/**
 * ob_put_look:
 * @fd: of the file that was handed over; -1: what the server has is not compared with it
 * @trusts_size: a PUT of the whole file has just been answered well, so that a file of its size is the file
 *
 * Asks by HEAD for the size. Where that is not told, is another, or proves nothing, since a server may have made a file of the
 * full size before a connection was cut, asks by GET for the last bytes. A server that tells the digest of what it has is
 * believed: an ETag is none, whatever it looks like.
 *
 * Returns: (transfer full) (nullable): the answer to HEAD; %NULL if the place has no URL
 */
ObAnswer *ob_put_look (const ObPutPlace *place, int fd, gboolean trusts_size, ObPutSight *sight);

/* Notes in the receipt what the server has told of what it has. */
void ob_put_note_digest (const ObPutSight *sight, const ObJob *job, ObAttemptResult *result);

/* As ObProtocol.check; in check.c. */
void ob_check_put (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

G_END_DECLS
