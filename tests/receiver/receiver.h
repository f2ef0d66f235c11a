/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The receiver: one SoupServer with the routes of tus.c, put.c, confirm.c, amend.c and control.c, and what they share. Owns the
 * server, the shelf, the faults and the ledger. Main thread, like everything here.
 */
#pragma once

#include <libsoup/soup.h>

#include "faults.h"
#include "ledger.h"
#include "shelf.h"

typedef struct Exchange Exchange;

typedef struct
{
  char *folder; /* NULL: in memory, without the bytes */
  char *ledger_path;
  char *certificate_path; /* NULL: plain HTTP */
  char *key_path;
  guint port; /* 0: any */
  gboolean any_address;
  gboolean no_digest;
  int expires_s; /* 0: never */
  char **orders; /* faults and habits as JSON, or NULL */
} ReceiverOptions;

typedef struct
{
  SoupServer *server;     /* owned */
  Shelf *shelf;           /* owned */
  Faults *faults;         /* owned */
  Ledger *ledger;         /* owned */
  GHashTable *exchanges;  /* SoupServerMessage → Exchange, owned */
  GHashTable *amendments; /* outbox_id → JsonObject: the newest version of what is said of it, owned */
  int expires_s;

  GHashTable *requests; /* method → count */
  guint64 connections;
  guint64 body_bytes;
  guint64 finished;
  guint64 duplicate_finishes;
  gint64 rate_free_at_us; /* when the rate habit lets the next byte pass */
} Receiver;

Receiver *receiver_new (const ReceiverOptions *options, GError **error);
void receiver_free (Receiver *receiver);

/* The address of the tus route, once it listens. */
char *receiver_dup_url (Receiver *receiver);

/* First thing for every upload request, when its headers are there: counts it, keeps libsoup from gathering its body,
 * and lets a fault answer in place of the work. TRUE: it has been answered. The deposit may be NULL. */
gboolean receiver_admit (Receiver *receiver, SoupServerMessage *message, const char *path, const Deposit *deposit);

/* Last thing, when the answer is set: a fault may delay or lose it. */
void receiver_conclude (Receiver *receiver, SoupServerMessage *message, const char *path, const Deposit *deposit);

/* All bytes are there: digest, ledger, and whether this is the second of its key. Answers 500 where that fails. */
gboolean receiver_finish (Receiver *receiver, SoupServerMessage *message, Deposit *deposit);

void reply_text (SoupServerMessage *message, guint status, const char *text);
/* Takes ownership of the object. */
void reply_json (SoupServerMessage *message, guint status, JsonObject *object);

/* Facts about a deposit for ledger and control: id, key, outbox_id, size, offset. */
JsonObject *deposit_facts (const Deposit *deposit);
/* The same with metadata, sha256 and state. */
JsonObject *deposit_full_facts (const Deposit *deposit);
/* The request's headers, for the ledger: a test checks what an uploader says of itself. */
JsonObject *header_facts (SoupServerMessage *message);

/* Routes; each adds its own handlers to the server. */
void tus_add_routes (Receiver *receiver);
void put_add_routes (Receiver *receiver);
void confirm_add_routes (Receiver *receiver);
void amend_add_routes (Receiver *receiver);
void control_add_routes (Receiver *receiver);

/* A fault or a habit, as POST /control takes it. */
gboolean control_take_order (Receiver *receiver, const char *json, gssize length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Receiver, receiver_free)
