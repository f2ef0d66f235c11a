/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A worker's way to servers: a libsoup session, and what libsoup lacks. It knows the socket of the request under way, so
 * that it can be reset; it limits the time for each of a host's addresses to seconds; its watch ends requests that make no
 * progress. One request at a time, on the worker thread.
 */
#pragma once

#include "transfer/deadline.h"
#include "transfer/facts.h"
#include "transfer/parking.h"
#include "transfer/transit.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The most that connecting to one address of a host may take. */
#define OB_CONNECTION_ADDRESS_S 5

typedef struct _ObConnection ObConnection;

/* Why we ended a request ourselves. */
typedef enum
{
  OB_END_NONE,
  OB_END_STOPPED, /* the caller stopped it */
  OB_END_LOST,    /* the connection is dead and a new one is possible: go on at once */
  OB_END_SILENT,  /* nothing can be reached */
  OB_END_SLOW,    /* the answer took too long */
} ObEnd;

/* The session belongs to the thread-default context of the calling thread; free the connection on the same thread.
 * @parking: takes connections whose server cannot hear a reset now. @deadline: set for each call that the thread is in.
 * @transit: is told how much of a body is acknowledged. */
ObConnection *ob_connection_new (ObFacts *facts, ObParking *parking, ObDeadline *deadline, ObTransit *transit);
void ob_connection_free (ObConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObConnection, ob_connection_free)

/* Returns: (transfer none): what is known of servers */
ObFacts *ob_connection_get_facts (ObConnection *connection);

/* Returns: (transfer none): by when the worker must be back from its current call */
ObDeadline *ob_connection_get_deadline (ObConnection *connection);

ObTransit *ob_connection_get_transit (ObConnection *connection);

SoupSession *ob_connection_get_session (ObConnection *connection);

/* From now on the server of @message, if it asks for a client certificate, gets that one, and no other server gets any. A connection
 * that was made to it with another certificate is not used any more. @certificate: (nullable): none */
void ob_connection_show (ObConnection *connection, SoupMessage *message, GTlsCertificate *certificate);

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

/* From now on the answer of the request under way may take @answer_ms in all. */
void ob_connection_set_answer_ms (ObConnection *connection, gint64 answer_ms);

/* @wire_bytes: (out): bytes that really went out, headers and TCP's repetitions included. Returns: why we ended the
 * request, if we did. */
ObEnd ob_connection_end (ObConnection *connection, SoupMessage *message, guint64 *wire_bytes);

/* Tells it whether the request that just ended was answered. Some servers and proxies drop a kept connection without a
 * word when it is used again; once one has done so, requests with a body get new connections. Returns: whether it ended
 * unanswered on a kept connection, which says nothing about the server. */
gboolean ob_connection_note_answer (ObConnection *connection, SoupMessage *message, gboolean is_answered);

/* Returns: whether the server of @message drops kept connections. */
gboolean ob_connection_is_forgetful (ObConnection *connection, SoupMessage *message);

/* Closes the connections that are kept for a next request, which has the server's name looked up again: a session keeps a
 * host's addresses (GNetworkAddress) as long as it keeps the host. */
void ob_connection_rest (ObConnection *connection);

G_END_DECLS
