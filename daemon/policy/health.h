/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The health of a destination: what trouble and success do to it, when it is tried again, and what it holds. Pure: only the
 * record changes.
 *
 * An error does not tell whether it is one upload's trouble or everybody's. The first one makes the destination suspected:
 * its upload waits alone, and another upload that has not failed tries the destination at once, alone. If that goes
 * through, the trouble was the first upload's own and holds up nobody else. If not, the destination is down: everything
 * waits, and one upload tries it now and then.
 */
#pragma once

#include "model/health.h"
#include "policy/status.h"

G_BEGIN_DECLS

/* A missing server may come back within this time by itself; then a person is told. */
#define OB_HEALTH_PATIENCE_MS (G_GINT64_CONSTANT (10) * 60 * 1000)

/* An attempt that ended in trouble. */
typedef struct
{
  const char *upload_id;
  guint scope;           /* OUTBOX_SCOPE_UPLOAD, OUTBOX_SCOPE_DESTINATION, or both if it is open whose trouble it is */
  OutboxReason reason;   /* of a hold that passes by itself, sign-in for one that may; none for an ordinary error */
  const char *words;     /* words for a person */
  guint64 begun_at;      /* what ob_health_begin() returned */
  gint64 retry_after_ms; /* as the server asked, or -1 */
  gint64 now_ms;         /* Unix milliseconds */
  double spread;         /* a random number from 0 to 1 */
  gboolean has_failed;   /* the upload's last attempt failed too, and no byte was confirmed since */
  gboolean has_moved;    /* the server confirmed bytes in this attempt */
  gboolean has_others;   /* other uploads wait that can try the destination */
} ObTrouble;

/* Counts the beginning of an attempt. Returns: a number to give back when it ends. */
guint64 ob_health_begin (ObHealth *health);

/* Returns: OUTBOX_SCOPE_UPLOAD if this upload alone waits, OUTBOX_SCOPE_DESTINATION if everything does */
OutboxScope ob_health_note_trouble (ObHealth *health, const ObTrouble *trouble);

/* A 403 may be about credentials, and may pass. Asks a person for a sign-in, and has one upload try now and then without
 * it. */
void ob_health_doubt_credentials (ObHealth *health, const char *words, gint64 now_ms, double spread);

/* Holds the destination until a person acts. */
void ob_health_block (ObHealth *health, OutboxReason reason, const char *words, gint64 now_ms);

typedef enum
{
  OB_REFUSAL_OWN,  /* the refusal is about this upload alone, which fails */
  OB_REFUSAL_WAIT, /* not known yet: this upload waits, and another tries the destination */
  OB_REFUSAL_BLOCK, /* the refusal is about the credentials: hold for a sign-in; those in ObHealth.refused go on after it */
} ObRefusal;

/**
 * ob_health_refuse:
 * @upload_id: the upload that got a 403
 * @begun_at: what ob_health_begin() returned
 * @has_credentials: the destination has some, which may have expired
 * @has_others: other uploads wait that can try the destination
 * @words: the server's words
 *
 * With credentials, a 403 fails no upload until another one has gone through with them; one that was under way when they
 * expired proves nothing. Without credentials it fails the upload, until a second upload gets a 403 too.
 */
ObRefusal ob_health_refuse (ObHealth *health, const char *upload_id, guint64 begun_at, gboolean has_credentials,
                            gboolean has_others, const char *words);

/* The server confirmed bytes, or answered as it should. Returns: whether that ended a hold, or changed what is stored. */
gboolean ob_health_note_success (ObHealth *health, const char *upload_id, guint64 begun_at);

/* The settings have changed, or a person says that it works again: one upload tries it at once. */
void ob_health_renew (ObHealth *health);

/* Lets one upload try it at once, before its time. */
void ob_health_hasten (ObHealth *health);

/* Ends a wait whose time has come, or that is longer than any wait can be. Returns: whether it did. */
gboolean ob_health_wake (ObHealth *health, gint64 now_ms);

/* Moves the wait, and since when there is trouble, with the clock, which was set by @jump_ms. A certificate depends on the clock,
 * so a hold for a server's, or for this device's own, is tried at once. Returns: whether something changed, and has to be written. */
gboolean ob_health_shift (ObHealth *health, gint64 jump_ms);

/* Returns: when ob_health_wake() has something to do, or its holds change; 0: never */
gint64 ob_health_next_ms (const ObHealth *health, gint64 now_ms);

/* Returns: the number of holds that it sets, 0 or 1 */
guint ob_health_get_holds (const ObHealth *health, gint64 now_ms, ObHold holds[1]);

/* Returns: whether it may have one attempt only, to try it out. */
gboolean ob_health_is_tried (const ObHealth *health);

G_END_DECLS
