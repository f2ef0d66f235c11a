/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many of something each has. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ObTally ObTally;

ObTally *ob_tally_new (void);
void ob_tally_free (ObTally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTally, ob_tally_free)

/* @whose: (nullable): nobody has none. Returns: how many it has */
guint ob_tally_get (const ObTally *tally, const char *whose);

void ob_tally_add (ObTally *tally, const char *whose);

/* Takes one of those away that ob_tally_add() gave it. */
void ob_tally_remove (ObTally *tally, const char *whose);

G_END_DECLS
