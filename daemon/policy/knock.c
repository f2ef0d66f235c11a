/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rhythm of knocks. No shared state.
 */
#include "policy/knock.h"

#define EVERY_MS 5000
#define EVERY_DEAR_MS 15000

void
ob_silence_note_end (ObSilence *silence, gboolean is_silent, gboolean has_moved, gint64 now_ms)
{
  gboolean is_in_vain = silence->is_opened && !has_moved;

  if (!is_silent)
    {
      *silence = (ObSilence){ 0 };
      return;
    }
  if (silence->since_ms == 0 || has_moved)
    *silence = (ObSilence){ .since_ms = now_ms };
  silence->is_spent |= is_in_vain;
  silence->is_opened = FALSE;
  silence->last_ms = now_ms;
}

void
ob_silence_note_answer (ObSilence *silence, gint64 now_ms)
{
  silence->is_opened = TRUE;
  silence->last_ms = now_ms;
}

gint64
ob_silence_next_ms (const ObSilence *silence, const ObConditions *conditions, gint64 now_ms)
{
  gboolean is_dear
      = conditions->is_on_battery && (conditions->link == OB_LINK_CELLULAR || ob_conditions_is_metered (conditions));
  gint64 every_ms = is_dear ? EVERY_DEAR_MS : EVERY_MS;
  gint64 next_ms = silence->last_ms + every_ms;

  if (silence->since_ms == 0 || silence->is_spent || silence->is_opened || next_ms > silence->since_ms + OB_KNOCK_FOR_MS
      || now_ms > silence->since_ms + OB_KNOCK_FOR_MS)
    return 0;

  return MIN (next_ms, now_ms + every_ms);
}
