/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether a new connection to a peer could be made, asked while an old one is silent. What connects is not used: libsoup
 * makes its own. The watch's thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A new try begins this often. TCP itself would ask after 1, 3, 7 and 15 seconds. */
#define OB_RACE_TICK_MS 500
/* Those before it have time for an answer yet: three seconds in all. */
#define OB_RACE_TRIES 6

typedef struct
{
  int tries[OB_RACE_TRIES]; /* sockets that are about to connect; -1: none */
  guint next;
} ObRace;

void ob_race_init (ObRace *race);

/* Gives up all tries. */
void ob_race_clear (ObRace *race);

/* Begins one more try with whom @fd is connected to, and waits for OB_RACE_TICK_MS, or until @closing is cancelled.
 * Returns: whether one of them got through */
gboolean ob_race_run (ObRace *race, int fd, GCancellable *closing);

G_END_DECLS
