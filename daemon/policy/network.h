/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network as an outside fact: a real one, and a fake for tests. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Signal `changed` (). */
#define OB_TYPE_NETWORK (ob_network_get_type ())
G_DECLARE_INTERFACE (ObNetwork, ob_network, OB, NETWORK, GObject)

struct _ObNetworkInterface
{
  GTypeInterface parent;

  gboolean (*is_available) (ObNetwork *self);
};

/* Whether there is any network beside loopback. */
gboolean ob_network_is_available (ObNetwork *self);

/* By GNetworkMonitor. */
ObNetwork *ob_system_network_new (void);

/* Whether a URL's host is this device itself, which needs no network. Pure. */
gboolean ob_network_is_loopback_url (const char *url);

G_END_DECLS
