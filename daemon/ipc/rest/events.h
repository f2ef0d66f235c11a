/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GET /v1/events: an event stream (HTML Living Standard, section 9.2) of changes. Main thread.
 *
 *   event      data                                           when
 *   changes    {"uploads":[…],"removed":["ID"],"holds":[…]}   something has changed: of each upload what it is now
 *   reset      {}                                             what the client asks for is gone: its copy is worth nothing
 *   ready      {"sequence":"…"}                               everything up to here is told: with the answer of a list that is
 *                                                             asked for after this, the client has all
 *   apps       {}                                             other web apps ask or are let in: told to those who may list them
 *
 * One event has whole commits, and its id stands for all that came before: a client that comes back with it as Last-Event-ID misses
 * nothing and is told nothing twice. At most five a second; in between changes gather in one. A client that reads more slowly than the
 * queue changes is told from the journal, each upload once. A line of a comment now and then tells a dead connection from a quiet queue.
 *
 *   what can come                                             what becomes of it
 *   no Last-Event-ID, or an empty one                         ready, and then what comes
 *   one that is no sequence                                   400
 *   one whose past the journal has pruned; one of another     reset, ready
 *     epoch: another database, or one made anew
 *   one of the future                                         as one of now
 *   a client that does not read                               64 KiB wait for it, no more; it is left after 30 seconds
 *   an end of the daemon, another service                     the stream ends
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

#define OB_EVENTS_EVERY_MS 200
#define OB_EVENTS_WAITING_MAX_BYTES (64 * 1024)

/* The request is here. */
void ob_events_take_body (ObExchange *exchange);

G_END_DECLS
