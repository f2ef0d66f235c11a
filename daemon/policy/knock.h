/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When to knock at a destination where nothing answers. A bare connection finds the moment at which it answers again, which
 * a back-off of minutes would miss. Pure.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

/* After this time the back-off alone has to do. */
#define OB_KNOCK_FOR_MS (G_GINT64_CONSTANT (10) * 60 * 1000)

/* The silence of one destination. */
typedef struct
{
  gint64 since_ms;    /* when an attempt first found silence; 0: it is not silent */
  gint64 last_ms;     /* when that attempt ended, or the last knock */
  guint n_knocks;     /* number of knocks since then */
  gboolean is_spent;  /* a knock was answered, and the attempt after it still failed: knocks are of no use here */
  gboolean is_opened; /* a knock was answered, and the attempt after it has not ended */
} ObSilence;

/* An attempt has ended. @is_silent: nothing answered it. @has_moved: the server confirmed bytes before */
void ob_silence_note_end (ObSilence *silence, gboolean is_silent, gboolean has_moved, gint64 now_ms);

/* A knock was answered. */
void ob_silence_note_answer (ObSilence *silence, gint64 now_ms);

/**
 * ob_silence_next_ms:
 *
 * When to knock next: every 5 s, on battery with mobile data every 15 s. Setting the clock may bring a knock forward, and never
 * puts one off.
 *
 * Returns: Unix milliseconds; 0: no knock is due
 */
gint64 ob_silence_next_ms (const ObSilence *silence, const ObConditions *conditions, gint64 now_ms);

G_END_DECLS
