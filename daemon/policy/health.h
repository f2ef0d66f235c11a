/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The health of a destination: what it makes of trouble and success, when it is tried again, and what it holds. Pure: the
 * record is all that changes.
 *
 * An error does not say whether it is one upload's or everybody's. The first one makes the destination suspected: the upload
 * waits alone, and another that has not failed tries it at once, alone. If that goes through, the trouble was the first one's
 * own, and holds up nothing else; if not, the destination is down, everything waits, and one upload tries it now and then.
 */
#pragma once

#include "model/health.h"
#include "policy/status.h"

G_BEGIN_DECLS

/* For so long it may pass by itself that a server is not where it should be; then a person hears of it. */
#define OB_HEALTH_PATIENCE_MS (G_GINT64_CONSTANT (10) * 60 * 1000)

/* An attempt that ended in trouble. */
typedef struct
{
  const char *upload_id;
  guint scope;           /* OUTBOX_SCOPE_UPLOAD, OUTBOX_SCOPE_DESTINATION, or both: it is not known whose */
  OutboxReason reason;   /* of a hold that passes by itself; none: an ordinary error */
  const char *words;     /* for a person */
  guint64 begun_at;      /* from ob_health_begin() */
  gint64 retry_after_ms; /* what the server asked for, or -1 */
  gint64 now_ms;         /* Unix milliseconds */
  double spread;         /* a random number from 0 to 1 */
  gboolean has_failed;   /* that upload's last attempt had failed, too, and nothing of it moved since */
  gboolean has_moved;    /* bytes arrived before it */
  gboolean has_others;   /* there are other uploads that can try it */
} ObTrouble;

/* An attempt begins. Returns: when, to be given back with its end. */
guint64 ob_health_begin (ObHealth *health);

/* Returns: OUTBOX_SCOPE_UPLOAD: that upload waits; OUTBOX_SCOPE_DESTINATION: everything does. */
OutboxScope ob_health_note_trouble (ObHealth *health, const ObTrouble *trouble);

/* What is answered 403 may be answered otherwise later, or to another: a sign-in is asked for, and one upload tries now and
 * then without it. */
void ob_health_doubt_credentials (ObHealth *health, const char *words, gint64 now_ms, double spread);

/* Something that only a person can end. */
void ob_health_block (ObHealth *health, OutboxReason reason, const char *words, gint64 now_ms);

typedef enum
{
  OB_REFUSAL_OWN,   /* it is about that upload alone, which has failed */
  OB_REFUSAL_WAIT,  /* it is not known yet: the upload waits, and another tries the destination */
  OB_REFUSAL_BLOCK, /* it is about who asks: to be held for a sign-in, and those of ObHealth.refused go on after it */
} ObRefusal;

/**
 * ob_health_refuse:
 * @upload_id: the upload that was answered 403
 * @begun_at: from ob_health_begin()
 * @has_credentials: the destination has some, which may be over
 * @has_others: there are other uploads that can try it
 * @words: the server's
 *
 * Where there are credentials, a 403 fails nothing before another upload has gone through with them; what was on its way when
 * they ended is no proof. Where there are none it is the upload's, until a second one has it, too.
 */
ObRefusal ob_health_refuse (ObHealth *health, const char *upload_id, guint64 begun_at, gboolean has_credentials,
                            gboolean has_others, const char *words);

/* Bytes arrived, or the server answered as it should. Returns: whether something has ended that was held or stored. */
gboolean ob_health_note_success (ObHealth *health, const char *upload_id, guint64 begun_at);

/* New settings, or a person who says that it works again: one upload tries it at once. */
void ob_health_renew (ObHealth *health);

/* It is tried at once, by one upload, though its time has not come. */
void ob_health_hasten (ObHealth *health);

/* Lets a wait end whose time has come, or lies further ahead than any wait is. Returns: whether it did. */
gboolean ob_health_wake (ObHealth *health, gint64 now_ms);

/* Moves its wait with a clock that was set by @jump_ms. Returns: whether something changed. What hangs on the clock, as a
 * certificate does, is looked at at once. */
gboolean ob_health_shift (ObHealth *health, gint64 jump_ms);

/* When ob_health_wake() has something to do, or what is told of it changes; 0: never. */
gint64 ob_health_next_ms (const ObHealth *health, gint64 now_ms);

/* Returns: how many holds it sets, 0 or 1. */
guint ob_health_get_holds (const ObHealth *health, gint64 now_ms, ObHold holds[1]);

/* Whether no more than one attempt may run. */
gboolean ob_health_is_tried (const ObHealth *health);

G_END_DECLS
