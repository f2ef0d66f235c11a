/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of submit keys. Pure.
 *
 * A caller that is answered may delete its file. So answer with an upload only if its bytes have arrived or are here, and
 * equal the caller's; name and size prove nothing.
 */
#include "broker/keys.h"

#define ANSWER OB_KEY_ANSWER
#define REFUSE OB_KEY_REFUSE
#define RESTORE OB_KEY_RESTORE
#define REPLACE OB_KEY_REPLACE

/* For each state: the copy is good, missing or damaged; the bytes are equal, other or unknown. */
static const ObKeyVerdict table[OB_N_STORED][OB_N_KEPT][OB_N_BYTES] = {
  /* The last process ended while saving it. With its bytes here, it may have been answered for; without them, nobody was
   * told that it is safe. */
  [OB_STORED_SAVING] = { { RESTORE, REFUSE, REFUSE }, { REPLACE, REPLACE, REPLACE }, { RESTORE, REFUSE, REFUSE } },
  [OB_STORED_QUEUED] = { { ANSWER, REFUSE, REFUSE }, { RESTORE, REPLACE, REPLACE }, { RESTORE, REFUSE, REFUSE } },
  /* Even if the copy has been removed, an attempt may still have it open. */
  [OB_STORED_UPLOADING] = { { ANSWER, REFUSE, REFUSE }, { RESTORE, REFUSE, REFUSE }, { RESTORE, REFUSE, REFUSE } },
  /* The server has every byte, but may lose them before it confirms. */
  [OB_STORED_CONFIRMING] = { { ANSWER, REFUSE, REFUSE }, { RESTORE, REFUSE, REFUSE }, { RESTORE, REFUSE, REFUSE } },
  [OB_STORED_FAILED] = { { ANSWER, REFUSE, REFUSE }, { RESTORE, REPLACE, REPLACE }, { RESTORE, REFUSE, REFUSE } },
  /* It has arrived, and needs no copy. */
  [OB_STORED_DONE] = { { ANSWER, REFUSE, REFUSE }, { ANSWER, REFUSE, REFUSE }, { ANSWER, REFUSE, REFUSE } },
};

ObKeyVerdict
ob_key_judge (ObStored stored, ObKept kept, ObBytes bytes)
{
  g_return_val_if_fail (stored < OB_N_STORED && kept < OB_N_KEPT && bytes < OB_N_BYTES, OB_KEY_REFUSE);

  return table[stored][kept][bytes];
}

const char *
ob_key_verdict_get_name (ObKeyVerdict verdict)
{
  static const char *const names[] = { [OB_KEY_ANSWER] = "answers",
                                       [OB_KEY_REFUSE] = "refuses",
                                       [OB_KEY_RESTORE] = "gets its bytes back",
                                       [OB_KEY_REPLACE] = "makes way" };

  g_return_val_if_fail (verdict < G_N_ELEMENTS (names), "is unknown");

  return names[verdict];
}
