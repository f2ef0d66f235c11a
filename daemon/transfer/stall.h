/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When a request makes no progress, and what to do about it. Progress is bytes that the peer has acknowledged, as TCP
 * counts them: bytes written may sit in a buffer for minutes. Pure: facts and a time in, a decision out.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* No byte acknowledged for this long, with bytes on their way: the connection is in doubt. One whose address is gone is at
 * once. */
#define OB_STALL_SILENT_MS 3000
/* This long in doubt and nothing reachable: the attempt has failed. */
#define OB_STALL_RACE_MS 30000
/* The peer is there and reads nothing. */
#define OB_STALL_CLOSED_MS 45000
/* As many bytes in that time are the least that a peer that takes some must take: a server that reads a byte now and then
 * would hold a place for ever. The slowest of mobile networks carries ten times as many. */
#define OB_STALL_CRAWL_MS (5 * 60 * 1000)
#define OB_STALL_CRAWL_BYTES (4 * 1024)
/* From the first look-up of a name to a connection, TLS included. */
#define OB_STALL_CONNECT_MS 60000

/* A state of TCP (RFC 9293 section 3.3.2), as the kernel counts them. */
#define OB_FLOW_CLOSE_WAIT 8

/* What TCP knows of a connection. */
typedef struct
{
  guint64 acked_bytes;
  guint64 unsent_bytes; /* queued, not yet on their way */
  guint unacked;        /* segments on their way */
  guint probes;         /* of a closed window, unanswered */
  gboolean is_orphan;   /* its own address is gone */
  gboolean is_ended;    /* the peer will say no more: it has closed its side */
} ObFlow;

typedef enum
{
  OB_STALL_WAIT,   /* it moves, or may take longer */
  OB_STALL_RACE,   /* see whether a new connection can be made */
  OB_STALL_LOST,   /* this connection is dead, a new one is possible */
  OB_STALL_SILENT, /* nothing is reachable */
  OB_STALL_SLOW,   /* no whole answer in the time that it may take */
} ObStallDecision;

/* One request's memory. */
typedef struct
{
  gint64 answer_ms; /* how long the answer may take, once every byte is acknowledged */
  gint64 moved_us;  /* when something was last acknowledged, or the request began */
  guint64 acked_bytes;
  gint64
      crawl_us; /* since then no OB_STALL_CRAWL_BYTES were acknowledged, though there were some to send; 0: there were none */
  guint64 crawl_acked_bytes; /* what was acknowledged then */
  gboolean is_connected;
  gboolean is_reached; /* a new connection was possible since then */
} ObStall;

void ob_stall_begin (ObStall *stall, gint64 answer_ms, gint64 now_us);

/* @flow: (nullable): NULL while there is no connection */
ObStallDecision ob_stall_judge (ObStall *stall, const ObFlow *flow, gint64 now_us);

/* Whether nothing has been acknowledged for OB_STALL_STILL_MS though there is something to send, or a connection is still to
 * be made. */
#define OB_STALL_STILL_MS 400
gboolean ob_stall_is_still (const ObStall *stall, const ObFlow *flow, gint64 now_us);

/* A new connection to the same peer was possible. */
void ob_stall_note_reached (ObStall *stall);

G_END_DECLS
