/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When to knock at a destination where nothing answers: a bare connection, without a request, finds the moment at which it
 * answers again, which a back-off of minutes would miss. Pure.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

/* For how long; from then on the back-off has to do. */
#define OB_KNOCK_FOR_MS (G_GINT64_CONSTANT (10) * 60 * 1000)

/* The silence of one destination. */
typedef struct
{
  gint64 since_ms;    /* when an attempt found it first; 0: there is none */
  gint64 last_ms;     /* the end of that attempt, or the last knock */
  guint n_knocks;     /* since then */
  gboolean is_spent;  /* a knock was answered, and the attempt that followed got nowhere: knocks tell nothing here */
  gboolean is_opened; /* a knock was answered, and the attempt that follows has not ended yet */
} ObSilence;

/* An attempt has ended. @is_silent: nothing answered it; @has_moved: bytes arrived before that */
void ob_silence_note_end (ObSilence *silence, gboolean is_silent, gboolean has_moved, gint64 now_ms);

/* A knock was answered. */
void ob_silence_note_answer (ObSilence *silence, gint64 now_ms);

/**
 * ob_silence_next_ms:
 *
 * When to knock next: every 5 s, on battery with mobile data every 15 s. A clock that was set brings it forward by that,
 * and never puts it off.
 *
 * Returns: Unix milliseconds; 0: no knock is due
 */
gint64 ob_silence_next_ms (const ObSilence *silence, const ObConditions *conditions, gint64 now_ms);

G_END_DECLS
