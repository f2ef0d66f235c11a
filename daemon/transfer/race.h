/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * While a connection is silent: finds out whether a new one to the same peer could be made. The sockets are only tries;
 * libsoup makes its own connection. The watch's thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A new try begins this often; TCP itself would repeat a lost SYN only after 1, 3, 7 and 15 seconds. */
#define OB_RACE_TICK_MS 500
/* So many tries wait side by side, three seconds in all. */
#define OB_RACE_TRIES 6

typedef struct
{
  int tries[OB_RACE_TRIES]; /* sockets that are about to connect; -1: none */
  guint next;
} ObRace;

void ob_race_init (ObRace *race);

/* Closes all tries. */
void ob_race_clear (ObRace *race);

/* Begins one more try to the peer of @fd and waits OB_RACE_TICK_MS, or until @closing. Returns: whether any try has
 * connected. */
gboolean ob_race_run (ObRace *race, int fd, GCancellable *closing);

G_END_DECLS
