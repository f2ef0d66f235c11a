/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One request that belongs to a deposit, from its headers to its end: stores its body as it comes, digests, paces, and
 * cuts or stalls where a fault says so. Lives in the receiver's table until the message is finished. Main thread.
 */
#pragma once

#include "receiver.h"

struct Exchange
{
  Receiver *receiver;         /* not owned */
  SoupServerMessage *message; /* not owned: the exchange ends no later than it */
  char *deposit_id;           /* the deposit may be deleted meanwhile */
  gint64 start;               /* offset at which the body begins */
  gint64 received;            /* body bytes that arrived */
  guint status;               /* of a body that cannot be taken; 0: all is well */
  char *trouble;              /* its words, or NULL */
  gboolean leaves_nothing;    /* a cut takes back what was stored: PUT, or the buffering habit */
  gboolean replaces;          /* a PUT of what was there before */

  /*< private >*/
  Fault *fault;              /* of FAULT_STAGE_BODY, or NULL */
  gnutls_hash_hd_t checksum; /* over this body, or NULL */
  GBytes *expected;          /* of the checksum */
  guint resume_source;       /* a pause of the rate habit */
  gulong handlers[2];
};

/* Ends whatever other exchange the deposit has, as a server does whose lock is wanted by the next request. */
Exchange *exchange_begin (Receiver *receiver, SoupServerMessage *message, Deposit *deposit);
void exchange_take_over (Receiver *receiver, const Deposit *deposit);

Exchange *exchange_find (Receiver *receiver, SoupServerMessage *message);
Deposit *exchange_get_deposit (Exchange *exchange);

/* Upload-Checksum. FALSE: no such algorithm, or not base64. */
gboolean exchange_expect_checksum (Exchange *exchange, const char *header);

/* The whole body is here. FALSE: its bytes were not taken, and the message is answered. */
gboolean exchange_complete (Exchange *exchange);

/* Tears the connection down with a RST, at once, whatever was queued. */
void connection_reset (SoupServerMessage *message);

/* Takes the connection away from libsoup, writes the bytes as they are, then "again" over and over, with a pause before
 * each, until the peer goes away; where that is NULL it closes at once, and what the peer still sends is answered with a
 * RST. */
void connection_send_raw (SoupServerMessage *message, const char *bytes, const char *again, guint pause_ms);

void exchange_free (Exchange *exchange);
