/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A worker's way to servers: its session, and what libsoup does not give. The socket of the request under way is known, so
 * that it can be reset; a dead address of a host with several costs seconds, not minutes; a watch ends what makes no
 * progress. One request at a time, on the worker thread.
 */
#pragma once

#include "transfer/deadline.h"
#include "transfer/facts.h"
#include "transfer/parking.h"
#include "transfer/transit.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* How long one address of a host may take to connect. */
#define OB_CONNECTION_ADDRESS_S 5

typedef struct _ObConnection ObConnection;

/* Why a request was ended from this side. */
typedef enum
{
  OB_END_NONE,
  OB_END_STOPPED, /* the caller's cancellable */
  OB_END_LOST,    /* the connection was dead while a new one was possible: go on at once */
  OB_END_SILENT,  /* nothing could be reached */
  OB_END_SLOW,    /* no whole answer in time */
} ObEnd;

/* The thread-default context of the calling thread is the session's; free it there, too. @parking: where connections go
 * whose end their server cannot hear. @deadline: kept to the call that the thread is in. @transit: kept to what of a body is acknowledged. */
ObConnection *ob_connection_new (ObFacts *facts, ObParking *parking, ObDeadline *deadline, ObTransit *transit);
void ob_connection_free (ObConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObConnection, ob_connection_free)

/* Returns: (transfer none): what is known of servers. */
ObFacts *ob_connection_get_facts (ObConnection *connection);

/* Returns: (transfer none): by when the worker must come back from what it does. */
ObDeadline *ob_connection_get_deadline (ObConnection *connection);

ObTransit *ob_connection_get_transit (ObConnection *connection);

SoupSession *ob_connection_get_session (ObConnection *connection);

/**
 * ob_connection_begin:
 * @message: about to be sent on the session
 * @answer_ms: how long the whole answer may take, once every byte of the request is acknowledged
 * @stop: (nullable): when cancelled, the connection is reset and the request ends
 *
 * Returns: (transfer none): what to send and read with; valid until ob_connection_end()
 */
GCancellable *ob_connection_begin (ObConnection *connection, SoupMessage *message, gint64 answer_ms,
                                   GCancellable *stop);

/* Changes how long the whole answer of the request under way may take, from now on. */
void ob_connection_set_answer_ms (ObConnection *connection, gint64 answer_ms);

/* @wire_bytes: (out): what really went out for it, its head and what TCP had to send again included
 * Returns: why the request was ended, if it was */
ObEnd ob_connection_end (ObConnection *connection, SoupMessage *message, guint64 *wire_bytes);

/* Notes whether the request that has just ended was answered. A server that ends a connection without a word when it is used
 * again, as proxies do after so many requests or seconds, has what has a body sent on new ones. Returns: whether it ended
 * without an answer on a connection that was kept, which says nothing about the server. */
gboolean ob_connection_note_answer (ObConnection *connection, SoupMessage *message, gboolean is_answered);

/* Whether the server of @message is such a one. */
gboolean ob_connection_is_forgetful (ObConnection *connection, SoupMessage *message);

/* Closes what is kept open for a next request. */
void ob_connection_rest (ObConnection *connection);

G_END_DECLS
