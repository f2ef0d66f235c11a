/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fake network. Main thread.
 */
#include "support/network.h"

struct _TestNetwork
{
  GObject parent_instance;

  gboolean is_available;
};

static void test_network_network_init (ObNetworkInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestNetwork, test_network, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_NETWORK, test_network_network_init))

static gboolean
test_network_is_available (ObNetwork *network)
{
  return TEST_NETWORK (network)->is_available;
}

void
test_network_set_available (TestNetwork *self, gboolean is_available)
{
  self->is_available = is_available;
  g_signal_emit_by_name (self, "changed");
}

static void
test_network_network_init (ObNetworkInterface *iface)
{
  iface->is_available = test_network_is_available;
}

static void
test_network_class_init (TestNetworkClass *klass)
{
}

static void
test_network_init (TestNetwork *self)
{
  self->is_available = TRUE;
}

TestNetwork *
test_network_new (void)
{
  return g_object_new (TEST_TYPE_NETWORK, NULL);
}
