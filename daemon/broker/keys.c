/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of submit keys. Pure.
 *
 * A caller that has the answer may delete its file. So an upload is the answer only where its bytes have arrived or are
 * here, and are those of the caller; names and sizes say nothing about that.
 */
#include "broker/keys.h"

#define ANSWER OB_KEY_ANSWER
#define REFUSE OB_KEY_REFUSE
#define RESTORE OB_KEY_RESTORE
#define REPLACE OB_KEY_REPLACE

/* Of each state: the copy is good, missing, damaged; the bytes are equal, other, unknown. */
static const ObKeyVerdict table[OB_N_STORED][OB_N_KEPT][OB_N_BYTES] = {
  /* Interrupted. With bytes it may have been answered for; without them nobody was told that it is safe. */
  [OB_STORED_SAVING] = { { RESTORE, REFUSE, REFUSE }, { REPLACE, REPLACE, REPLACE }, { RESTORE, REFUSE, REFUSE } },
  [OB_STORED_QUEUED] = { { ANSWER, REFUSE, REFUSE }, { RESTORE, REPLACE, REPLACE }, { RESTORE, REFUSE, REFUSE } },
  /* An attempt may have opened what has no name any more. */
  [OB_STORED_UPLOADING] = { { ANSWER, REFUSE, REFUSE }, { RESTORE, REFUSE, REFUSE }, { RESTORE, REFUSE, REFUSE } },
  /* The server has every byte, and may lose them again before it confirms. */
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
