/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network's interface, and the real one by GNetworkMonitor. Main thread.
 */
#include "policy/network.h"

G_DEFINE_INTERFACE (ObNetwork, ob_network, G_TYPE_OBJECT)

static void
ob_network_default_init (ObNetworkInterface *iface)
{
  g_signal_new ("changed", OB_TYPE_NETWORK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

gboolean
ob_network_is_available (ObNetwork *self)
{
  return OB_NETWORK_GET_IFACE (self)->is_available (self);
}

#define OB_TYPE_SYSTEM_NETWORK (ob_system_network_get_type ())
G_DECLARE_FINAL_TYPE (ObSystemNetwork, ob_system_network, OB, SYSTEM_NETWORK, GObject)

struct _ObSystemNetwork
{
  GObject parent_instance;

  GNetworkMonitor *monitor; /* the process's own */
  gulong handler;
  gboolean is_available;
};

static void ob_system_network_network_init (ObNetworkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ObSystemNetwork, ob_system_network, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_NETWORK, ob_system_network_network_init))

static gboolean
ob_system_network_is_available (ObNetwork *network)
{
  return OB_SYSTEM_NETWORK (network)->is_available;
}

static void
on_network_changed (GNetworkMonitor *monitor, gboolean is_available, gpointer user_data)
{
  ObSystemNetwork *self = user_data;

  if (self->is_available == is_available)
    return;
  self->is_available = is_available;
  g_signal_emit_by_name (self, "changed");
}

static void
ob_system_network_finalize (GObject *object)
{
  ObSystemNetwork *self = OB_SYSTEM_NETWORK (object);

  g_clear_signal_handler (&self->handler, self->monitor);
  G_OBJECT_CLASS (ob_system_network_parent_class)->finalize (object);
}

static void
ob_system_network_network_init (ObNetworkInterface *iface)
{
  iface->is_available = ob_system_network_is_available;
}

static void
ob_system_network_class_init (ObSystemNetworkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_system_network_finalize;
}

static void
ob_system_network_init (ObSystemNetwork *self)
{
  self->monitor = g_network_monitor_get_default ();
  self->is_available = g_network_monitor_get_network_available (self->monitor);
  self->handler = g_signal_connect (self->monitor, "network-changed", G_CALLBACK (on_network_changed), self);
}

ObNetwork *
ob_system_network_new (void)
{
  return g_object_new (OB_TYPE_SYSTEM_NETWORK, NULL);
}

gboolean
ob_network_is_loopback_url (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = host ? g_inet_address_new_from_string (host) : NULL;

  if (address)
    return g_inet_address_get_is_loopback (address);

  return host && (g_ascii_strcasecmp (host, "localhost") == 0 || g_str_has_suffix (host, ".localhost"));
}
