/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The TCP port for web pages, on 127.0.0.1 alone: a page can try ten ports, and nothing else. Main thread.
 *
 *   what can be in the way                                    what becomes of it
 *   somebody listens at a port, of whichever user             the next is tried
 *   somebody has its number at ::1, where browsers look for   the next is tried; nobody can have it later, since the daemon holds it
 *     localhost first                                           there, and does not listen
 *   all of them are taken, or there is no loopback            there is no port for pages, which is warned of
 *   OUTBOX_REST_PORT has one (tests, kiosks); 0 is any        that alone is tried
 *   it has no number of a port                                there is no port for pages, which is warned of
 */
#pragma once

#include "ipc/rest/acceptor.h"

G_BEGIN_DECLS

#define OB_PORT_FIRST 7363
#define OB_PORT_LAST 7372

typedef struct _ObPort ObPort;

/* @accepted: called for each connection. Errors: Failed, where no port is free. Returns: (transfer full) (nullable) */
ObPort *ob_port_open (ObAccepted accepted, gpointer user_data, GError **error);

guint16 ob_port_get_number (ObPort *port);

void ob_port_free (ObPort *port);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPort, ob_port_free)

G_END_DECLS
