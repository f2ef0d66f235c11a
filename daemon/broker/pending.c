/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user data of an effect: who does what after a commit.
 */
#include "broker/pending.h"

ObPending *
ob_pending_new (gpointer owner, const char *id)
{
  ObPending *pending = g_new0 (ObPending, 1);

  pending->owner = owner;
  pending->id = g_strdup (id);

  return pending;
}

void
ob_pending_free (ObPending *pending)
{
  g_free (pending->id);
  g_free (pending);
}
