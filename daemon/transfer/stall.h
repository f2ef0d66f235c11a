/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides when a request makes no progress, and what to do. Progress is bytes that the peer has acknowledged by TCP; bytes
 * that were written may sit in a buffer for minutes. Pure: facts and a time in, a decision out.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* With bytes under way and none acknowledged for this long, the connection is in doubt. If its local address is gone, at
 * once. */
#define OB_STALL_SILENT_MS 3000
/* In doubt for this long with nothing reachable, the attempt has failed. */
#define OB_STALL_RACE_MS 30000
/* The same for a peer that is there and reads nothing. */
#define OB_STALL_CLOSED_MS 45000
/* A peer that takes fewer bytes than this in that time is given up: a server that reads a byte now and then would keep a
 * worker for ever. The slowest mobile network carries ten times as much. */
#define OB_STALL_CRAWL_MS (5 * 60 * 1000)
#define OB_STALL_CRAWL_BYTES (4 * 1024)
/* From looking up the name to a connection, TLS included. */
#define OB_STALL_CONNECT_MS 60000

/* A state of TCP (RFC 9293 section 3.3.2), as the kernel counts them. */
#define OB_FLOW_CLOSE_WAIT 8

/* A connection, as TCP tells of it. */
typedef struct
{
  guint64 acked_bytes;
  guint64 unsent_bytes; /* queued, not yet on their way */
  guint unacked;        /* segments on their way */
  guint probes;         /* unanswered probes of a closed window */
  gboolean is_orphan;   /* its local address is gone */
  gboolean is_ended;    /* the peer has closed its side */
} ObFlow;

typedef enum
{
  OB_STALL_WAIT,   /* it moves, or may still take time */
  OB_STALL_RACE,   /* find out whether a new connection can be made */
  OB_STALL_LOST,   /* this connection is dead, a new one is possible */
  OB_STALL_SILENT, /* nothing is reachable */
  OB_STALL_SLOW,   /* the answer took longer than it may */
} ObStallDecision;

/* The memory of one request. */
typedef struct
{
  gint64 answer_ms; /* how long the answer may take, once every byte is acknowledged */
  gint64 moved_us;  /* when something was last acknowledged, or the request began */
  guint64 acked_bytes;
  gint64 crawl_us;           /* since when fewer than OB_STALL_CRAWL_BYTES were acknowledged; 0: none are to be sent */
  guint64 crawl_acked_bytes; /* what was acknowledged at that time */
  gboolean is_connected;
  gboolean is_reached; /* a new connection was possible since the last progress */
} ObStall;

void ob_stall_begin (ObStall *stall, gint64 answer_ms, gint64 now_us);

/* @flow: (nullable): NULL before there is a connection */
ObStallDecision ob_stall_judge (ObStall *stall, const ObFlow *flow, gint64 now_us);

/* Returns: whether nothing was acknowledged for OB_STALL_STILL_MS though there is something to send or a connection to be made. */
#define OB_STALL_STILL_MS 400
gboolean ob_stall_is_still (const ObStall *stall, const ObFlow *flow, gint64 now_us);

/* Notes that a new connection to the same peer is possible. */
void ob_stall_note_reached (ObStall *stall);

G_END_DECLS
