/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The user data of an ObEffect that is about one thing: who acts after the commit, and on what.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gpointer owner; /* borrowed: it acts */
  char *id;       /* of an upload, or the name of a destination or group; NULL: all */
} ObPending;

/* @id: (nullable) */
ObPending *ob_pending_new (gpointer owner, const char *id);
void ob_pending_free (ObPending *pending);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPending, ob_pending_free)

G_END_DECLS
